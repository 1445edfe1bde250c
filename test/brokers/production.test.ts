import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, type Message, type Pool, type PoolOptions, type Subscription } from '../../src/index.js';
import { blocksOf, readText } from '../docs/markdown.js';
import {
  type ActiveMQNetwork,
  type ActiveMQPair,
  type Broker,
  describeWith,
  type RabbitCluster,
  startActiveMQNetwork,
  startActiveMQPair,
  startRabbitCluster,
} from './rig/index.js';

const PAGE = 'docs/production.md';

/** The samples of one chapter in that language, without their breaks and indentation. */
function samplesOf(chapter: string, language: string): string[] {
  const text = readText(PAGE);
  const start = text.indexOf(`\n## ${chapter}`);
  if (start < 0) throw new Error(`${PAGE} has no chapter ${chapter}`);
  const end = text.indexOf('\n## ', start + 1);
  return blocksOf(PAGE, text.slice(start, end < 0 ? undefined : end))
    .filter((block) => block.language === language)
    .map((block) => block.text);
}

const flat = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('> <', '><').trim();

/** The configuration that a broker runs with, in the names of the page. */
function runningXml(broker: Broker, names: Readonly<Record<string, string>>): string {
  let text = readFileSync(join(broker.directory, 'conf/activemq.xml'), 'utf8');
  for (const [own, name] of Object.entries({
    [`//${broker.host}:${broker.port}`]: '//0.0.0.0:61613',
    ...names,
  })) {
    if (!text.includes(own)) throw new Error(`the configuration does not name ${own}`);
    text = text.replaceAll(own, name);
  }
  return flat(text);
}

const endpointOf = ({ host, port, login, passcode }: Broker) => ({ host, port, login, passcode });

async function open(brokers: readonly Broker[], options: PoolOptions = {}): Promise<Pool> {
  const hosts = brokers.map(endpointOf);
  return connect({ hosts, startupMaxReconnectAttempts: 50, initialReconnectDelayMs: 100, ...options });
}

async function next(subscription: Subscription): Promise<Message> {
  const { value } = await subscription[Symbol.asyncIterator]().next();
  return value as Message;
}

describeWith('rabbitmq', 'a RabbitMQ cluster with the lines of docs/production.md', () => {
  const chapter = 'RabbitMQ: a cluster with quorum queues';
  let cluster: RabbitCluster;

  beforeAll(async () => {
    cluster = await startRabbitCluster(3, { config: ['cluster_partition_handling = pause_minority'] });
  });
  afterAll(() => cluster?.stop());

  test('each line of the page is one of theirs', () => {
    const [sample = ''] = samplesOf(chapter, 'ini');
    for (const node of cluster.nodes) {
      const lines = readFileSync(join(node.directory, 'rabbitmq.conf'), 'utf8')
        .replaceAll(`${node.host}:${node.port}`, '0.0.0.0:61613')
        .replaceAll(/rig(\d)@localhost/g, 'rabbit@stomp$1')
        .split('\n');
      for (const line of sample.trim().split('\n')) expect(lines).toContain(line);
    }
  });

  test('what is confirmed in a quorum queue outlives its leader, and the pool goes on', async () => {
    const [, declared = ''] = /const quorum = \{(.*)\};/.exec(samplesOf(chapter, 'ts').join('')) ?? [];
    const pairs = [...declared.matchAll(/'?([\w-]+)'?: '(\w+)'/g)].map(([, name, value]) => [name, value]);
    const quorum = Object.fromEntries(pairs) as Record<string, string>;
    expect(Object.keys(quorum)).toHaveLength(3);
    const first = cluster.nodes[0]!;
    const stomp = await open(cluster.nodes);
    const destination = '/queue/production.orders';
    await stomp.publish(destination, 'one', { headers: quorum });
    const listed = await first.ctl('list_queues', 'name', 'type', 'leader', '--formatter', 'json');
    expect(JSON.parse(listed)).toEqual([
      { name: 'production.orders', type: 'quorum', leader: first.nodeName },
    ]);
    await first.kill();
    await stomp.publish(destination, 'two', { headers: quorum });
    expect(stomp.endpoint.name).not.toContain(`:${first.port}`);
    const orders = stomp.subscribe(destination, { ack: 'client-individual', prefetch: 10, headers: quorum });
    const seen: string[] = [];
    while (!['one', 'two'].every((body) => seen.includes(body))) {
      const message = await next(orders);
      seen.push(message.text());
      await message.ackConfirmed();
    }
    await stomp.disconnect();
    await first.start();
  });
});

