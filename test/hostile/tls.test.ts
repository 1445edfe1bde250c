import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { refuseStrayErrors } from '../support/pool-world.js';
import { ScriptedBroker, type ScriptedPeer, welcome } from '../support/scripted-broker.js';
import { expectMovedOn, meet, meetAt, until } from './support.js';

refuseStrayErrors();

const pem = (name: string): string =>
  readFileSync(new URL(`../support/certs/${name}`, import.meta.url), 'latin1');
const server = { cert: pem('server.pem'), key: pem('server.key') };
const tls = { ca: pem('ca.pem') };

describe('TLS that dies in the handshake', () => {
  it.each<[name: string, play: (peer: ScriptedPeer) => void]>([
    ['the end of the stream', (peer) => void peer.socket.end()],
    ['a reset', (peer) => void peer.socket.resetAndDestroy()],
    ['an answer in clear text', (peer) => peer.write('CONNECTED\nsession:s-1\n\n\0\n')],
    ['half a record, and the end', (peer) => void peer.socket.end('\x16\x03\x03\x10\x00abc')],
    ['an alert', (peer) => void peer.socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 40]))],
  ])('%s', async (_, play) => {
    await using meeting = await meet(
      (peer) => void until(() => peer.received.length > 0).then(() => play(peer)),
      {},
      { tls },
    );
    expect(meeting.told.failures.map(({ code }) => code)).toEqual(['STOMP_TLS_FAILED']);
    await expectMovedOn(meeting);
  });

  it('silence', async () => {
    await using meeting = await meet(() => {}, { connectTimeoutMs: 200 }, { tls });
    expect(meeting.told.failures.map(({ code }) => code)).toEqual(['STOMP_CONNECT_TIMEOUT']);
    await expectMovedOn(meeting);
  });
});

/** Between client and TLS broker, with its hands on the TCP below. */
async function tamper(
  broker: ScriptedBroker,
): Promise<{ readonly port: number; readonly pairs: Socket[]; close(): void }> {
  const pairs: Socket[] = [];
  const proxy = createServer((near) => {
    const far = connect(broker.port, '127.0.0.1');
    pairs.push(near, far);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => {});
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as { port: number };
  return { port, pairs, close: () => void proxy.close() };
}

describe('TLS that dies after CONNECTED', () => {
  it.each<[name: string, harm: (near: Socket) => void]>([
    ['the end of the stream, without the alert that says so', (near) => void near.end()],
    ['a reset', (near) => void near.resetAndDestroy()],
    ['bytes that are no TLS', (near) => void near.write('ERROR\n\n\0')],
    [
      'a record that nobody can decipher',
      (near) => void near.write(Buffer.concat([Buffer.from([23, 3, 3, 1, 0]), Buffer.alloc(256, 7)])),
    ],
  ])('%s', async (_, harm) => {
    await using broker = await ScriptedBroker.listen(welcome, server);
    const proxy = await tamper(broker);
    const meeting = await meetAt(broker, {}, { tls, port: proxy.port });
    await using _meeting = meeting;
    expect(meeting.pool.endpoint.port).toBe(proxy.port);
    harm(proxy.pairs[0]!);
    await until(() => meeting.told.losses.length > 0);
    expect(meeting.told.losses[0]!.code).toBe('STOMP_CONNECTION_LOST');
    await expectMovedOn(meeting);
    proxy.close();
  });
});
