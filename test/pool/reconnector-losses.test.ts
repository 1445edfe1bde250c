import { describe, expect, it } from 'vitest';
import type { PoolError, SessionError } from '../../src/errors.js';
import type { ReconnectScheduledEvent } from '../../src/index.js';
import type { Pool } from '../../src/pool/index.js';
import { type Behaviour, outcomeOf, PoolWorld, refuseStrayErrors, rejection } from '../support/pool-world.js';

refuseStrayErrors();

describe('after a loss', () => {
  it.each<[string, Behaviour, string]>([
    ['a', 'good', 'b'],
    ['b', 'refuse', 'c'],
  ])('the next host is dialled, at once: from %s', async (from, first, next) => {
    const world = new PoolWorld({ a: first, b: 'good', c: 'good' });
    const pool = await worldUp(world);
    expect(pool.endpoint.host).toBe(from);
    await world.advance(5_000);
    world.peer.cut();
    await world.settle();
    expect(world.dials.at(-1)).toEqual([next, world.clock.now()]);
    expect(pool.endpoint.host).toBe(next);
    expect(pool.state).toBe('connected');
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('a lone host is dialled again at once', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up();
    await world.advance(5_000);
    world.peer.cut();
    await world.settle();
    expect(world.dials).toEqual([
      ['a', 0],
      ['a', 5_000],
    ]);
    pool.destroy();
  });

  it('every outage starts from the initial delay', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up();
    for (let outage = 0; outage < 3; outage++) {
      await world.advance(5_000);
      world.set('a', ['refuse', 'refuse', 'refuse', 'refuse', 'good']);
      const lostAt = world.clock.now();
      world.dials.length = 0;
      world.peer.cut();
      await world.advance(1_000);
      expect(world.dials.map(([, at]) => at - lostAt)).toEqual([0, 10, 30, 70, 150]);
      expect(pool.state).toBe('connected');
    }
    pool.destroy();
  });

  it('tells the observer of each dial to come, counted from the last stable connection', async () => {
    const world = new PoolWorld({ a: ['good', 'refuse'], b: ['refuse', 'good'] });
    const events: ReconnectScheduledEvent[] = [];
    const dials: number[] = [];
    const pool = await world.up({
      observer: {
        onReconnectScheduled: (event) => events.push(event),
        onConnecting: ({ attempt }) => dials.push(attempt),
      },
    });
    await world.advance(5_000);
    world.peer.cut();
    await world.advance(100);
    expect(
      events.map(({ endpoint, attempt, delayMs, error }) => [endpoint, attempt, delayMs, error.code]),
    ).toEqual([
      ['stomp://b:61613', 1, 0, 'STOMP_CONNECTION_LOST'],
      ['stomp://a:61613', 2, 10, 'STOMP_CONNECT_FAILED'],
      ['stomp://b:61613', 3, 20, 'STOMP_CONNECT_FAILED'],
    ]);
    expect(dials).toEqual([1, 1, 2, 3]);
    pool.destroy();
  });

  it('an ERROR of the broker is told as what ended the connection', async () => {
    const world = new PoolWorld({ a: 'good' });
    const events: ReconnectScheduledEvent[] = [];
    const pool = await world.up({ observer: { onReconnectScheduled: (event) => events.push(event) } });
    await world.advance(5_000);
    world.peer.transport.push('ERROR\nmessage:memory limit\n\n\0');
    world.peer.cut();
    await world.settle();
    expect((events[0]!.error.cause as SessionError).code).toBe('STOMP_SERVER_ERROR');
    expect(pool.state).toBe('connected');
    pool.destroy();
  });
});

