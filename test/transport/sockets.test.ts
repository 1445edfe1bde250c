import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Connection } from '../../src/transport/connection.js';
import { ScriptedBroker, type ScriptedPeer, welcome } from '../support/scripted-broker.js';
import { message, reasonOf, receipt, recorder } from './support.js';

const host = '127.0.0.1';

async function accepting(onPeer: (peer: ScriptedPeer) => void = () => {}): Promise<{
  readonly broker: ScriptedBroker;
  readonly connection: Connection;
  readonly peer: ScriptedPeer;
}> {
  const broker = await ScriptedBroker.listen(onPeer);
  const opening = Connection.open({ host, port: broker.port });
  while (broker.peers.length === 0) await new Promise(setImmediate);
  const peer = broker.peers[0]!;
  if ((await peer.frames(1)) !== 'CONNECT\n\n\0') throw new Error('another CONNECT was expected');
  peer.write('CONNECTED\nsession:s-1\n\n\0\n');
  return { broker, connection: await opening, peer };
}

async function unusedPort(): Promise<number> {
  const server: Server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

describe('over a socket', () => {
  it('a whole conversation, byte for byte', async () => {
    const { broker, connection, peer } = await accepting();
    await using _ = broker;
    const got: string[] = [];
    const subscription = connection.subscribe('/queue/a', { ack: 'client' }, (m) => {
      got.push(m.text());
      m.ack();
    });
    await peer.frames(2);
    peer.write(receipt(1));
    await subscription.ready;
    for (const char of message('s1', 'm-1', 'hé'.replace('é', '\xc3\xa9'))) peer.write(char);
    await peer.frames(3);
    const published = connection.publish('/queue/b', 'x');
    await peer.frames(4);
    peer.write(receipt(2));
    await published;
    const disconnected = connection.disconnect();
    const received = await peer.frames(5);
    peer.write(receipt(3));
    await disconnected;
    expect(received).toBe(
      'CONNECT\n\n\0' +
        'SUBSCRIBE\nid:s1\ndestination:/queue/a\nack:client\nreceipt:1\n\n\0' +
        'ACK\nmessage-id:m-1\nsubscription:s1\n\n\0' +
        'SEND\ndestination:/queue/b\npersistent:true\ncontent-length:1\nreceipt:2\n\nx\0' +
        'DISCONNECT\nreceipt:3\n\n\0',
    );
    expect(got).toEqual(['hé']);
    await peer.closed();
  });

  it('what the kernel takes within the write counts as taken at once', async () => {
    const { broker, connection, peer } = await accepting();
    await using _ = broker;
    await new Promise(setImmediate);
    connection.send('/queue/a', 'x');
    expect(connection.stats()).toMatchObject({ unsentBytes: 46, unsentSends: 1 });
    const after = await new Promise((resolve) => process.nextTick(() => resolve(connection.stats())));
    expect(after).toMatchObject({ unsentBytes: 0, unsentSends: 0 });
    expect(await peer.frames(2)).toBe('CONNECT\n\n\0SEND\ndestination:/queue/a\ncontent-length:1\n\nx\0');
    connection.destroy();
  });

  it('messages of two connections do not share their bytes, though they share a read buffer', async () => {
    await using broker = await ScriptedBroker.listen(welcome);
    const connections = await Promise.all([0, 1].map(() => Connection.open({ host, port: broker.port })));
    const bodies: Buffer[][] = [[], []];
    await Promise.all(
      connections.map((c, i) => c.subscribe('/queue/a', {}, (m) => bodies[i]!.push(m.body)).ready),
    );
    for (let n = 0; n < 50; n++) {
      for (const peer of broker.peers) peer.write(message('s1', n, String(n).repeat(1000)));
    }
    while (bodies.some((list) => list.length < 50)) await new Promise(setImmediate);
    for (const list of bodies) {
      for (const [n, body] of list.entries()) expect(String(body) === String(n).repeat(1000)).toBe(true);
    }
    await Promise.all(connections.map((c) => c.disconnect()));
  });

  it('a slow consumer pauses the socket: the broker cannot get rid of more than the buffers hold', async () => {
    await using broker = await ScriptedBroker.listen(welcome);
    const connection = await Connection.open({ host, port: broker.port });
    const finish: Array<() => void> = [];
    let calls = 0;
    await connection.subscribe('/queue/a', {}, () => {
      calls++;
      return new Promise<void>((resolve) => finish.push(resolve));
    }).ready;
    const COUNT = 2000;
    const wire = message('s1', 1, 'x'.repeat(10_000));
    for (let i = 0; i < COUNT; i++) broker.peers[0]!.write(wire);
    while (connection.stats().heldBytes <= 65_536) await new Promise(setImmediate);
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    expect(connection.stats().heldBytes).toBeLessThan(200_000);
    expect(broker.peers[0]!.socket.writableLength).toBeGreaterThan(0);
    await connection.publish('/queue/b', 'still works');
    const finishAll = async () => {
      while (calls < COUNT || finish.length > 0) {
        finish.shift()?.();
        await new Promise(setImmediate);
      }
    };
    await Promise.all([finishAll(), connection.disconnect()]);
    expect(calls).toBe(COUNT);
  });

  it('back-pressure out: send says false when the broker does not read', async () => {
    const { broker, connection, peer } = await accepting();
    await using _ = broker;
    peer.socket.pause();
    const body = Buffer.alloc(1_000_000);
    let sent = 0;
    const send = (): string | undefined => {
      try {
        connection.send('/q', body);
        sent++;
        return undefined;
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    while (send() === undefined) await new Promise(setImmediate);
    expect(send()).toBe('STOMP_SEND_BUFFER_FULL');
    expect(sent).toBeGreaterThan(15);
    const drained = connection.drain();
    peer.socket.resume();
    await drained;
    expect(connection.send('/q', 'x')).toBe(true);
    connection.destroy();
  });
});

describe('a dial over a socket', () => {
  it('localhost connects, on whichever of its addresses somebody listens', async () => {
    const families = new Set((await lookup('localhost', { all: true })).map(({ family }) => family));
    for (const [family, address] of [
      [4, '127.0.0.1'],
      [6, '::1'],
    ] as const) {
      if (!families.has(family)) continue;
      await using broker = await ScriptedBroker.listen(welcome, undefined, address);
      const connection = await Connection.open({ host: 'localhost', port: broker.port });
      await connection.disconnect();
    }
  });

  it('connection refused', async () => {
    const port = await unusedPort();
    const { observer, of } = recorder(['onConnectFail']);
    for (const target of [host, 'localhost']) {
      const error = await reasonOf(Connection.open({ host: target, port }, { observer }));
      expect(error?.code).toBe('STOMP_CONNECT_FAILED');
      expect(error?.message).toMatch(/^stomp:\/\/[^ ]+: connect ECONNREFUSED/);
    }
    expect(of('onConnectFail')).toHaveLength(2);
  });

  it('a name that does not exist', async () => {
    const error = await reasonOf(Connection.open({ host: 'no-such-host.invalid', port: 61613 }));
    expect(error).toMatchObject({ code: 'STOMP_CONNECT_FAILED', cause: { syscall: 'getaddrinfo' } });
  });

  it('silence after TCP accept: connectTimeoutMs, and the socket is closed', async () => {
    await using broker = await ScriptedBroker.listen();
    const error = await reasonOf(Connection.open({ host, port: broker.port }, { connectTimeoutMs: 50 }));
    expect(error?.code).toBe('STOMP_CONNECT_TIMEOUT');
    await broker.peers[0]!.closed();
  });

  it('a broker that refuses and leaves the socket open (RabbitMQ): we close it', async () => {
    await using broker = await ScriptedBroker.listen((peer) =>
      peer.write('ERROR\nmessage:Bad CONNECT\n\n\0\n'),
    );
    const error = await reasonOf(Connection.open({ host, port: broker.port }));
    expect(error?.code).toBe('STOMP_CONNECT_REFUSED');
    await broker.peers[0]!.closed();
  });

  it('aborted while TCP is opened, and after accept', async () => {
    await using broker = await ScriptedBroker.listen();
    for (const late of [false, true]) {
      const controller = new AbortController();
      const opening = reasonOf(Connection.open({ host, port: broker.port }, { signal: controller.signal }));
      if (late) while (!broker.peers.at(-1)?.received) await new Promise(setImmediate);
      controller.abort();
      expect((await opening)?.code).toBe('STOMP_ABORTED');
    }
    await broker.peers.at(-1)!.closed();
  });
});

describe('loss over a socket', () => {
  it.each<[string, (peer: ScriptedPeer) => void, object | undefined]>([
    ['FIN', (peer) => peer.socket.end(), undefined],
    ['RST', (peer) => peer.socket.resetAndDestroy(), { code: 'ECONNRESET' }],
  ])('%s', async (_, cut, cause) => {
    const { broker, connection, peer } = await accepting();
    await using _broker = broker;
    const published = reasonOf(connection.publish('/q', 'x'));
    await peer.frames(2);
    cut(peer);
    const error = await connection.closed;
    expect(error?.code).toBe('STOMP_CONNECTION_LOST');
    if (cause === undefined) expect(error?.cause).toBeUndefined();
    else expect(error?.cause).toMatchObject(cause);
    expect(await published).toMatchObject({ code: 'STOMP_OUTCOME_UNKNOWN', cause: error });
  });

  it('RECEIPT and FIN in one packet: the receipt counts', async () => {
    const { broker, connection, peer } = await accepting();
    await using _ = broker;
    const published = connection.publish('/q', 'x');
    await peer.frames(2);
    peer.socket.end(receipt(1));
    await published;
    expect((await connection.closed)?.code).toBe('STOMP_CONNECTION_LOST');
  });

  it('destroy closes the socket at once', async () => {
    const { broker, connection, peer } = await accepting();
    await using _ = broker;
    connection.destroy();
    await peer.closed();
    expect(await connection.closed).toBeUndefined();
  });

  it('frames after our end disturb nobody', async () => {
    const { broker, connection, peer } = await accepting();
    await using _ = broker;
    const got: string[] = [];
    const subscription = connection.subscribe('/queue/a', { ack: 'client' }, (m) => {
      got.push(m.text());
      m.ack();
    });
    await peer.frames(2);
    peer.write(receipt(1));
    await subscription.ready;
    const disconnected = connection.disconnect();
    await peer.frames(3);
    peer.write(receipt(2) + message('s1', 1, 'late'));
    await disconnected;
    expect(await connection.closed).toBeUndefined();
    expect(got).toEqual([]);
  });
});
