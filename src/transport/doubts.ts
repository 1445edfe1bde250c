import { SessionError } from '../errors.js';
import type { Clock, Timer } from './clock.js';
import type { Receipts, ReceiptWaiter } from './receipts.js';

/** How long after such an ERROR the RECEIPT of a SEND may still come: RabbitMQ sends those when the queue has it. */
const GRACE_MS = 2_000;
/** How long an ERROR counts as the reason when the connection ends. RabbitMQ ends it up to ten seconds after. */
const RECENT_MS = 15_000;

/**
 * What follows an ERROR that names no receipt and does not end the connection (P23).
 *
 * RabbitMQ answers a frame that it refuses so, and with nothing else. Whatever waits for a RECEIPT then is in doubt. So
 * it is asked for a sign of life: what is answered in order (all but SENDs) and has no answer by then has been refused.
 * A SEND has a little longer.
 */
export class Doubts {
  readonly #clock: Clock;
  readonly #receipts: Receipts;
  readonly #probe: (waiter: ReceiptWaiter) => void;
  readonly #timers = new Set<Timer>();
  #last: { readonly error: SessionError; readonly at: number } | undefined;

  constructor(clock: Clock, receipts: Receipts, probe: (waiter: ReceiptWaiter) => void) {
    this.#clock = clock;
    this.#receipts = receipts;
    this.#probe = probe;
  }

  /** An ERROR that came lately: if the connection ends now, it is for that. */
  get lastError(): SessionError | undefined {
    return this.#last !== undefined && this.#clock.now() - this.#last.at < RECENT_MS
      ? this.#last.error
      : undefined;
  }

  raise(error: SessionError): void {
    this.#last = { error, at: this.#clock.now() };
    const doubted = [...this.#receipts.waiters()];
    if (doubted.length === 0) return;
    for (const waiter of doubted) waiter.doubt?.(error);
    const answered = () => this.#answered(doubted, error);
    const lost = () => {
      for (const waiter of doubted) waiter.endDoubt?.(false);
    };
    this.#probe({ isProbe: true, received: answered, failed: answered, lost });
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #answered(doubted: readonly ReceiptWaiter[], error: SessionError): void {
    for (const waiter of doubted) {
      waiter.endDoubt?.(true);
      if (!waiter.isSend) this.#receipts.fail(waiter, error);
    }
    const sends = doubted.filter((waiter) => waiter.isSend);
    if (sends.length === 0) return;
    const timer = this.#clock.schedule(GRACE_MS, () => {
      this.#timers.delete(timer);
      // Alone it is the one that was meant; among others it may be an innocent whose RECEIPT is late.
      const reason = sends.length === 1 ? error : inDoubt(error);
      for (const waiter of sends) this.#receipts.fail(waiter, reason);
    });
    timer.unref();
    this.#timers.add(timer);
  }
}

function inDoubt(cause: SessionError): SessionError {
  const what = `an ERROR that names no receipt came, and no RECEIPT within ${GRACE_MS} ms after it: ${cause.message}`;
  return new SessionError('STOMP_OUTCOME_UNKNOWN', what, { cause, frame: cause.frame });
}