describe('pool.endpoint', () => {
  it('is where it is connected to, or dials, or will dial next', async () => {
    const world = new PoolWorld({ a: 'good', b: 'black-hole', c: 'refuse', d: 'good' });
    const pool = await world.up({ connectTimeoutMs: 100, initialReconnectDelayMs: 50 });
    const seen = [pool.endpoint.host];
    await world.advance(5_000);
    world.peer.cut();
    for (const ms of [0, 100, 50, 100, 100]) {
      await world.advance(ms);
      seen.push(`${pool.endpoint.host} ${world.clock.now()}`);
    }
    // b is dialled until 5,100; c at 5,150; d at 5,250.
    expect(seen).toEqual(['a', 'b 5000', 'c 5100', 'd 5150', 'd 5250', 'd 5350']);
    expect(world.hosts).toBe('a b c d');
    pool.destroy();
  });

  it('is asked for without an effect on the order, also when shuffled', async () => {
    const orders: string[] = [];
    for (const asks of [false, true]) {
      let state = 11;
      const random = () => {
        state = (state * 48_271) % 2_147_483_647;
        return state / 2_147_483_647;
      };
      let pool: Pool | undefined;
      const look = () => asks && void pool?.endpoint;
      const observer = {
        onConnecting: look,
        onConnectFail: look,
        onReconnectScheduled: look,
        onDisconnect: look,
      };
      const world = new PoolWorld({ a: { cutAfterMs: 1 }, b: { cutAfterMs: 1 }, c: { cutAfterMs: 1 } });
      pool = await world.up({ randomize: true, random, observer });
      await world.advance(60_000);
      orders.push(world.hosts);
      pool.destroy();
    }
    expect(orders[1]).toBe(orders[0]);
  });
});

