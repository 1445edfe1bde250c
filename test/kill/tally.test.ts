import { describe, expect, test } from 'vitest';
import { Bitmap, bodyOf, seeded, Tally, WATCHER_BODY } from './tally.js';

describe('Bitmap', () => {
  test('tells the first time from the others', () => {
    const bits = new Bitmap(17);
    expect(bits.add(16)).toBe(true);
    expect(bits.add(16)).toBe(false);
    expect(bits.has(16)).toBe(true);
    expect(bits.has(15)).toBe(false);
    expect(bits.count).toBe(1);
  });

  test('refuses what is outside', () => {
    const bits = new Bitmap(8);
    expect(() => bits.add(8)).toThrow(RangeError);
    expect(() => bits.add(-1)).toThrow(RangeError);
    expect(bits.has(8)).toBe(false);
  });
});

describe('Tally', () => {
  test('finds what was confirmed and never delivered', () => {
    const tally = new Tally(5);
    for (const n of [0, 1, 3]) tally.confirmed.add(n);
    for (const n of [0, 4]) tally.deliver(bodyOf(n));
    expect(tally.lost()).toEqual([1, 3]);
    expect(tally.unconfirmedLost()).toEqual([2]);
  });

  test('counts what came twice, what was overtaken, and what is foreign', () => {
    const tally = new Tally(4);
    for (const n of [0, 2, 1, 2, 3]) tally.deliver(bodyOf(n));
    for (const body of ['', 'x 1', '4 x', '1']) expect(tally.deliver(body)).toBe(false);
    expect(tally.deliver(WATCHER_BODY)).toBe(false);
    expect(tally).toMatchObject({ duplicates: 1, outOfOrder: 1, strays: 4 });
    expect(tally.seen.count).toBe(4);
  });
});

test('the same seed gives the same numbers, from 0 up to 1', () => {
  const [a, b, c] = [seeded(7), seeded(7), seeded(8)];
  const first = Array.from({ length: 100 }, a);
  expect(Array.from({ length: 100 }, b)).toEqual(first);
  expect(Array.from({ length: 100 }, c)).not.toEqual(first);
  expect(Math.min(...first)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...first)).toBeLessThan(1);
});
