import { describe, expect, it } from 'vitest';
import type { PoolOptions } from '../../src/pool/index.js';
import { outcomeOf, PoolWorld, refuseStrayErrors } from '../support/pool-world.js';

refuseStrayErrors();

/** A pool whose broker keeps back the RECEIPTs of SENDs. */
async function withheld(observer: PoolOptions['observer']) {
  const world = new PoolWorld({ a: 'good', b: 'good' });
  world.onPeer = (peer) => {
    peer.answers = ({ command }) => command !== 'SEND';
  };
  return { world, pool: await world.up({ stableAfterMs: 0, observer }) };
}

describe('publishes in doubt', () => {
  it('an ERROR that names none: it is told, and a RECEIPT that follows or the next connection resolves what is in doubt', async () => {
    const told: string[] = [];
    const observer: PoolOptions['observer'] = { onServerError: ({ error }) => void told.push(error.message) };
    const { world, pool } = await withheld(observer);
    const all = [1, 2, 3].map((n) => pool.publish('/queue/a', String(n)));
    for (const each of all) each.catch(() => {});
    await world.settle();
    world.peer.transport.push('ERROR\nmessage:something went wrong\n\n\0');
    world.peer.receipt(world.peer.frames.filter(({ command }) => command === 'SEND')[1]);
    await world.settle();
    expect(told).toEqual([expect.stringContaining('something went wrong')]);
    expect(await Promise.all(all.map(outcomeOf))).toEqual(['pending', 'resolved', 'pending']);
    world.onPeer = undefined;
    world.peer.cut();
    await world.settle();
    expect(world.peer.bodies).toEqual(['1', '3']);
    expect(await Promise.all(all.map(outcomeOf))).toEqual(['resolved', 'resolved', 'resolved']);
    pool.destroy();
    await world.expectNothingLeft();
  });
});
