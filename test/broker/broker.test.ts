import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { Broker, type BrokerOptions, BrokerStore } from '../../src/broker/index.js';
import { NOTICE, VERSION } from '../../src/broker/version.js';
import { CONNECT, send, subscribe } from './support/peer.js';
import { dialError, Wire } from './support/wire.js';

const running: Broker[] = [];
afterEach(() => Promise.all(running.splice(0).map((broker) => broker.stop())));

async function start(options?: BrokerOptions): Promise<Broker> {
  const broker = await Broker.start(options);
  running.push(broker);
  return broker;
}

const dial = async (broker: Broker): Promise<Wire> => {
  const wire = (await Wire.dial(broker.port)).say(CONNECT);
  await wire.until(/^CONNECTED\n[^\0]*\0\n/);
  return wire;
};

test('what it says of itself', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(VERSION).toBe(version);
  expect(Broker.NOTICE).toBe(NOTICE);
  expect(NOTICE).toMatch(/for tests and first steps.*ActiveMQ or RabbitMQ/);
});

describe('over TCP', () => {
  test('a message goes through, and DISCONNECT ends in order', async () => {
    const broker = await start();
    expect(broker.url).toBe(`stomp://127.0.0.1:${broker.port}`);
    const consumer = (await dial(broker)).say(subscribe('/queue/a', 'receipt:s\n'));
    await consumer.until(/receipt-id:s/);
    const sender = (await dial(broker)).say(send('/queue/a', 'hello', 'receipt:r\n'));
    await sender.until(/RECEIPT\nreceipt-id:r\n\n\0\n$/);
    await consumer.until(/\n\nhello\0\n$/);
    expect(broker.connections.map(({ subscriptions }) => subscriptions.length)).toEqual([1, 0]);
    sender.say('DISCONNECT\nreceipt:d\n\n\0');
    expect(await sender.end()).toMatch(/receipt-id:d\n\n\0\n$/);
    expect(sender.error).toBeUndefined();
    expect((await broker.waitFor(({ command }) => command === 'DISCONNECT')).connection).toBe(2);
    expect(broker.received.map(({ command }) => command)).toEqual([
      'CONNECT',
      'SUBSCRIBE',
      'CONNECT',
      'SEND',
      'DISCONNECT',
    ]);
  });

  test('a consumer that does not read holds the messages back in the queue, then gets all', async () => {
    const broker = await start();
    const consumer = (await dial(broker)).say(subscribe('/queue/a', 'receipt:s\n'));
    await consumer.until(/receipt-id:s/);
    consumer.socket.pause();
    const body = 'x'.repeat(100_000);
    const count = 300;
    const sender = await dial(broker);
    for (let i = 1; i <= count; i++) sender.say(send('/queue/a', body, i === count ? 'receipt:r\n' : ''));
    await sender.until(/receipt-id:r/);
    expect(broker.stats().queues['/queue/a']!.waiting).toBeGreaterThan(100);
    consumer.say(send('/queue/a', 'last'));
    consumer.socket.resume();
    expect((await consumer.until(/\n\nlast\0\n/)).length).toBeGreaterThan(count * body.length);
  });

  test('a client that does not read its RECEIPTs is not read any more', async () => {
    const broker = await start();
    const client = await dial(broker);
    client.socket.pause();
    const frames = send('/topic/a', '', `receipt:${'r'.repeat(60_000)}\n`).repeat(20);
    for (let i = 0; i < 50; i++) client.say(frames);
    await broker.waitFor(({ command }) => command === 'SEND');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(client.socket.writableLength).toBeGreaterThan(10_000_000);
    client.socket.destroy();
  });

  test('the port that is taken', async () => {
    const { port } = await start();
    await expect(Broker.start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(Broker.start({ port: 70_000 })).rejects.toThrow('port: expected a whole number');
  });

  test('stop drops who does not go, and promptly those who do', async () => {
    const broker = await start();
    const client = await dial(broker);
    const waiting = broker.waitFor(() => false);
    await Promise.all([broker.stop(), expect(waiting).rejects.toThrow('stopped')]);
    await client.end();
    expect([client.error, broker.state, await dialError(broker.port)]).toEqual([
      undefined,
      'stopped',
      'ECONNREFUSED',
    ]);
    await broker.stop();
  });

  test('is disposable', async () => {
    const broker = await Broker.start();
    await broker[Symbol.asyncDispose]();
    expect(await dialError(broker.port)).toBe('ECONNREFUSED');
  });

  test('cut resets who is there and goes on listening; one connection can be cut too', async () => {
    const broker = await start();
    const [one, two] = [await dial(broker), await dial(broker)];
    broker.connections[0]!.cut();
    await one.end();
    expect([one.error?.code, two.closed]).toEqual(['ECONNRESET', false]);
    broker.cut();
    await two.end();
    expect(two.error?.code).toBe('ECONNRESET');
    await dial(broker);
  });

  test('trouble reaches the wire', async () => {
    const broker = await start();
    broker.faults.next({ refuse: true });
    broker.faults.next({ cutAfterBytes: { out: 10 } });
    broker.faults.next({ cutAfterBytes: { in: 5 } });
    expect(await (await Wire.dial(broker.port)).end()).toBe('');
    expect(await (await Wire.dial(broker.port)).say(CONNECT).end()).toBe('CONNECTED\n');
    const reset = (await Wire.dial(broker.port)).say(CONNECT);
    await reset.end();
    expect([reset.text, reset.error?.code]).toEqual(['', 'ECONNRESET']);
    await dial(broker);
  });
});

test('a broker that crashed comes back on its port with its store', async () => {
  const broker = await start();
  const client = (await dial(broker)).say(send('/queue/a', 'kept', 'persistent:true\nreceipt:r\n'));
  await client.until(/receipt-id:r/);
  await broker.kill();
  expect(await dialError(broker.port)).toBe('ECONNREFUSED');
  const again = await start({ store: broker.store, port: broker.port });
  await (await dial(again)).say(subscribe('/queue/a')).until(/\n\nkept\0\n$/);
});

describe('a pair on one store', () => {
  test('the standby does not listen before the first is killed, and then has what was stored', async () => {
    const store = new BrokerStore();
    const first = await start({ store, standby: true });
    const second = await start({ store, standby: true });
    expect([first.state, second.state]).toEqual(['listening', 'standby']);
    expect(await dialError(second.port)).toBe('ECONNREFUSED');
    const consumer = (await dial(first)).say(subscribe('/queue/a', 'ack:client\n'));
    consumer.say(send('/queue/a', '1', 'persistent:true\n') + send('/queue/a', 'volatile'));
    await consumer.until(/\n\nvolatile\0/);
    await first.kill();
    await consumer.end();
    expect(consumer.error?.code).toBe('ECONNRESET');
    expect(await second.promoted).toBe(true);
    expect(second.state).toBe('listening');
    const next = (await dial(second)).say(subscribe('/queue/a') + send('/queue/a', 'end'));
    expect((await next.until(/\n\nend\0/)).match(/redelivered:true\n\n1\0|volatile/g)).toEqual([
      'redelivered:true\n\n1\0',
    ]);
  });

  test('the first in line comes next, and one that was stopped does not', async () => {
    const store = new BrokerStore();
    const first = await start({ store });
    const [second, third] = [await start({ store, standby: true }), await start({ store, standby: true })];
    await second.stop();
    expect(await second.promoted).toBe(false);
    await first.stop();
    expect(await third.promoted).toBe(true);
    await dial(third);
  });

  test('without standby both listen', async () => {
    const store = new BrokerStore();
    const [one, two] = [await start({ store }), await start({ store })];
    const consumer = (await dial(one)).say(subscribe('/topic/a', 'receipt:s\n'));
    await consumer.until(/receipt-id:s/);
    (await dial(two)).say(send('/topic/a', 'x'));
    await consumer.until(/\n\nx\0\n$/);
  });

  test('a standby whose port is taken by then says so', async () => {
    const store = new BrokerStore();
    const first = await start({ store });
    const other = await start();
    const standby = await start({ store, standby: true, port: other.port });
    await first.stop();
    await expect(standby.promoted).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(standby.state).toBe('stopped');
  });
});

describe('over TLS', () => {
  const pem = (name: string): string =>
    readFileSync(new URL(`../support/certs/${name}`, import.meta.url), 'utf8');
  const tls = { cert: pem('server.pem'), key: pem('server.key') };
  const ca = pem('ca.pem');

  test('a message goes through; kill resets', async () => {
    const broker = await start({ tls });
    expect(broker.url).toBe(`stomp+ssl://127.0.0.1:${broker.port}`);
    const client = (await Wire.dial(broker.port, { ca })).say(CONNECT + subscribe('a') + send('a', 'hello'));
    await client.until(/\n\nhello\0\n$/);
    await broker.kill();
    await client.end();
    expect(client.error?.code).toBe('ECONNRESET');
  });

  test('DISCONNECT ends in order', async () => {
    const broker = await start({ tls });
    const client = (await Wire.dial(broker.port, { ca })).say(`${CONNECT}DISCONNECT\nreceipt:d\n\n\0`);
    expect(await client.end()).toMatch(/receipt-id:d\n\n\0\n$/);
    expect(client.error).toBeUndefined();
  });

  test('a plain client gets no further, and stop does not wait for one in the handshake', async () => {
    const broker = await start({ tls });
    const plain = (await Wire.dial(broker.port)).say(CONNECT);
    expect(await plain.end()).toMatch(/^(\x15\x03|$)/);
    await Wire.dial(broker.port);
    expect(broker.connections).toHaveLength(0);
    await broker.stop();
  });

  test('a client certificate can be required', async () => {
    const broker = await start({ tls: { ...tls, ca, requireClientCert: true } });
    const client = await Wire.dial(broker.port, { ca });
    await client.end();
    expect(client.text).toBe('');
    expect(broker.connections).toHaveLength(0);
  });
});
