import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildBroker } from '../brokers/rig/broker.js';
import {
  type Broker,
  type BrokerKind,
  type RabbitMQBroker,
  RawStomp,
  startActiveMQPair,
  startRabbitCluster,
  startStompserver,
  waitUntil,
} from '../brokers/rig/index.js';

export type QueueKind = 'plain' | 'mirrored' | 'quorum';

/** A queue of one run, and the headers each SEND and SUBSCRIBE to it has to carry. */
export interface Queue {
  readonly destination: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Some brokers that stand in for each other, for many runs. */
export interface Stage {
  readonly kind: BrokerKind;
  readonly version: string;
  /** All brokers. Before a run, the first is the one the queue will live on. */
  brokers(): readonly Broker[];
  /** Makes a new queue, on the first broker. */
  open(kind: QueueKind): Promise<Queue>;
  /** The brokers which may answer once this one is gone. */
  othersOf(victim: Broker): readonly Broker[];
  /** Brings back what was killed. Resolves when the stage is as it was. */
  restore(): Promise<void>;
  /** A broker to read the queue from, after `restore`. */
  reader(): Broker;
  stop(): Promise<void>;
}

let queues = 0;
const nextName = (kind: QueueKind): string => `kill.${kind}.${process.pid}.${++queues}`;

class ActiveMQStage implements Stage {
  readonly kind = 'activemq';
  readonly version: string;
  readonly #stop: () => Promise<void>;
  /** The one that holds the store first. */
  #order: Broker[];

  constructor(brokers: readonly Broker[], stop: () => Promise<void>) {
    this.#order = [...brokers];
    this.version = brokers[0]!.version;
    this.#stop = stop;
  }

  brokers(): readonly Broker[] {
    return this.#order;
  }

  async open(kind: QueueKind): Promise<Queue> {
    return { destination: `/queue/${nextName(kind)}`, headers: {} };
  }

  othersOf(victim: Broker): readonly Broker[] {
    return this.#order.filter((broker) => broker !== victim);
  }

  async restore(): Promise<void> {
    const [first, second] = this.#order as [Broker, Broker];
    if (!first.isAlive()) this.#order = [second, first];
    const [active, waiting] = this.#order as [Broker, Broker];
    await active.waitReady();
    if (waiting.isAlive()) return;
    const before = waits(waiting);
    (waiting as ChildBroker).launch();
    if (await waitUntil(() => waits(waiting) > before, 30_000)) return;
    throw new Error(`the second ActiveMQ does not wait for the store\n${waiting.log()}`);
  }

  reader(): Broker {
    return this.#order[0]!;
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}

/** How often the log says that this broker waits for the store. */
function waits(broker: Broker): number {
  return broker.log(100_000).split('waiting a lock to be acquired').length;
}

class RabbitStage implements Stage {
  readonly kind = 'rabbitmq';
  readonly version: string;
  readonly #nodes: RabbitMQBroker[];
  readonly #stop: () => Promise<void>;

  constructor(nodes: readonly RabbitMQBroker[], stop: () => Promise<void>) {
    this.#nodes = [...nodes];
    this.version = nodes[0]!.version;
    this.#stop = stop;
  }

  brokers(): readonly Broker[] {
    return this.#nodes;
  }

  /** A queue has its leader on the node that was asked for it. */
  async open(kind: QueueKind): Promise<Queue> {
    const name = nextName(kind);
    const queue: Queue = {
      destination: `/queue/${name}`,
      headers: kind === 'quorum' ? { 'x-queue-type': 'quorum', durable: 'true', 'auto-delete': 'false' } : {},
    };
    const { port, login, passcode, nodeName } = this.#nodes[0]! as RabbitMQBroker;
    const client = await RawStomp.connect({ port, login, passcode });
    client.send('SUBSCRIBE', { destination: queue.destination, id: '1', receipt: 'r', ...queue.headers });
    await client.receiveCommand('RECEIPT', 20_000);
    client.close();
    if (kind !== 'quorum') return queue;
    const listed = await this.#nodes[0]!.ctl('list_queues', 'name', 'leader', '--formatter', 'json');
    const leader = (JSON.parse(listed) as Array<{ name: string; leader: string }>).find(
      (row) => row.name === name,
    );
    if (leader?.leader === nodeName) return queue;
    throw new Error(`the leader of ${name} is ${leader?.leader}, and not ${nodeName}`);
  }

