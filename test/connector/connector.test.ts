import { afterEach, describe, expect, test } from 'vitest';
import { Broker } from '../../src/broker/index.js';
import { Connector, parseConfig } from '../../src/connector/index.js';

const COMMAND = '/topic/mcollective.discovery.command';
const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

async function startBroker(): Promise<Broker> {
  const broker = await Broker.start({ logins: { me: 'secret' } });
  open.push(broker);
  return broker;
}

function connectorFor(port: number, ...lines: string[]): Connector {
  const text = [
    `plugin.stomp.pool.size = 1`,
    'plugin.stomp.pool.host1 = 127.0.0.1',
    `plugin.stomp.pool.port1 = ${port}`,
    'plugin.stomp.pool.user1 = me',
    'plugin.stomp.pool.password1 = secret',
    ...lines,
  ].join('\n');
  const connector = new Connector(parseConfig(text));
  open.push(connector);
  return connector;
}

async function connected(...lines: string[]): Promise<{ broker: Broker; connector: Connector }> {
  const broker = await startBroker();
  const connector = connectorFor(broker.port, ...lines);
  await connector.connect();
  return { broker, connector };
}

const count = (broker: Broker, wanted: string) =>
  broker.received.filter(({ command }) => command === wanted).length;

describe('connecting', () => {
  test('twice is harmless, at once and later', async () => {
    const broker = await startBroker();
    const connector = connectorFor(broker.port);
    await Promise.all([connector.connect(), connector.connect()]);
    const { pool } = connector;
    await connector.connect();
    expect([connector.pool === pool, broker.connections.length]).toEqual([true, 1]);
  });

  test('a refusal rejects, and the next call dials anew', async () => {
    const broker = await startBroker();
    const connector = connectorFor(broker.port, 'plugin.stomp.pool.max_reconnect_attempts = 1');
    broker.faults.next({ errorOn: { command: 'CONNECT', message: 'no', close: true } });
    broker.faults.next({ errorOn: { command: 'CONNECT', message: 'no', close: true } });
    await expect(connector.connect()).rejects.toMatchObject({ code: 'STOMP_POOL_EXHAUSTED' });
    expect(connector.pool).toBeUndefined();
    await connector.connect();
    expect(connector.pool?.state).toBe('connected');
  });

  test('before it and after it everything else is refused', async () => {
    const { connector } = await connected();
    await connector.disconnect();
    await connector.disconnect();
    const closed = { code: 'STOMP_CLOSED' };
    expect(() => connector.subscribe(COMMAND)).toThrow(expect.objectContaining(closed));
    await expect(connector.publish(COMMAND, 'a')).rejects.toMatchObject(closed);
    await expect(connector.receive()).rejects.toMatchObject(closed);
    await connector.unsubscribe(COMMAND);
    await connector.connect();
    expect(connector.pool?.state).toBe('connected');
  });
});

describe('subscribing', () => {
  test('twice is one SUBSCRIBE, and after an unsubscribe there is another', async () => {
    const { broker, connector } = await connected();
    const first = connector.subscribe(COMMAND);
    expect(connector.subscribe(COMMAND, { ack: 'client' })).toBe(first);
    await first.ready;
    expect(count(broker, 'SUBSCRIBE')).toBe(1);
    await connector.unsubscribe(COMMAND);
    const second = connector.subscribe(COMMAND);
    await second.ready;
    expect([second === first, count(broker, 'SUBSCRIBE'), count(broker, 'UNSUBSCRIBE')]).toEqual([
      false,
      2,
      1,
    ]);
  });

  test('messages of all subscriptions come in order, whether one waits for them or not', async () => {
    const { broker, connector } = await connected();
    await connector.subscribe('/queue/a').ready;
    await connector.subscribe('/queue/b').ready;
    const waiting = [connector.receive(), connector.receive()];
    broker.publish('/queue/a', '1');
    broker.publish('/queue/b', '2', { type: 'x' });
    const [one, two] = await Promise.all(waiting);
    expect([`${one!.payload}`, `${two!.payload}`, two!.headers.get('type')]).toEqual(['1', '2', 'x']);
    for (const body of ['3', '4', '5']) broker.publish('/queue/a', body);
    const later = [await connector.receive(), await connector.receive(), await connector.receive()];
    expect(later.map(({ payload }) => `${payload}`)).toEqual(['3', '4', '5']);
  });

  test('a request of a client mode is acknowledged by its ack, once', async () => {
    const { broker, connector } = await connected();
    await connector.subscribe('/queue/jobs', { ack: 'client-individual' }).ready;
    broker.publish('/queue/jobs', 'sweep');
    const { ack } = await connector.receive();
    expect([ack(), ack()]).toEqual([true, false]);
    await broker.waitFor(({ command }) => command === 'ACK');
  });
});

describe('publishing', () => {
  async function sent(payload: string | Uint8Array, ...lines: string[]) {
    const { broker, connector } = await connected(...lines);
    await connector.publish(COMMAND, payload);
    const { headers, body } = await broker.waitFor(({ command }) => command === 'SEND');
    return { names: [...headers].map(([name]) => name).sort(), priority: headers.get('priority'), body };
  }

  test('has the headers of the seed alone', async () => {
    const { names, body } = await sent('ping');
    expect(names).toEqual(['content-length', 'destination', 'receipt']);
    expect(body.toString()).toBe('ping');
  });

  test('with the priority that is configured', async () => {
    const { names, priority } = await sent('ping', 'plugin.stomp.priority = 4');
    expect([names, priority]).toEqual([['content-length', 'destination', 'priority', 'receipt'], '4']);
  });

  test.each([
    ['text', 'ä'],
    ['bytes', Buffer.from('ä')],
  ])('in base64 where that is configured: %s', async (_, payload) => {
    const { body } = await sent(payload, 'plugin.stomp.base64 = 1');
    expect(body.toString()).toBe('w6Q=\n');
  });
});

describe('base64', () => {
  test('is undone, and what is none rejects one receive and no other', async () => {
    const { broker, connector } = await connected('plugin.stomp.base64 = 1');
    await connector.subscribe('/queue/a').ready;
    for (const body of ['w6Q=\n', '{}', 'b25l']) broker.publish('/queue/a', body);
    expect((await connector.receive()).payload.toString()).toBe('ä');
    await expect(connector.receive()).rejects.toMatchObject({ code: 'STOMP_FRAME_BAD_BODY' });
    expect((await connector.receive()).payload.toString()).toBe('one');
  });
});

describe('the end', () => {
  test('who waits for a request is told that it was asked for', async () => {
    const { connector } = await connected();
    const waiting = connector.receive().catch(({ code }) => code);
    await connector.disconnect();
    expect(await waiting).toBe('STOMP_CLOSED');
  });

  test('who waits for a request is told why the pool gave up', async () => {
    const { broker, connector } = await connected('plugin.stomp.pool.max_reconnect_attempts = 1');
    const waiting = connector.receive().catch(({ code }) => code);
    await broker.kill();
    expect(await waiting).toBe('STOMP_POOL_EXHAUSTED');
    expect(connector.pool).toBeUndefined();
  });
});
