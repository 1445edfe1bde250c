import { describe, expect, it } from 'vitest';
import type { StompError } from '../../src/errors.js';
import { connect, type Pool, type PoolState } from '../../src/pool/index.js';
import { Secret } from '../../src/transport/secret.js';
import { type Behaviour, outcomeOf, PoolWorld, refuseStrayErrors, rejection } from '../support/pool-world.js';

refuseStrayErrors();

/** A way to end a pool, and what `closed` then gives. */
type Ending = [name: string, end: (pool: Pool, stop: AbortController) => void, code: string | undefined];

const ENDINGS: Ending[] = [
  ['disconnect()', (pool) => void pool.disconnect(), undefined],
  ['destroy()', (pool) => pool.destroy(), undefined],
  ['an aborted signal', (_, stop) => stop.abort(new Error('enough')), 'STOMP_ABORTED'],
  ['asyncDispose', (pool) => void pool[Symbol.asyncDispose](), undefined],
];

/** A moment of a pool that was connected, and how to get there after the loss of its first connection. */
interface Moment {
  readonly name: string;
  readonly second?: Behaviour;
  readonly state: PoolState;
  /** What the passcode function gives at each dial; `never` does not come. */
  readonly passcode?: string[];
  /** From the loss of the first connection on. */
  reach(world: PoolWorld, pool: Pool): Promise<void>;
}

async function lose(world: PoolWorld): Promise<void> {
  world.peer.cut();
  await world.settle();
}

const MOMENTS: Moment[] = [
  { name: 'opening TCP', second: 'black-hole', state: 'connecting', reach: lose },
  { name: 'waiting for CONNECTED', second: 'silent', state: 'connecting', reach: lose },
  { name: 'backing off', second: 'refuse', state: 'connecting', reach: lose },
  { name: 'connected', state: 'connected', reach: async () => {} },
  { name: 'connected again', second: 'good', state: 'connected', reach: lose },
  {
    name: 'waiting for the passcode',
    state: 'connecting',
    passcode: ['first', 'never'],
    reach: lose,
  },
  {
    name: 'disconnecting',
    state: 'disconnecting',
    reach: async (world, pool) => {
      world.peer.answers = false;
      void pool.disconnect();
      await world.settle();
    },
  },
];

describe.each(ENDINGS)('%s', (name, end, code) => {
  it.each(MOMENTS)('while $name', async ({ second = 'good', state, passcode, reach }) => {
    const world = new PoolWorld({ a: ['good', second] });
    const stop = new AbortController();
    const answers = [...(passcode ?? [])];
    const ask = () => {
      const given = answers.shift() ?? '';
      return given === 'never' ? new Promise<string>(() => {}) : given;
    };
    const options = world.options({ initialReconnectDelayMs: 1_000, signal: stop.signal });
    const connecting = connect({ ...options, hosts: [{ host: 'a', login: 'me', passcode: ask }] });
    await world.settle();
    const pool = await connecting;
    const sub = pool.subscribe('/queue/before');
    await world.settle();
    await world.advance(5_000);
    const iterating = sub[Symbol.asyncIterator]().next();
    iterating.catch(() => {});
    await reach(world, pool);
    expect(pool.state).toBe(state);
    world.peer.answers = state !== 'disconnecting';

    const isDown = state === 'connecting';
    const waiting = isDown ? [pool.publish('/queue/a'), pool.drain(), pool.begin()] : [];
    for (const promise of waiting) promise.catch(() => {});
    end(pool, stop);
    if (state === 'disconnecting' && name !== 'destroy()') await world.advance(60_000);
    await world.settle();

    const error = await pool.closed;
    expect(error?.code).toBe(code);
    expect(pool.state).toBe('closed');
    for (const promise of waiting) expect(await outcomeOf(promise)).toBe(code ?? 'STOMP_CLOSED');
    expect(await outcomeOf(iterating)).toBe(code ?? 'resolved');
    expect(await sub.closed).toBe(error);
    expect(pool.stats()).toMatchObject({ waiting: 0, subscriptions: 0, heldBytes: 0 });
    await world.expectNothingLeft();
  });

  it('twice, and each other way after it', async () => {
    const world = new PoolWorld({ a: 'good' });
    const stop = new AbortController();
    const pool = await world.up({ signal: stop.signal });
    let ended = 0;
    void pool.closed.then(() => ended++);
    end(pool, stop);
    await world.settle();
    const error = await pool.closed;
    for (const [, other] of ENDINGS) other(pool, stop);
    await world.settle();
    expect(ended).toBe(1);
    expect(await pool.closed).toBe(error);
    expect(pool.state).toBe('closed');
    await world.expectNothingLeft();
  });
});

