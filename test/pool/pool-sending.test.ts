import { describe, expect, it } from 'vitest';
import type { SessionError } from '../../src/errors.js';
import type { Pool, PoolOptions } from '../../src/pool/index.js';
import { outcomeOf, PoolWorld, refuseStrayErrors, rejection } from '../support/pool-world.js';

refuseStrayErrors();

/** A pool that has lost its broker and dials in vain until `world.set('a', 'good')`. */
async function down(options: PoolOptions = {}): Promise<{ world: PoolWorld; pool: Pool }> {
  const world = new PoolWorld({ a: ['good', 'refuse'] });
  const pool = await world.up({ useExponentialBackOff: false, ...options });
  await world.advance(5_000);
  world.peer.cut();
  await world.settle();
  expect(pool.state).toBe('connecting');
  return { world, pool };
}

async function recover(world: PoolWorld): Promise<void> {
  world.set('a', 'good');
  await world.advance(10);
}

describe('publish', () => {
  it('waits while there is no connection, and resolves on the RECEIPT', async () => {
    const { world, pool } = await down();
    const published = pool.publish('/queue/a', 'hello');
    await world.advance(60_000);
    expect(await outcomeOf(published)).toBe('pending');
    world.onPeer = (peer) => {
      peer.answers = false;
    };
    await recover(world);
    expect(world.peer.said).toEqual(['SEND /queue/a hello']);
    expect(world.peer.frames[1]!.headers.get('persistent')).toBe('true');
    expect(await outcomeOf(published)).toBe('pending');
    world.peer.receipt();
    expect(await outcomeOf(published)).toBe('resolved');
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('keeps the order of all that waited: publish, send and transactions', async () => {
    const { world, pool } = await down();
    const waiting = [pool.publish('/queue/a', '1')];
    pool.send('/queue/a', '2');
    waiting.push(pool.publish('/queue/a', '3'));
    const transaction = pool.transaction((tx) => tx.send('/queue/a', '5'));
    pool.send('/queue/a', '4');
    expect(pool.stats()).toMatchObject({ waiting: 5 });
    await recover(world);
    expect(world.peer.said).toEqual([
      'SEND /queue/a 1',
      'SEND /queue/a 2',
      'SEND /queue/a 3',
      'BEGIN t1',
      'SEND /queue/a 4',
      'SEND /queue/a t1 5',
      'COMMIT t1',
    ]);
    for (const promise of [...waiting, transaction]) expect(await outcomeOf(promise)).toBe('resolved');
    expect(pool.stats()).toMatchObject({ waiting: 0, waitingBytes: 0, lostSends: 0 });
    pool.destroy();
  });

  it('rejects after timeoutMs, each in its own time, while the dialling goes on', async () => {
    const { world, pool } = await down({ timeoutMs: 1_000 });
    const first = pool.publish('/queue/a', '1');
    await world.advance(400);
    const second = pool.publish('/queue/a', '2');
    pool.send('/queue/a', 'sent');
    const drained = pool.drain();
    await world.advance(599);
    expect(await outcomeOf(first)).toBe('pending');
    await world.advance(1);
    expect(await outcomeOf(first)).toBe('STOMP_NOT_CONNECTED');
    expect((await rejection<SessionError>(first)).message).toContain('within 1000 ms');
    await world.advance(399);
    expect(await outcomeOf(second)).toBe('pending');
    await world.advance(1);
    expect(await outcomeOf(second)).toBe('STOMP_NOT_CONNECTED');
    expect(pool.state).toBe('connecting');
    expect(await outcomeOf(drained)).toBe('pending');
    await recover(world);
    expect(world.peer.said).toEqual(['SEND /queue/a sent']);
    expect(await outcomeOf(drained)).toBe('resolved');
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('has no time limit once it is on the wire but that of its RECEIPT', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up({ timeoutMs: 1_000, receiptTimeoutMs: 3_000 });
    world.peer.answers = false;
    const published = pool.publish('/queue/a', '1');
    await world.advance(2_999);
    expect(await outcomeOf(published)).toBe('pending');
    await world.advance(1);
    expect(await outcomeOf(published)).toBe('STOMP_RECEIPT_TIMEOUT');
    expect(pool.state).toBe('connected');
    pool.destroy();
  });

  it('is given up by its signal while it waits, and is not sent later', async () => {
    const { world, pool } = await down();
    const stop = new AbortController();
    const given = pool.publish('/queue/a', 'given up', { signal: stop.signal });
    const kept = pool.publish('/queue/a', 'kept', { signal: new AbortController().signal });
    stop.abort();
    expect(await outcomeOf(given)).toBe('STOMP_ABORTED');
    expect(await outcomeOf(pool.publish('/queue/a', '', { signal: stop.signal }))).toBe('STOMP_ABORTED');
    expect(pool.stats().waiting).toBe(1);
    await recover(world);
    expect(world.peer.said).toEqual(['SEND /queue/a kept']);
    expect(await outcomeOf(kept)).toBe('resolved');
    pool.destroy();
  });

  it('leaves nothing on a signal that many calls share', async () => {
    const { world, pool } = await down({ timeoutMs: 100 });
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = ((...args: unknown[]) => {
      listeners++;
      Reflect.apply(addEventListener, signal, args);
    }) as AbortSignal['addEventListener'];
    signal.removeEventListener = ((...args: unknown[]) => {
      listeners--;
      Reflect.apply(removeEventListener, signal, args);
    }) as AbortSignal['removeEventListener'];
    const expired = pool.publish('/queue/a', 'expires', { signal });
    expired.catch(() => {});
    await world.advance(100);
    expect(await outcomeOf(expired)).toBe('STOMP_NOT_CONNECTED');
    const sent = pool.publish('/queue/a', 'is sent', { signal });
    await recover(world);
    expect(await outcomeOf(sent)).toBe('resolved');
    expect(listeners).toBe(0);
    pool.destroy();
  });

  it('that was on its way at the loss is of unknown outcome, and is not sent again', async () => {
    const world = new PoolWorld({ a: 'good', b: 'good' });
    const pool = await world.up();
    await world.advance(5_000);
    world.peer.answers = false;
    const published = pool.publish('/queue/a', '1');
    await world.settle();
    world.peer.cut();
    expect(await outcomeOf(published)).toBe('STOMP_OUTCOME_UNKNOWN');
    const error = await rejection<SessionError>(published);
    expect((error.cause as SessionError).code).toBe('STOMP_CONNECTION_LOST');
    await world.settle();
    expect(world.peer.host).toBe('b');
    expect(world.peer.said).toEqual([]);
    pool.destroy();
  });

  it('refuses what cannot be sent at once, also while down', async () => {
    const { world, pool } = await down();
    expect(await outcomeOf(pool.publish('', 'x'))).toBe('STOMP_CONFIG_INVALID');
    expect(await outcomeOf(pool.publish('/queue/a', 'x', { headers: { receipt: '1' } }))).toBe(
      'STOMP_CONFIG_CONFLICT',
    );
    expect(await outcomeOf(pool.publish('/queue/a', 'x', { headers: { a: 'b\nc' } }))).toBe(
      'STOMP_FRAME_BAD_HEADER',
    );
    expect(() => pool.send('/queue/a', 1 as unknown as string)).toThrow('a string or a Uint8Array');
    expect(pool.stats().waiting).toBe(0);
    pool.destroy();
    await world.expectNothingLeft();
  });
});

describe('send while down', () => {
  it('gives false, keeps the message, and sends it after the reconnect without a receipt', async () => {
    const { world, pool } = await down();
    expect(pool.send('/queue/a', 'one', { headers: { x: 'y' } })).toBe(false);
    expect(pool.send('/queue/a', Buffer.from('two'))).toBe(false);
    await recover(world);
    expect(world.peer.said).toEqual(['SEND /queue/a one', 'SEND /queue/a two']);
    expect(world.peer.frames[1]!.headers.get('x')).toBe('y');
    expect(world.peer.frames.some(({ headers }) => headers.has('receipt'))).toBe(false);
    expect(pool.send('/queue/a', 'three')).toBe(true);
    expect(pool.stats()).toMatchObject({ lostSends: 0, connections: 2 });
    pool.destroy();
  });

  it('throws past maxSendBufferBytes, and takes again once that has gone', async () => {
    const { world, pool } = await down({ maxSendBufferBytes: 65_536 });
    const body = 'x'.repeat(30_000);
    pool.send('/queue/a', body);
    pool.send('/queue/a', body);
    expect(() => pool.send('/queue/a', body)).toThrow(
      expect.objectContaining({ code: 'STOMP_SEND_BUFFER_FULL' }),
    );
    expect(pool.stats().waitingBytes).toBeGreaterThan(60_000);
    pool.send('/queue/a', 'a small one');
    await recover(world);
    expect(world.peer.said.map((line) => line.length)).toEqual([30_014, 30_014, 25]);
    expect(pool.stats().waitingBytes).toBe(0);
    pool.send('/queue/a', body);
    pool.destroy();
  });

  it('counts as lost what the pool still had when it ended', async () => {
    const { world, pool } = await down();
    pool.send('/queue/a', '1');
    pool.send('/queue/a', '2');
    void pool.publish('/queue/a', '3').catch(() => {});
    pool.destroy();
    expect(pool.stats()).toMatchObject({ lostSends: 2, waiting: 0 });
    await world.expectNothingLeft();
  });
});

describe('send over a connection that dies', () => {
  it('is not sent again, and is counted where it was still in our hands', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up();
    await world.advance(5_000);
    pool.send('/queue/a', 'taken');
    await world.settle();
    world.peer.transport.stall();
    pool.send('/queue/a', 'held 1');
    await world.settle();
    pool.send('/queue/a', 'held 2');
    world.peer.cut();
    await world.settle();
    expect(world.dials.length).toBe(2);
    expect(world.peer.said).toEqual([]);
    expect(pool.stats()).toMatchObject({ lostSends: 2, connections: 2 });
    pool.destroy();
  });
});

describe('drain', () => {
  it('resolves at once where there is nothing to wait for', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up();
    expect(await outcomeOf(pool.drain())).toBe('resolved');
    pool.destroy();
  });

  it('while down resolves on the reconnect', async () => {
    const { world, pool } = await down();
    const drained = pool.drain();
    await world.advance(1_000);
    expect(await outcomeOf(drained)).toBe('pending');
    await recover(world);
    expect(await outcomeOf(drained)).toBe('resolved');
    pool.destroy();
  });

  it('goes on waiting when the connection dies, until the next one has taken enough', async () => {
    const world = new PoolWorld({ a: ['good', 'refuse'] });
    const pool = await world.up();
    await world.advance(5_000);
    world.peer.transport.stall();
    expect(pool.send('/queue/a', 'x'.repeat(300_000))).toBe(false);
    const drained = pool.drain();
    await world.settle();
    world.peer.cut();
    await world.advance(1_000);
    expect(await outcomeOf(drained)).toBe('pending');
    world.set('a', 'good');
    await world.advance(5_000);
    expect(await outcomeOf(drained)).toBe('resolved');
    pool.destroy();
  });

  it('rejects when the pool ends', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up();
    world.peer.transport.stall();
    pool.send('/queue/a', 'x'.repeat(300_000));
    const drained = pool.drain();
    drained.catch(() => {});
    await world.settle();
    pool.destroy();
    expect(await outcomeOf(drained)).toBe('STOMP_CLOSED');
    expect(await outcomeOf(pool.drain())).toBe('STOMP_CLOSED');
  });

  it('waits for what was sent just before disconnect()', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up();
    world.peer.transport.stall();
    world.peer.answers = false;
    pool.send('/queue/a', 'x'.repeat(300_000));
    const drained = pool.drain();
    const done = pool.disconnect();
    await world.settle();
    expect(await outcomeOf(drained)).toBe('pending');
    world.peer.transport.unstall();
    await world.settle();
    expect(await outcomeOf(drained)).toBe('resolved');
    await world.advance(10_000);
    expect(await outcomeOf(done)).toBe('resolved');
  });
});

describe('a publish that waits for a full socket at the loss', () => {
  // It is rejected with STOMP_CLOSED instead, as if the pool had ended.
  it.fails('was not sent yet, and waits for the next connection', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up();
    await world.advance(5_000);
    world.peer.transport.stall();
    pool.send('/queue/a', 'x'.repeat(300_000));
    const published = pool.publish('/queue/a', 'behind it');
    await world.settle();
    expect(await outcomeOf(published)).toBe('pending');
    world.peer.cut();
    await world.settle();
    expect(world.peer.said).toEqual(['SEND /queue/a behind it']);
    expect(await outcomeOf(published)).toBe('resolved');
    pool.destroy();
  });
});
