import { describe, expect, it } from 'vitest';
import type { SessionError } from '../../src/errors.js';
import type { Frame } from '../../src/frame/index.js';
import type { Pool, PoolOptions } from '../../src/pool/index.js';
import { outcomeOf, type Peer, PoolWorld, refuseStrayErrors, rejection } from '../support/pool-world.js';

refuseStrayErrors();

const isSend = (frame: Frame) => frame.command === 'SEND';
const outcomes = (all: Promise<unknown>[]): Promise<string[]> => Promise.all(all.map(outcomeOf));

/** A world in which each peer reacts to frames as told. */
async function reacting(
  react: (frame: Frame, peer: Peer) => boolean,
  options: PoolOptions = {},
): Promise<{ world: PoolWorld; pool: Pool }> {
  const world = new PoolWorld({ a: 'good' });
  world.onPeer = (peer) => {
    peer.react = (frame) => react(frame, peer);
  };
  const pool = await world.up(options);
  return { world, pool };
}

function publishAll(pool: Pool, bodies: readonly (string | number)[]): Promise<void>[] {
  const all = bodies.map((body) => pool.publish('/queue/a', String(body)));
  for (const each of all) each.catch(() => {});
  return all;
}

/** A broker that dies of one message, and has dealt with those before it. */
function diesOf(body: string) {
  return (frame: Frame, peer: Peer): boolean => {
    if (!isSend(frame) || frame.body.toString() !== body) return false;
    peer.transport.push('ERROR\nmessage:too much\n\n\0');
    peer.cut();
    return true;
  };
}

