import { describe, expect, it } from 'vitest';
import type { Pool } from '../../src/pool/index.js';
import { outcomeOf, PoolWorld, refuseStrayErrors } from '../support/pool-world.js';

refuseStrayErrors();

/** A pool whose two subscriptions have seen three connections end: they are on trial, and the probe is unanswered. */
async function onTrial(): Promise<{ world: PoolWorld; pool: Pool }> {
  const world = new PoolWorld({ a: 'good' });
  world.onPeer = (peer) => {
    peer.answers = false;
  };
  const pool = await world.up({ stableAfterMs: 0 });
  pool.subscribe('/queue/1');
  pool.subscribe('/queue/2');
  await world.settle();
  for (let i = 0; i < 3; i++) {
    world.peer.cut();
    await world.settle();
  }
  expect(world.peer.said).toEqual(['BEGIN probe-1', 'ABORT probe-1']);
  return { world, pool };
}

/** Answers what was asked last, as often as there is something new. */
async function answerAll(world: PoolWorld): Promise<void> {
  for (let said = -1; world.peer.said.length > said; ) {
    said = world.peer.said.length;
    world.peer.receipt();
    await world.settle();
  }
}

const TRIAL = ['BEGIN probe-1', 'ABORT probe-1', 'SUBSCRIBE /queue/1 s1', 'SUBSCRIBE /queue/2 s2'];

describe('while subscriptions are on trial', () => {
  it('send() is kept until all of them are made', async () => {
    const { world, pool } = await onTrial();
    expect(pool.send('/queue/a', 'early')).toBe(false);
    await world.settle();
    expect(world.peer.bodies).toEqual([]);
    await answerAll(world);
    expect(world.peer.said).toEqual([...TRIAL, 'SEND /queue/a early']);
    expect(pool.send('/queue/a', 'late')).toBe(true);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('what send() keeps is not lost with the connection', async () => {
    const { world, pool } = await onTrial();
    pool.send('/queue/a', 'early');
    world.peer.cut();
    await world.settle();
    expect(pool.stats().lostSends).toBe(0);
    await answerAll(world);
    expect(world.peer.bodies).toEqual(['early']);
    pool.destroy();
  });

  it('drain() waits for what send() keeps', async () => {
    const { world, pool } = await onTrial();
    pool.send('/queue/a', 'early');
    const drained = pool.drain();
    await world.settle();
    expect(await outcomeOf(drained)).toBe('pending');
    await answerAll(world);
    expect(await outcomeOf(drained)).toBe('resolved');
    pool.destroy();
  });

  it('drain() rejects when the pool ends', async () => {
    const { world, pool } = await onTrial();
    pool.send('/queue/a', 'early');
    const drained = pool.drain();
    await world.settle();
    pool.destroy();
    expect(await outcomeOf(drained)).toBe('STOMP_CLOSED');
    await world.expectNothingLeft();
  });

  it('a transaction begins behind them', async () => {
    const { world, pool } = await onTrial();
    const done = pool.transaction((tx) => tx.send('/queue/a', 'in it'));
    await world.settle();
    expect(world.peer.said).toEqual(TRIAL.slice(0, 2));
    await answerAll(world);
    expect(await outcomeOf(done)).toBe('resolved');
    expect(world.peer.said).toEqual([...TRIAL, 'BEGIN t1', 'SEND /queue/a t1 in it', 'COMMIT t1']);
    pool.destroy();
  });

  it('a new subscription waits its turn', async () => {
    const { world, pool } = await onTrial();
    const third = pool.subscribe('/queue/3');
    world.peer.receipt();
    await world.settle();
    expect(world.peer.said).toEqual(TRIAL.slice(0, 3));
    await answerAll(world);
    expect(world.peer.said).toEqual([...TRIAL, 'SUBSCRIBE /queue/3 s3']);
    expect(third.state).toBe('ready');
    pool.destroy();
  });

  it('a subscription that is left in its turn is never made', async () => {
    const { world, pool } = await onTrial();
    const third = pool.subscribe('/queue/3');
    await third.unsubscribe();
    await answerAll(world);
    expect(world.peer.said).toEqual(TRIAL);
    pool.destroy();
  });
});
