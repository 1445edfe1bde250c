import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/index.js';
import type { Pool, PoolOptions } from '../../src/pool/index.js';
import type { AckMode, Subscription } from '../../src/transport/index.js';
import { outcomeOf, PoolWorld, refuseStrayErrors } from '../support/pool-world.js';

refuseStrayErrors();

interface Busy {
  readonly world: PoolWorld;
  readonly pool: Pool;
  readonly sub: Subscription;
  readonly got: Message[];
  /** The handler is done with the message it has in hand. */
  next(): Promise<void>;
}

/** A subscription whose handler is busy with the first of three messages. */
async function busy(ack: AckMode, options: PoolOptions = {}): Promise<Busy> {
  const world = new PoolWorld({ a: 'good' });
  const pool = await world.up(options);
  const got: Message[] = [];
  const free: Array<() => void> = [];
  const sub = pool.subscribe('/queue/a', { ack }, (message) => {
    got.push(message);
    return new Promise<void>((resolve) => free.push(resolve));
  });
  await world.settle();
  for (let i = 1; i <= 3; i++) world.peer.message('s1', `m${i}`, String(i));
  await world.settle();
  const next = async () => {
    free.shift()?.();
    await world.settle();
  };
  return { world, pool, sub, got, next };
}

describe('disconnect() while consumers are busy', () => {
  it('auto: UNSUBSCRIBE, then all that has arrived is handed on, then DISCONNECT', async () => {
    const { world, pool, sub, got, next } = await busy('auto');
    const done = pool.disconnect();
    await world.settle();
    expect(pool.state).toBe('draining');
    expect(world.peer.said).toEqual(['SUBSCRIBE /queue/a s1', 'UNSUBSCRIBE /queue/a s1']);
    for (let i = 1; i <= 3; i++) {
      expect([got.length, pool.state]).toEqual([i, 'draining']);
      await next();
    }
    expect(await outcomeOf(done)).toBe('resolved');
    expect(world.peer.said.at(-1)).toBe('DISCONNECT');
    expect(await sub.closed).toBeUndefined();
    await world.expectNothingLeft();
  });

  it.each<AckMode>(['client', 'client-individual'])(
    '%s: nothing more is handed on, and what is in hand can be acknowledged',
    async (ack) => {
      const { world, pool, got, next } = await busy(ack);
      const done = pool.disconnect();
      await world.settle();
      expect([pool.state, world.peer.said]).toEqual(['draining', ['SUBSCRIBE /queue/a s1']]);
      expect(got[0]!.ack()).toBe(true);
      await next();
      expect(got.length).toBe(1);
      expect(await outcomeOf(done)).toBe('resolved');
      expect(world.peer.said).toEqual(['SUBSCRIBE /queue/a s1', 'ACK m1', 'DISCONNECT']);
      expect(pool.stats()).toMatchObject({ heldBytes: 0, subscriptions: 0 });
      await world.expectNothingLeft();
    },
  );

  it('send, publish, transactions and new subscriptions still work; after that nothing does', async () => {
    const { world, pool, next } = await busy('client');
    const done = pool.disconnect();
    await world.settle();
    expect(pool.send('/queue/b', 'sent')).toBe(true);
    const published = pool.publish('/queue/b', 'published');
    const committed = pool.transaction((tx) => tx.send('/queue/b', 'committed'));
    await world.settle();
    expect(await outcomeOf(published)).toBe('resolved');
    expect(await outcomeOf(committed)).toBe('resolved');
    world.peer.answers = ({ command }) => command !== 'SEND';
    const last = pool.publish('/queue/b', 'last');
    await next();
    expect(pool.state).toBe('disconnecting');
    expect(() => pool.send('/queue/b')).toThrow(expect.objectContaining({ code: 'STOMP_CLOSED' }));
    expect(await outcomeOf(pool.publish('/queue/b'))).toBe('STOMP_CLOSED');
    world.peer.receipt();
    expect(await outcomeOf(last)).toBe('resolved');
    await world.settle();
    expect(await outcomeOf(done)).toBe('resolved');
    expect(world.peer.said.at(-1)).toBe('DISCONNECT');
    await world.expectNothingLeft();
  });

  it('a handler may publish for what it has in hand, and acknowledge after that', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up();
    pool.subscribe('/queue/in', { ack: 'client' }, async (message) => {
      await pool.publish('/queue/out', `for ${message.text()}`);
      message.ack();
    });
    await world.settle();
    world.peer.message('s1', 'm1', '1', '/queue/in');
    await pool.disconnect();
    expect(world.peer.said).toEqual([
      'SUBSCRIBE /queue/in s1',
      'SEND /queue/out for 1',
      'ACK m1',
      'DISCONNECT',
    ]);
  });

  it('a loop ends by itself after what it has in hand', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up();
    const sub = pool.subscribe('/queue/a', { ack: 'client' });
    const seen: string[] = [];
    let goOn!: () => void;
    const loop = (async () => {
      for await (const message of sub) {
        seen.push(message.text());
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        message.ack();
      }
    })();
    await world.settle();
    for (let i = 1; i <= 3; i++) world.peer.message('s1', `m${i}`, String(i));
    await world.settle();
    const done = pool.disconnect();
    await world.settle();
    expect(pool.state).toBe('draining');
    goOn();
    await world.settle();
    expect(await outcomeOf(done)).toBe('resolved');
    expect(await outcomeOf(loop)).toBe('resolved');
    expect(seen).toEqual(['1']);
    expect(world.peer.said.at(-2)).toBe('ACK m1');
  });

  it('disconnectTimeoutMs: then it is destroy()', async () => {
    for (const [options, takes] of [
      [{}, 10_000],
      [{ disconnectTimeoutMs: 300 }, 300],
    ] as const) {
      const { world, pool } = await busy('auto', options);
      const done = pool.disconnect();
      await world.advance(takes - 1);
      expect([pool.state, await outcomeOf(done)]).toEqual(['draining', 'pending']);
      await world.advance(1);
      expect([pool.state, await outcomeOf(done)]).toEqual(['closed', 'resolved']);
      expect(world.peer.said).not.toContain('DISCONNECT');
      expect(await pool.closed).toBeUndefined();
      await world.expectNothingLeft();
    }
  });

  it('a loss while draining ends it: the messages in hand belong to a connection that is gone', async () => {
    const { world, pool, got } = await busy('client');
    world.peer.answers = false;
    const published = pool.publish('/queue/b', 'x');
    published.catch(() => {});
    const done = pool.disconnect();
    await world.settle();
    world.peer.cut();
    await world.settle();
    expect(await outcomeOf(done)).toBe('resolved');
    expect(await outcomeOf(published)).toBe('STOMP_OUTCOME_UNKNOWN');
    expect(got[0]!.ack()).toBe(false);
    expect(world.dials.length).toBe(1);
    await world.expectNothingLeft();
  });
});