describe('a message of which brokers die', () => {
  it('in the middle of 50: it alone is refused, all others arrive, in order', async () => {
    const { world, pool } = await reacting(diesOf('poison'));
    const bodies = [...Array(25).keys(), 'poison', ...[...Array(25).keys()].map((i) => i + 25)];
    const all = publishAll(pool, bodies);
    await world.advance(60_000);
    for (let i = 0; i < 10; i++) await world.settle(); // one after the other
    const error = await rejection<SessionError>(all[25]!);
    expect(error.code).toBe('STOMP_PUBLISH_REFUSED');
    expect(error.cause).toMatchObject({ code: 'STOMP_CONNECTION_LOST' });
    expect(error.frame?.headers.get('message')).toBe('too much');
    expect(error.message).toContain('SEND to /queue/a: 6 connections ended before its RECEIPT, 3 of them');
    expect(await outcomes(all)).toEqual(
      bodies.map((body) => (body === 'poison' ? 'STOMP_PUBLISH_REFUSED' : 'resolved')),
    );
    // Three under all of it, three under it alone, and the one that is left.
    expect(world.peers.length).toBe(7);
    expect(world.peers.slice(3, 6).map(({ bodies: sent }) => sent)).toEqual(Array(3).fill(['poison']));
    expect(world.peer.bodies).toEqual([...Array(25).keys()].map((i) => String(i + 25)));
    expect(pool.stats()).toMatchObject({ unconfirmed: 0, unconfirmedBytes: 0, waiting: 0 });
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('two of them: each is refused by itself', async () => {
    const first = diesOf('poison 1');
    const second = diesOf('poison 2');
    const { world, pool } = await reacting((frame, peer) => first(frame, peer) || second(frame, peer));
    const all = publishAll(pool, ['1', 'poison 1', '2', 'poison 2', '3']);
    await world.advance(60_000);
    expect(await outcomes(all)).toEqual([
      'resolved',
      'STOMP_PUBLISH_REFUSED',
      'resolved',
      'STOMP_PUBLISH_REFUSED',
      'resolved',
    ]);
    pool.destroy();
  });

  it('at the front, and those behind it: the others go out once it is refused', async () => {
    const { world, pool } = await reacting(diesOf('poison'));
    const all = publishAll(pool, ['poison', 1, 2, 3]);
    await world.advance(60_000);
    expect(await outcomes(all)).toEqual(['STOMP_PUBLISH_REFUSED', 'resolved', 'resolved', 'resolved']);
    expect(world.peer.bodies).toEqual(['1', '2', '3']);
    expect(world.peers.length).toBe(7);
    pool.destroy();
  });
});

describe('a message of which brokers die, while a broker of the pool is down', () => {
  /** Two hosts, of which `down` refuses; `dies` decides for the other one. */
  async function halfDown(dies: (frame: Frame, peer: Peer) => boolean, options: PoolOptions = {}) {
    const world = new PoolWorld({ up: 'good', down: 'refuse' });
    world.onPeer = (peer) => {
      peer.react = (frame) => dies(frame, peer);
    };
    return { world, pool: await world.up(options) };
  }
  /** As RabbitMQ does while the one node that has the queue is down. */
  const isHomeless = (frame: Frame, peer: Peer): boolean => {
    if (!isSend(frame) || frame.headers.get('destination') !== '/queue/a') return false;
    peer.transport.push('ERROR\nmessage:not found\n\n\0');
    peer.cut();
    return true;
  };

  it('nobody is refused before refuseAfterMs, and all arrive when their queue is back', async () => {
    const { world, pool } = await halfDown(isHomeless, { maxReconnectDelayMs: 1_000 });
    const all = publishAll(pool, [1, 2, 3]);
    await world.advance(29_000);
    expect(world.peers.length).toBeGreaterThan(20);
    expect(await outcomes(all)).toEqual(['pending', 'pending', 'pending']);
    world.onPeer = undefined;
    await world.advance(5_000);
    expect(await outcomes(all)).toEqual(['resolved', 'resolved', 'resolved']);
    expect(world.peer.bodies).toEqual(['1', '2', '3']);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('the first is refused after refuseAfterMs; then the next has as long', async () => {
    const { world, pool } = await halfDown(isHomeless, { maxReconnectDelayMs: 100, refuseAfterMs: 10_000 });
    const all = publishAll(pool, [1, 2, 3]);
    await world.advance(9_900);
    expect(await outcomes(all)).toEqual(['pending', 'pending', 'pending']);
    await world.advance(1_000);
    expect(await outcomes(all)).toEqual(['STOMP_PUBLISH_REFUSED', 'pending', 'pending']);
    await world.advance(9_000);
    expect(await outcomes(all)).toEqual(['STOMP_PUBLISH_REFUSED', 'pending', 'pending']);
    await world.advance(2_000);
    expect(await outcomes(all)).toEqual(['STOMP_PUBLISH_REFUSED', 'STOMP_PUBLISH_REFUSED', 'pending']);
    pool.destroy();
  });

  it('ends few connections until then, also where the law knows no delays', async () => {
    const { world, pool } = await halfDown(isHomeless, { stableAfterMs: 0, maxReconnectDelayMs: 10 });
    const all = publishAll(pool, [1]);
    await world.advance(29_000);
    expect(await outcomes(all)).toEqual(['pending']);
    // Six at once, twenty or so while the rests grow, and one a second.
    const connections = world.dials.filter(([host]) => host === 'up').length;
    expect(connections).toBeGreaterThan(30);
    expect(connections).toBeLessThan(60);
    await world.advance(1_500);
    expect(await outcomes(all)).toEqual(['STOMP_PUBLISH_REFUSED']);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('leaves no timer when the pool ends while it rests', async () => {
    const { world, pool } = await halfDown(isHomeless, { stableAfterMs: 0 });
    const all = publishAll(pool, [1]);
    await world.advance(10_000);
    pool.destroy();
    expect(await outcomes(all)).toEqual(['STOMP_OUTCOME_UNKNOWN']);
    await world.expectNothingLeft();
  });

  it('one that stands behind others to its destination is refused after three alone, as these are confirmed', async () => {
    const dies = diesOf('poison');
    const { world, pool } = await halfDown((frame, peer) => {
      // What is sent together with it has no answer when it dies.
      const isAlone = peer.said[0] === 'BEGIN probe-1';
      return dies(frame, peer) || (isSend(frame) && !isAlone);
    });
    const all = publishAll(pool, [1, 'poison', 2]);
    await world.advance(20_000);
    expect(await outcomes(all)).toEqual(['resolved', 'STOMP_PUBLISH_REFUSED', 'resolved']);
    expect(world.dials.filter(([host]) => host === 'up').length).toBe(7);
    pool.destroy();
  });
});

describe('suspects', () => {
  /** A pool whose three publications have seen three connections end. `silent`: nothing is answered on the fourth. */
  async function suspected(options: PoolOptions = {}) {
    const world = new PoolWorld({ a: 'good' });
    world.onPeer = (peer) => {
      peer.answers = (frame) => !isSend(frame);
    };
    const pool = await world.up({ stableAfterMs: 0, ...options });
    const all = publishAll(pool, [1, 2, 3]);
    await world.settle();
    return { world, pool, all };
  }

  async function lose(world: PoolWorld): Promise<void> {
    world.peer.cut();
    await world.settle();
  }

  it('go out one at a time, each behind the RECEIPT of the one before; then all goes at once again', async () => {
    const { world, pool, all } = await suspected();
    for (let i = 0; i < 2; i++) await lose(world);
    expect(world.peer.bodies).toEqual(['1', '2', '3']);
    await lose(world);
    expect(world.peer.said).toEqual(['BEGIN probe-1', 'ABORT probe-1', 'SEND /queue/a 1']);
    all.push(...publishAll(pool, [4, 5]));
    for (const bodies of [
      ['1', '2'],
      ['1', '2', '3'],
      ['1', '2', '3', '4', '5'],
    ]) {
      world.peer.receipt();
      await world.settle();
      expect(world.peer.bodies).toEqual(bodies);
    }
    expect(await outcomes(all)).toEqual(['resolved', 'resolved', 'resolved', 'pending', 'pending']);
    await lose(world);
    // New ones have seen one loss: no more care is taken.
    expect(world.peer.said).toEqual(['SEND /queue/a 4', 'SEND /queue/a 5']);
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('wait for the answer to a probe on each new connection', async () => {
    const { world, pool } = await suspected();
    world.onPeer = (peer) => {
      peer.answers = false;
    };
    for (let i = 0; i < 3; i++) await lose(world);
    expect(world.peer.said).toEqual(['BEGIN probe-1', 'ABORT probe-1']);
    world.peer.receipt();
    await world.settle();
    expect(world.peer.bodies).toEqual(['1']);
    pool.destroy();
  });

  it('are not blamed for a broker that ends every connection by itself, however often', async () => {
    const { world, pool, all } = await suspected();
    world.onPeer = (peer) => {
      // CONNECTED, and dead before it has answered anything.
      peer.react = (frame) => {
        if (frame.command === 'CONNECT') return false;
        peer.cut();
        return true;
      };
    };
    world.peer.cut();
    await world.advance(600_000);
    expect(world.peers.length).toBeGreaterThan(20);
    expect(await outcomes(all)).toEqual(['pending', 'pending', 'pending']);
    world.onPeer = undefined;
    await world.advance(60_000);
    expect(world.peer.bodies).toEqual(['1', '2', '3']);
    expect(await outcomes(all)).toEqual(['resolved', 'resolved', 'resolved']);
    pool.destroy();
  });

  it('are not blamed for connections that we gave up: a broker that hangs, again and again', async () => {
    const world = new PoolWorld({ a: 'good' });
    world.onPeer = (peer) => {
      peer.answers = (frame) => !isSend(frame);
    };
    const pool = await world.up({ stableAfterMs: 0, receiptTimeoutMs: 1_000, leaveBlockedAfterMs: 0 });
    const [published] = publishAll(pool, ['slow']);
    await world.advance(60_000);
    expect(pool.stats().connections).toBeGreaterThan(20);
    expect(await outcomeOf(published!)).toBe('pending');
    // Nor taken for suspects.
    expect(world.peer.said.filter((line) => line.startsWith('BEGIN'))).toEqual([]);
    world.onPeer = undefined;
    await world.advance(2_000);
    expect(await outcomeOf(published!)).toBe('resolved');
    pool.destroy();
  });

  it('are not blamed for what we could not read', async () => {
    const { world, pool, all } = await suspected();
    world.onPeer = (peer) => {
      peer.answers = (frame) => !isSend(frame);
      peer.react = (frame) => {
        if (isSend(frame)) peer.transport.push('no frame at all\n\n\0');
        return false;
      };
    };
    world.peer.cut();
    await world.advance(60_000);
    expect(world.peers.length).toBeGreaterThan(10);
    expect(await outcomes(all)).toEqual(['pending', 'pending', 'pending']);
    pool.destroy();
  });

  it('a connection that ends in the middle of a frame counts as ended by the broker', async () => {
    const { world, pool } = await reacting((frame, peer) => {
      if (!isSend(frame)) return false;
      peer.transport.push('MESSAGE\nsubscri');
      peer.cut();
      return true;
    });
    const [published] = publishAll(pool, ['poison']);
    await world.advance(60_000);
    expect(await outcomeOf(published!)).toBe('STOMP_PUBLISH_REFUSED');
    expect(world.peers.length).toBe(7);
    pool.destroy();
  });

  it('when they are aborted, the others go on at once', async () => {
    const world = new PoolWorld({ a: 'good' });
    world.onPeer = (peer) => {
      peer.answers = (frame) => !isSend(frame);
    };
    const pool = await world.up({ stableAfterMs: 0 });
    const stop = new AbortController();
    const given = pool.publish('/queue/a', 'suspect', { signal: stop.signal });
    given.catch(() => {});
    await world.settle();
    for (let i = 0; i < 3; i++) await lose(world);
    publishAll(pool, [1, 2, 3]);
    await world.settle();
    expect(world.peer.bodies).toEqual(['suspect']);
    stop.abort();
    await world.settle();
    expect(world.peer.bodies).toEqual(['suspect', '1', '2', '3']);
    pool.destroy();
  });

  it('drain() waits for the sends that they hold up', async () => {
    const { world, pool } = await suspected();
    for (let i = 0; i < 3; i++) await lose(world);
    expect(pool.send('/queue/a', 'behind')).toBe(false);
    const drained = pool.drain();
    await world.settle();
    expect(await outcomeOf(drained)).toBe('pending');
    for (let i = 0; i < 3; i++) {
      world.peer.receipt();
      await world.settle();
    }
    expect(world.peer.bodies).toEqual(['1', '2', '3', 'behind']);
    expect(await outcomeOf(drained)).toBe('resolved');
    pool.destroy();
  });
});

describe('a SUBSCRIBE of which brokers die', () => {
  const diesOfSubscribe = (frame: Frame, peer: Peer): boolean => {
    if (frame.command !== 'SUBSCRIBE' || frame.headers.get('destination') !== '/queue/poison') return false;
    peer.cut();
    return true;
  };

  it('among innocents: it alone is refused, they get their messages, and what was published goes out', async () => {
    const { world, pool } = await reacting(diesOfSubscribe);
    const subscriptions = ['/queue/1', '/queue/poison', '/queue/2'].map((name) => pool.subscribe(name));
    const [published] = publishAll(pool, ['kept']);
    await world.advance(60_000);
    expect(subscriptions.map(({ state }) => state)).toEqual(['ready', 'closed', 'ready']);
    const error = (await subscriptions[1]!.closed) as SessionError;
    expect(error.code).toBe('STOMP_SUBSCRIBE_REFUSED');
    expect(error.cause).toMatchObject({ code: 'STOMP_CONNECTION_LOST' });
    expect(await outcomeOf(published!)).toBe('resolved');
    expect(world.peers.length).toBe(7);
    // On trial each goes out behind the answer of the one before.
    expect(world.peers[4]!.said).toEqual([
      'BEGIN probe-1',
      'ABORT probe-1',
      'SUBSCRIBE /queue/1 s1',
      'SUBSCRIBE /queue/poison s2',
    ]);
    expect(pool.stats()).toMatchObject({ subscriptions: 2, waiting: 0, unconfirmed: 0 });
    pool.destroy();
    await world.expectNothingLeft();
  });

  it('a trial that the broker refuses by name goes on with the next, and with what was published', async () => {
    const { world, pool } = await reacting(diesOfSubscribe);
    const subscriptions = ['/queue/poison', '/queue/2'].map((name) => pool.subscribe(name));
    const [published] = publishAll(pool, ['kept']);
    await world.settle();
    // The fourth connection refuses it in words.
    world.onPeer = (peer) => {
      if (world.peers.length >= 4) peer.refusals.set('/queue/poison', 'named');
      else peer.react = (frame) => diesOfSubscribe(frame, peer);
    };
    await world.advance(60_000);
    expect(subscriptions.map(({ state }) => state)).toEqual(['closed', 'ready']);
    expect(await outcomeOf(subscriptions[0]!.ready)).toBe('STOMP_SUBSCRIBE_REFUSED');
    expect(await outcomeOf(published!)).toBe('resolved');
    expect(pool.state).toBe('connected');
    pool.destroy();
  });

  it('a broker that dies before it answers the probe: nobody is refused', async () => {
    const { world, pool } = await reacting((frame, peer) => {
      if (frame.command === 'CONNECT') return false;
      peer.cut();
      return true;
    });
    const sub = pool.subscribe('/queue/a');
    await world.advance(600_000);
    expect(world.peers.length).toBeGreaterThan(20);
    expect(sub.state).toBe('waiting');
    world.onPeer = undefined;
    await world.advance(60_000);
    expect(sub.state).toBe('ready');
    pool.destroy();
  });

  it('an ERROR without a receipt and the end, with nothing else under way: refused at once', async () => {
    const { world, pool } = await reacting((frame, peer) => {
      if (frame.command !== 'SUBSCRIBE') return false;
      peer.transport.push('ERROR\nmessage:no rights\n\n\0');
      peer.cut();
      return true;
    });
    const sub = pool.subscribe('/queue/a');
    await world.advance(1_000);
    const error = (await sub.closed) as SessionError;
    expect([error.code, error.frame?.headers.get('message')]).toEqual([
      'STOMP_SUBSCRIBE_REFUSED',
      'no rights',
    ]);
    expect(pool.stats().connections).toBe(2);
    pool.destroy();
  });
});

describe('a message that cannot be read', () => {
  // A content-length that is too short: the head is known, and so is whose it is.
  const unreadable = (id: string) =>
    `MESSAGE\nsubscription:${id}\nmessage-id:m\ndestination:/queue/bad\ncontent-length:1\n\nxyz\0`;

  it('three times in a row: its subscription ends with the FrameError, the rest lives', async () => {
    const { world, pool } = await reacting((frame, peer) => {
      if (frame.command !== 'SUBSCRIBE' || frame.headers.get('destination') !== '/queue/bad') return false;
      peer.receipt(frame);
      peer.transport.push(unreadable(frame.headers.get('id')!));
      return true;
    });
    const good = pool.subscribe('/queue/good', { ack: 'client' });
    const bad = pool.subscribe('/queue/bad', { ack: 'client' });
    await world.advance(60_000);
    expect((await bad.closed)?.code).toBe('STOMP_FRAME_MISSING_NUL');
    expect(good.state).toBe('ready');
    expect(pool.stats()).toMatchObject({ connections: 4, subscriptions: 1 });
    expect(world.peer.said).toEqual(['SUBSCRIBE /queue/good s1']);
    pool.destroy();
  });

  it('is not laid to the subscription of the message before it', async () => {
    const { world, pool } = await reacting((frame, peer) => {
      if (frame.command !== 'SUBSCRIBE') return false;
      peer.receipt(frame);
      peer.transport.push('MESSAGE\nsubscription:s1\nmessage-id:m\n\nwhole\0?');
      return true;
    });
    const sub = pool.subscribe('/queue/a', { ack: 'client' }, () => {});
    await world.advance(60_000);
    expect(sub.state).toBe('ready');
    expect(pool.stats().connections).toBeGreaterThan(4);
    pool.destroy();
  });

  it('twice, and a loss of another kind between: it starts afresh', async () => {
    const { world, pool } = await reacting(() => false, { stableAfterMs: 0 });
    const sub = pool.subscribe('/queue/bad', { ack: 'client' });
    await world.settle();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 2; i++) {
        world.peer.transport.push(unreadable('s1'));
        await world.settle();
      }
      world.peer.cut();
      await world.settle();
    }
    expect(sub.state).toBe('ready');
    expect(pool.stats().connections).toBe(10);
    pool.destroy();
  });
});
