import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SessionError } from '../../src/errors.js';
import { refuseStrayErrors } from '../support/pool-world.js';
import type { ScriptedPeer } from '../support/scripted-broker.js';
import {
  afterConnected,
  buffersInUse,
  CONNECTED,
  drip,
  expectMovedOn,
  flood,
  MIB,
  meet,
  until,
} from './support.js';

refuseStrayErrors();

const SMALL = { limits: { maxBodyBytes: 4 * MIB } };

describe('a stream that cannot be read on: lost, with the reason, and on to the next host', () => {
  it.each<[name: string, play: (peer: ScriptedPeer) => void, cause: string]>([
    ['a header without end', (peer) => void flood(peer, 'MESSAGE\nx:', 'y'), 'STOMP_FRAME_TOO_LARGE'],
    [
      'a million headers',
      (peer) => peer.write(`MESSAGE\n${'a:b\n'.repeat(1_000_000)}\n\0`),
      'STOMP_FRAME_TOO_LARGE',
    ],
    [
      'a body that no NUL ends',
      (peer) => void flood(peer, 'MESSAGE\nmessage-id:1\n\n', 'y'),
      'STOMP_FRAME_TOO_LARGE',
    ],
    [
      'a body longer than is taken',
      (peer) => void flood(peer, `MESSAGE\ncontent-length:${4 * MIB + 1}\n\n`, 'y'),
      'STOMP_FRAME_TOO_LARGE',
    ],
    [
      'a body that goes on behind its length',
      (peer) => void flood(peer, `MESSAGE\ncontent-length:${MIB}\n\n`, 'y'),
      'STOMP_FRAME_MISSING_NUL',
    ],
    [
      'compressed bytes',
      (peer) => peer.write(deflateSync('MESSAGE\n\n\0').toString('latin1')),
      'STOMP_FRAME_BAD_COMMAND',
    ],
    ['NULs without end', (peer) => void flood(peer, '', '\0'), 'STOMP_FRAME_BAD_COMMAND'],
    [
      'the end of its half within a frame',
      (peer) => void peer.socket.end('MESSAGE\nx:'),
      'STOMP_FRAME_TRUNCATED',
    ],
    [
      'the end of its half within a body',
      (peer) => void peer.socket.end('MESSAGE\ncontent-length:9000\n\nabc'),
      'STOMP_FRAME_TRUNCATED',
    ],
  ])('%s', async (_, play, cause) => {
    const before = buffersInUse();
    await using meeting = await meet(afterConnected(play), SMALL);
    await until(() => meeting.told.losses.length > 0);
    const [loss] = meeting.told.losses;
    expect([loss!.code, (loss!.cause as { code: string }).code]).toEqual(['STOMP_CONNECTION_LOST', cause]);
    expect(loss!.message.length).toBeLessThan(1_000);
    // The body, a buffer of twice its size that it grew out of, and what is on its way in this process.
    expect(buffersInUse() - before).toBeLessThan(24 * MIB);
    await expectMovedOn(meeting);
    expect(meeting.told.losses).toHaveLength(1);
  });

  it('the end of its half between two frames', async () => {
    await using meeting = await meet(afterConnected((peer) => void peer.socket.end()));
    await until(() => meeting.told.losses.length > 0);
    expect(meeting.told.losses[0]!.code).toBe('STOMP_CONNECTION_LOST');
    await expectMovedOn(meeting);
  });

  it('a length of 128 MiB claims no more than 1 MiB before the bytes are there', async () => {
    await using meeting = await meet(afterConnected((peer) => peer.write('RECEIPT\nreceipt-id:none\n\n\0')));
    await until(() => meeting.told.unroutable.length === 1);
    const before = buffersInUse();
    meeting.hostile.peers[0]!.write('MESSAGE\ncontent-length:134217728\n\nabc');
    await until(() => meeting.pool.stats().connection!.bytesIn > 80);
    expect(buffersInUse() - before).toBeLessThan(2 * MIB);
    meeting.hostile.peers[0]!.socket.destroy();
    await expectMovedOn(meeting);
  });
});

describe('frames that nobody waits for: the observer is told, and all goes on', () => {
  it.each<[name: string, wire: string, command: string]>([
    ['CONNECTED twice', CONNECTED, 'CONNECTED'],
    ['a RECEIPT that was not asked for', 'RECEIPT\nreceipt-id:77\n\n\0\n', 'RECEIPT'],
    ['a RECEIPT without an id', 'RECEIPT\n\n\0\n', 'RECEIPT'],
    [
      'a MESSAGE for a subscription that is none',
      'MESSAGE\nsubscription:s99\nmessage-id:1\ndestination:/queue/z\n\nx\0\n',
      'MESSAGE',
    ],
    ['a MESSAGE for nobody', 'MESSAGE\n\n\0\n', 'MESSAGE'],
    ['a frame that a client should send', 'SEND\ndestination:/queue/a\n\nx\0\n', 'SEND'],
    ['a command that there is not', 'FROB\nx:y\n\n\0\n', 'FROB'],
  ])('%s, ten thousand times', async (_, wire, command) => {
    await using meeting = await meet(afterConnected((peer) => peer.write(wire.repeat(10_000))));
    const { pool, told, hostile } = meeting;
    await until(() => told.unroutable.length === 10_000);
    expect(new Set(told.unroutable)).toEqual(new Set([command]));
    expect(pool.stats()).toMatchObject({
      heldBytes: 0,
      connection: { pendingReceipts: 0, unacknowledged: 0 },
    });
    expect([pool.state, pool.endpoint.port]).toEqual(['connected', hostile.port]);
  });

  it('a MESSAGE that comes byte by byte arrives once, whole', async () => {
    await using meeting = await meet(afterConnected(() => {}));
    const bodies: string[] = [];
    meeting.pool.subscribe('/queue/a', {}, (message) => void bodies.push(message.text()));
    const [peer] = meeting.hostile.peers;
    await peer!.frames(2);
    drip(peer!, 'MESSAGE\r\nsubscription:s1\r\nmessage-id:1\r\ncontent-length:5\r\n\r\nh\0llo\0\r\n', 1);
    await until(() => bodies.length === 1);
    expect(bodies).toEqual(['h\0llo']);
  });
});

describe('an ERROR of 100 MiB', () => {
  const head = 'ERROR\nmessage:no\ncontent-length:104857600\n\n';
  const say = async (peer: ScriptedPeer): Promise<void> => {
    peer.write(head);
    const piece = Buffer.alloc(MIB, 'e');
    for (let i = 0; i < 100; i++) {
      if (!peer.socket.write(piece)) await new Promise((resolve) => peer.socket.once('drain', resolve));
    }
    peer.socket.end('\0');
  };

  it('in place of CONNECTED is a refusal', async () => {
    await using meeting = await meet((peer) => void peer.frames(1).then(() => say(peer)));
    const [error] = meeting.told.failures;
    expect(error?.code).toBe('STOMP_CONNECT_REFUSED');
    expect(error?.message.length).toBeLessThan(1_000);
    await expectMovedOn(meeting);
  });

  it('after CONNECTED is told, and the end of the connection has it for its cause', async () => {
    await using meeting = await meet(afterConnected((peer) => void say(peer)));
    await until(() => meeting.told.losses.length > 0);
    const [error] = meeting.told.serverErrors;
    expect(error).toBeInstanceOf(SessionError);
    expect(error?.message.length).toBeLessThan(1_000);
    expect(meeting.told.losses[0]).toMatchObject({ code: 'STOMP_CONNECTION_LOST', cause: error });
    await expectMovedOn(meeting);
  });
});
