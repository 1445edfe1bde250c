import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { Fifo } from '../../src/pool/fifo.js';

interface Item {
  readonly n: number;
  lapsed: boolean;
}

type Step = 'push' | 'shift' | 'prepend' | { lapse: number };

/** Does the steps on a Fifo and on a plain array, which have to agree all the way. */
function compare(steps: readonly Step[], each: () => void = () => {}): void {
  const fifo = new Fifo<Item>(({ lapsed }) => lapsed);
  let model: Item[] = [];
  let n = 0;
  const make = (): Item => ({ n: n++, lapsed: false });
  for (const step of steps) {
    if (step === 'push') {
      const item = make();
      fifo.push(item);
      model.push(item);
    } else if (step === 'shift') {
      expect(fifo.shift()).toBe(model.shift());
    } else if (step === 'prepend') {
      const items = [make(), make()];
      fifo.prepend(items);
      model = [...items, ...model];
    } else if (model.length > 0) {
      const [item] = model.splice(step.lapse % model.length, 1);
      item!.lapsed = true;
      fifo.lapse();
    }
    expect(fifo.length).toBe(model.length);
    expect(fifo.first).toBe(model[0]);
    each();
  }
  expect([...fifo]).toEqual(model);
  for (const item of model) expect(fifo.shift()).toBe(item);
  expect([fifo.length, fifo.first, fifo.shift()]).toEqual([0, undefined, undefined]);
  const last = make();
  fifo.push(last);
  expect([fifo.length, fifo.shift()]).toEqual([1, last]);
}

describe('a queue in an array', () => {
  it('is as an array of what has not lapsed', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant<Step>('push') },
      { weight: 2, arbitrary: fc.constant<Step>('shift') },
      { weight: 1, arbitrary: fc.constant<Step>('prepend') },
      { weight: 2, arbitrary: fc.record({ lapse: fc.nat(50) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => compare(steps)),
      { numRuns: 200 },
    );
  });

  it('stays so over thousands, taken from the front', () => {
    const of = (step: Step, count: number) => Array.from({ length: count }, () => step);
    compare([...of('push', 3_000), ...of('shift', 2_000), ...of('push', 500), ...of('shift', 1_400)]);
  });

  it('stays so over thousands that lapse within', () => {
    const of = (step: Step, count: number) => Array.from({ length: count }, () => step);
    compare([...of('push', 2_600), ...of({ lapse: 7 }, 2_000), 'shift', 'prepend', ...of({ lapse: 3 }, 400)]);
  });

  it('what lapsed before it was put back is not in it', () => {
    const fifo = new Fifo<Item>(({ lapsed }) => lapsed);
    fifo.push({ n: 1, lapsed: false });
    fifo.prepend([{ n: 0, lapsed: true }]);
    expect([fifo.length, fifo.first?.n]).toEqual([1, 1]);
  });

  it.each([
    ['1,024 that lapsed are passed over', 1_024, 1_023, 1_023 + 1_024],
    ['one more, and all that lapsed are cut off', 1_025, 1_024, 1_024],
    ['but not while as many are left', 1_025, 1_025, 1_025 + 1_025],
  ])('%s', (_, lapsing, left, looks) => {
    let looked = 0;
    const fifo = new Fifo<Item>(({ lapsed }) => {
      looked++;
      return lapsed;
    });
    const items = Array.from({ length: left + lapsing }, (_, n) => ({ n, lapsed: false }));
    for (const item of items) fifo.push(item);
    for (const item of items.slice(left)) {
      item.lapsed = true;
      fifo.lapse();
    }
    looked = 0;
    expect([...fifo].map(({ n }) => n)).toEqual(items.slice(0, left).map(({ n }) => n));
    expect(looked).toBe(looks);
  });

  it.each([
    ['1,024 that were taken keep their places', 2_000, 1_024, []],
    ['one more, and those are cut off', 2_000, 1_025, [1_025]],
    ['but not while as many are left', 2_050, 1_025, []],
    ['one more, and they are fewer', 2_050, 1_026, [1_026]],
    ['and so on, for as long as it goes', 5_000, 4_900, [2_501, 1_250, 1_025]],
  ])('%s', (_, size, taken, cuts) => {
    const fifo = new Fifo<number>();
    for (let n = 0; n < size; n++) fifo.push(n);
    const slice = vi.spyOn(Array.prototype, 'slice');
    try {
      for (let n = 0; n < taken; n++) fifo.shift();
      expect(slice.mock.calls.map(([from]) => from)).toEqual(cuts);
    } finally {
      slice.mockRestore();
    }
  });

  it('without a rule nothing lapses', () => {
    const fifo = new Fifo<number>();
    fifo.push(1);
    fifo.push(2);
    fifo.lapse();
    expect([fifo.first, [...fifo]]).toEqual([1, [1, 2]]);
  });

  it('what is walked through may be taken meanwhile', () => {
    const fifo = new Fifo<number>();
    for (const n of [1, 2, 3]) fifo.push(n);
    const seen: number[] = [];
    for (const n of fifo) {
      seen.push(n);
      fifo.shift();
      if (n === 1) fifo.shift();
    }
    expect(seen).toEqual([1, 3]);
  });

  it('a front that has not lapsed is looked at once, however many lapsed behind it', () => {
    let looks = 0;
    const fifo = new Fifo<Item>(({ lapsed }) => {
      looks++;
      return lapsed;
    });
    const items = Array.from({ length: 500 }, (_, n) => ({ n, lapsed: n > 0 }));
    for (const item of items) fifo.push(item);
    for (let i = 1; i < items.length; i++) fifo.lapse();
    looks = 0;
    expect(fifo.first).toBe(items[0]);
    expect(looks).toBe(1);
    expect(fifo.length).toBe(1);
  });
});
