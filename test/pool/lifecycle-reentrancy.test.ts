import { describe, expect, it } from 'vitest';
import type { StompError } from '../../src/errors.js';
import type { Observer } from '../../src/index.js';
import type { Pool } from '../../src/pool/index.js';
import { outcomeOf, PoolWorld, refuseStrayErrors } from '../support/pool-world.js';

refuseStrayErrors();

type EventName = keyof Observer;

const EVENTS: EventName[] = [
  'onConnecting',
  'onConnected',
  'onConnectFail',
  'onDisconnect',
  'onReconnectScheduled',
  'onFrameIn',
  'onFrameOut',
  'onBytesIn',
  'onBytesOut',
  'onServerError',
  'onUnroutable',
  'onHandlerError',
  'onWarning',
];

/** An observer that does something in one kind of event, from the moment it is armed. */
function actor(event: EventName, act: () => void): { observer: Observer; arm(): void } {
  let armed = false;
  const react = () => {
    if (armed) act();
  };
  const warns = event === 'onWarning';
  const observer: Observer = {
    [event]: react,
    // Something to be warned of.
    ...(warns && {
      onUnroutable: () => {
        throw new Error('an observer of little use');
      },
    }),
    ...(event !== 'onHandlerError' && { onHandlerError: () => {} }),
  };
  const arm = () => {
    armed = true;
  };
  return { observer, arm };
}

/** A life in which every event happens: frames of each kind, a loss, a refusal, a silence, a recovery. */
async function liveThroughIt(world: PoolWorld, pool: Pool): Promise<void> {
  const quietly = (promise: Promise<unknown>) => promise.catch(() => {});
  const tryTo = (act: () => unknown) => {
    try {
      act();
    } catch (error) {
      expect((error as StompError).code).toMatch(/^STOMP_(CLOSED|ABORTED)$/);
    }
  };
  const talk = async () => {
    tryTo(() => pool.send('/queue/a', 'sent'));
    quietly(pool.publish('/queue/a', 'published'));
    tryTo(() =>
      pool.subscribe('/queue/a', {}, () => {
        throw new Error('a handler of little use');
      }),
    );
    tryTo(() => pool.subscribe('/queue/b', { ack: 'client' }));
    quietly(pool.transaction((tx) => tx.send('/queue/a', 'in transaction')));
    await world.settle();
    const { peer } = world;
    if (peer.transport.destroyed) return;
    peer.message('s1', 'm1', 'one');
    peer.message('s2', 'm2', 'two', '/queue/b');
    peer.message('nobody', 'm3', 'three', '/queue/nobody');
    peer.transport.push('ERROR\nmessage:so so\n\n\0');
    await world.settle();
  };
  await talk();
  world.set('a', ['refuse', 'error', 'silent', 'good']);
  world.peer.cut();
  await world.settle();
  await talk();
  await world.advance(60_000);
  await talk();
  await world.advance(60_000);
}

const ENDINGS: Array<
  [name: string, end: (pool: Pool, stop: AbortController) => void, code: string | undefined]
> = [
  ['destroy()', (pool) => pool.destroy(), undefined],
  ['disconnect()', (pool) => void pool.disconnect(), undefined],
  ['abort', (_, stop) => stop.abort(), 'STOMP_ABORTED'],
];

describe.each(ENDINGS)('%s within', (_, end, code) => {
  it.each(EVENTS)('%s, at any time', async (event) => {
    // First in the first such event, then in the second, and so on.
    for (let nth = 1; nth <= 12; nth++) {
      const world = new PoolWorld({ a: 'good' });
      const stop = new AbortController();
      let pool: Pool | undefined;
      let count = 0;
      const { observer, arm } = actor(event, () => {
        if (++count === nth) end(pool!, stop);
      });
      pool = await world.up({
        observer,
        signal: stop.signal,
        initialReconnectDelayMs: 100,
        stableAfterMs: 0,
      });
      arm();
      await liveThroughIt(world, pool);
      if (count === 0) throw new Error('the event did not happen');
      if (count < nth) await pool.disconnect();
      expect(pool.state).toBe('closed');
      await world.expectNothingLeft();
      if (count < nth) break;
      const error = await pool.closed;
      expect(error?.code).toBe(code);
      expect(pool.stats()).toMatchObject({ waiting: 0, subscriptions: 0 });
    }
  });
});

