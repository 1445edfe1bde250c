import { describe, expect, it } from 'vitest';
import { PoolError, TransportError } from '../../src/errors.js';
import type { PoolOptions } from '../../src/pool/index.js';
import { type Behaviour, outcomeOf, PoolWorld, refuseStrayErrors, rejection } from '../support/pool-world.js';

refuseStrayErrors();

const HOUR = 3_600_000;

/** A world of closed ports. */
function closedPorts(...hosts: string[]): PoolWorld {
  return new PoolWorld(Object.fromEntries(hosts.map((host) => [host, 'refuse'])));
}

/** Dials until the pool gives up, or for an hour. */
async function dialAll(world: PoolWorld, options: PoolOptions): Promise<unknown> {
  const connecting = world.connect(options);
  await world.advance(HOUR);
  return connecting.then(
    () => 'connected',
    (error: unknown) => error,
  );
}

type Row = [name: string, hosts: string[], options: PoolOptions, dials: Array<[string, number]>];

const STARTING: Row[] = [
  ['one host: one dial', ['a'], {}, [['a', 0]]],
  [
    'every host once, and a delay before each but the first',
    ['a', 'b', 'c'],
    {},
    [
      ['a', 0],
      ['b', 10],
      ['c', 30],
    ],
  ],
  [
    'startupMaxReconnectAttempts 0: the first dial alone',
    ['a', 'b', 'c'],
    { startupMaxReconnectAttempts: 0 },
    [['a', 0]],
  ],
  [
    'startupMaxReconnectAttempts 4: four retries over all hosts, the delay doubled each time',
    ['a', 'b', 'c'],
    { startupMaxReconnectAttempts: 4, initialReconnectDelayMs: 100 },
    [
      ['a', 0],
      ['b', 100],
      ['c', 300],
      ['a', 700],
      ['b', 1_500],
    ],
  ],
  [
    'maxReconnectAttempts does not count before the first CONNECTED',
    ['a', 'b'],
    { maxReconnectAttempts: 0 },
    [
      ['a', 0],
      ['b', 10],
    ],
  ],
  [
    'maxReconnectDelayMs caps the delay',
    ['a'],
    { startupMaxReconnectAttempts: 5, initialReconnectDelayMs: 100, maxReconnectDelayMs: 300 },
    [
      ['a', 0],
      ['a', 100],
      ['a', 300],
      ['a', 600],
      ['a', 900],
      ['a', 1_200],
    ],
  ],
  [
    'useExponentialBackOff false: the initial delay each time',
    ['a', 'b'],
    { startupMaxReconnectAttempts: 3, initialReconnectDelayMs: 70, useExponentialBackOff: false },
    [
      ['a', 0],
      ['b', 70],
      ['a', 140],
      ['b', 210],
    ],
  ],
  [
    'backOffMultiplier 1.5',
    ['a'],
    { startupMaxReconnectAttempts: 3, initialReconnectDelayMs: 100, backOffMultiplier: 1.5 },
    [
      ['a', 0],
      ['a', 100],
      ['a', 250],
      ['a', 475],
    ],
  ],
  [
    'initialReconnectDelayMs 0: no delay at all',
    ['a', 'b'],
    { startupMaxReconnectAttempts: 3, initialReconnectDelayMs: 0 },
    [
      ['a', 0],
      ['b', 0],
      ['a', 0],
      ['b', 0],
    ],
  ],
];

