import { Fifo } from './fifo.js';
import type { Message } from './message.js';

/** A message's place in a queue. */
export interface Entry {
  readonly message: Message;
  /** Its place among all entries of the store. */
  readonly sequence: number;
  /** Was delivered before and not acknowledged. */
  redelivered: boolean;
  /** Lost in a crash: never comes back. */
  lost: boolean;
}

/** Who takes messages from a queue. */
export interface Consumer {
  /** Whether it can take one more now. */
  readonly ready: boolean;
  /** Takes one. Must not call back into the queue. */
  deliver(entry: Entry): void;
}

/** What a queue asks of the store it is in. */
export interface QueueHome {
  /** While true, nothing is delivered; the queue is told when that is over. */
  readonly suspended: boolean;
  /** The queue would deliver, but must not now. */
  postponed(queue: Queue): void;
  /** The queue holds nothing and serves nobody. */
  idle(queue: Queue): void;
}

/** Messages in order, each for one consumer; consumers take turns. */
export class Queue {
  readonly name: string;
  readonly #home: QueueHome;
  readonly #waiting = new Fifo<Entry>();
  readonly #consumers: Consumer[] = [];
  #turn = 0;
  #bytes = 0;
  #unacknowledged = 0;
  #dispatching = false;

  constructor(name: string, home: QueueHome) {
    this.name = name;
    this.#home = home;
  }

  /** Messages that wait for a consumer. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Bytes of the messages that wait. */
  get byteLength(): number {
    return this.#bytes;
  }

  /** Messages that are with a consumer. */
  get unacknowledged(): number {
    return this.#unacknowledged;
  }

  get consumers(): number {
    return this.#consumers.length;
  }

  /** What waits, in order. */
  entries(): Iterable<Entry> {
    return this.#waiting;
  }

  put(entry: Entry): void {
    this.#waiting.push(entry);
    this.#bytes += entry.message.byteLength;
    this.dispatch();
  }

  /** A delivered entry is done with. */
  settle(): void {
    this.#unacknowledged--;
    if (this.#unacknowledged === 0) this.#checkIdle();
  }

  /** Delivered entries come back, to where they were in line. */
  giveBack(entries: readonly Entry[]): void {
    this.#unacknowledged -= entries.length;
    for (const entry of entries) entry.redelivered = true;
    this.restore(entries);
  }

  /** Entries that are not in the queue come into it, in order. */
  restore(entries: readonly Entry[]): void {
    const living = entries.filter((entry) => !entry.lost);
    for (const entry of living) this.#bytes += entry.message.byteLength;
    if (living.length > 0) this.#waiting.restore(living);
    this.dispatch();
    this.#checkIdle();
  }

  /** Takes waiting entries out for good. */
  discard(unwanted: (entry: Entry) => boolean): void {
    for (const entry of this.#waiting.remove(unwanted)) this.#bytes -= entry.message.byteLength;
    this.#checkIdle();
  }

  addConsumer(consumer: Consumer): void {
    this.#consumers.push(consumer);
    this.dispatch();
  }

  removeConsumer(consumer: Consumer): void {
    const at = this.#consumers.indexOf(consumer);
    if (at < 0) return;
    this.#consumers.splice(at, 1);
    if (at < this.#turn) this.#turn--;
    this.#checkIdle();
  }

  /** Delivers as much as the consumers can take. */
  dispatch(): void {
    if (this.#dispatching || this.#waiting.length === 0) return;
    if (this.#home.suspended) {
      this.#home.postponed(this);
      return;
    }
    this.#dispatching = true;
    try {
      this.#deliverAll();
    } finally {
      this.#dispatching = false;
    }
  }

  #deliverAll(): void {
    while (this.#waiting.length > 0) {
      const consumer = this.#nextConsumer();
      if (consumer === undefined) return;
      const entry = this.#waiting.shift()!;
      this.#bytes -= entry.message.byteLength;
      this.#unacknowledged++;
      consumer.deliver(entry);
    }
  }

  #nextConsumer(): Consumer | undefined {
    const count = this.#consumers.length;
    for (let step = 0; step < count; step++) {
      const at = (this.#turn + step) % count;
      const consumer = this.#consumers[at]!;
      if (!consumer.ready) continue;
      this.#turn = at + 1;
      return consumer;
    }
    return undefined;
  }

  #checkIdle(): void {
    if (this.#waiting.length + this.#consumers.length + this.#unacknowledged === 0) this.#home.idle(this);
  }
}