describe.each(ENDINGS)('%s within', (_, end, code) => {
  it('a message handler, with more messages behind it', async () => {
    const world = new PoolWorld({ a: 'good' });
    const stop = new AbortController();
    const pool = await world.up({ signal: stop.signal });
    const bodies: string[] = [];
    const sub = pool.subscribe('/queue/a', { ack: 'client' }, (message) => {
      bodies.push(message.text());
      if (bodies.length === 2) end(pool, stop);
      message.ack();
    });
    await world.settle();
    const frame = (i: number) =>
      `MESSAGE\nsubscription:s1\nmessage-id:m${i}\ndestination:/queue/a\n\n${i}\0\n`;
    world.peer.transport.push([1, 2, 3].map(frame).join(''));
    await world.advance(10_000);
    expect(bodies.slice(0, 2)).toEqual(['1', '2']);
    expect((await pool.closed)?.code).toBe(code);
    expect((await sub.closed)?.code).toBe(code);
    await world.expectNothingLeft();
  });

  it('a transaction', async () => {
    const world = new PoolWorld({ a: 'good' });
    const stop = new AbortController();
    const pool = await world.up({ signal: stop.signal });
    const done = pool.transaction((tx) => {
      tx.send('/queue/a', 'x');
      end(pool, stop);
    });
    done.catch(() => {});
    await world.advance(10_000);
    expect(await outcomeOf(done)).toBe('STOMP_TRANSACTION_LOST');
    expect((await pool.closed)?.code).toBe(code);
    await world.expectNothingLeft();
  });

  it('what follows a publish that was lost', async () => {
    const world = new PoolWorld({ a: 'good' });
    const stop = new AbortController();
    const pool = await world.up({ signal: stop.signal });
    await world.advance(5_000);
    world.peer.answers = false;
    const published = pool.publish('/queue/a', 'x').catch(() => end(pool, stop));
    await world.settle();
    world.peer.cut();
    await published;
    await world.advance(10_000);
    expect((await pool.closed)?.code).toBe(code);
    await world.expectNothingLeft();
  });
});

describe('abort within the first', () => {
  it.each<EventName>(['onConnecting', 'onFrameOut', 'onBytesOut', 'onBytesIn', 'onFrameIn', 'onConnected'])(
    '%s',
    async (event) => {
      const world = new PoolWorld({ a: 'good' });
      const stop = new AbortController();
      const { observer, arm } = actor(event, () => stop.abort());
      arm();
      const connecting = world.connect({ observer, signal: stop.signal });
      await world.settle();
      expect(await outcomeOf(connecting)).toBe('STOMP_ABORTED');
      await world.expectNothingLeft();
    },
  );

  it.each<EventName>(['onConnectFail', 'onReconnectScheduled'])('%s', async (event) => {
    const world = new PoolWorld({ a: 'refuse' });
    const stop = new AbortController();
    const { observer, arm } = actor(event, () => stop.abort());
    arm();
    const connecting = world.connect({ observer, signal: stop.signal, startupMaxReconnectAttempts: 5 });
    await world.settle();
    expect(await outcomeOf(connecting)).toBe('STOMP_ABORTED');
    expect(world.dials.length).toBe(1);
    await world.expectNothingLeft();
  });
});

describe('what an observer does within an event', () => {
  it.each<EventName>(['onDisconnect', 'onReconnectScheduled', 'onConnecting', 'onConnectFail'])(
    'is kept for the next connection when it is done in %s',
    async (event) => {
      const world = new PoolWorld({ a: ['good', 'refuse', 'good'] });
      let pool: Pool | undefined;
      let published: Promise<void> | undefined;
      const { observer, arm } = actor(event, () => {
        if (published !== undefined) return;
        pool!.subscribe('/queue/new');
        published = pool!.publish('/queue/a', 'published');
        pool!.send('/queue/a', 'sent');
      });
      pool = await world.up({ observer });
      await world.advance(5_000);
      arm();
      world.peer.cut();
      await world.advance(100);
      expect(await outcomeOf(published!)).toBe('resolved');
      expect(world.peer.said).toEqual([
        'SUBSCRIBE /queue/new s1',
        'SEND /queue/a published',
        'SEND /queue/a sent',
      ]);
      pool.destroy();
    },
  );

  it('is isolated when it throws: everything goes on, and it is counted', async () => {
    const world = new PoolWorld({ a: ['good', 'refuse', 'good'] });
    const thrower = () => {
      throw new Error('an observer of little use');
    };
    const observer = Object.fromEntries(EVENTS.map((event) => [event, thrower])) as Observer;
    const pool = await world.up({ observer });
    const sub = pool.subscribe('/queue/a');
    await world.advance(5_000);
    world.peer.cut();
    await world.advance(100);
    expect(sub.state).toBe('ready');
    expect(world.peer.said).toEqual(['SUBSCRIBE /queue/a s1']);
    expect(pool.stats().observerErrors).toBeGreaterThan(20);
    await pool.disconnect();
    await world.expectNothingLeft();
  });
});
