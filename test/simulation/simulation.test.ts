import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.js';

/** `npm run simulate` runs a hundred times as many. */
const SEEDS = 2_000;
const PART = 250;
const COUNTED = 500;

describe('pools and brokers on a bad network, in virtual time', () => {
  const parts = Array.from({ length: SEEDS / PART }, (_, i) => i * PART + 1);
  const counts: Record<string, number> = {};

  it.each(parts)('seeds from %i', { timeout: 120_000 }, async (from) => {
    for (let seed = from; seed < from + PART; seed++) {
      const result = await simulate(seed);
      expect(result.faults, `npm run simulate -- --seed ${seed} --trace`).toEqual([]);
      if (seed > COUNTED) continue;
      for (const [name, count] of Object.entries(result.counts)) counts[name] = (counts[name] ?? 0) + count;
    }
  });

  it('a seed decides everything', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const [first, second] = [await simulate(seed, true), await simulate(seed, true)];
      expect(second).toEqual(first);
      expect(first.trace.length).toBeGreaterThan(10);
    }
  });

  it('things did happen in the first of them', () => {
    for (const name of [
      'takeover',
      'dial connected',
      'dial failed',
      'dial standby',
      'dial side',
      'end STOMP_ABORTED',
      'end STOMP_POOL_EXHAUSTED',
      'end on request',
      'publish again',
      'publish resolved',
      'publish STOMP_ABORTED',
      'publish STOMP_NOT_CONNECTED',
      'publish STOMP_OUTBOX_FULL',
      'publish STOMP_OUTCOME_UNKNOWN',
      'publish STOMP_PUBLISH_REFUSED',
    ])
      expect(counts[name] ?? 0, name).toBeGreaterThan(0);
  });
});
