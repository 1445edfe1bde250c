import { describe, expect, it } from 'vitest';
import type { Pool, PoolOptions } from '../../src/pool/index.js';
import { type Behaviour, outcomeOf, PoolWorld, refuseStrayErrors } from '../support/pool-world.js';

refuseStrayErrors();

interface Watched {
  readonly world: PoolWorld;
  readonly pool: Pool;
  readonly warnings: string[];
  readonly losses: (string | undefined)[];
}

/** A pool on broker `a`, which goes mute at once; what `a` does with new dials is up to the test. */
async function watched(newDials: Behaviour, options: PoolOptions = {}): Promise<Watched> {
  const world = new PoolWorld({ a: ['good', newDials], b: 'good' });
  const warnings: string[] = [];
  const losses: (string | undefined)[] = [];
  const observer = {
    onWarning: ({ message }: { message: string }) => void warnings.push(message),
    onDisconnect: ({ error }: { error?: { code: string } | undefined }) => void losses.push(error?.code),
  };
  const pool = await world.up({ receiptTimeoutMs: 10_000, observer, ...options });
  world.peer.answers = false;
  return { world, pool, warnings, losses };
}

describe('an overdue RECEIPT', () => {
  it.each<Behaviour>(['silent', 'black-hole', 'refuse', 'error', 'eof'])(
    'and a new dial that is not answered (%s): lost with STOMP_NO_ANSWER, and what was published goes to the next',
    async (behaviour) => {
      const { world, pool, losses } = await watched(behaviour);
      const published = pool.publish('/queue/a', '1');
      await world.advance(9_999);
      expect(world.hosts).toBe('a');
      await world.advance(1);
      expect(world.hosts.slice(0, 3)).toBe('a a');
      await world.advance(5_000);
      expect(losses).toEqual(['STOMP_NO_ANSWER']);
      expect(world.hosts).toBe('a a b');
      expect(world.peer.said).toEqual(['SEND /queue/a 1']);
      expect(await outcomeOf(published)).toBe('resolved');
      pool.destroy();
      await world.expectNothingLeft();
    },
  );

  it('the new dial takes probeTimeoutMs, or connectTimeoutMs where that is less', async () => {
    for (const [options, takes] of [
      [{ probeTimeoutMs: 300 }, 300],
      [{ probeTimeoutMs: 300, connectTimeoutMs: 200 }, 200],
    ] as const) {
      const { world, pool } = await watched('silent', options);
      void pool.publish('/queue/a', '1').catch(() => {});
      await world.advance(10_000 + takes - 1);
      expect(pool.endpoint.host).toBe('a');
      await world.advance(1);
      expect(pool.endpoint.host).toBe('b');
      pool.destroy();
    }
  });

  it('and a new dial that gets CONNECTED: blocked, a warning, and the connection stays', async () => {
    const { world, pool, warnings, losses } = await watched('good');
    const published = pool.publish('/queue/a', '1');
    await world.advance(10_000);
    expect(warnings).toEqual([expect.stringContaining('blocked')]);
    expect(world.hosts).toBe('a a');
    // The one from the side says nothing and is closed; nobody hears of it.
    expect(world.peer.said).toEqual([]);
    expect(world.peer.transport.destroyed).toBe(true);
    expect(losses).toEqual([]);
    expect(await outcomeOf(published)).toBe('pending');
    world.peers[0]!.receipt();
    expect(await outcomeOf(published)).toBe('resolved');
    expect(pool.stats().connections).toBe(1);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('the same with leaveBlockedAfterMs: 0: it is left for the next', async () => {
    const { world, pool, warnings, losses } = await watched('good', { leaveBlockedAfterMs: 0 });
    const published = pool.publish('/queue/a', '1');
    await world.advance(10_000);
    expect(warnings).toEqual([]);
    expect(losses).toEqual(['STOMP_NO_ANSWER']);
    expect(world.hosts).toBe('a a b');
    expect(await outcomeOf(published)).toBe('resolved');
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('again and again, and each new dial gets CONNECTED: it is left once that has lasted leaveBlockedAfterMs', async () => {
    const { world, pool, warnings, losses } = await watched('good', { leaveBlockedAfterMs: 25_000 });
    const published = pool.publish('/queue/a', '1');
    await world.advance(39_999);
    expect([warnings.length, losses]).toEqual([3, []]);
    await world.advance(1);
    expect([warnings.length, losses]).toEqual([3, ['STOMP_NO_ANSWER']]);
    expect(world.hosts).toBe('a a a a a b');
    expect(await outcomeOf(published)).toBe('resolved');
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('anything that is heard meanwhile lets leaveBlockedAfterMs begin afresh', async () => {
    const { world, pool, losses } = await watched('good', { leaveBlockedAfterMs: 25_000 });
    void pool.publish('/queue/a', '1').catch(() => {});
    await world.advance(35_000);
    world.peers[0]!.transport.push('\n');
    await world.advance(29_999);
    expect([losses, world.peers[0]!.transport.destroyed]).toEqual([[], false]);
    await world.advance(5_001);
    expect(losses).toEqual(['STOMP_NO_ANSWER']);
    pool.destroy();
  });

  it('that comes while the broker is looked at from the side: it stays', async () => {
    const { world, pool, warnings, losses } = await watched('silent');
    const published = pool.publish('/queue/a', '1');
    await world.advance(12_000);
    world.peers[0]!.receipt();
    await world.advance(60_000);
    expect(await outcomeOf(published)).toBe('resolved');
    expect([warnings, losses]).toEqual([[], []]);
    expect(pool.stats().connections).toBe(1);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('of a COMMIT and of a SUBSCRIBE does not reject either', async () => {
    const { world, pool } = await watched('good');
    const sub = pool.subscribe('/queue/a');
    const committed = pool.transaction((tx) => tx.send('/queue/a', '1'));
    committed.catch(() => {});
    await world.advance(60_000);
    expect([sub.state, await outcomeOf(committed)]).toEqual(['waiting', 'pending']);
    pool.destroy();
    await world.settle();
    await world.expectNothingLeft();
  });

  it.each(['destroy', 'disconnect'] as const)(
    '%s() while it is looked at from the side leaves nothing',
    async (end) => {
      const { world, pool } = await watched('silent');
      void pool.publish('/queue/a', '1').catch(() => {});
      await world.advance(11_000);
      expect(world.peers.length).toBe(2);
      const ended = pool[end]();
      await world.advance(10_000);
      await ended;
      await world.expectNothingLeft();
    },
  );
});

describe('probeIntervalMs', () => {
  it('asks for a sign of life after that silence, and goes on when it comes', async () => {
    const { world, pool } = await watched('good', { probeIntervalMs: 1_000 });
    world.peer.answers = true;
    await world.advance(999);
    expect(world.peer.said).toEqual([]);
    await world.advance(1);
    expect(world.peer.said).toEqual(['BEGIN probe-1', 'ABORT probe-1']);
    await world.advance(20_000);
    expect(world.peer.said.length).toBeGreaterThanOrEqual(6);
    expect(world.dials.length).toBe(1);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('not while anything is heard', async () => {
    const { world, pool } = await watched('good', { probeIntervalMs: 1_000 });
    for (let i = 0; i < 20; i++) {
      world.peer.transport.push('\n');
      await world.advance(500);
    }
    expect(world.peer.said).toEqual([]);
    pool.destroy();
  });

  it('not while we hold the reading ourselves', async () => {
    const { world, pool } = await watched('silent', { probeIntervalMs: 1_000 });
    world.peer.answers = true;
    pool.subscribe('/queue/a', {}, () => new Promise(() => {}));
    await world.settle();
    for (let i = 0; i < 12; i++) world.peer.message('s1', `m${i}`, 'x'.repeat(10_000));
    await world.settle();
    expect(world.peer.transport.paused).toBe(true);
    await world.advance(60_000);
    expect(world.peer.said).toEqual(['SUBSCRIBE /queue/a s1']);
    expect(world.dials.length).toBe(1);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('a broker that hangs is lost after the silence, probeTimeoutMs and the dial from the side', async () => {
    const { world, pool, losses } = await watched('silent', { probeIntervalMs: 1_000, probeTimeoutMs: 300 });
    await world.advance(1_599);
    expect(pool.endpoint.host).toBe('a');
    await world.advance(1);
    await world.advance(10);
    expect([pool.endpoint.host, pool.state]).toEqual(['b', 'connected']);
    expect(losses).toEqual(['STOMP_NO_ANSWER']);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('a broker that is blocked stays, with a warning each time, and is owed one answer', async () => {
    const { world, pool, warnings } = await watched('good', { probeIntervalMs: 1_000, probeTimeoutMs: 300 });
    await world.advance(1_300);
    expect(warnings).toEqual([expect.stringContaining('blocked')]);
    await world.advance(13_000);
    expect(warnings.length).toBe(11);
    expect(world.peers[0]!.said).toEqual(['BEGIN probe-1', 'ABORT probe-1']);
    world.peers[0]!.receipt();
    await world.advance(2_000);
    expect(world.peers[0]!.said.slice(2)).toEqual(['BEGIN probe-2', 'ABORT probe-2']);
    expect(pool.stats().connections).toBe(1);
    pool.destroy();
    await world.expectNothingLeft();
  });
});