describe('closed ports, before the first CONNECTED', () => {
  it.each(STARTING)('%s', async (_, hosts, options, dials) => {
    const world = closedPorts(...hosts);
    const error = await dialAll(world, options);
    expect(world.dials).toEqual(dials);
    expect(error).toBeInstanceOf(PoolError);
    expect((error as PoolError).attempts.length).toBe(dials.length);
    await world.expectNothingLeft();
  });

  it('goes on for ever when it is told to', async () => {
    const world = closedPorts('a', 'b');
    const stop = new AbortController();
    const options = { startupMaxReconnectAttempts: Number.POSITIVE_INFINITY, signal: stop.signal };
    const connecting = world.connect(options);
    await world.advance(HOUR);
    expect(await outcomeOf(connecting)).toBe('pending');
    // 10 ms doubled eleven times is 20,480; every delay after that is 30,000.
    expect(world.gaps.slice(0, 14)).toEqual([
      10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_120, 10_240, 20_480, 30_000, 30_000,
    ]);
    expect(new Set(world.gaps.slice(12))).toEqual(new Set([30_000]));
    stop.abort();
    expect(await outcomeOf(connecting)).toBe('STOMP_ABORTED');
    await world.expectNothingLeft();
  });

  it('says of each dial where it went and why it failed', async () => {
    const world = closedPorts('a', 'b');
    const error = (await dialAll(world, {})) as PoolError;
    expect(error.code).toBe('STOMP_POOL_EXHAUSTED');
    expect(error.attempts.map(({ endpoint, attempt, error: { code } }) => [endpoint, attempt, code])).toEqual(
      [
        ['stomp://a:61613', 1, 'STOMP_CONNECT_FAILED'],
        ['stomp://b:61613', 2, 'STOMP_CONNECT_FAILED'],
      ],
    );
    expect(error.cause).toBe(error.attempts[1]!.error);
    expect(error.cause).toBeInstanceOf(TransportError);
    expect(error.message).toContain('2 failed attempts: 1. stomp://a:61613');
  });

  it('remembers the last hundred attempts', async () => {
    const world = closedPorts('a');
    const error = (await dialAll(world, {
      startupMaxReconnectAttempts: 149,
      useExponentialBackOff: false,
    })) as PoolError;
    expect(world.dials.length).toBe(150);
    expect(error.attempts.map(({ attempt }) => attempt)).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 51),
    );
    expect(error.message.length).toBeLessThan(1_000);
  });
});

describe('a dial that fails otherwise', () => {
  const kinds: Array<[Behaviour, string]> = [
    ['error', 'STOMP_CONNECT_REFUSED'],
    ['eof', 'STOMP_CONNECT_CLOSED'],
    ['wrong-frame', 'STOMP_UNEXPECTED_FRAME'],
  ];

  it.each(kinds)('%s: backs off, goes to the next host, counts and ends', async (behaviour, code) => {
    const world = new PoolWorld({ a: behaviour, b: behaviour });
    const error = (await dialAll(world, { startupMaxReconnectAttempts: 4 })) as PoolError;
    expect(world.hosts).toBe('a b a b a');
    expect(world.gaps).toEqual([10, 20, 40, 80]);
    expect(error.attempts.map(({ error: each }) => each.code)).toEqual(Array(5).fill(code));
    await world.expectNothingLeft();
  });

  it.each(kinds)('%s: a handful of dials in three seconds, not a storm', async (behaviour) => {
    const world = new PoolWorld({ a: behaviour, b: behaviour });
    const stop = new AbortController();
    const connecting = world.connect({
      startupMaxReconnectAttempts: Number.POSITIVE_INFINITY,
      signal: stop.signal,
    });
    await world.advance(3_000);
    expect(world.dials.length).toBe(9);
    stop.abort();
    expect(await outcomeOf(connecting)).toBe('STOMP_ABORTED');
  });

  it.each<[Behaviour, string]>([
    ['black-hole', 'it ended opening TCP'],
    ['silent', 'it ended waiting for CONNECTED'],
  ])('%s: fails after connectTimeoutMs, and the next host is dialled', async (behaviour, text) => {
    const world = new PoolWorld({ a: behaviour, b: 'good' });
    const connecting = world.connect({ connectTimeoutMs: 700 });
    await world.advance(709);
    expect(await outcomeOf(connecting)).toBe('pending');
    await world.advance(1);
    const pool = await connecting;
    expect(world.dials).toEqual([
      ['a', 0],
      ['b', 710],
    ]);
    expect(world.peers[0]!.transport.destroyed).toBe(true);
    pool.destroy();

    const alone = new PoolWorld({ a: behaviour });
    const error = (await dialAll(alone, { connectTimeoutMs: 700 })) as PoolError;
    expect(error.attempts[0]!.error.code).toBe('STOMP_CONNECT_TIMEOUT');
    expect(error.attempts[0]!.error.message).toContain('no connection within 700 ms');
    expect(error.attempts[0]!.error.message).toContain(text);
  });

  it('tells one failure from the other', async () => {
    const world = new PoolWorld({ a: 'refuse', b: 'eof', c: 'error', d: 'silent' });
    const error = (await dialAll(world, { connectTimeoutMs: 1_000 })) as PoolError;
    expect(error.attempts.map(({ error: each }) => each.code)).toEqual([
      'STOMP_CONNECT_FAILED',
      'STOMP_CONNECT_CLOSED',
      'STOMP_CONNECT_REFUSED',
      'STOMP_CONNECT_TIMEOUT',
    ]);
    expect(world.gaps).toEqual([10, 20, 40]);
  });
});

