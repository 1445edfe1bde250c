import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { StompError } from '../../src/errors.js';
import type { Observer } from '../../src/index.js';
import { type ConnectOptions, connect, type Pool } from '../../src/pool/index.js';
import { Secret } from '../../src/transport/secret.js';
import { type Behaviour, PoolWorld, refuseStrayErrors } from '../support/pool-world.js';

refuseStrayErrors();

const SENTINEL = 'Tr0ub4dor-sentinel';

/** Everything a program could print of a value, or log, or send to somebody. */
function allTextOf(value: unknown): string {
  const parts = [inspect(value, { depth: 20, showHidden: true }), String(value)];
  parts.push(JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each)) ?? '');
  for (let error = value; error instanceof Error; error = error.cause)
    parts.push(String(error.stack), error.message);
  return parts.join('\n');
}

/** An observer that writes down all it is told, bytes as text. */
function scribe(): { observer: Observer; text: () => string; events: Set<string> } {
  const lines: string[] = [];
  const events = new Set<string>();
  const observer: Observer = new Proxy(
    {},
    {
      get: (_, name: string) => (event: Record<string, unknown>) => {
        events.add(name);
        lines.push(name, allTextOf(event));
        if (event.bytes instanceof Buffer) lines.push(event.bytes.toString('latin1'));
        if (event.error instanceof Error) lines.push(allTextOf(event.error));
      },
    },
  );
  return { observer, text: () => lines.join('\n'), events };
}

const WAYS: Array<[name: string, passcode: NonNullable<ConnectOptions['hosts'][number]['passcode']>]> = [
  ['a string', SENTINEL],
  ['a Secret', new Secret(SENTINEL)],
  ['a function', () => SENTINEL],
  ['a function that gives a promise of a Secret', async () => new Secret(SENTINEL)],
];

describe.each(WAYS)('a passcode given as %s', (_, passcode) => {
  it('goes over the wire and shows nowhere else', async () => {
    const behaviours: Behaviour[] = ['good', 'error', 'eof', 'wrong-frame', 'silent', 'refuse', 'good'];
    const world = new PoolWorld({ a: behaviours });
    const { observer, text, events } = scribe();
    const hosts = [{ host: 'a', login: 'me', passcode }];
    const connecting = connect({ ...world.options({ observer, connectTimeoutMs: 100 }), hosts });
    await world.settle();
    const pool = await connecting;
    const seen: string[] = [];
    const look = () => seen.push(...[pool, pool.endpoint, pool.stats(), { ...pool.endpoint }].map(allTextOf));
    look();
    await world.advance(5_000);
    world.peer.cut();
    await world.settle();
    look();
    await world.advance(5_000);
    expect(pool.state).toBe('connected');
    look();
    await pool.disconnect();
    look();
    for (const peer of world.peers.filter(({ frames }) => frames.length > 0))
      expect(peer.frames[0]!.headers.get('passcode')).toBe(SENTINEL);
    expect(world.peers.filter(({ frames }) => frames.length > 0).length).toBe(6);
    expect([...events]).toEqual(
      expect.arrayContaining([
        'onConnecting',
        'onConnectFail',
        'onFrameOut',
        'onBytesOut',
        'onReconnectScheduled',
      ]),
    );
    // Masked by as many characters.
    expect(text()).toContain(`passcode:${'*'.repeat(SENTINEL.length)}`);
    expect(text()).not.toContain(SENTINEL);
    expect(seen.join('\n')).not.toContain(SENTINEL);
  });

  it('is in no error: of the pool, its attempts and their causes', async () => {
    const world = new PoolWorld({ a: ['error', 'eof', 'wrong-frame', 'silent', 'refuse'] });
    const hosts = [{ host: 'a', login: 'me', passcode }];
    const options = world.options({ connectTimeoutMs: 100, startupMaxReconnectAttempts: 4 });
    const connecting = connect({ ...options, hosts });
    connecting.catch(() => {});
    await world.advance(60_000);
    const error = await connecting.catch((reason: unknown) => reason);
    const text = allTextOf(error);
    expect(text).toContain('STOMP_POOL_EXHAUSTED');
    expect(text).toContain('STOMP_CONNECT_REFUSED');
    expect(text).not.toContain(SENTINEL);
  });
});