describe('an aborted signal before the first CONNECTED', () => {
  it('before the dial: nothing is dialled', async () => {
    const world = new PoolWorld({ a: 'good' });
    const error = await rejection<StompError>(world.connect({ signal: AbortSignal.abort('early') }));
    expect(error.code).toBe('STOMP_ABORTED');
    expect(error.cause).toBe('early');
    expect(world.dials).toEqual([]);
    await world.expectNothingLeft();
  });

  it.each<[string, Behaviour]>([
    ['opening TCP', 'black-hole'],
    ['waiting for CONNECTED', 'silent'],
    ['backing off', 'refuse'],
  ])('while %s', async (_, behaviour) => {
    const world = new PoolWorld({ a: behaviour });
    const stop = new AbortController();
    const connecting = world.connect({ signal: stop.signal, startupMaxReconnectAttempts: 9 });
    await world.settle();
    expect(await outcomeOf(connecting)).toBe('pending');
    stop.abort();
    expect(await outcomeOf(connecting)).toBe('STOMP_ABORTED');
    await world.expectNothingLeft();
  });

  it('while the passcode is awaited, which may come or fail later', async () => {
    for (const later of ['come', 'fail']) {
      const world = new PoolWorld({ a: 'good' });
      const stop = new AbortController();
      let settle!: () => void;
      const passcode = new Promise<string>((resolve, reject) => {
        settle = () => (later === 'come' ? resolve('secret') : reject(new Error('no vault')));
      });
      const host = { host: 'a', login: 'me', passcode: () => passcode };
      const connecting = connect({ ...world.options({ signal: stop.signal }), hosts: [host] });
      connecting.catch(() => {});
      await world.settle();
      stop.abort();
      expect(await outcomeOf(connecting)).toBe('STOMP_ABORTED');
      settle();
      await world.settle();
      expect(world.dials).toEqual([]);
      await world.expectNothingLeft();
    }
  });

  it('leaves no listener on the signal, however it ended', async () => {
    const stop = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = stop.signal;
    stop.signal.addEventListener = function (this: AbortSignal, ...args: unknown[]) {
      listeners++;
      Reflect.apply(addEventListener, this, args);
    } as AbortSignal['addEventListener'];
    stop.signal.removeEventListener = function (this: AbortSignal, ...args: unknown[]) {
      listeners--;
      Reflect.apply(removeEventListener, this, args);
    } as AbortSignal['removeEventListener'];
    const closed = new PoolWorld({ a: 'refuse' });
    closed.connect({ signal: stop.signal });
    await closed.settle();
    const good = new PoolWorld({ a: 'good' });
    const pool = await good.up({ signal: stop.signal });
    await pool.disconnect();
    await good.settle();
    expect(listeners).toBe(0);
  });
});

