import { describe, expect, test } from 'vitest';
import { BAD, GOOD } from './corpus.js';
import { Random, seedOf } from './random.js';
import { runCases, TARGETS } from './runner.js';
import { shrink } from './shrink.js';

/** `npm run fuzz` runs the same for as long as one likes. */
const CASES = { parser: 400, connection: 200, broker: 100 };

describe('mutated frames', () => {
  test.each(TARGETS)('the $name keeps its promises', async (target) => {
    let frames = 0;
    const failure = await runCases({
      target,
      seed: 1,
      first: 0,
      step: 1,
      goesOn(index, read) {
        frames += read;
        return index < CASES[target.name];
      },
    });
    expect(failure).toBeUndefined();
    expect(frames).toBeGreaterThan(1_000);
  });

  test('are made of good and of bad ones', () => {
    expect(GOOD.length).toBeGreaterThan(50);
    expect(BAD.length).toBeGreaterThan(20);
  });
});

describe('a case', () => {
  test.each(TARGETS)('of the $name is the same for the same seed', async (target) => {
    const twice = [await target.run(seedOf(5, 7)), await target.run(seedOf(5, 7))];
    expect(twice[0]).toBe(twice[1]);
    await expect(target.reproduce(seedOf(5, 7))).rejects.toThrow('it does not fail again');
  });

  test('has a seed of its own', () => {
    const seeds = new Set(Array.from({ length: 100_000 }, (_, i) => seedOf(1, i)));
    expect(seeds.size).toBe(100_000);
  });
});

test('what fails is made smaller', async () => {
  const items = Array.from({ length: 100 }, (_, i) => i);
  expect(await shrink(items, (fewer) => fewer.includes(17) && fewer.includes(63))).toEqual([17, 63]);
});

describe('random numbers', () => {
  test('are the same for the same seed, and others for another', () => {
    const list = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 20 }, () => random.next());
    };
    expect(list(3)).toEqual(list(3));
    expect(list(3)).not.toEqual(list(4));
    expect(new Set(list(3)).size).toBe(20);
  });

  test('are spread evenly', () => {
    const random = new Random(1);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) counts[random.below(10)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});
