import { expect, it } from 'vitest';
import { PoolWorld, refuseStrayErrors } from '../support/pool-world.js';

refuseStrayErrors();

it('a SUBSCRIBE on trial that is on the wire does not fail for want of a connection', async () => {
  const world = new PoolWorld({ a: 'good' });
  world.onPeer = (peer) => {
    peer.answers = false;
  };
  const pool = await world.up({ timeoutMs: 300, initialReconnectDelayMs: 1, maxReconnectDelayMs: 1 });
  const subscription = pool.subscribe('/queue/a', {}, () => {});
  for (let loss = 0; loss < 3; loss++) {
    await world.settle();
    world.peer.cut();
    await world.advance(1);
  }
  expect(world.peer.said).toEqual(['BEGIN probe-1', 'ABORT probe-1']);
  world.peer.receipt();
  await world.settle();
  expect(world.peer.said.at(-1)).toBe(`SUBSCRIBE /queue/a ${subscription.id}`);
  await world.advance(1_000);
  expect(subscription.state).toBe('waiting');
  world.peer.receipt();
  await world.settle();
  expect(subscription.state).toBe('ready');
  pool.destroy();
  await world.expectNothingLeft();
});
