import { describe, expect, it } from 'vitest';
import type { SessionError, StompError } from '../../src/errors.js';
import type { Pool, PoolOptions } from '../../src/pool/index.js';
import { outcomeOf, type Peer, PoolWorld, refuseStrayErrors, rejection } from '../support/pool-world.js';

refuseStrayErrors();

/** A connected pool whose broker, and each one after it, keeps back the RECEIPTs of SENDs. */
async function withheld(options: PoolOptions = {}): Promise<{ world: PoolWorld; pool: Pool }> {
  const world = new PoolWorld({ a: 'good', b: 'good' });
  world.onPeer = (peer) => {
    peer.answers = ({ command }) => command !== 'SEND';
  };
  return { world, pool: await world.up({ stableAfterMs: 0, ...options }) };
}

/** A pool that has lost its broker and dials in vain until `world.set('a', 'good')`. */
async function down(options: PoolOptions = {}): Promise<{ world: PoolWorld; pool: Pool }> {
  const world = new PoolWorld({ a: ['good', 'refuse'] });
  const pool = await world.up({ useExponentialBackOff: false, ...options });
  await world.advance(5_000);
  world.peer.cut();
  await world.settle();
  return { world, pool };
}

async function lose(world: PoolWorld): Promise<void> {
  world.peer.cut();
  await world.settle();
}

/** Publishes bodies one after the other; the rejections are the test's to look at. */
function publishAll(pool: Pool, bodies: readonly (string | number)[]): Promise<void>[] {
  const all = bodies.map((body) => pool.publish('/queue/a', String(body)));
  for (const each of all) each.catch(() => {});
  return all;
}

function sends(peer: Peer) {
  return peer.frames.filter(({ command }) => command === 'SEND');
}

const outcomes = (all: Promise<unknown>[]): Promise<string[]> => Promise.all(all.map(outcomeOf));