describe('disconnect()', () => {
  it('waits for the receipts under way, says DISCONNECT, and closes behind its RECEIPT', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up();
    const { peer } = world;
    peer.answers = false;
    const published = pool.publish('/queue/a', 'last');
    const done = pool.disconnect();
    await world.settle();
    expect(peer.said).toEqual(['SEND /queue/a last']);
    expect(() => pool.send('/queue/a', 'late')).toThrow('closed on request');
    expect(await outcomeOf(pool.publish('/queue/a', 'late'))).toBe('STOMP_CLOSED');
    peer.receipt();
    expect(await outcomeOf(published)).toBe('resolved');
    await world.settle();
    expect(peer.said).toEqual(['SEND /queue/a last', 'DISCONNECT']);
    expect(await outcomeOf(done)).toBe('pending');
    peer.receipt();
    peer.cut();
    expect(await outcomeOf(done)).toBe('resolved');
    await world.expectNothingLeft();
  });

  it('ends well when the broker goes away instead of answering, and does not dial again', async () => {
    const world = new PoolWorld({ a: 'good', b: 'good' });
    const pool = await world.up();
    world.peer.answers = false;
    const done = pool.disconnect();
    await world.settle();
    world.peer.cut();
    expect(await outcomeOf(done)).toBe('resolved');
    expect(await pool.closed).toBe(undefined);
    expect(world.hosts).toBe('a');
    await world.expectNothingLeft();
  });

  it('does not wait for ever for a silent broker', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up();
    world.peer.answers = false;
    const done = pool.disconnect();
    await world.advance(5_000);
    expect(await outcomeOf(done)).toBe('resolved');
    await world.expectNothingLeft();
  });

  it('sends what was given to send just before', async () => {
    const world = new PoolWorld({ a: 'good' });
    const pool = await world.up();
    pool.send('/queue/a', 'x'.repeat(100_000));
    await pool.disconnect();
    expect(world.peer.said.map((line) => line.length)).toEqual([100_014, 10]);
    expect(pool.stats().lostSends).toBe(0);
  });
});

describe('unref and ref', () => {
  const keepers = (world: PoolWorld) => [
    ...world.clock.pending.filter(({ unrefed }) => !unrefed).map(({ dueAt }) => `timer for ${dueAt}`),
    ...world.peers
      .filter(({ transport }) => !transport.destroyed && transport.keepsProcess)
      .map(({ host }) => `connection to ${host}`),
  ];

  it.each(MOMENTS.slice(0, 5))('while $name', async ({ second = 'good', state, reach }) => {
    const world = new PoolWorld({ a: ['good', second] });
    const pool = await world.up({ initialReconnectDelayMs: 1_000, timeoutMs: 3_000 });
    await world.advance(5_000);
    await reach(world, pool);
    expect(pool.state).toBe(state);
    pool.publish('/queue/a').catch(() => {});
    await world.settle();
    const before = keepers(world);
    expect(before.length).toBeGreaterThan(0);
    pool.unref();
    expect(keepers(world)).toEqual([]);
    pool.ref();
    expect(keepers(world).length).toBeGreaterThan(0);
    pool.unref();
    // Nor does what comes later.
    for (let step = 0; step < 40; step++) {
      await world.advance(999);
      expect(keepers(world)).toEqual([]);
    }
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('said within an event, and said after the end, arm nothing', async () => {
    const world = new PoolWorld({ a: ['good', 'refuse', 'good'] });
    let pool: Pool | undefined;
    const turn = () => pool?.unref().ref();
    const observer = {
      onReconnectScheduled: turn,
      onConnecting: turn,
      onConnectFail: turn,
      onDisconnect: turn,
    };
    pool = await world.up({ observer });
    await world.advance(5_000);
    world.peer.cut();
    await world.advance(60_000);
    expect(world.gaps).toEqual([5_000, 10]);
    pool.destroy();
    pool.ref().unref().ref();
    await world.expectNothingLeft();
  });
});

describe('a passcode given by a function', () => {
  it('is asked anew at every dial, and a failure is a failed attempt', async () => {
    const world = new PoolWorld({ a: 'good' });
    const answers = [
      () => Promise.reject(new Error('no vault')),
      () => 'first',
      () => new Secret('second'),
      () => Promise.resolve('third'),
    ];
    const passcode = () => answers.shift()!();
    const hosts = [{ host: 'a', login: 'me', passcode }];
    const connecting = connect({ ...world.options(), hosts }, { startupMaxReconnectAttempts: 1 });
    await world.advance(10);
    const pool = await connecting;
    for (let loss = 0; loss < 2; loss++) {
      await world.advance(5_000);
      await lose(world);
    }
    const given = world.peers.map(({ frames }) => frames[0]!.headers.get('passcode'));
    expect(given).toEqual(['first', 'second', 'third']);
    pool.destroy();
  });
});
