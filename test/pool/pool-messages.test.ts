import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/index.js';
import type { Pool, PoolOptions } from '../../src/pool/index.js';
import type { AckMode } from '../../src/transport/index.js';
import { outcomeOf, PoolWorld, refuseStrayErrors } from '../support/pool-world.js';

refuseStrayErrors();

async function connected(options: PoolOptions = {}): Promise<{ world: PoolWorld; pool: Pool }> {
  const world = new PoolWorld({ a: 'good' });
  return { world, pool: await world.up(options) };
}

/** The connection is lost and there is a new one. */
async function failOver(world: PoolWorld): Promise<void> {
  await world.advance(5_000);
  world.peer.cut();
  await world.settle();
}

/** A handler that is busy with each message until `next` is called. */
function busyHandler() {
  const got: Message[] = [];
  let free: (() => void) | undefined;
  const handler = (message: Message) => {
    got.push(message);
    return new Promise<void>((resolve) => {
      free = resolve;
    });
  };
  return { handler, bodies: () => got.map((message) => message.text()), got, next: () => free?.() };
}

describe('messages held for a busy handler at the loss', () => {
  it.each<[AckMode, string[]]>([
    ['auto', ['one', 'two', 'three', 'again']],
    ['client', ['one', 'again']],
    ['client-individual', ['one', 'again']],
  ])('%s: %j', async (ack, expected) => {
    const { world, pool } = await connected();
    const consumer = busyHandler();
    pool.subscribe('/queue/a', { ack }, consumer.handler);
    await world.settle();
    for (const [i, body] of ['one', 'two', 'three'].entries()) world.peer.message('s1', `m${i}`, body);
    expect(pool.stats().heldBytes).toBeGreaterThan(100);
    await failOver(world);
    world.peer.message('s1', 'm9', 'again');
    for (let i = 0; i < 5; i++) {
      consumer.next();
      await world.settle();
    }
    expect(consumer.bodies()).toEqual(expected);
    expect(pool.stats().heldBytes).toBe(0);
    pool.destroy();
  });

  it('are dropped in the client modes also for an iterator nobody reads', async () => {
    const { world, pool } = await connected();
    const auto = pool.subscribe('/queue/auto');
    const client = pool.subscribe('/queue/client', { ack: 'client' });
    await world.settle();
    world.peer.message('s1', 'm1', 'kept', '/queue/auto');
    world.peer.message('s2', 'm2', 'dropped', '/queue/client');
    await failOver(world);
    world.peer.message('s2', 'm2', 'came again', '/queue/client');
    const next = async (sub: typeof auto) => (await sub[Symbol.asyncIterator]().next()).value?.text();
    expect(await next(auto)).toBe('kept');
    expect(await next(client)).toBe('came again');
    expect(pool.stats().heldBytes).toBe(0);
    pool.destroy();
  });

  it('that filled the reading: the next connection is read from once they have gone', async () => {
    const { world, pool } = await connected();
    const consumer = busyHandler();
    pool.subscribe('/queue/a', {}, consumer.handler);
    await world.settle();
    for (let i = 0; i < 10; i++) world.peer.message('s1', `m${i}`, 'x'.repeat(10_000));
    await world.settle();
    expect(world.peer.transport.paused).toBe(true);
    world.peer.transport.fail(new Error('reset'));
    await world.advance(5_000);
    expect(pool.state).toBe('connected');
    expect(world.peer.said).toEqual(['SUBSCRIBE /queue/a s1']);
    expect(world.peer.transport.paused).toBe(true);
    world.peer.message('s1', 'm10', 'new');
    for (let i = 0; i < 12; i++) {
      consumer.next();
      await world.settle();
    }
    // Eight had been read when the reading stopped.
    expect(consumer.bodies().length).toBe(9);
    expect(consumer.bodies().at(-1)).toBe('new');
    expect(world.peer.transport.paused).toBe(false);
    pool.destroy();
  });

  it('that fill all there is room for: a publish is refused at once, on a connection and without one', async () => {
    const world = new PoolWorld({ a: ['good', 'refuse'] });
    const pool = await world.up({ maxBufferedBytes: 65_536 });
    pool.subscribe('/queue/a');
    await world.settle();
    for (let i = 0; i < 8; i++) world.peer.message('s1', `m${i}`, 'x'.repeat(10_000));
    expect(await outcomeOf(pool.publish('/queue/a', 'x'))).toBe('STOMP_READ_BUFFER_FULL');
    world.peer.transport.fail(new Error('reset'));
    await world.settle();
    expect(pool.state).toBe('connecting');
    expect(await outcomeOf(pool.publish('/queue/a', 'x'))).toBe('STOMP_READ_BUFFER_FULL');
    expect(pool.stats().waiting).toBe(0);
    pool.destroy();
  });

  it('auto ones are still delivered after the end of the pool, and then an iteration ends', async () => {
    const { world, pool } = await connected();
    const sub = pool.subscribe('/queue/a');
    await world.settle();
    world.peer.message('s1', 'm1', 'one');
    world.peer.message('s1', 'm2', 'two');
    await pool.disconnect();
    const bodies: string[] = [];
    for await (const message of sub) bodies.push(message.text());
    expect(bodies).toEqual(['one', 'two']);
    expect(pool.stats().heldBytes).toBe(0);
  });
});