describe('what is not confirmed at a loss', () => {
  it('is sent again in order, across three losses, with what came meanwhile behind it', async () => {
    const { world, pool } = await withheld();
    const all = publishAll(pool, [1, 2, 3, 4]);
    await world.settle();
    world.peer.receipt(sends(world.peer)[1]);
    await lose(world);
    expect(world.peer.bodies).toEqual(['1', '3', '4']);
    all.push(...publishAll(pool, [5]));
    await world.settle();
    world.peer.receipt(sends(world.peer)[0]);
    await lose(world);
    expect(world.peer.bodies).toEqual(['3', '4', '5']);
    all.push(...publishAll(pool, [6, 7]));
    await world.settle();
    expect(pool.stats()).toMatchObject({ unconfirmed: 5, waiting: 0 });
    world.onPeer = undefined;
    await lose(world);
    // 3 and 4 have seen three connections end: one at a time.
    expect(world.peer.bodies).toEqual(['3', '4', '5', '6', '7']);
    expect(await outcomes(all)).toEqual(all.map(() => 'resolved'));
    expect(pool.stats()).toMatchObject({ unconfirmed: 0, unconfirmedBytes: 0, waiting: 0, connections: 4 });
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('goes out behind the SUBSCRIBEs and before what is new', async () => {
    const { world, pool } = await withheld();
    pool.subscribe('/queue/a');
    const all = publishAll(pool, [1, 2]);
    await world.settle();
    world.opens = false;
    await lose(world);
    pool.send('/queue/a', 'sent');
    all.push(...publishAll(pool, [3]));
    world.peer.open();
    await world.settle();
    expect(world.peer.said).toEqual([
      'SUBSCRIBE /queue/a s1',
      'SEND /queue/a 1',
      'SEND /queue/a 2',
      'SEND /queue/a sent',
      'SEND /queue/a 3',
    ]);
    pool.destroy();
    expect(await outcomes(all)).toEqual(Array(3).fill('STOMP_OUTCOME_UNKNOWN'));
  });

  it('carries resendHeader, and what goes out for the first time does not', async () => {
    const { world, pool } = await withheld({ resendHeader: 'resent' });
    publishAll(pool, [1]);
    await world.settle();
    publishAll(pool, [2]);
    await world.settle();
    await lose(world);
    publishAll(pool, [3]);
    await world.settle();
    const marks = (peer: Peer) => sends(peer).map(({ headers }) => headers.get('resent'));
    expect(world.peers.map(marks)).toEqual([
      [undefined, undefined],
      ['1', '1', undefined],
    ]);
    expect(sends(world.peer)[0]!.headers.get('persistent')).toBe('true');
    pool.destroy();
  });

  it('is not marked where it never left: it waited for a connection', async () => {
    const { world, pool } = await down({ resendHeader: 'resent' });
    publishAll(pool, [1]);
    world.set('a', 'good');
    await world.advance(10);
    expect(sends(world.peer)[0]!.headers.get('resent')).toBeUndefined();
    pool.destroy();
  });

  it('stays in order when an observer publishes within the event of a frame', async () => {
    const world = new PoolWorld({ a: 'good' });
    let pool: Pool | undefined;
    const within = ['2', '3'];
    const onFrameOut = () => {
      const body = pool === undefined ? undefined : within.shift();
      if (body !== undefined) void pool!.publish('/queue/a', body);
    };
    pool = await world.up({ observer: { onFrameOut } });
    await pool.publish('/queue/a', '1');
    await world.settle();
    expect(world.peer.bodies).toEqual(['1', '2', '3']);
    pool.destroy();
  });
});

describe('RECEIPTs', () => {
  it('in any order', async () => {
    const { world, pool } = await withheld();
    const all = publishAll(pool, [0, 1, 2, 3]);
    await world.settle();
    const settled: number[] = [];
    for (const [i, each] of all.entries()) void each.then(() => settled.push(i));
    for (const i of [2, 0, 3, 1]) {
      world.peer.receipt(sends(world.peer)[i]);
      await world.settle();
    }
    expect(settled).toEqual([2, 0, 3, 1]);
    expect(pool.stats()).toMatchObject({ unconfirmed: 0, unconfirmedBytes: 0 });
    pool.destroy();
  });

  it('twice, for nothing that was asked, and after an ERROR for the same frame: the first word counts', async () => {
    const unroutable: string[] = [];
    const observer = {
      onUnroutable: ({ frame }: { frame: { command: string } }) => void unroutable.push(frame.command),
    };
    const { world, pool } = await withheld({ observer });
    const [first, second, third] = publishAll(pool, [1, 2, 3]);
    await world.settle();
    const { peer } = world;
    const id = sends(peer)[1]!.headers.get('receipt');
    peer.receipt(sends(peer)[0]);
    peer.receipt(sends(peer)[0]);
    peer.transport.push(`ERROR\nmessage:no\nreceipt-id:${id}\n\nno\0`);
    peer.receipt(sends(peer)[1]);
    peer.transport.push('RECEIPT\nreceipt-id:999\n\n\0', 'RECEIPT\nreceipt-id:x\n\n\0');
    await world.settle();
    expect(await outcomes([first!, second!, third!])).toEqual(['resolved', 'STOMP_SERVER_ERROR', 'pending']);
    expect(unroutable).toEqual(['RECEIPT', 'RECEIPT', 'RECEIPT', 'RECEIPT']);
    expect(pool.state).toBe('connected');
    expect(pool.stats().unconfirmed).toBe(1);
    pool.destroy();
    expect(await outcomeOf(third!)).toBe('STOMP_OUTCOME_UNKNOWN');
  });

  it('an ERROR that names one: that publish is refused and not sent again, the others are', async () => {
    const { world, pool } = await withheld();
    const [first, second] = publishAll(pool, [1, 2]);
    await world.settle();
    const id = sends(world.peer)[0]!.headers.get('receipt');
    world.peer.transport.push(`ERROR\nmessage:no rights\nreceipt-id:${id}\n\n\0`);
    const error = await rejection<SessionError>(first!);
    expect(error.code).toBe('STOMP_SERVER_ERROR');
    expect(error.frame?.headers.get('message')).toBe('no rights');
    await lose(world);
    expect(world.peer.bodies).toEqual(['2']);
    pool.destroy();
    expect(await outcomeOf(second!)).toBe('STOMP_OUTCOME_UNKNOWN');
  });

  it('never: it waits as long as the connection lives, and goes to the next', async () => {
    const { world, pool } = await withheld({
      receiptTimeoutMs: 1_000,
      timeoutMs: 2_000,
      leaveBlockedAfterMs: Number.POSITIVE_INFINITY,
    });
    const [published] = publishAll(pool, [1]);
    await world.advance(600_000);
    expect(await outcomeOf(published!)).toBe('pending');
    world.onPeer = undefined;
    world.peers[0]!.cut();
    await world.settle();
    expect(await outcomeOf(published!)).toBe('resolved');
    pool.destroy();
    await world.expectNothingLeft();
  });
});

describe('the bounds', () => {
  it('maxOutboxMessages: one more waits, and goes out with the first RECEIPT', async () => {
    const { world, pool } = await withheld({ maxOutboxMessages: 3 });
    const all = publishAll(pool, [1, 2, 3, 4, 5]);
    await world.settle();
    expect(world.peer.bodies).toEqual(['1', '2', '3']);
    expect(pool.stats()).toMatchObject({ unconfirmed: 3 });
    world.peer.receipt(sends(world.peer)[1]);
    await world.settle();
    expect(world.peer.bodies).toEqual(['1', '2', '3', '4']);
    expect(await outcomes(all)).toEqual(['pending', 'resolved', 'pending', 'pending', 'pending']);
    pool.destroy();
    await world.settle();
    expect(await outcomeOf(all[3]!)).toBe('STOMP_OUTCOME_UNKNOWN');
    expect(await outcomeOf(all[4]!)).toBe('STOMP_CLOSED');
    expect(pool.stats()).toMatchObject({ unconfirmed: 0, unconfirmedBytes: 0, waiting: 0 });
  });

  it('maxOutboxBytes: exactly full is taken, a byte more is not', async () => {
    const probe = await withheld();
    publishAll(probe.pool, ['xx']);
    const each = probe.pool.stats().unconfirmedBytes;
    probe.pool.destroy();
    const { world, pool } = await withheld({ maxOutboxBytes: 2 * each });
    publishAll(pool, ['aa', 'bb', 'c']);
    await world.settle();
    expect(world.peer.bodies).toEqual(['aa', 'bb']);
    expect(pool.stats().unconfirmedBytes).toBe(2 * each);
    pool.destroy();
    const other = await withheld({ maxOutboxBytes: 2 * each - 1 });
    publishAll(other.pool, ['aa', 'bb']);
    await other.world.settle();
    expect(other.world.peer.bodies).toEqual(['aa']);
    other.pool.destroy();
  });

  it('an empty outbox takes a message that is larger than the bound', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up({ maxOutboxBytes: 1 });
    const all = publishAll(pool, ['x'.repeat(100_000), 'y'.repeat(100_000)]);
    await world.settle();
    expect(await outcomes(all)).toEqual(['resolved', 'resolved']);
    expect(pool.stats()).toMatchObject({ unconfirmed: 0, unconfirmedBytes: 0 });
    pool.destroy();
  });

  it('full for timeoutMs: STOMP_OUTBOX_FULL, each in its own time, and nothing of it is sent', async () => {
    const { world, pool } = await withheld({ maxOutboxMessages: 1, timeoutMs: 1_000 });
    const [held, first] = publishAll(pool, [1, 2]);
    await world.advance(600);
    const [second] = publishAll(pool, [3]);
    await world.advance(399);
    expect(await outcomeOf(first!)).toBe('pending');
    await world.advance(1);
    expect(await outcomeOf(first!)).toBe('STOMP_OUTBOX_FULL');
    await world.advance(599);
    expect(await outcomeOf(second!)).toBe('pending');
    await world.advance(1);
    expect((await rejection<StompError>(second!)).message).toContain('1000 ms');
    world.peer.receipt();
    await world.settle();
    expect(await outcomeOf(held!)).toBe('resolved');
    expect(world.peer.bodies).toEqual(['1']);
    expect(pool.stats()).toMatchObject({ unconfirmed: 0, waiting: 0 });
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('what was let in while down has timeoutMs from then on, and not more', async () => {
    const { world, pool } = await down({ maxOutboxMessages: 1, timeoutMs: 1_000 });
    const [first, second] = publishAll(pool, [1, 2]);
    await world.advance(400);
    const [third] = publishAll(pool, [3]);
    await world.advance(600);
    expect(await outcomes([first!, second!, third!])).toEqual(['STOMP_NOT_CONNECTED', 'pending', 'pending']);
    // The second was let in at 1,000; the third waits for room until 1,400.
    await world.advance(399);
    expect(await outcomeOf(third!)).toBe('pending');
    await world.advance(1);
    expect(await outcomeOf(third!)).toBe('STOMP_OUTBOX_FULL');
    await world.advance(600);
    expect(await outcomeOf(second!)).toBe('STOMP_NOT_CONNECTED');
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('room that an aborted one leaves in the gate is used by the next at once', async () => {
    const { world, pool } = await withheld({ maxOutboxBytes: 1_000 });
    const stop = new AbortController();
    publishAll(pool, ['1']);
    const large = pool.publish('/queue/a', 'x'.repeat(950), { signal: stop.signal });
    publishAll(pool, ['2']);
    await world.settle();
    expect(world.peer.bodies).toEqual(['1']);
    stop.abort();
    expect(await outcomeOf(large)).toBe('STOMP_ABORTED');
    await world.settle();
    expect(world.peer.bodies).toEqual(['1', '2']);
    pool.destroy();
  });

  it('a long outage keeps nothing of what has timed out', async () => {
    const { world, pool } = await down({ maxOutboxMessages: 100, timeoutMs: 10 });
    for (let round = 0; round < 50; round++) {
      publishAll(pool, Array(200).fill('x'));
      await world.advance(20);
    }
    expect(pool.stats()).toMatchObject({ unconfirmed: 0, unconfirmedBytes: 0, waiting: 0 });
    world.set('a', 'good');
    await world.advance(10);
    expect(world.peer.said).toEqual([]);
    pool.destroy();
    await world.expectNothingLeft();
  });
});

describe('timeoutMs without a connection', () => {
  it('STOMP_NOT_CONNECTED for what was never sent, STOMP_OUTCOME_UNKNOWN for what was', async () => {
    const world = new PoolWorld({ a: ['good', 'refuse'] });
    const pool = await world.up({ timeoutMs: 1_000 });
    await world.advance(5_000);
    world.peer.answers = false;
    const [sent] = publishAll(pool, ['sent']);
    await world.settle();
    world.peer.cut();
    await world.settle();
    const [unsent] = publishAll(pool, ['unsent']);
    await world.advance(999);
    expect(await outcomes([sent!, unsent!])).toEqual(['pending', 'pending']);
    await world.advance(1);
    expect(await outcomes([sent!, unsent!])).toEqual(['STOMP_OUTCOME_UNKNOWN', 'STOMP_NOT_CONNECTED']);
    const error = await rejection<SessionError>(sent!);
    expect(error.cause).toMatchObject({ code: 'STOMP_NOT_CONNECTED' });
    expect(pool.stats()).toMatchObject({ unconfirmed: 0, unconfirmedBytes: 0, waiting: 0 });
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('a connection in time stops the clock, and a loss starts it afresh', async () => {
    const { world, pool } = await withheld({ timeoutMs: 1_000 });
    const [published] = publishAll(pool, [1]);
    await world.settle();
    for (let i = 0; i < 2; i++) {
      world.opens = false;
      await lose(world);
      await world.advance(999);
      expect(await outcomeOf(published!)).toBe('pending');
      world.peer.open();
      await world.advance(5_000);
      expect(world.peer.bodies).toEqual(['1']);
    }
    world.peer.receipt();
    expect(await outcomeOf(published!)).toBe('resolved');
    pool.destroy();
    await world.expectNothingLeft();
  });
});

describe('a signal', () => {
  it('in the gate: STOMP_ABORTED, and it is never sent', async () => {
    const { world, pool } = await withheld({ maxOutboxMessages: 1 });
    const stop = new AbortController();
    publishAll(pool, [1]);
    const given = pool.publish('/queue/a', '2', { signal: stop.signal });
    await world.settle();
    stop.abort('enough');
    expect((await rejection<StompError>(given)).cause).toBe('enough');
    expect(await outcomeOf(given)).toBe('STOMP_ABORTED');
    world.peer.receipt();
    await world.settle();
    expect(world.peer.bodies).toEqual(['1']);
    pool.destroy();
  });

  it('before it was sent: STOMP_ABORTED', async () => {
    const { world, pool } = await down();
    const stop = new AbortController();
    const given = pool.publish('/queue/a', '1', { signal: stop.signal });
    stop.abort();
    expect(await outcomeOf(given)).toBe('STOMP_ABORTED');
    world.set('a', 'good');
    await world.advance(10);
    expect(world.peer.said).toEqual([]);
    pool.destroy();
  });

  it('on the wire: STOMP_OUTCOME_UNKNOWN, not sent again, and its late RECEIPT disturbs nobody', async () => {
    const { world, pool } = await withheld();
    const stop = new AbortController();
    const given = pool.publish('/queue/a', '1', { signal: stop.signal });
    const [other] = publishAll(pool, [2]);
    await world.settle();
    stop.abort();
    const error = await rejection<SessionError>(given);
    expect([error.code, (error.cause as StompError).code]).toEqual([
      'STOMP_OUTCOME_UNKNOWN',
      'STOMP_ABORTED',
    ]);
    expect(pool.stats().unconfirmed).toBe(1);
    world.peer.receipt(sends(world.peer)[0]);
    await world.settle();
    expect(await outcomeOf(other!)).toBe('pending');
    await lose(world);
    expect(world.peer.bodies).toEqual(['2']);
    pool.destroy();
  });

  it('between losses: STOMP_OUTCOME_UNKNOWN, and it does not go out again', async () => {
    const { world, pool } = await withheld();
    const stop = new AbortController();
    const given = pool.publish('/queue/a', '1', { signal: stop.signal });
    await world.settle();
    world.opens = false;
    await lose(world);
    stop.abort();
    expect(await outcomeOf(given)).toBe('STOMP_OUTCOME_UNKNOWN');
    expect(pool.stats()).toMatchObject({ unconfirmed: 0, unconfirmedBytes: 0, waiting: 0 });
    world.peer.open();
    await world.settle();
    expect(world.peer.said).toEqual([]);
    pool.destroy();
  });

  it('within the event of the loss: it is counted out once', async () => {
    const stop = new AbortController();
    const { world, pool } = await withheld({ observer: { onDisconnect: () => stop.abort() } });
    const given = pool.publish('/queue/a', '1', { signal: stop.signal });
    given.catch(() => {});
    const [other] = publishAll(pool, [2]);
    await world.settle();
    await lose(world);
    expect(await outcomeOf(given)).toBe('STOMP_OUTCOME_UNKNOWN');
    expect(world.peer.bodies).toEqual(['2']);
    expect(pool.stats()).toMatchObject({ unconfirmed: 1, waiting: 0 });
    world.peer.receipt();
    expect(await outcomeOf(other!)).toBe('resolved');
    expect(pool.stats()).toMatchObject({ unconfirmed: 0, unconfirmedBytes: 0, waiting: 0 });
    pool.destroy();
  });
});

describe('the end of the pool', () => {
  it.each<[string, PoolOptions, (pool: Pool, world: PoolWorld) => void, string]>([
    ['destroy()', {}, (pool) => pool.destroy(), 'STOMP_CLOSED'],
    [
      'giving up',
      { maxReconnectAttempts: 0 },
      (_, world) => {
        for (const host of ['a', 'b']) world.set(host, 'refuse');
        world.peer.cut();
      },
      'STOMP_POOL_EXHAUSTED',
    ],
  ])('%s: what had been sent is unknown, what had not is told why', async (_, options, end, code) => {
    const { world, pool } = await withheld({ maxOutboxMessages: 2, ...options });
    const all = publishAll(pool, ['sent', 'sent too', 'gated', 'gated too']);
    await world.settle();
    end(pool, world);
    await world.advance(60_000);
    expect(await outcomes(all)).toEqual(['STOMP_OUTCOME_UNKNOWN', 'STOMP_OUTCOME_UNKNOWN', code, code]);
    expect((await rejection<SessionError>(all[0]!)).cause).toMatchObject({ code });
    expect(world.peers[0]!.bodies).toEqual(['sent', 'sent too']);
    expect(pool.stats()).toMatchObject({ unconfirmed: 0, unconfirmedBytes: 0, waiting: 0 });
    await world.expectNothingLeft();
  });

  it('a full read buffer: what was on the wire is unknown', async () => {
    const { world, pool } = await withheld({ maxBufferedBytes: 65_536 });
    pool.subscribe('/queue/a');
    const [published] = publishAll(pool, [1]);
    await world.settle();
    for (let i = 0; i < 8; i++) world.peer.message('s1', `m${i}`, 'x'.repeat(10_000));
    const error = await rejection<SessionError>(published!);
    expect(error.code).toBe('STOMP_OUTCOME_UNKNOWN');
    expect(error.cause).toMatchObject({ code: 'STOMP_READ_BUFFER_FULL' });
    pool.destroy();
  });
});
