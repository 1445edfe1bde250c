import { describe, expect, it } from 'vitest';
import type { Pool, PoolOptions } from '../../src/pool/index.js';
import { type Behaviour, outcomeOf, PoolWorld, refuseStrayErrors } from '../support/pool-world.js';

refuseStrayErrors();

async function backedUp(
  hosts: Readonly<Record<string, Behaviour | Behaviour[]>>,
  options: PoolOptions = {},
): Promise<{ world: PoolWorld; pool: Pool; events: string[] }> {
  const world = new PoolWorld(hosts);
  const events: string[] = [];
  const host = (endpoint: string) => endpoint.replace(/^stomp:..|:\d+$/g, '');
  const observer = {
    onConnecting: (e: { endpoint: string; attempt: number }) =>
      void events.push(`dial ${host(e.endpoint)} ${e.attempt}`),
    onConnected: (e: { endpoint: string; attempt: number }) =>
      void events.push(`up ${host(e.endpoint)} ${e.attempt}`),
    onDisconnect: (e: { endpoint: string }) => void events.push(`down ${host(e.endpoint)}`),
  };
  const pool = await world.up({ backup: true, observer, ...options });
  await world.settle();
  return { world, pool, events };
}

describe('a standby connection', () => {
  it('is made to the next host, attempt 0 in its events, and says nothing', async () => {
    const { world, pool, events } = await backedUp({ a: 'good', b: 'good', c: 'good' });
    expect(events).toEqual(['dial a 1', 'up a 1', 'dial b 0', 'up b 0']);
    await pool.publish('/queue/a', '1');
    expect(world.peers.map(({ said }) => said)).toEqual([['SEND /queue/a 1'], []]);
    expect(pool.endpoint.host).toBe('a');
    expect(pool.stats().connections).toBe(1);
    await pool.disconnect();
    await world.expectNothingLeft();
  });

  it('is never made with one host', async () => {
    const { world, pool } = await backedUp({ a: 'good' });
    await world.advance(60_000);
    expect(world.dials.length).toBe(1);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('is never made unless it is asked for', async () => {
    const { world, pool } = await backedUp({ a: 'good', b: 'good' }, { backup: false });
    await world.advance(60_000);
    expect(world.hosts).toBe('a');
    pool.destroy();
  });

  it('takes over in the same turn: SUBSCRIBEs, what was not confirmed, then what is new; and another is made', async () => {
    const { world, pool, events } = await backedUp({ a: 'good', b: 'good', c: 'good' });
    pool.subscribe('/queue/a');
    await world.settle();
    world.peers[0]!.answers = false;
    const all = ['1', '2'].map((body) => pool.publish('/queue/a', body));
    await world.settle();
    world.peers[0]!.cut();
    expect([pool.state, pool.endpoint.host]).toEqual(['connected', 'b']);
    all.push(pool.publish('/queue/a', '3'));
    await world.settle();
    expect(world.peers[1]!.said).toEqual([
      'SUBSCRIBE /queue/a s1',
      'SEND /queue/a 1',
      'SEND /queue/a 2',
      'SEND /queue/a 3',
    ]);
    expect(await Promise.all(all.map(outcomeOf))).toEqual(['resolved', 'resolved', 'resolved']);
    expect(events.slice(4)).toEqual(['down a', 'dial c 0', 'up c 0']);
    expect(world.clock.now()).toBe(0);
    expect(pool.stats()).toMatchObject({ connections: 2, unconfirmed: 0, unconfirmedBytes: 0 });
    await pool.disconnect();
    await world.expectNothingLeft();
  });

  it('delivers and holds messages for the pool once it has taken over', async () => {
    const { world, pool } = await backedUp({ a: 'good', b: 'good' });
    const got: string[] = [];
    pool.subscribe('/queue/a', {}, (m) => {
      got.push(m.text());
      return new Promise(() => {});
    });
    await world.settle();
    world.peers[0]!.cut();
    await world.settle();
    const { transport } = world.peers[1]!;
    for (let i = 0; i < 12; i++) world.peers[1]!.message('s1', `m${i}`, 'x'.repeat(10_000));
    await world.settle();
    expect(got.length).toBe(1);
    expect(transport.paused).toBe(true);
    expect(pool.stats().heldBytes).toBeGreaterThan(60_000);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('after it took over, an overdue RECEIPT does not reject: the broker is looked at from the side', async () => {
    const { world, pool } = await backedUp({ a: 'good', b: 'good' }, { receiptTimeoutMs: 1_000 });
    world.peers[0]!.cut();
    await world.settle();
    world.peers[1]!.answers = false;
    world.set('b', 'silent');
    const published = pool.publish('/queue/a', '1');
    await world.advance(1_000);
    expect(await outcomeOf(published)).toBe('pending');
    expect(world.hosts).toBe('a b a b');
    await world.advance(5_000);
    expect(pool.endpoint.host).toBe('a');
    expect(await outcomeOf(published)).toBe('resolved');
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('that cannot be made never disturbs the live one, and has delays of its own', async () => {
    const { world, pool, events } = await backedUp(
      { a: 'good', b: 'refuse' },
      { initialReconnectDelayMs: 100, maxReconnectDelayMs: 800, maxReconnectAttempts: 2 },
    );
    await world.advance(10_000);
    expect(pool.state).toBe('connected');
    expect(pool.stats().connections).toBe(1);
    const at = world.dials.filter(([host]) => host === 'b').map(([, when]) => when);
    expect(at.slice(0, 6)).toEqual([0, 100, 300, 700, 1_500, 2_300]);
    expect(events.filter((event) => event.startsWith('dial b')).every((event) => event === 'dial b 0')).toBe(
      true,
    );
    await pool.publish('/queue/a', 'x');
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('that flaps never disturbs the live one either', async () => {
    const { world, pool } = await backedUp({ a: 'good', b: { cutAfterMs: 50 } });
    const sub = pool.subscribe('/queue/a');
    await world.advance(60_000);
    expect([pool.state, sub.state, pool.stats().connections]).toEqual(['connected', 'ready', 1]);
    expect(world.dials.length).toBeLessThan(20);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('goes on to the host after that, where one cannot be had', async () => {
    const { world, pool } = await backedUp({ a: 'good', b: 'refuse', c: 'good' });
    await world.advance(1_000);
    expect(world.hosts).toBe('a b c');
    world.peers[0]!.cut();
    await world.settle();
    expect(pool.endpoint.host).toBe('c');
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('that is not ready at the loss: the pool dials as without it', async () => {
    const { world, pool } = await backedUp({ a: 'good', b: ['silent', 'good'] });
    await world.advance(5_000);
    world.peers[0]!.cut();
    await world.settle();
    expect([pool.state, pool.endpoint.host]).toEqual(['connected', 'b']);
    expect(world.peers.filter(({ transport }) => !transport.destroyed).length).toBe(2);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('is probed as the live one is, and replaced when it hangs', async () => {
    const { world, pool } = await backedUp(
      { a: 'good', b: ['good', 'silent'], c: 'good' },
      { probeIntervalMs: 1_000, probeTimeoutMs: 300 },
    );
    world.peers[1]!.answers = false;
    await world.advance(3_000);
    expect(world.peers[1]!.said).toEqual(['BEGIN probe-1', 'ABORT probe-1']);
    expect(world.peers[1]!.transport.destroyed).toBe(true);
    expect(world.hosts).toBe('a b b c');
    expect(pool.stats().connections).toBe(1);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('is looked at from the side when its RECEIPT is overdue', async () => {
    const { world, pool } = await backedUp(
      { a: 'good', b: ['good', 'silent'], c: 'good' },
      { probeIntervalMs: 1_000, probeTimeoutMs: 500, receiptTimeoutMs: 200 },
    );
    world.peers[1]!.answers = false;
    await world.advance(1_250); // before probeTimeoutMs
    expect(world.dials.slice(2)).toEqual([['b', 1_200]]);
    await world.advance(500);
    expect(world.peers[1]!.transport.destroyed).toBe(true);
    expect([pool.state, pool.endpoint.host]).toEqual(['connected', 'a']);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('is closed when an observer ends the pool on seeing it connected', async () => {
    const world = new PoolWorld({ a: 'good', b: 'good' });
    let pool: Pool | undefined;
    const onConnected = ({ attempt }: { attempt: number }) => {
      if (attempt === 0) pool!.destroy();
    };
    const connecting = world.connect({ backup: true, observer: { onConnected } });
    void connecting.then((connected) => {
      pool = connected;
    });
    await world.settle();
    await world.settle();
    expect([world.hosts, pool?.state]).toEqual(['a b', 'closed']);
    await world.expectNothingLeft();
  });

  it.each(['destroy', 'disconnect'] as const)('%s() ends it too, whatever it is doing', async (end) => {
    for (const behaviour of ['good', 'silent', 'black-hole', 'refuse'] as const) {
      const { world, pool } = await backedUp({ a: 'good', b: behaviour });
      await pool[end]();
      await world.expectNothingLeft();
    }
  });

  it('does not keep the process alive after unref(), and does after ref() once it has taken over', async () => {
    const { world, pool } = await backedUp({ a: 'good', b: 'good' });
    expect(world.peers[1]!.transport.keepsProcess).toBe(false);
    world.peers[0]!.cut();
    await world.settle();
    expect(world.peers[1]!.transport.keepsProcess).toBe(true);
    pool.unref();
    expect(world.peers[1]!.transport.keepsProcess).toBe(false);
    pool.destroy();
  });
});