describe('jitter', () => {
  it.each([
    ['none', 0, 0.9, [100, 200, 400]],
    ['a quarter', 0.25, 0.999, [100 * 0.75025, 200 * 0.75025, 400 * 0.75025]],
    ['all of it', 1, 0.5, [50, 100, 200]],
    ['all of it, and the least of chance', 1, 0, [100, 200, 400]],
  ])('%s', async (_, jitter, random, gaps) => {
    const world = closedPorts('a');
    const options = { startupMaxReconnectAttempts: 3, initialReconnectDelayMs: 100, jitter };
    await dialAll(world, { ...options, random: () => random });
    for (const [i, gap] of world.gaps.entries()) expect(gap).toBeCloseTo(gaps[i]!, 6);
  });

  it('shortens a delay and never lengthens it, so that the maximum holds', async () => {
    const world = closedPorts('a');
    let asked = 0;
    const random = () => (asked++ % 10) / 10;
    const options = {
      startupMaxReconnectAttempts: 40,
      initialReconnectDelayMs: 1_000,
      maxReconnectDelayMs: 8_000,
    };
    await dialAll(world, { ...options, jitter: 0.5, random });
    expect(asked).toBe(40);
    for (const [i, gap] of world.gaps.entries()) {
      const whole = Math.min(8_000, 1_000 * 2 ** i);
      expect(gap).toBeCloseTo(whole * (1 - (i % 10) / 20), 6);
      expect(gap).toBeLessThanOrEqual(8_000);
      expect(gap).toBeGreaterThanOrEqual(whole / 2);
    }
  });
});

describe('randomize', () => {
  it('dials every host once in a round, and never the same twice in a row', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const world = closedPorts(...names);
    let state = 7;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    await dialAll(world, {
      startupMaxReconnectAttempts: 39,
      randomize: true,
      random,
      useExponentialBackOff: false,
    });
    const hosts = world.dials.map(([host]) => host);
    const rounds = Array.from({ length: 10 }, (_, round) => hosts.slice(round * 4, round * 4 + 4).join(''));
    for (const round of rounds) expect([...round].sort()).toEqual(names);
    for (const [i, host] of hosts.entries()) expect(host).not.toBe(hosts[i - 1]);
    expect(new Set(rounds).size).toBeGreaterThan(3);
  });

  it('does not ask for chance where it is not wanted', async () => {
    const world = closedPorts('a', 'b');
    // Once for the one delay, even if jitter is 0.
    let asked = 0;
    await dialAll(world, { random: () => ++asked / 100 });
    expect(asked).toBe(1);
    expect(world.hosts).toBe('a b');
  });
});

describe('what connect() rejects with', () => {
  it('is told once, and nothing goes on behind it', async () => {
    const world = closedPorts('a', 'b');
    const connecting = world.connect();
    await world.advance(100);
    const error = await rejection<PoolError>(connecting);
    expect(error.code).toBe('STOMP_POOL_EXHAUSTED');
    await world.expectNothingLeft();
  });
});
