import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/transport/index.js';
import { PoolWorld, refuseStrayErrors } from '../support/pool-world.js';

refuseStrayErrors();

describe('a subscription that is being ended', () => {
  it('acknowledges nothing behind its UNSUBSCRIBE: the broker has taken that back', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up();
    const messages: Message[] = [];
    const keep = (message: Message) => void messages.push(message);
    const subscription = pool.subscribe('/queue/a', { ack: 'client-individual' }, keep);
    await world.settle();
    world.peer.message(subscription.id, 'm1', 'before');
    await world.settle();
    world.peer.answers = false;
    void subscription.unsubscribe();
    await world.settle();
    world.peer.message(subscription.id, 'm2', 'behind');
    await world.settle();
    expect(messages.map((message) => message.ack())).toEqual([false, false]);
    await world.settle();
    expect(world.peer.said.filter((frame) => frame.startsWith('ACK'))).toEqual([]);
    pool.destroy();
  });
});