describe('a passcode in a URL', () => {
  it('shows nowhere', async () => {
    const world = new PoolWorld({ a: ['good', 'refuse'] });
    const { hosts: _, ...options } = world.options({ maxReconnectAttempts: 0 });
    const { observer, text } = scribe();
    const connecting = connect(`failover:(stomp://me:${SENTINEL}@a)`, { ...options, observer });
    await world.settle();
    const pool: Pool = await connecting;
    const before = [pool, pool.endpoint].map(allTextOf).join('\n');
    await world.advance(5_000);
    world.peer.cut();
    await world.advance(5_000);
    const error = await pool.closed;
    expect(error?.code).toBe('STOMP_POOL_EXHAUSTED');
    expect(JSON.stringify(pool.endpoint)).toBe('"stomp://a:61613"');
    expect([before, text(), allTextOf(error), allTextOf(pool)].join('\n')).not.toContain(SENTINEL);
  });

  it('nor in the errors of a URL that cannot be read', async () => {
    for (const url of [
      `tcp://me:${SENTINEL}@a`,
      `stomp://me:${SENTINEL}@a:port`,
      `stomp://me:${SENTINEL}@a/${SENTINEL}`,
      `failover:(stomp://me:${SENTINEL}@a`,
      `failover:(stomp://me:${SENTINEL}@a)?jitter=1`,
    ]) {
      const error = await connect(url).catch((reason: StompError) => reason);
      expect((error as StompError).code).toBe('STOMP_URL_INVALID');
      expect(allTextOf(error)).not.toContain(SENTINEL);
    }
  });
});

describe('a passcode function that fails', () => {
  it.each<[string, () => string | Promise<string>]>([
    [
      'throws',
      () => {
        throw new Error('no vault');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no vault'))],
    ['gives what no header can carry', () => `${SENTINEL}\nreceipt:1`],
    ['gives no text', () => 4_711 as unknown as string],
  ])('%s: a failed attempt, with a delay before the next', async (_, passcode) => {
    const world = new PoolWorld({ a: 'good', b: 'good' });
    const hosts = ['a', 'b'].map((host) => ({ host, login: 'me', passcode }));
    const { observer, text } = scribe();
    const options = world.options({ observer, startupMaxReconnectAttempts: 3, initialReconnectDelayMs: 0 });
    const connecting = connect({ ...options, hosts });
    connecting.catch(() => {});
    await world.advance(1_000);
    const error = (await connecting.catch((reason: unknown) => reason)) as {
      attempts: unknown[];
      code: string;
    };
    expect(error.code).toBe('STOMP_POOL_EXHAUSTED');
    expect(error.attempts.length).toBe(4);
    expect(`${allTextOf(error)}${text()}`).not.toContain(SENTINEL);
    await world.expectNothingLeft();
  });

  it.each([
    [10, 10],
    [0, 1_000],
  ])('for ever, with an initial delay of %i ms: leaves the turn to others', async (initial, most) => {
    const world = new PoolWorld({ a: 'good' });
    const stop = new AbortController();
    let asked = 0;
    const passcode = () => {
      // So that a failure of this test is no endless loop.
      if (++asked > 10_000) return new Promise<string>(() => {});
      throw new Error('no vault');
    };
    const hosts = [{ host: 'a', login: 'me', passcode }];
    const options = world.options({
      startupMaxReconnectAttempts: Number.POSITIVE_INFINITY,
      initialReconnectDelayMs: initial,
      signal: stop.signal,
    });
    const connecting = connect({ ...options, hosts });
    connecting.catch(() => {});
    setImmediate(() => initial === 0 && stop.abort());
    await world.advance(10_000);
    expect(asked).toBeLessThanOrEqual(most);
    stop.abort();
    await expect(connecting).rejects.toMatchObject({ code: 'STOMP_ABORTED' });
    await world.expectNothingLeft();
  });
});
