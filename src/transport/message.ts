import type { Frame } from '../frame/frame.js';
import type { Headers } from '../frame/headers.js';
import { type Delivery, staleAck } from './acks.js';
import { PromiseWaiter } from './waiters.js';

/** One MESSAGE as a subscription delivers it. */
export class Message {
  readonly command: string;
  readonly headers: Headers;
  /** The body's bytes, the user's to keep. */
  readonly body: Buffer;
  readonly #delivery: Delivery | undefined;

  /** @internal */
  constructor(frame: Frame, delivery: Delivery | undefined) {
    this.command = frame.command;
    this.headers = frame.headers;
    this.body = frame.body;
    this.#delivery = delivery;
  }

  /** The body read as UTF-8. */
  text(): string {
    return this.body.toString('utf8');
  }

  /** The broker says it may have been delivered before. Stompserver never says so. */
  get redelivered(): boolean {
    return this.headers.get('redelivered') === 'true';
  }

  /**
   * Acknowledges this message, and no other (P32). False when nothing is sent: it was acknowledged before, the
   * connection it came on is gone (it will come again), or the mode is auto. Never throws for that.
   */
  ack(): boolean {
    return this.#delivery?.ledger.ack(this.#delivery) ?? false;
  }

  /** Acknowledges this message and all before it on its subscription. False as for `ack()`. */
  ackThrough(): boolean {
    return this.#delivery?.ledger.ackThrough(this.#delivery) ?? false;
  }

  /** Like `ack()`, and resolves on the broker's RECEIPT. Rejects with STOMP_STALE_ACK where `ack()` gives false. */
  ackConfirmed(): Promise<void> {
    const delivery = this.#delivery;
    return new Promise((resolve, reject) => {
      const waiter = new PromiseWaiter(resolve, reject, 'STOMP_OUTCOME_UNKNOWN', 'ACK');
      if (delivery === undefined || !delivery.ledger.ack(delivery, waiter)) reject(staleAck());
    });
  }

  /** @internal */
  ackIn(transaction: string): boolean {
    return this.#delivery?.ledger.ackIn(transaction, this.#delivery) ?? false;
  }
}
