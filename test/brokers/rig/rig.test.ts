import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ActiveMQPair,
  type Broker,
  certificate,
  describeWith,
  isAlive,
  leftovers,
  type RabbitCluster,
  RawStomp,
  startActiveMQ,
  startActiveMQPair,
  startRabbitCluster,
  startRabbitMQ,
  startStompserver,
} from './index.js';

let queues = 0;

function dial(broker: Broker): Promise<RawStomp> {
  return RawStomp.connect({ port: broker.port, login: broker.login, passcode: broker.passcode });
}

function dialTls(broker: Broker, client?: 'client' | 'unknown-client', ca = 'ca.pem'): Promise<RawStomp> {
  const identity = client && {
    cert: readFileSync(certificate(`${client}.pem`)),
    key: readFileSync(certificate(`${client}.key`)),
  };
  const tls = { ca: readFileSync(certificate(ca)), ...identity };
  return RawStomp.connect({ port: broker.tlsPort ?? 0, login: broker.login, passcode: broker.passcode, tls });
}

/** Sends a message with a receipt and reads it back. */
async function roundTrip(client: RawStomp): Promise<void> {
  queues += 1;
  const destination = `/queue/rig.${queues}`;
  client.send('SEND', { destination, receipt: 'sent' }, 'hello');
  const receipt = await client.receiveCommand('RECEIPT');
  expect(receipt.headers['receipt-id']).toBe('sent');
  client.send('SUBSCRIBE', { destination, id: '1' });
  const message = await client.receiveCommand('MESSAGE');
  expect(message.body.toString()).toBe('hello');
}

async function timed<T>(label: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  console.log(`${label}: ${Math.round(performance.now() - start)} ms`);
  return result;
}

function refuses(broker: Broker): Promise<void> {
  return expect(dial(broker)).rejects.toThrow('ECONNREFUSED') as Promise<void>;
}

function lifeOf(start: () => Promise<Broker>, serverHeader: string | undefined): void {
  let broker: Broker;

  beforeAll(async () => {
    broker = await timed('start', start);
  });

  afterAll(async () => {
    await broker?.stop();
  });

  test('answers CONNECT, SEND with a receipt and SUBSCRIBE', async () => {
    const client = await dial(broker);
    await roundTrip(client);
    client.close();
    if (serverHeader) expect(client.connected?.headers['server']).toBe(`${serverHeader}/${broker.version}`);
  });

  test('is killed by SIGKILL and comes back on the same port', async () => {
    const before = broker.pid;
    await broker.kill();
    expect(isAlive(before)).toBe(false);
    expect(broker.isAlive()).toBe(false);
    await refuses(broker);
    await timed('start after SIGKILL', () => broker.start());
    expect(broker.pid).not.toBe(before);
    const client = await dial(broker);
    await roundTrip(client);
    client.close();
  });

  test('hangs while suspended and goes on afterwards', async () => {
    broker.suspend();
    const { port, login, passcode } = broker;
    await expect(RawStomp.connect({ port, login, passcode, timeoutMs: 500 })).rejects.toThrow(
      'no frame within',
    );
    broker.resume();
    (await dial(broker)).close();
  });

  test('restarts in an orderly way', async () => {
    await timed('restart', () => broker.restart());
    (await dial(broker)).close();
  });

  test('leaves no process and no file behind', async () => {
    await timed('stop', () => broker.stop());
    expect(leftovers()).toEqual([]);
    expect(existsSync(broker.directory)).toBe(false);
    await refuses(broker);
  });
}

describeWith('activemq', 'ActiveMQ', () => {
  lifeOf(() => startActiveMQ({ tls: true }), 'ActiveMQ');
});

describeWith('rabbitmq', 'RabbitMQ', () => {
  lifeOf(() => startRabbitMQ({ tls: true }), 'RabbitMQ');
});

describeWith('stompserver', 'Stompserver', () => {
  lifeOf(() => startStompserver({ auth: true }), undefined);

  test('refuses a wrong passcode', async () => {
    const broker = await startStompserver({ auth: true });
    try {
      await expect(RawStomp.connect({ port: broker.port, login: 'me', passcode: 'no' })).rejects.toThrow(
        'Invalid Login',
      );
    } finally {
      await broker.stop();
    }
  });

  test('goes on after an ACK (ack:client)', async () => {
    const broker = await startStompserver();
    try {
      const client = await dial(broker);
      const destination = '/queue/acks';
      for (const body of ['1', '2', '3']) client.send('SEND', { destination }, body);
      client.send('SUBSCRIBE', { destination, ack: 'client' });
      for (const body of ['1', '2', '3']) {
        const message = await client.receiveCommand('MESSAGE');
        expect(message.body.toString()).toBe(body);
        client.send('ACK', { 'message-id': message.headers['message-id'] ?? '' });
      }
      client.close();
    } finally {
      await broker.stop();
    }
  });
});