describeWith('activemq', 'an ActiveMQ pair with the lines of docs/production.md', () => {
  let pair: ActiveMQPair;

  beforeAll(async () => {
    pair = await startActiveMQPair();
  });
  afterAll(() => pair?.stop());

  test('each sample of the page is part of what both run with', () => {
    const samples = samplesOf('ActiveMQ: a pair', 'xml');
    expect(samples).toHaveLength(2);
    for (const broker of pair.brokers) {
      const [, store = ''] = /kahaDB directory="([^"]+)"/.exec(
        readFileSync(join(broker.directory, 'conf/activemq.xml'), 'utf8'),
      )!;
      const running = runningXml(broker, { [store]: '/shared/activemq' });
      for (const sample of samples) expect(running).toContain(flat(sample));
    }
  });

  test('what the first one has confirmed comes from the second one', async () => {
    const stomp = await open(pair.brokers);
    await stomp.publish('/queue/production.orders', 'one');
    await pair.first.kill();
    const orders = stomp.subscribe('/queue/production.orders', { ack: 'client-individual' });
    const message = await next(orders);
    await message.ackConfirmed();
    expect(message.text()).toBe('one');
    expect(stomp.endpoint.name).toContain(`:${pair.second.port}`);
    await stomp.disconnect();
  });
});

describeWith('activemq', 'an ActiveMQ network with the lines of docs/production.md', () => {
  let network: ActiveMQNetwork;

  beforeAll(async () => {
    network = await startActiveMQNetwork();
  });
  afterAll(() => network?.stop());

  test('each sample of the page is part of what they run with', () => {
    const [policy, openwire, bridge, ...more] = samplesOf('ActiveMQ: a network', 'xml') as [
      string,
      string,
      string,
    ];
    expect(more).toEqual([]);
    const [first, second] = network.brokers;
    const [, own = ''] = /name="openwire" uri="tcp:\/\/([^"]+)"/.exec(
      readFileSync(join(first.directory, 'conf/activemq.xml'), 'utf8'),
    )!;
    expect(runningXml(first, { [`tcp://${own}`]: 'tcp://0.0.0.0:61616' })).toContain(flat(openwire));
    const running = runningXml(second, { [own]: 'stomp1.example.net:61616' });
    for (const sample of [policy, bridge]) expect(running).toContain(flat(sample));
  });

  test('a message of a queue goes to the broker where it is wanted, both ways', async () => {
    for (const [from, to] of [network.brokers, [...network.brokers].reverse()] as Array<[Broker, Broker]>) {
      const [sender, receiver] = [await open([from]), await open([to])];
      const destination = `/queue/production.crossing.${to.port}`;
      await sender.publish(destination, 'over the bridge');
      const orders = receiver.subscribe(destination, { ack: 'client-individual' });
      const message = await next(orders);
      await message.ackConfirmed();
      expect(message.text()).toBe('over the bridge');
      await Promise.all([sender.disconnect(), receiver.disconnect()]);
    }
  });

  test('a topic reaches the subscribers of both', async () => {
    const pools = [await open([network.brokers[0]]), await open([network.brokers[1]])] as const;
    const topic = '/topic/mcollective.discovery.command';
    const subscriptions = pools.map((pool) => pool.subscribe(topic));
    await Promise.all(subscriptions.map(({ ready }) => ready));
    // The bridge hears of a subscription a little later than its owner: what comes before that has no way over.
    const arrived = subscriptions.map(next);
    let all = false;
    void Promise.all(arrived).then(() => {
      all = true;
    });
    for (let n = 1; !all && n <= 200; n++) {
      await pools[0].publish(topic, `ping ${n}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (const message of await Promise.all(arrived)) expect(message.text()).toMatch(/^ping \d+$/);
    await Promise.all(pools.map((pool) => pool.disconnect()));
  });

  test('a client that moves to the other broker takes its queue with it', async () => {
    const [first, second] = network.brokers;
    const stomp = await open([second, first]);
    const orders = stomp.subscribe('/queue/production.moving', { ack: 'client-individual' });
    await orders.ready;
    await second.kill();
    const sender = await open([first]);
    await sender.publish('/queue/production.moving', 'found');
    const message = await next(orders);
    expect([message.text(), stomp.endpoint.name]).toEqual([
      'found',
      expect.stringContaining(`:${first.port}`),
    ]);
    message.ack();
    await Promise.all([stomp.disconnect(), sender.disconnect()]);
    await second.start();
  });
});

describe('docs/production.md', () => {
  test('its three chapters have samples', () => {
    expect(samplesOf('RabbitMQ: a cluster', 'ini')).toHaveLength(1);
    expect(samplesOf('ActiveMQ: a pair', 'xml')).toHaveLength(2);
    expect(samplesOf('ActiveMQ: a network', 'xml')).toHaveLength(3);
  });
});