describe('a message of an earlier connection', () => {
  it.each<AckMode>(['client', 'client-individual'])('%s: nothing of it goes on the wire', async (ack) => {
    const { world, pool } = await connected();
    const got: Message[] = [];
    pool.subscribe('/queue/a', { ack }, (message) => void got.push(message));
    await world.settle();
    for (let i = 1; i <= 4; i++) world.peer.message('s1', `m${i}`, `${i}`);
    expect(got[0]!.ack()).toBe(true);
    await world.settle();
    const confirmed = got[1]!.ackConfirmed();
    confirmed.catch(() => {});
    world.peer.answers = false;
    await failOver(world);
    expect(got[1]!.ack()).toBe(false);
    expect(got[2]!.ack()).toBe(false);
    expect(got[3]!.ackThrough()).toBe(false);
    expect(await outcomeOf(got[2]!.ackConfirmed())).toBe('STOMP_STALE_ACK');
    const transaction = await pool.begin();
    expect(transaction.ack(got[2]!)).toBe(false);
    await transaction.abort();
    world.peer.message('s1', 'm2', '2 again');
    expect(got[4]!.ack()).toBe(true);
    await world.settle();
    expect(world.peer.said.filter((line) => line.startsWith('ACK'))).toEqual(['ACK m2']);
    pool.destroy();
  });

  it('an ACK on its way at the loss is of unknown outcome; one that waited for others is stale', async () => {
    const { world, pool } = await connected();
    const got: Message[] = [];
    pool.subscribe('/queue/a', { ack: 'client' }, (message) => void got.push(message));
    await world.settle();
    world.peer.answers = false;
    for (let i = 1; i <= 3; i++) world.peer.message('s1', `m${i}`, `${i}`);
    const early = got[2]!.ackConfirmed();
    const sent = got[0]!.ackConfirmed();
    for (const promise of [early, sent]) promise.catch(() => {});
    await world.settle();
    await failOver(world);
    expect(await outcomeOf(sent)).toBe('STOMP_OUTCOME_UNKNOWN');
    expect(await outcomeOf(early)).toBe('STOMP_STALE_ACK');
    pool.destroy();
  });

  it('is acknowledged neither while down nor after the end', async () => {
    const world = new PoolWorld({ a: ['good', 'refuse'] });
    const pool = await world.up({ maxReconnectAttempts: 0 });
    const got: Message[] = [];
    pool.subscribe('/queue/a', { ack: 'client' }, (message) => void got.push(message));
    await world.settle();
    world.peer.message('s1', 'm1', '1');
    world.peer.cut();
    await world.settle();
    expect(got[0]!.ack()).toBe(false);
    await world.advance(60_000);
    expect(pool.state).toBe('closed');
    expect(got[0]!.ack()).toBe(false);
    expect(await outcomeOf(got[0]!.ackConfirmed())).toBe('STOMP_STALE_ACK');
  });
});