describe('disconnect() with something unconfirmed', () => {
  it('waits for the RECEIPTs, the gate included, then says DISCONNECT', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up({ maxOutboxMessages: 1 });
    world.peer.answers = ({ command }) => command !== 'SEND';
    const all = ['1', '2', '3'].map((body) => pool.publish('/queue/a', body));
    const done = pool.disconnect();
    for (let i = 0; i < 3; i++) {
      await world.settle();
      expect([pool.state, world.peer.bodies.length]).toEqual(['disconnecting', i + 1]);
      world.peer.receipt();
    }
    await world.settle();
    expect(await Promise.all(all.map(outcomeOf))).toEqual(['resolved', 'resolved', 'resolved']);
    expect(await outcomeOf(done)).toBe('resolved');
    expect(world.peer.said.at(-1)).toBe('DISCONNECT');
    await world.expectNothingLeft();
  });

  it('never confirmed: after disconnectTimeoutMs its outcome is unknown', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up({ disconnectTimeoutMs: 1_000 });
    world.peer.answers = false;
    const published = pool.publish('/queue/a', '1');
    published.catch(() => {});
    const done = pool.disconnect();
    await world.advance(999);
    expect(await outcomeOf(published)).toBe('pending');
    await world.advance(1);
    expect(await outcomeOf(published)).toBe('STOMP_OUTCOME_UNKNOWN');
    expect(await outcomeOf(done)).toBe('resolved');
    await world.expectNothingLeft();
  });
});

describe('subscription.drain()', () => {
  it('auto: UNSUBSCRIBE, then what has arrived is handed on; the pool goes on', async () => {
    const { world, pool, sub, got, next } = await busy('auto');
    const drained = sub.drain();
    await world.settle();
    expect(world.peer.said.at(-1)).toBe('UNSUBSCRIBE /queue/a s1');
    for (let i = 1; i <= 3; i++) {
      expect([got.length, await outcomeOf(drained)]).toEqual([i, 'pending']);
      await next();
    }
    expect(await outcomeOf(drained)).toBe('resolved');
    expect([pool.state, pool.stats().subscriptions, pool.stats().heldBytes]).toEqual(['connected', 0, 0]);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('client: what is in hand is acknowledged before UNSUBSCRIBE, nothing else is handed on', async () => {
    const { world, pool, sub, got, next } = await busy('client');
    const drained = sub.drain();
    await world.settle();
    got[0]!.ack();
    await next();
    expect(await outcomeOf(drained)).toBe('resolved');
    expect(world.peer.said).toEqual(['SUBSCRIBE /queue/a s1', 'ACK m1', 'UNSUBSCRIBE /queue/a s1']);
    expect([got.length, pool.stats().heldBytes, sub.state]).toEqual([1, 0, 'closed']);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('within its own handler waits for that handler, and not for ever once that is done', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up();
    let drained: Promise<void> | undefined;
    const sub: Subscription = pool.subscribe('/queue/a', {}, () => {
      drained = sub.drain();
    });
    await world.settle();
    world.peer.message('s1', 'm1', '1');
    await world.settle();
    expect(await outcomeOf(drained!)).toBe('resolved');
    pool.destroy();
  });

  it('twice, and after the end', async () => {
    const { world, pool, sub, next } = await busy('client');
    const both = [sub.drain(), sub.drain()];
    await next();
    await world.settle();
    expect(await Promise.all(both.map(outcomeOf))).toEqual(['resolved', 'resolved']);
    expect(world.peer.said.filter((line) => line.startsWith('UNSUBSCRIBE')).length).toBe(1);
    expect(await outcomeOf(sub.drain())).toBe('resolved');
    pool.destroy();
  });
});