describe('a connection that dies young', () => {
  it('does not start the delays afresh', async () => {
    const world = new PoolWorld({ a: { cutAfterMs: 50 } });
    const pool = await world.up({ initialReconnectDelayMs: 100, maxReconnectDelayMs: 1_000 });
    await world.advance(5_000);
    expect(world.dials.slice(0, 6)).toEqual([
      ['a', 0],
      ['a', 150],
      ['a', 400],
      ['a', 850],
      ['a', 1_700],
      ['a', 2_750],
    ]);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('counts as a failed attempt, and the pool gives up over it', async () => {
    const world = new PoolWorld({ a: { cutAfterMs: 4_999 }, b: { cutAfterMs: 4_999 } });
    const pool = await world.up({ maxReconnectAttempts: 2 });
    await world.advance(60_000);
    expect(world.hosts).toBe('a b a');
    const error = (await pool.closed) as PoolError;
    expect(error.code).toBe('STOMP_POOL_EXHAUSTED');
    expect(error.attempts.map(({ endpoint, attempt, error: { code } }) => [endpoint, attempt, code])).toEqual(
      [
        ['stomp://a:61613', 1, 'STOMP_CONNECTION_LOST'],
        ['stomp://b:61613', 2, 'STOMP_CONNECTION_LOST'],
        ['stomp://a:61613', 3, 'STOMP_CONNECTION_LOST'],
      ],
    );
    await world.expectNothingLeft();
  });

  it('is as good as any once it has lasted stableAfterMs', async () => {
    const world = new PoolWorld({ a: { cutAfterMs: 5_000 } });
    const pool = await world.up({ maxReconnectAttempts: 2 });
    await world.advance(60_000);
    expect(world.gaps).toEqual(Array(12).fill(5_000));
    expect(pool.state).toBe('connected');
    pool.destroy();
  });

  it.each([
    [0, 1, [1, 1, 1]],
    [100, 99, [109, 119, 139]],
    [100, 100, [100, 100, 100]],
    [60_000, 59_999, [60_009, 60_019, 60_039]],
  ])('stableAfterMs %i: a life of %i ms', async (stableAfterMs, cutAfterMs, gaps) => {
    const world = new PoolWorld({ a: { cutAfterMs } });
    const pool = await world.up({ stableAfterMs });
    await world.advance(4 * cutAfterMs + 100);
    expect(world.gaps.slice(0, 3)).toEqual(gaps);
    pool.destroy();
  });

  it('adds to the failures before it', async () => {
    const world = new PoolWorld({ a: ['refuse', 'refuse', { cutAfterMs: 100 }, 'refuse', 'good'] });
    const pool = world.connect({ startupMaxReconnectAttempts: 5 });
    await world.advance(1_000);
    // 10 and 20 after the refusals; 40 after the short life; 80 after one more refusal.
    expect(world.gaps).toEqual([10, 20, 140, 80]);
    (await pool).destroy();
  });
});

describe('giving up', () => {
  it('N retries: a stable connection, its loss, the first dial and N more', async () => {
    const world = new PoolWorld({ a: ['good', 'refuse'], b: 'refuse' });
    const pool = await world.up({ maxReconnectAttempts: 3 });
    await world.advance(5_000);
    world.peer.cut();
    await world.advance(60_000);
    expect(world.dials.slice(1)).toEqual([
      ['b', 5_000],
      ['a', 5_010],
      ['b', 5_030],
      ['a', 5_070],
    ]);
    const error = (await pool.closed) as PoolError;
    expect(error.code).toBe('STOMP_POOL_EXHAUSTED');
    expect(error.attempts.map(({ endpoint, attempt, error: { code } }) => [endpoint, attempt, code])).toEqual(
      [
        ['stomp://b:61613', 1, 'STOMP_CONNECT_FAILED'],
        ['stomp://a:61613', 2, 'STOMP_CONNECT_FAILED'],
        ['stomp://b:61613', 3, 'STOMP_CONNECT_FAILED'],
        ['stomp://a:61613', 4, 'STOMP_CONNECT_FAILED'],
      ],
    );
    expect(error.message).toContain('gave up after 4 failed attempts: 1. stomp://b:61613');
    await world.expectNothingLeft();
  });

  it.each([
    [0, ['a b']],
    [1, ['a b a']],
  ])('maxReconnectAttempts %i after a stable connection', async (maxReconnectAttempts, [hosts]) => {
    const world = new PoolWorld({ a: ['good', 'refuse'], b: 'refuse' });
    const pool = await world.up({ maxReconnectAttempts });
    await world.advance(5_000);
    world.peer.cut();
    await world.advance(60_000);
    expect(world.hosts).toBe(hosts);
    expect(pool.state).toBe('closed');
  });

  it('tells everyone who waits, once, with the same error', async () => {
    const world = new PoolWorld({ a: ['good', 'refuse'] });
    const pool = await world.up({ maxReconnectAttempts: 2 });
    const before = pool.subscribe('/queue/before');
    await world.settle();
    const iterating = before[Symbol.asyncIterator]().next();
    await world.advance(5_000);
    world.peer.cut();
    await world.settle();
    const after = pool.subscribe('/queue/after');
    let settled = 0;
    const waiting = [
      pool.publish('/queue/a', '1'),
      pool.publish('/queue/a', '2'),
      pool.drain(),
      pool.begin(),
      pool.transaction(() => 0),
      after.ready,
      iterating,
    ];
    for (const promise of waiting)
      promise.then(
        () => settled++,
        () => settled++,
      );
    pool.send('/queue/a', '3');
    await world.advance(60_000);
    expect(settled).toBe(waiting.length);
    const error = await pool.closed;
    expect(error?.code).toBe('STOMP_POOL_EXHAUSTED');
    for (const promise of waiting) expect(await rejection(promise)).toBe(error);
    expect(await before.closed).toBe(error);
    expect(await after.closed).toBe(error);
    expect(pool.stats()).toMatchObject({ lostSends: 1, waiting: 0, waitingBytes: 0, subscriptions: 0 });
    await world.expectNothingLeft();
  });

  it('is final: every later call gets that error too', async () => {
    const world = new PoolWorld({ a: ['good', 'refuse'] });
    const pool = await world.up({ maxReconnectAttempts: 0 });
    await world.advance(5_000);
    world.peer.cut();
    await world.advance(60_000);
    const error = await pool.closed;
    expect(() => pool.send('/queue/a')).toThrow(error);
    expect(() => pool.subscribe('/queue/a')).toThrow(error);
    expect(await rejection(pool.publish('/queue/a'))).toBe(error);
    expect(await rejection(pool.drain())).toBe(error);
    expect(await rejection(pool.begin())).toBe(error);
    expect(await outcomeOf(pool.disconnect())).toBe('resolved');
    pool.destroy();
    expect(await pool.closed).toBe(error);
    await world.expectNothingLeft();
  });
});

/** As `world.up`, where the first host need not be the one that answers. */
async function worldUp(world: PoolWorld) {
  const connecting = world.connect();
  await world.advance(100);
  return connecting;
}
