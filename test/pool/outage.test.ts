import { describe, expect, it } from 'vitest';
import { PoolWorld, refuseStrayErrors } from '../support/pool-world.js';

refuseStrayErrors();

const PUBLISHERS = 50;
const BODY = 'x'.repeat(100);

describe('a broker that stays away while 50 publishers go on', () => {
  it('for a minute: never more in the outbox than its bound, and a timer for each of its two lists', async () => {
    const world = new PoolWorld({ a: ['good', 'refuse'] });
    const pool = await world.up({ maxOutboxMessages: 20, timeoutMs: 100, maxReconnectDelayMs: 1_000 });
    world.peer.answers = false;
    const codes = new Map<string, number>();
    let calls = 0;
    let open = true;
    const publisher = async (): Promise<void> => {
      while (open) {
        calls++;
        await pool.publish('/queue/a', BODY).catch(({ code }) => codes.set(code, (codes.get(code) ?? 0) + 1));
      }
    };
    const all = Promise.all(Array.from({ length: PUBLISHERS }, publisher));
    await world.settle();
    world.peer.cut();
    let most = 0;
    let timers = 0;
    for (let i = 0; i < 600; i++) {
      await world.advance(100);
      const { unconfirmed, unconfirmedBytes, waiting } = pool.stats();
      most = Math.max(most, unconfirmed);
      timers = Math.max(timers, world.clock.pending.length);
      expect(unconfirmedBytes).toBeLessThanOrEqual(20 * 200);
      expect(waiting).toBeLessThanOrEqual(20);
    }
    expect(most).toBe(20);
    // Until the next dial, and for what is overdue.
    expect(timers).toBeLessThanOrEqual(2);
    expect(calls).toBeGreaterThan(10_000);
    expect([...codes.keys()].sort()).toEqual([
      'STOMP_NOT_CONNECTED',
      'STOMP_OUTBOX_FULL',
      'STOMP_OUTCOME_UNKNOWN',
    ]);
    // Each call but those under way was settled, by name.
    expect([...codes.values()].reduce((sum, count) => sum + count)).toBe(calls - PUBLISHERS);
    open = false;
    world.set('a', 'good');
    await world.advance(2_000);
    await all;
    expect(pool.stats()).toMatchObject({ unconfirmed: 0, unconfirmedBytes: 0 });
    pool.destroy();
    await world.expectNothingLeft();
  });
});
