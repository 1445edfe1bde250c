import { expect, test } from 'vitest';
import { Fifo } from '../../src/broker/fifo.js';

const numbers = (from: number, to: number): Array<{ sequence: number }> =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ sequence: from + i }));
const rest = (fifo: Fifo<{ sequence: number }>): number[] => [...fifo].map(({ sequence }) => sequence);

test('gives in order over thousands, and can be filled while it is emptied', () => {
  const fifo = new Fifo<{ sequence: number }>();
  for (const item of numbers(1, 5_000)) fifo.push(item);
  const taken: number[] = [];
  for (let i = 1; i <= 4_000; i++) {
    taken.push(fifo.shift()!.sequence);
    fifo.push({ sequence: 5_000 + i });
  }
  expect(taken).toEqual(numbers(1, 4_000).map(({ sequence }) => sequence));
  expect(fifo.length).toBe(5_000);
  expect(rest(fifo)).toEqual(numbers(4_001, 9_000).map(({ sequence }) => sequence));
});

test('puts things back before, between and behind what is there', () => {
  const fifo = new Fifo<{ sequence: number }>();
  const [one, two, three, four] = numbers(1, 4);
  fifo.restore([two!, one!]);
  expect(rest(fifo)).toEqual([1, 2]);
  fifo.push(four!);
  fifo.shift();
  fifo.restore([three!]);
  expect(rest(fifo)).toEqual([2, 3, 4]);
  fifo.restore([one!]);
  fifo.restore([]);
  expect(rest(fifo)).toEqual([1, 2, 3, 4]);
});

test('an empty one gives nothing', () => {
  const fifo = new Fifo<{ sequence: number }>();
  expect([fifo.shift(), fifo.length]).toEqual([undefined, 0]);
  fifo.push({ sequence: 1 });
  expect(fifo.remove(({ sequence }) => sequence === 1)).toEqual([{ sequence: 1 }]);
  expect(rest(fifo)).toEqual([]);
});
