import { SessionError, type StompError } from '../errors.js';
import type { ReceiptWaiter } from './receipts.js';
import type { Subscription } from './subscription.js';

/** So many connections that ended under a SUBSCRIBE on trial: it is taken for the cause. */
const MAX_STRIKES_ON_TRIAL = 3;

export interface SubscribeHost {
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
  readonly #answered: () => void;
  readonly #onTrial: boolean;
  #doubt: SessionError | undefined;
  /** The RECEIPT came after that ERROR, and is not believed yet. */
  #held = false;

  /**
   * `answered`: called unless the connection ends before the answer. `onTrial`: it is sent alone, on a connection that
   * was seen to answer, since several have ended under it.
   */
  constructor(subscription: Subscription, host: SubscribeHost, answered: () => void, onTrial: boolean) {
    this.#subscription = subscription;
    this.#host = host;
    this.#answered = answered;
    this.#onTrial = onTrial;
  }

  /** An ERROR that names no receipt came while this was unanswered. */
  doubt(error: SessionError): void {
    this.#doubt = error;
  }

  received(): void {
    if (this.#doubt === undefined) this.#confirm();
    else this.#held = true;
  }

  endDoubt(lives: boolean): void {
    if (!this.#held) return;
    if (lives) this.#confirm();
    else this.#refuse(this.#doubt!, true);
  }

  failed(error: StompError): void {
    this.#refuse(error, error.code === 'STOMP_SERVER_ERROR');
    this.#answered();
  }

  lost(cause: StompError, alone: boolean): void {
    this.#subscription.strikes++;
    if (this.#onTrial) this.#subscription.strikesOnTrial++;
    const isGuilty = this.#subscription.strikesOnTrial >= MAX_STRIKES_ON_TRIAL;
    if (isGuilty || (this.#doubt !== undefined && alone)) this.#refuse(this.#doubt ?? cause, true);
  }

  #confirm(): void {
    this.#subscription.confirmed();
    this.#answered();
  }

  #refuse(cause: StompError, byBroker: boolean): void {
    const { destination } = this.#subscription;
    const frame = cause instanceof SessionError ? cause.frame : undefined;
    const what = `SUBSCRIBE to ${destination} was refused: ${cause.message}`;
    this.#host.refused(this.#subscription, byBroker);
    this.#subscription.end(new SessionError('STOMP_SUBSCRIBE_REFUSED', what, { cause, frame }));
  }
}