  othersOf(victim: Broker): readonly Broker[] {
    return this.#nodes.filter((node) => node !== victim && node.isAlive());
  }

  async restore(): Promise<void> {
    for (const node of this.#nodes) if (!node.isAlive()) await node.start();
    // The next run has another first node.
    this.#nodes.push(this.#nodes.shift()!);
  }

  reader(): Broker {
    return this.#nodes[0]!;
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}

class StompserverStage implements Stage {
  readonly kind = 'stompserver';
  readonly version: string;
  readonly #broker: Broker;

  constructor(broker: Broker) {
    this.#broker = broker;
    this.version = broker.version;
  }

  brokers(): readonly Broker[] {
    return [this.#broker];
  }

  async open(kind: QueueKind): Promise<Queue> {
    return { destination: `/queue/${nextName(kind)}`, headers: {} };
  }

  othersOf(): readonly Broker[] {
    return [this.#broker];
  }

  async restore(): Promise<void> {
    if (!this.#broker.isAlive()) await this.#broker.start();
  }

  reader(): Broker {
    return this.#broker;
  }

  stop(): Promise<void> {
    return this.#broker.stop();
  }
}

export type StageName = 'activemq' | 'rabbitmq' | 'stompserver-file' | 'stompserver-memory';

export const STAGE_KINDS: Readonly<Record<StageName, BrokerKind>> = {
  activemq: 'activemq',
  rabbitmq: 'rabbitmq',
  'stompserver-file': 'stompserver',
  'stompserver-memory': 'stompserver',
};

/** Every node has a copy of each queue whose name begins so. */
const MIRRORED = '^kill\\.mirrored\\.';

export async function startStage(name: StageName): Promise<Stage> {
  if (name === 'activemq') {
    const pair = await startActiveMQPair();
    return new ActiveMQStage(pair.brokers, () => pair.stop());
  }
  if (name === 'rabbitmq') {
    const cluster = await startRabbitCluster(3);
    const policy = '{"ha-mode":"all","ha-sync-mode":"automatic"}';
    try {
      await cluster.nodes[0]!.ctl('set_policy', 'kill', MIRRORED, policy, '--apply-to', 'queues');
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return new RabbitStage(cluster.nodes, () => cluster.stop());
  }
  const broker = await startStompserver();
  if (name === 'stompserver-file') {
    const file = join(broker.directory, 'stompserver.conf');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^:queue: .*$/m, ':queue: "file"'));
    await broker.restart();
  }
  return new StompserverStage(broker);
}

/**
 * Reads what a queue still holds, over a new connection: until nothing came for `idleMs()`. Gives how much that was.
 */
export async function drain(
  broker: Broker,
  queue: Queue,
  idleMs: () => number,
  onBody: (body: string) => void,
): Promise<number> {
  const client = await dial(broker);
  const { destination, headers } = queue;
  client.send('SUBSCRIBE', { destination, id: 'drain', receipt: 'r', ...headers });
  let count = 0;
  let answered = false;
  try {
    for (;;) {
      // Stompserver answers only when it has taken all messages from their files.
      const frame = await client.receive(answered ? idleMs() : 60_000);
      if (frame.command === 'ERROR') throw new Error(`the drain met ERROR ${frame.headers['message']}`);
      if (frame.command === 'RECEIPT') answered = true;
      if (frame.command !== 'MESSAGE') continue;
      count++;
      onBody(frame.body.toString('latin1'));
    }
  } catch (error) {
    if (!answered || !String(error).includes('no frame within')) throw error;
  } finally {
    client.close();
  }
  return count;
}

/** A broker that has just come back may refuse at first. */
async function dial({ port, login, passcode }: Broker): Promise<RawStomp> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await RawStomp.connect({ port, login, passcode });
    } catch (error) {
      if (attempt === 20) throw error;
      await sleep(250);
    }
  }
}
