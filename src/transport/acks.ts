import { SessionError } from '../errors.js';
import type { ReceiptWaiter } from './receipts.js';

/** Who says that a message is done: `auto` the broker when it has sent it, the client modes whoever has it. */
export type AckMode = 'auto' | 'client' | 'client-individual';

/** One message that the broker waits to hear about. */
export interface Delivery {
  readonly ledger: AckLedger;
  readonly mode: Exclude<AckMode, 'auto'>;
  readonly subscription: string;
  /** As it stood on the wire: it is echoed byte for byte (P31). */
  readonly messageId: string;
  /** Place in the order of delivery. */
  place: number;
  /** `stuck`: its subscription has ended, the broker takes no ACK for it, and keeps it until the connection ends. */
  state: 'open' | 'wanted' | 'in-transaction' | 'stuck' | 'done';
  transaction: string | undefined;
  waiter: ReceiptWaiter | undefined;
}

/** Writes one ACK frame. */
export type SendAck = (delivery: Delivery) => void;

/** Finished deliveries behind one that stays open are swept out when there are this many, and half of all. */
const SWEEP_AT = 1024;

/**
 * The messages of one connection that are not acknowledged yet, in the order they came.
 *
 * On the wire an ACK in `client` mode covers every earlier message: of its subscription on ActiveMQ, of the whole
 * connection on RabbitMQ, which also closes a connection that acknowledges what is covered already (P32). So those
 * ACKs leave in the order of delivery, each once, and one that is asked for early waits for those before it.
 * `client-individual` ACKs cover nothing else and leave at once.
 */
export class AckLedger {
  readonly #send: SendAck;
  #deliveries: Delivery[] = [];
  #first = 0;
  #done = 0;
  #closed = false;
  /** Subscriptions whose UNSUBSCRIBE is on its way. */
  readonly #leaving = new Set<string>();

  constructor(send: SendAck) {
    this.#send = send;
  }

  /** Messages delivered and not acknowledged. */
  get size(): number {
    return this.#deliveries.length - this.#first - this.#done;
  }

  add(mode: Delivery['mode'], subscription: string, messageId: string): Delivery {
    const isLate = this.#leaving.has(subscription);
    const delivery: Delivery = {
      ledger: this,
      mode,
      subscription,
      messageId,
      place: this.#deliveries.length,
      state: isLate ? 'done' : 'open',
      transaction: undefined,
      waiter: undefined,
    };
    if (!isLate) this.#deliveries.push(delivery);
    return delivery;
  }

