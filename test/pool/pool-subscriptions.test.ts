import { describe, expect, it } from 'vitest';
import type { SessionError } from '../../src/errors.js';
import type { Message } from '../../src/index.js';
import type { Pool, PoolOptions } from '../../src/pool/index.js';
import { outcomeOf, PoolWorld, refuseStrayErrors, rejection } from '../support/pool-world.js';

refuseStrayErrors();

/** The broker goes away; the next dials fail until `recover`. */
async function goDown(world: PoolWorld): Promise<void> {
  await world.advance(5_000);
  world.set('a', 'refuse');
  world.peer.cut();
  await world.settle();
}

async function recover(world: PoolWorld): Promise<void> {
  world.set('a', 'good');
  await world.advance(1_000);
}

async function connected(options: PoolOptions = {}): Promise<{ world: PoolWorld; pool: Pool }> {
  const world = new PoolWorld({ a: 'good' });
  const pool = await world.up({ useExponentialBackOff: false, ...options });
  return { world, pool };
}

describe('after a reconnect', () => {
  it('P40: all are made again, in the order they were made first, before anything else', async () => {
    const { world, pool } = await connected();
    const subs = ['/queue/a', '/topic/b', '/queue/c'].map((destination) => pool.subscribe(destination));
    await world.settle();
    await goDown(world);
    const published = pool.publish('/queue/a', 'waited');
    pool.send('/queue/a', 'waited too');
    await recover(world);
    expect(world.peer.said).toEqual([
      'SUBSCRIBE /queue/a s1',
      'SUBSCRIBE /topic/b s2',
      'SUBSCRIBE /queue/c s3',
      'SEND /queue/a waited',
      'SEND /queue/a waited too',
    ]);
    expect(await outcomeOf(published)).toBe('resolved');
    expect(subs.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready']);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('they leave in one write with what waited', async () => {
    const { world, pool } = await connected();
    pool.subscribe('/queue/a');
    await world.settle();
    await goDown(world);
    pool.send('/queue/a', '1');
    await recover(world);
    expect(world.peer.transport.writes.length).toBe(2);
    pool.destroy();
  });

  it('keep their options: id, ack mode, prefetch and headers', async () => {
    const { world, pool } = await connected();
    pool.subscribe('/queue/a', { ack: 'client', prefetch: 7, headers: { id: 'mine', selector: "x='y'" } });
    await world.settle();
    await goDown(world);
    await recover(world);
    const headers = (peer: number) =>
      [...world.peers[peer]!.frames[1]!.headers].filter(([name]) => name !== 'receipt');
    expect(headers(world.peers.length - 1)).toEqual(headers(0));
    expect(Object.fromEntries(headers(0))).toMatchObject({ id: 'mine', ack: 'client', selector: "x='y'" });
    pool.destroy();
  });

  it('an implicit one sends nothing, and listens on', async () => {
    const { world, pool } = await connected();
    const bodies: string[] = [];
    const options = { implicit: true, headers: { id: '/temp-queue/r' } };
    pool.subscribe('/temp-queue/r', options, (message) => void bodies.push(message.text()));
    await goDown(world);
    await recover(world);
    expect(world.peer.said).toEqual([]);
    world.peer.message('/temp-queue/r', 'm1', 'reply', '/temp-queue/r');
    expect(bodies).toEqual(['reply']);
    pool.destroy();
  });

  it.each(['SUBSCRIBE without its RECEIPT', 'SUBSCRIBE with it'])('from %s', async (moment) => {
    const { world, pool } = await connected();
    world.peer.answers = moment === 'SUBSCRIBE with it';
    const sub = pool.subscribe('/queue/a');
    await world.settle();
    expect(await outcomeOf(sub.ready)).toBe(world.peer.answers ? 'resolved' : 'pending');
    await goDown(world);
    await recover(world);
    expect(world.peer.said).toEqual(['SUBSCRIBE /queue/a s1']);
    expect(await outcomeOf(sub.ready)).toBe('resolved');
    pool.destroy();
  });
});

describe('while down', () => {
  it('made, dropped, and both come out right', async () => {
    const { world, pool } = await connected();
    const kept = pool.subscribe('/queue/kept');
    const dropped = pool.subscribe('/queue/dropped');
    await world.settle();
    await goDown(world);
    const made = pool.subscribe('/queue/made');
    const madeAndDropped = pool.subscribe('/queue/made-and-dropped');
    expect(await outcomeOf(dropped.unsubscribe())).toBe('resolved');
    expect(await outcomeOf(madeAndDropped.unsubscribe())).toBe('resolved');
    expect(await outcomeOf(madeAndDropped.ready)).toBe('STOMP_CLOSED');
    expect(pool.stats()).toMatchObject({ subscriptions: 2, waiting: 1 });
    await recover(world);
    expect(world.peer.said).toEqual(['SUBSCRIBE /queue/kept s1', 'SUBSCRIBE /queue/made s3']);
    expect([kept.state, dropped.state, made.state, madeAndDropped.state]).toEqual([
      'ready',
      'closed',
      'ready',
      'closed',
    ]);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('an UNSUBSCRIBE on its way at the loss is done, and not made again', async () => {
    const { world, pool } = await connected();
    const sub = pool.subscribe('/queue/a');
    await world.settle();
    world.peer.answers = false;
    const done = sub.unsubscribe();
    await world.settle();
    expect(await outcomeOf(done)).toBe('pending');
    await goDown(world);
    expect(await outcomeOf(done)).toBe('resolved');
    await recover(world);
    expect(world.peer.said).toEqual([]);
    pool.destroy();
  });

  it('one that is not made within timeoutMs ends, while the dialling goes on', async () => {
    const { world, pool } = await connected({ timeoutMs: 500 });
    const before = pool.subscribe('/queue/before');
    await world.settle();
    await goDown(world);
    const late = pool.subscribe('/queue/late');
    await world.advance(500);
    expect(await outcomeOf(late.ready)).toBe('STOMP_NOT_CONNECTED');
    expect((await late.closed)?.code).toBe('STOMP_NOT_CONNECTED');
    expect(before.state).toBe('ready');
    await recover(world);
    expect(world.peer.said).toEqual(['SUBSCRIBE /queue/before s1']);
    pool.destroy();
    await world.expectNothingLeft();
  });
});

describe('timeoutMs', () => {
  it('also bounds the wait of one whose connection was lost before its RECEIPT', async () => {
    const { world, pool } = await connected({ timeoutMs: 500 });
    world.peer.answers = false;
    const sub = pool.subscribe('/queue/a');
    await world.advance(4_000);
    expect(sub.state).toBe('waiting');
    await goDown(world);
    await world.advance(499);
    expect(await outcomeOf(sub.ready)).toBe('pending');
    await world.advance(1);
    expect(await outcomeOf(sub.ready)).toBe('STOMP_NOT_CONNECTED');
    await recover(world);
    expect(world.peer.said).toEqual([]);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('starts afresh with each loss', async () => {
    const { world, pool } = await connected({ timeoutMs: 500, stableAfterMs: 0 });
    world.peer.answers = false;
    world.onPeer = (peer) => {
      peer.answers = false;
    };
    const sub = pool.subscribe('/queue/a');
    for (let loss = 0; loss < 3; loss++) {
      await goDown(world);
      await world.advance(400);
      world.set('a', 'good');
      await world.advance(99);
      expect(pool.state).toBe('connected');
    }
    expect(await outcomeOf(sub.ready)).toBe('pending');
    // Three connections ended under it: the next has to answer a probe first.
    world.peer.receipt();
    await world.settle();
    expect(world.peer.said.at(-1)).toBe('SUBSCRIBE /queue/a s1');
    world.peer.receipt();
    expect(await outcomeOf(sub.ready)).toBe('resolved');
    expect(pool.stats().waiting).toBe(0);
    pool.destroy();
    await world.expectNothingLeft();
  });
});

describe('ids', () => {
  it('given twice are refused before anything is written, also while down', async () => {
    const { world, pool } = await connected();
    const first = pool.subscribe('/queue/a', { headers: { id: 'x' } });
    await world.settle();
    const again = () => pool.subscribe('/queue/b', { headers: { id: 'x' } });
    const refusal = expect.objectContaining({ code: 'STOMP_DUPLICATE_SUBSCRIPTION' });
    expect(again).toThrow(refusal);
    await goDown(world);
    expect(again).toThrow(refusal);
    await first.unsubscribe();
    const second = again();
    await recover(world);
    expect(world.peer.said).toEqual(['SUBSCRIBE /queue/b x']);
    expect(second.state).toBe('ready');
    expect(pool.stats().subscriptions).toBe(1);
    pool.destroy();
  });

  it('made up by the pool pass by those that were chosen', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up();
    pool.subscribe('/queue/a', { headers: { id: 's1' } });
    expect([pool.subscribe('/queue/b').id, pool.subscribe('/queue/c').id]).toEqual(['s2', 's3']);
    pool.destroy();
  });

  it('two subscriptions of one destination both come back, and each gets its own messages', async () => {
    const { world, pool } = await connected();
    const got: string[] = [];
    for (const name of ['one', 'two']) {
      pool.subscribe('/queue/a', {}, (message) => void got.push(`${name} ${message.text()}`));
    }
    await goDown(world);
    await recover(world);
    expect(world.peer.said).toEqual(['SUBSCRIBE /queue/a s1', 'SUBSCRIBE /queue/a s2']);
    world.peer.message('s2', 'm1', 'x');
    world.peer.message('s1', 'm2', 'y');
    expect(got).toEqual(['two x', 'one y']);
    pool.destroy();
  });
});

describe('a refused subscription', () => {
  it('ends with the ERROR of the broker, and is not made again', async () => {
    const world = new PoolWorld({ a: 'good' });
    world.onPeer = (peer) => peer.refusals.set('/queue/none', 'named');
    const pool = await world.up();
    const refused = pool.subscribe('/queue/none');
    const good = pool.subscribe('/queue/a');
    await world.settle();
    const error = await rejection<SessionError>(refused.ready);
    expect(error.code).toBe('STOMP_SUBSCRIBE_REFUSED');
    expect(error.frame?.headers.get('message')).toBe('no such queue');
    expect(await refused.closed).toBe(error);
    expect(pool.state).toBe('connected');
    await goDown(world);
    await recover(world);
    expect(world.peer.said).toEqual(['SUBSCRIBE /queue/a s2']);
    expect(good.state).toBe('ready');
    pool.destroy();
  });

  it('by an ERROR that names nothing, and the end: alone it is refused at once', async () => {
    const world = new PoolWorld({ a: 'good' });
    world.onPeer = (peer) => peer.refusals.set('/queue/none', 'end');
    const pool = await world.up();
    const refused = pool.subscribe('/queue/none');
    await world.advance(60_000);
    expect((await refused.closed)?.code).toBe('STOMP_SUBSCRIBE_REFUSED');
    expect(world.dials).toEqual([
      ['a', 0],
      ['a', 10],
    ]);
    expect(world.peer.said).toEqual([]);
    expect(pool.state).toBe('connected');
    pool.destroy();
  });

  it('the same beside good ones: after three connections at the most, with the back-off between', async () => {
    const world = new PoolWorld({ a: 'good' });
    world.onPeer = (peer) => peer.refusals.set('/queue/none', 'end');
    const pool = await world.up();
    const good = pool.subscribe('/queue/a');
    const refused = pool.subscribe('/queue/none');
    await world.advance(60_000);
    expect((await refused.closed)?.code).toBe('STOMP_SUBSCRIBE_REFUSED');
    expect(good.state).toBe('ready');
    expect(world.dials.length).toBeLessThanOrEqual(4);
    expect(world.gaps).toEqual([10, 20, 40].slice(0, world.dials.length - 1));
    expect(world.peer.said).toEqual(['SUBSCRIBE /queue/a s1']);
    pool.destroy();
  });
});

describe('an iteration', () => {
  it('goes on after a loss', async () => {
    const { world, pool } = await connected();
    const sub = pool.subscribe('/queue/a');
    await world.settle();
    const bodies: string[] = [];
    const reading = (async () => {
      for await (const message of sub) bodies.push(message.text());
    })();
    world.peer.message('s1', 'm1', 'before');
    await world.settle();
    await goDown(world);
    await recover(world);
    world.peer.message('s1', 'm2', 'after');
    await world.settle();
    expect(bodies).toEqual(['before', 'after']);
    await pool.disconnect();
    expect(await outcomeOf(reading)).toBe('resolved');
  });

  it('rejects with the PoolError once the pool has given up, and again whenever it is asked', async () => {
    const { world, pool } = await connected({ maxReconnectAttempts: 1 });
    const sub = pool.subscribe('/queue/a');
    await world.settle();
    const reading = (async () => {
      for await (const _ of sub);
    })();
    reading.catch(() => {});
    await goDown(world);
    await world.advance(1_000);
    const error = await pool.closed;
    expect(error?.code).toBe('STOMP_POOL_EXHAUSTED');
    expect(await rejection(reading)).toBe(error);
    expect(await rejection(sub[Symbol.asyncIterator]().next())).toBe(error);
  });

  it.each(['disconnect', 'destroy', 'unsubscribe'])('ends after %s', async (ending) => {
    const { world, pool } = await connected();
    const sub = pool.subscribe('/queue/a');
    await world.settle();
    const reading = (async () => {
      const bodies: string[] = [];
      for await (const message of sub) bodies.push(message.text());
      return bodies;
    })();
    world.peer.message('s1', 'm1', 'only');
    await world.settle();
    if (ending === 'disconnect') await pool.disconnect();
    else if (ending === 'destroy') pool.destroy();
    else await sub.unsubscribe();
    expect(await reading).toEqual(['only']);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('left early unsubscribes', async () => {
    const { world, pool } = await connected();
    const sub = pool.subscribe('/queue/a');
    await world.settle();
    const first = (async (): Promise<Message | undefined> => {
      for await (const message of sub) return message;
      return undefined;
    })();
    world.peer.message('s1', 'm1', 'one');
    await world.settle();
    expect((await first)?.text()).toBe('one');
    expect(world.peer.said).toEqual(['SUBSCRIBE /queue/a s1', 'UNSUBSCRIBE /queue/a s1']);
    expect(sub.state).toBe('closed');
    pool.destroy();
  });
});
