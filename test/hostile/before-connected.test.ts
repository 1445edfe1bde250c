import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { refuseStrayErrors } from '../support/pool-world.js';
import type { ScriptedPeer } from '../support/scripted-broker.js';
import { drip, expectMovedOn, flood, meet } from './support.js';

refuseStrayErrors();

describe('a peer that does not answer CONNECT as it should: the pool takes the next host', () => {
  it.each<[name: string, play: (peer: ScriptedPeer) => void, code: string]>([
    ['a command without end', (peer) => void flood(peer, '', 'A'), 'STOMP_FRAME_TOO_LARGE'],
    ['a header without end', (peer) => void flood(peer, 'CONNECTED\nx:', 'y'), 'STOMP_FRAME_TOO_LARGE'],
    ['a name without end', (peer) => void flood(peer, 'CONNECTED\n', 'y'), 'STOMP_FRAME_TOO_LARGE'],
    [
      'a million headers',
      (peer) => peer.write(`CONNECTED\n${'a:b\n'.repeat(1_000_000)}\n\0`),
      'STOMP_FRAME_TOO_LARGE',
    ],
    [
      'a body of a terabyte',
      (peer) => peer.write('CONNECTED\ncontent-length:1099511627776\n\n'),
      'STOMP_FRAME_TOO_LARGE',
    ],
    [
      'a length that no number holds',
      (peer) => peer.write(`CONNECTED\ncontent-length:${'9'.repeat(400)}\n\n`),
      'STOMP_FRAME_TOO_LARGE',
    ],
    [
      'a length below zero',
      (peer) => peer.write('CONNECTED\ncontent-length:-1\n\n\0'),
      'STOMP_FRAME_BAD_CONTENT_LENGTH',
    ],
    ['NULs without end', (peer) => void flood(peer, '', '\0'), 'STOMP_FRAME_BAD_COMMAND'],
    [
      'compressed bytes',
      (peer) => peer.write(gzipSync('CONNECTED\n\n\0').toString('latin1')),
      'STOMP_FRAME_BAD_COMMAND',
    ],
    ['an answer of HTTP', (peer) => peer.write('HTTP/1.1 400 Bad Request\r\n\r\n'), 'STOMP_FRAME_NOT_STOMP'],
    ['a TLS alert', (peer) => peer.write('\x15\x03\x03\0\x02\x02\x32'), 'STOMP_FRAME_NOT_STOMP'],
    [
      'a MESSAGE',
      (peer) => peer.write('MESSAGE\ndestination:/queue/a\nmessage-id:1\n\nhello\0'),
      'STOMP_UNEXPECTED_FRAME',
    ],
    ['a RECEIPT', (peer) => peer.write('RECEIPT\nreceipt-id:1\n\n\0'), 'STOMP_UNEXPECTED_FRAME'],
    ['a CONNECT of its own', (peer) => peer.write('CONNECT\n\n\0'), 'STOMP_UNEXPECTED_FRAME'],
    ['an ERROR', (peer) => peer.write('ERROR\nmessage:no\n\n\0'), 'STOMP_CONNECT_REFUSED'],
    ['the end of its half', (peer) => void peer.socket.end(), 'STOMP_CONNECT_CLOSED'],
    [
      'half a CONNECTED and the end',
      (peer) => void peer.socket.end('CONNECTED\nsess'),
      'STOMP_FRAME_TRUNCATED',
    ],
    ['a reset', (peer) => void peer.socket.resetAndDestroy(), 'STOMP_CONNECT_CLOSED'],
  ])('%s', async (_, play, code) => {
    // In answer to CONNECT: a reset before it would be a dial that failed.
    await using meeting = await meet((peer) => void peer.frames(1).then(() => play(peer)));
    expect(meeting.told.failures.map((error) => error.code)).toEqual([code]);
    expect(meeting.told.failures[0]!.message.length).toBeLessThan(1_000);
    await expectMovedOn(meeting);
  });

  it.each([
    ['silence', ''],
    ['line feeds that drip', '\n'.repeat(10_000)],
    ['a header that drips', `CONNECTED\nx:${'y'.repeat(10_000)}`],
  ])('%s: the time for CONNECTED is over', async (_, text) => {
    await using meeting = await meet((peer) => drip(peer, text, 1), { connectTimeoutMs: 100 });
    expect(meeting.told.failures.map(({ code }) => code)).toEqual(['STOMP_CONNECT_TIMEOUT']);
    await expectMovedOn(meeting);
  });
});
