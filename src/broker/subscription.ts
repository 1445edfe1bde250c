import type { Journal } from './journal.js';
import { encodeDelivery, type Message } from './message.js';
import type { Consumer, Entry, Queue } from './queue.js';
import type { BrokerStore, Feed } from './store.js';

export type AckMode = 'auto' | 'client' | 'client-individual';

/** A message that a client has and has not acknowledged. */
export interface Delivery {
  readonly id: string;
  /** Its place among the deliveries of the connection. */
  readonly ordinal: number;
  readonly entry: Entry;
  readonly subscription: Subscription;
}

/** The connection's side of a subscription: where deliveries go. */
export interface Outlet {
  /** False while the client does not keep up with what was sent. */
  readonly writable: boolean;
  /** What the disk has. */
  readonly journal: Journal;
  /** Of the next delivery of the connection, counted from 1. */
  nextOrdinal(): number;
  messageId(ordinal: number): string;
  send(bytes: Buffer): void;
  /** The subscriber of a topic fell too far behind. */
  overflow(destination: string): void;
}

export interface SubscriptionInit {
  /** What tells it from the others of its connection: `id:` or `destination:` and the value. */
  readonly key: string;
  readonly destination: string;
  /** The header line that names it in a MESSAGE: wire string, empty where the SUBSCRIBE had no id. */
  readonly line: string;
  readonly mode: AckMode;
  /** Unacknowledged messages before delivery stops; without effect in mode auto. */
  readonly prefetch: number;
  /** What may wait for it, where it is of a topic. */
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/** `/topic/` names a topic; everything else is a queue. */
export function isTopic(destination: string): boolean {
  return destination.startsWith('/topic/');
}

/** One subscription: takes from its queue while it has credit, and knows what is not acknowledged. */
export class Subscription implements Consumer, Feed {
  readonly init: SubscriptionInit;
  readonly #outlet: Outlet;
  readonly #store: BrokerStore;
  readonly #topic: boolean;
  readonly #queue: Queue;
  #open = true;
  /** In order of delivery. */
  #outstanding = new Map<string, Delivery>();

  constructor(init: SubscriptionInit, outlet: Outlet, store: BrokerStore) {
    this.init = init;
    this.#outlet = outlet;
    this.#store = store;
    const { destination } = init;
    this.#topic = isTopic(destination);
    this.#queue = this.#topic ? store.privateQueue(destination) : store.queue(destination);
  }

  /** Begins to take messages. */
  start(): void {
    if (this.#topic) this.#store.addFeed(this.init.destination, this);
    this.#queue.addConsumer(this);
  }

  get ready(): boolean {
    if (!this.#outlet.writable) return false;
    return this.init.mode === 'auto' || this.#outstanding.size < this.init.prefetch;
  }

  /** Delivered and not acknowledged. */
  get unacknowledged(): number {
    return this.#outstanding.size;
  }

  deliver(entry: Entry): void {
    const ordinal = this.#outlet.nextOrdinal();
    const id = this.#outlet.messageId(ordinal);
    if (this.init.mode === 'auto') this.#settle(entry);
    else this.#outstanding.set(id, { id, ordinal, entry, subscription: this });
    this.#outlet.send(encodeDelivery(entry.message, id, this.init.line, entry.redelivered));
  }

  offer(message: Message): void {
    const { maxMessages, maxBytes } = this.init;
    const queue = this.#queue;
    if (queue.length >= maxMessages || queue.byteLength + message.byteLength > maxBytes)
      this.#outlet.overflow(this.init.destination);
    else queue.put(this.#store.entry(message));
  }

  /** Goes on after the outlet became writable, or credit came back. */
  resume(): void {
    this.#queue.dispatch();
  }

  /**
   * Takes what an ACK of `messageId` covers out of the unacknowledged: in client mode all up to it (P30).
   * Undefined when it is not among them.
   */
  cover(messageId: string): Delivery[] | undefined {
    const named = this.#outstanding.get(messageId);
    if (named === undefined) return undefined;
    if (this.init.mode === 'client-individual') {
      this.#outstanding.delete(messageId);
      return [named];
    }
    const covered: Delivery[] = [];
    for (const delivery of this.#outstanding.values()) {
      this.#outstanding.delete(delivery.id);
      covered.push(delivery);
      if (delivery === named) break;
    }
    return covered;
  }

  /** These deliveries are acknowledged for good. */
  settle(deliveries: readonly Delivery[]): void {
    for (const { entry } of deliveries) this.#settle(entry);
  }

  /** An ACK of these was undone: they are unacknowledged again. */
  uncover(deliveries: readonly Delivery[]): void {
    if (!this.#open) {
      this.#giveBack(deliveries);
      return;
    }
    const all = [...this.#outstanding.values(), ...deliveries].sort((a, b) => a.ordinal - b.ordinal);
    this.#outstanding = new Map(all.map((delivery) => [delivery.id, delivery]));
  }

  /** Ends it: what is unacknowledged goes back to the queue, in order; a topic's is gone. */
  stop(): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#topic) this.#store.removeFeed(this.init.destination, this);
    this.#queue.removeConsumer(this);
    const left = [...this.#outstanding.values()];
    this.#outstanding.clear();
    this.#giveBack(left);
  }

  #settle(entry: Entry): void {
    if (!this.#topic) this.#outlet.journal.removed(entry);
    this.#queue.settle();
  }

  #giveBack(deliveries: readonly Delivery[]): void {
    if (deliveries.length > 0) this.#queue.giveBack(deliveries.map(({ entry }) => entry));
  }
}
