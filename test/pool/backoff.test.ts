import { describe, expect, it } from 'vitest';
import { backoffDelay, failuresAfterLoss, mayRetry } from '../../src/pool/backoff.js';

const LAW = {
  initialReconnectDelayMs: 10,
  maxReconnectDelayMs: 30_000,
  useExponentialBackOff: true,
  backOffMultiplier: 2,
  jitter: 0,
};

const noChance = (): number => {
  throw new Error('random was asked for');
};

describe('backoffDelay', () => {
  // 0.01 s, doubled, up to 30 s: the defaults that the MCollective connector documents.
  it.each([
    [0, 0],
    [1, 10],
    [2, 20],
    [3, 40],
    [4, 80],
    [5, 160],
    [6, 320],
    [7, 640],
    [8, 1_280],
    [9, 2_560],
    [10, 5_120],
    [11, 10_240],
    [12, 20_480],
    [13, 30_000],
    [14, 30_000],
    [1_024, 30_000],
    [1_025, 30_000],
    [5_000, 30_000],
    [Number.MAX_SAFE_INTEGER, 30_000],
  ])('after %i failures: %i ms', (failures, delayMs) => {
    expect(backoffDelay(LAW, failures, () => 0.999)).toBe(delayMs);
  });

  it.each([
    ['constant', { useExponentialBackOff: false }, [0, 10, 10, 10]],
    ['constant, with jitter', { useExponentialBackOff: false, jitter: 1 }, [0, 7.5, 7.5, 7.5]],
    ['a factor of 1', { backOffMultiplier: 1 }, [0, 10, 10, 10]],
    ['a factor of 1.5', { backOffMultiplier: 1.5 }, [0, 10, 15, 22.5]],
    ['a huge factor', { backOffMultiplier: 1e300 }, [0, 10, 30_000, 30_000]],
    ['no initial delay', { initialReconnectDelayMs: 0 }, [0, 0, 0, 0]],
    ['no delay at all', { initialReconnectDelayMs: 0, maxReconnectDelayMs: 0 }, [0, 0, 0, 0]],
    ['a maximum that is the initial delay', { maxReconnectDelayMs: 10 }, [0, 10, 10, 10]],
    ['a maximum in between', { maxReconnectDelayMs: 25 }, [0, 10, 20, 25]],
    ['half of it left to chance', { jitter: 0.5 }, [0, 8.75, 17.5, 35]],
    ['all of it left to chance', { jitter: 1 }, [0, 7.5, 15, 30]],
  ])('%s', (_, changed, delays) => {
    const law = { ...LAW, ...changed };
    expect(delays.map((_, failures) => backoffDelay(law, failures, () => 0.25))).toEqual(delays);
  });

  it('does not grow past any number when the initial delay is 0', () => {
    expect(backoffDelay({ ...LAW, initialReconnectDelayMs: 0 }, 1e6, () => 0)).toBe(0);
  });

  it('asks for chance only where there is a delay', () => {
    expect(backoffDelay({ ...LAW, jitter: 1 }, 0, noChance)).toBe(0);
  });

  it('never exceeds the maximum and never falls below the part that is certain', () => {
    const law = { ...LAW, jitter: 0.5 };
    for (const chance of [0, 0.1, 0.5, 0.9, 1 - Number.EPSILON]) {
      const delayMs = backoffDelay(law, 40, () => chance);
      expect(delayMs).toBeGreaterThan(15_000);
      expect(delayMs).toBeLessThanOrEqual(30_000);
    }
  });
});

describe('mayRetry', () => {
  const unlimited = {
    maxReconnectAttempts: Number.POSITIVE_INFINITY,
    startupMaxReconnectAttempts: undefined,
  };

  it.each([
    // What is set, failures, connected before, hosts, whether another dial follows.
    ['default, first dial failed, one host', {}, 1, false, 1, false],
    ['default, one of three failed', {}, 1, false, 3, true],
    ['default, two of three failed', {}, 2, false, 3, true],
    ['default, all three failed', {}, 3, false, 3, false],
    ['default, later on', {}, 1_000_000, true, 1, true],
    ['no retries, later on', { maxReconnectAttempts: 0 }, 0, true, 3, true],
    ['no retries, later on, one failure', { maxReconnectAttempts: 0 }, 1, true, 3, false],
    ['3 retries, at the bound', { maxReconnectAttempts: 3 }, 3, true, 1, true],
    ['3 retries, beyond', { maxReconnectAttempts: 3 }, 4, true, 1, false],
    ['3 retries count over all hosts', { maxReconnectAttempts: 3 }, 4, true, 100, false],
    ['3 retries do not count at startup', { maxReconnectAttempts: 3 }, 4, false, 5, true],
    ['startup 0', { startupMaxReconnectAttempts: 0 }, 1, false, 5, false],
    ['startup 2, at the bound', { startupMaxReconnectAttempts: 2 }, 2, false, 1, true],
    ['startup 2, beyond', { startupMaxReconnectAttempts: 2 }, 3, false, 1, false],
    ['startup 2 does not count later', { startupMaxReconnectAttempts: 2 }, 3, true, 1, true],
    ['startup unlimited', { startupMaxReconnectAttempts: Number.POSITIVE_INFINITY }, 1e9, false, 1, true],
  ])('%s', (_, changed, failures, everConnected, hosts, expected) => {
    expect(mayRetry({ ...unlimited, ...changed }, failures, everConnected, hosts)).toBe(expected);
  });

  it.each([0, 1, 5])('%i retries make as many dials and one more', (retries) => {
    let dials = 0;
    let failures = 0;
    do {
      dials++;
      failures++;
    } while (mayRetry({ ...unlimited, startupMaxReconnectAttempts: retries }, failures, false, 1));
    expect(dials).toBe(retries + 1);
  });
});

describe('failuresAfterLoss', () => {
  it.each([
    ['died at once', 0, 0, 5_000, 1],
    ['died just before', 3, 4_999.9, 5_000, 4],
    ['was just stable', 3, 5_000, 5_000, 0],
    ['was stable for long', 12, 1e9, 5_000, 0],
    ['every connection is stable', 7, 0, 0, 0],
  ])('%s', (_, failures, aliveMs, stableAfterMs, expected) => {
    expect(failuresAfterLoss(failures, aliveMs, stableAfterMs)).toBe(expected);
  });
});
