import { SessionError, type StompError } from '../errors.js';
import type { ReceiptWaiter } from './receipts.js';
import type { Subscription } from './subscription.js';

/** Three connections in a row that ended with an ERROR while a SUBSCRIBE was unanswered: it is taken for the cause. */
const MAX_STRIKES = 3;

export interface SubscribeHost {
  /** Asks the broker for any sign of life behind what has been sent so far. */
  probe(waiter: ReceiptWaiter): void;
  /** The subscription is no more, and the broker does not need to be told if it said so itself. */
  refused(subscription: Subscription, byBroker: boolean): void;
}

/**
 * Waits for the RECEIPT of one SUBSCRIBE.
 *
 * RabbitMQ refuses with ERROR (naming no receipt), then the RECEIPT all the same, then the end. So a RECEIPT that
 * comes after such an ERROR is doubted until the broker answers something sent later (P24).
 */
export class SubscribeWaiter implements ReceiptWaiter {
  readonly #subscription: Subscription;
  readonly #host: SubscribeHost;
  #doubt: SessionError | undefined;
  #alone = false;

  constructor(subscription: Subscription, host: SubscribeHost) {
    this.#subscription = subscription;
    this.#host = host;
  }

  /** An ERROR that names no receipt came while this was unanswered; `alone`: and nothing else was. */
  doubt(error: SessionError, alone: boolean): void {
    this.#doubt = error;
    this.#alone = alone;
  }

  received(): void {
    const doubt = this.#doubt;
    if (doubt === undefined) {
      this.#subscription.confirmed();
      return;
    }
    const confirm = () => this.#subscription.confirmed();
    this.#host.probe({ received: confirm, failed: confirm, lost: () => this.#refuse(doubt, true) });
  }

  failed(error: StompError): void {
    this.#refuse(error, error.code === 'STOMP_SERVER_ERROR');
  }

  lost(): void {
    if (this.#doubt === undefined) return;
    this.#subscription.strikes++;
    if (this.#alone || this.#subscription.strikes >= MAX_STRIKES) this.#refuse(this.#doubt, true);
  }

  #refuse(cause: StompError, byBroker: boolean): void {
    const { destination } = this.#subscription;
    const frame = cause instanceof SessionError ? cause.frame : undefined;
    const what = `SUBSCRIBE to ${destination} was refused: ${cause.message}`;
    this.#host.refused(this.#subscription, byBroker);
    this.#subscription.end(new SessionError('STOMP_SUBSCRIBE_REFUSED', what, { cause, frame }));
  }
}