describeWith('activemq', 'A pair of ActiveMQ brokers on one store', () => {
  let pair: ActiveMQPair;

  beforeAll(async () => {
    pair = await timed('start of the pair', () => startActiveMQPair());
  });

  afterAll(async () => {
    await pair?.stop();
    expect(leftovers()).toEqual([]);
  });

  test('the second one listens only after the first one died, and has its messages', async () => {
    const client = await dial(pair.first);
    client.send('SEND', { destination: '/queue/kept', persistent: 'true', receipt: 'r' }, 'kept');
    await client.receiveCommand('RECEIPT');
    await refuses(pair.second);
    await pair.first.kill();
    await timed('takeover', () => pair.second.waitReady());
    const other = await dial(pair.second);
    other.send('SUBSCRIBE', { destination: '/queue/kept' });
    expect((await other.receiveCommand('MESSAGE')).body.toString()).toBe('kept');
    other.close();
  });
});

describeWith('rabbitmq', 'A cluster of RabbitMQ nodes', () => {
  let cluster: RabbitCluster;

  beforeAll(async () => {
    cluster = await timed('start of the cluster', () => startRabbitCluster(3));
  });

  afterAll(async () => {
    await timed('stop of the cluster', async () => cluster?.stop());
    expect(leftovers()).toEqual([]);
  });

  test('carries a message from one node to another', async () => {
    const [one, two] = [cluster.nodes[0]!, cluster.nodes[2]!];
    const destination = '/topic/cluster';
    const reader = await dial(two);
    reader.send('SUBSCRIBE', { destination, id: '1', receipt: 'r' });
    await reader.receiveCommand('RECEIPT');
    const writer = await dial(one);
    writer.send('SEND', { destination }, 'across');
    expect((await reader.receiveCommand('MESSAGE')).body.toString()).toBe('across');
    writer.close();
    reader.close();
  });

  test('goes on without one node, which joins again', async () => {
    const [, two, three] = cluster.nodes;
    await two?.kill();
    (await dial(three!)).close();
    await timed('start of a killed node', async () => two?.start());
    (await dial(two!)).close();
  });
});

describe('TLS', () => {
  for (const [kind, start] of [
    ['activemq', startActiveMQ],
    ['rabbitmq', startRabbitMQ],
  ] as const) {
    describeWith(kind, `${kind} which wants client certificates`, () => {
      let broker: Broker;

      beforeAll(async () => {
        broker = await start({ tls: { requireClientCertificate: true } });
      });

      afterAll(async () => {
        await broker?.stop();
        expect(leftovers()).toEqual([]);
      });

      test('takes ours', async () => {
        const client = await dialTls(broker, 'client');
        await roundTrip(client);
        client.close();
      });

      test('refuses none, and one of an unknown authority', async () => {
        await expect(dialTls(broker)).rejects.toThrow();
        await expect(dialTls(broker, 'unknown-client')).rejects.toThrow();
      });

      test('is refused by a client which does not know its authority', async () => {
        await expect(dialTls(broker, 'client', 'other-ca.pem')).rejects.toThrow(/certificate/);
      });
    });

    for (const [name, message] of [
      ['expired', 'certificate has expired'],
      ['wrong-name', "does not match certificate's altnames"],
      ['unknown-ca', 'unable to verify the first certificate'],
    ] as const) {
      describeWith(kind, `${kind} with the certificate ${name}`, () => {
        test('is refused', async () => {
          const broker = await start({ tls: { certificate: name } });
          try {
            await expect(dialTls(broker)).rejects.toThrow(message);
          } finally {
            await broker.stop();
          }
        });
      });
    }
  }
});

describe('starting several at once', () => {
  describeWith(['activemq', 'rabbitmq', 'stompserver'], 'two of each', () => {
    test('they do not disturb each other', async () => {
      const starts = [
        startActiveMQ,
        startActiveMQ,
        startRabbitMQ,
        startRabbitMQ,
        startStompserver,
        startStompserver,
      ];
      const results = await timed('six brokers', () => Promise.allSettled(starts.map((start) => start())));
      const brokers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      try {
        expect(results.filter((result) => result.status === 'rejected')).toEqual([]);
        expect(new Set(brokers.map((broker) => broker.port)).size).toBe(6);
        for (const broker of brokers) {
          const client = await dial(broker);
          await roundTrip(client);
          client.close();
        }
      } finally {
        await Promise.all(brokers.map((broker) => broker.stop()));
      }
      expect(leftovers()).toEqual([]);
    });
  });

  describeWith('activemq', 'a start that fails', () => {
    test('says why, with the log, and leaves nothing', async () => {
      await expect(startActiveMQ({ heap: '1K' })).rejects.toThrow(
        /ActiveMQ ended with exit code 1[\s\S]*heap/,
      );
      expect(leftovers()).toEqual([]);
    });
  });
});