describe('a transaction', () => {
  it('ends with its connection: nothing of it is sent on the next', async () => {
    const { world, pool } = await connected();
    const transaction = await pool.begin();
    transaction.send('/queue/a', '1');
    await world.settle();
    await failOver(world);
    expect(() => transaction.send('/queue/a', '2')).toThrow(
      expect.objectContaining({ code: 'STOMP_TRANSACTION_LOST' }),
    );
    expect(await outcomeOf(transaction.commit())).toBe('STOMP_TRANSACTION_LOST');
    expect(world.peer.said).toEqual([]);
    pool.destroy();
  });

  it('abort after the loss is done, without a word', async () => {
    const { world, pool } = await connected();
    const transaction = await pool.begin();
    await failOver(world);
    expect(await outcomeOf(transaction.abort())).toBe('resolved');
    expect(world.peer.said).toEqual([]);
    pool.destroy();
  });

  it('whose COMMIT was on its way at the loss is of unknown outcome', async () => {
    const { world, pool } = await connected();
    world.peer.answers = false;
    const committed = pool.transaction((tx) => tx.send('/queue/a', '1'));
    committed.catch(() => {});
    await world.settle();
    expect(world.peer.said.at(-1)).toBe('COMMIT t1');
    await failOver(world);
    expect(await outcomeOf(committed)).toBe('STOMP_COMMIT_UNKNOWN');
    pool.destroy();
  });

  it('lost in the middle of the work: the work is told, and so is the caller', async () => {
    const { world, pool } = await connected();
    let goOn!: () => void;
    const pause = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const done = pool.transaction(async (tx) => {
      tx.send('/queue/a', '1');
      await pause;
      tx.send('/queue/a', '2');
    });
    done.catch(() => {});
    await world.settle();
    await failOver(world);
    goOn();
    expect(await outcomeOf(done)).toBe('STOMP_TRANSACTION_LOST');
    expect(world.peer.said).toEqual([]);
    pool.destroy();
  });

  it('begun while down waits for the connection, up to timeoutMs', async () => {
    const world = new PoolWorld({ a: ['good', 'refuse'] });
    const pool = await world.up({ timeoutMs: 1_000 });
    await world.advance(5_000);
    world.peer.cut();
    await world.settle();
    const late = pool.begin();
    late.catch(() => {});
    await world.advance(1_000);
    expect(await outcomeOf(late)).toBe('STOMP_NOT_CONNECTED');
    const result = pool.transaction((tx) => tx.send('/queue/a', '1') && 'done');
    world.set('a', 'good');
    await world.advance(999);
    expect(await result).toBe('done');
    expect(world.peer.said).toEqual(['BEGIN t1', 'SEND /queue/a t1 1', 'COMMIT t1']);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('whose work throws is aborted, and says what the work said', async () => {
    const { world, pool } = await connected();
    const failed = pool.transaction((tx) => {
      tx.send('/queue/a', '1');
      throw new Error('no');
    });
    failed.catch(() => {});
    await world.settle();
    expect(await outcomeOf(failed)).toBe('Error: no');
    expect(world.peer.said.at(-1)).toBe('ABORT t1');
    pool.destroy();
  });

  it('begun while down, on a connection that breaks as it comes, is lost and not refused', async () => {
    const world = new PoolWorld({ a: ['good', 'black-hole'] });
    const pool = await world.up();
    await world.advance(5_000);
    world.peer.cut();
    await world.settle();
    const begun = pool.begin();
    begun.catch(() => {});
    world.peer.transport.open();
    await world.settle();
    world.peer.transport.push('CONNECTED\n\n\0not a frame\n');
    expect(await outcomeOf(begun)).toBe('resolved');
    pool.destroy();
  });
});
