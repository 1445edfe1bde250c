import type { Message } from './message.js';
import { type Entry, Queue, type QueueHome } from './queue.js';

/** One subscriber of a topic. */
export interface Feed {
  offer(message: Message): void;
}

/** What waits in a queue, for those who look. */
export interface StoredMessage {
  readonly destination: string;
  /** Its header lines as they go to a consumer: one byte in each character. */
  readonly head: string;
  readonly body: Buffer;
  readonly redelivered: boolean;
}

/** Figures of one queue. */
export interface QueueStats {
  readonly waiting: number;
  readonly unacknowledged: number;
  readonly consumers: number;
}

/**
 * Queues and topics, in memory. Two brokers may share one, as an ActiveMQ pair shares its store: both at once, or
 * one listening and the other standing by.
 */
export class BrokerStore {
  readonly #queues = new Map<string, Queue>();
  readonly #topics = new Map<string, Set<Feed>>();
  readonly #home: QueueHome;
  #sequence = 0;
  #suspended = 0;
  readonly #postponed = new Set<Queue>();
  readonly #holders = new Set<object>();
  readonly #standbys: Array<{ holder: object; promote: () => void }> = [];

  constructor() {
    const suspended = (): boolean => this.#suspended > 0;
    this.#home = {
      get suspended() {
        return suspended();
      },
      postponed: (queue) => void this.#postponed.add(queue),
      idle: (queue) => this.#forget(queue),
    };
  }

  /** Figures of every queue that holds a message or has a consumer, by name. */
  queues(): Record<string, QueueStats> {
    const stats: Record<string, QueueStats> = Object.create(null);
    for (const [name, { length, unacknowledged, consumers }] of this.#queues)
      stats[name] = { waiting: length, unacknowledged, consumers };
    return stats;
  }

  /** The messages that wait in a queue, first one first; those with a consumer are not among them. */
  peek(destination: string): StoredMessage[] {
    const entries = this.#queues.get(destination)?.entries() ?? [];
    return [...entries].map(({ message, redelivered }) => {
      const { head, body } = message;
      return { destination, head, body, redelivered };
    });
  }

  /** Empties every queue of what waits in it. */
  clear(): void {
    for (const queue of [...this.#queues.values()]) queue.discard(() => true);
  }

  /** @internal The queue of that name, made when there is none. */
  queue(name: string): Queue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = new Queue(name, this.#home);
      this.#queues.set(name, queue);
    }
    return queue;
  }

  /** @internal A queue that is in no list: what waits for one topic subscriber. */
  privateQueue(name: string): Queue {
    return new Queue(name, this.#home);
  }

  /** @internal */
  find(name: string): Queue | undefined {
    return this.#queues.get(name);
  }

  /** @internal A place in line for a message. */
  entry(message: Message): Entry {
    return { message, sequence: ++this.#sequence, redelivered: false, lost: false };
  }

  /** @internal */
  addFeed(topic: string, feed: Feed): void {
    const feeds = this.#topics.get(topic);
    if (feeds === undefined) this.#topics.set(topic, new Set([feed]));
    else feeds.add(feed);
  }

  /** @internal */
  removeFeed(topic: string, feed: Feed): void {
    const feeds = this.#topics.get(topic);
    if (feeds?.delete(feed) && feeds.size === 0) this.#topics.delete(topic);
  }

  /** @internal Hands a message to all who are subscribed to its topic now. */
  publish(message: Message): void {
    const feeds = this.#topics.get(message.destination);
    if (feeds !== undefined) for (const feed of [...feeds]) feed.offer(message);
  }

  /** @internal Runs `change` with nothing delivered before it is done. */
  quietly(change: () => void): void {
    this.#suspended++;
    try {
      change();
    } finally {
      this.#suspended--;
      if (this.#suspended === 0) this.#dispatchPostponed();
    }
  }

  /** @internal A broker of this store crashed: what only it held in memory is lost. */
  lose(owner: object): void {
    const isLost = ({ message }: Entry): boolean => message.owner === owner && !message.durable;
    for (const queue of [...this.#queues.values()]) queue.discard(isLost);
  }

  /** @internal A broker that listens on this store. */
  hold(holder: object): void {
    this.#holders.add(holder);
  }

  /** @internal Calls `promote`, now or later, when no other broker listens; the caller holds the store from then on. */
  standBy(holder: object, promote: () => void): void {
    this.#standbys.push({ holder, promote });
    this.#promoteNext();
  }

  /** @internal Stops listening, or waiting for that. */
  release(holder: object): void {
    const waiting = this.#standbys.findIndex((standby) => standby.holder === holder);
    if (waiting >= 0) this.#standbys.splice(waiting, 1);
    if (this.#holders.delete(holder)) this.#promoteNext();
  }

  /** @internal */
  isHeldBy(holder: object): boolean {
    return this.#holders.has(holder);
  }

  #promoteNext(): void {
    if (this.#holders.size > 0) return;
    const next = this.#standbys.shift();
    if (next === undefined) return;
    this.#holders.add(next.holder);
    next.promote();
  }

  #forget(queue: Queue): void {
    if (this.#queues.get(queue.name) === queue) this.#queues.delete(queue.name);
  }

  #dispatchPostponed(): void {
    const queues = [...this.#postponed];
    this.#postponed.clear();
    for (const queue of queues) queue.dispatch();
  }
}