  /** False when it is too late (the connection is gone) or done already. */
  ack(delivery: Delivery, waiter?: ReceiptWaiter): boolean {
    if (this.#closed || delivery.state !== 'open') return false;
    delivery.state = 'wanted';
    delivery.waiter = waiter;
    this.#advance(delivery);
    return true;
  }

  /** This message and all before it on its subscription. */
  ackThrough(delivery: Delivery): boolean {
    if (this.#closed || delivery.state !== 'open') return false;
    const { subscription, place } = delivery;
    const earlier = this.#deliveries
      .slice(this.#first, place)
      .filter((other) => other.subscription === subscription);
    for (const other of earlier) this.ack(other);
    return this.ack(delivery);
  }

  /**
   * Within a transaction, at once. Throws STOMP_ACK_OUT_OF_ORDER in `client` mode when earlier messages are open:
   * on the wire it would acknowledge them too.
   */
  ackIn(transaction: string, delivery: Delivery): boolean {
    if (this.#closed || delivery.state !== 'open') return false;
    if (delivery.mode === 'client' && !this.#isNext(delivery, transaction)) {
      throw new SessionError(
        'STOMP_ACK_OUT_OF_ORDER',
        'earlier messages are not acknowledged, and in client mode this ACK would cover them; use client-individual',
      );
    }
    delivery.state = 'in-transaction';
    delivery.transaction = transaction;
    this.#send(delivery);
    return true;
  }

  /** After COMMIT its messages are done; after ABORT they are open again. */
  endTransaction(transaction: string, committed: boolean): void {
    if (this.#closed) return;
    for (let i = this.#first; i < this.#deliveries.length; i++) {
      const delivery = this.#deliveries[i]!;
      if (delivery.transaction !== transaction || delivery.state !== 'in-transaction') continue;
      delivery.transaction = undefined;
      if (committed) this.#finish(delivery);
      else delivery.state = 'open';
    }
    this.#flush();
  }

  /** As `forget`, and nothing that still comes for it can be acknowledged: to the broker it is no subscription any more. */
  leave(subscription: string): void {
    this.forget(subscription);
    this.#leaving.add(subscription);
  }

  /** The broker takes back what a subscription has not acknowledged. Gives how many that were. */
  forget(subscription: string): number {
    this.#leaving.delete(subscription);
    let count = 0;
    for (let i = this.#first; i < this.#deliveries.length; i++) {
      const delivery = this.#deliveries[i]!;
      if (delivery.subscription !== subscription || delivery.state === 'done') continue;
      this.#finish(delivery);
      delivery.waiter?.failed(staleAck());
      count++;
    }
    this.#flush();
    return count;
  }

  /**
   * The broker takes back what a subscription has not acknowledged only when the connection ends. Until then later ACKs
   * in client mode would cover it, so they wait. Gives how many messages that is about.
   */
  strand(subscription: string): number {
    let count = 0;
    for (let i = this.#first; i < this.#deliveries.length; i++) {
      const delivery = this.#deliveries[i]!;
      if (delivery.subscription !== subscription || delivery.state === 'done') continue;
      delivery.waiter?.failed(staleAck());
      delivery.waiter = undefined;
      delivery.state = 'stuck';
      count++;
    }
    return count;
  }

  /** The connection is gone: nothing of it can be acknowledged any more (P33). */
  close(): void {
    this.#closed = true;
    const waiting = this.#deliveries.slice(this.#first).filter(({ waiter }) => waiter !== undefined);
    this.#deliveries = [];
    this.#first = 0;
    this.#done = 0;
    for (const { waiter } of waiting) waiter!.failed(staleAck());
  }

  #advance(delivery: Delivery): void {
    if (delivery.mode === 'client-individual') this.#sendNow(delivery);
    this.#flush();
    if (this.#done > SWEEP_AT && this.#done * 2 > this.#deliveries.length - this.#first) this.#sweep();
  }

  /** Sends what is wanted from the front, up to the first message that is not. */
  #flush(): void {
    while (this.#first < this.#deliveries.length) {
      const delivery = this.#deliveries[this.#first]!;
      if (delivery.state === 'wanted') this.#sendNow(delivery);
      else if (delivery.state !== 'done') break;
      this.#first++;
      this.#done--;
    }
    if (this.#first > SWEEP_AT && this.#first * 2 > this.#deliveries.length) this.#sweep();
  }

  #sendNow(delivery: Delivery): void {
    this.#finish(delivery);
    this.#send(delivery);
    delivery.waiter = undefined;
  }

  #finish(delivery: Delivery): void {
    delivery.state = 'done';
    this.#done++;
  }

  #isNext(delivery: Delivery, transaction: string): boolean {
    for (let i = delivery.place - 1; i >= this.#first; i--) {
      const earlier = this.#deliveries[i]!;
      if (earlier.state === 'done') continue;
      return earlier.transaction === transaction && earlier.mode === 'client';
    }
    return true;
  }

  #sweep(): void {
    this.#deliveries = this.#deliveries.filter(({ state }, i) => i >= this.#first && state !== 'done');
    for (const [place, delivery] of this.#deliveries.entries()) delivery.place = place;
    this.#first = 0;
    this.#done = 0;
  }
}

export function staleAck(): SessionError {
  return new SessionError(
    'STOMP_STALE_ACK',
    'the message cannot be acknowledged: its connection is gone, or it was done before',
  );
}
