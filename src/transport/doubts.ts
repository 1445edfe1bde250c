import { SessionError } from '../errors.js';
import type { Clock, Timer } from './clock.js';
import type { Receipts, ReceiptWaiter } from './receipts.js';

/** How long after such an ERROR the RECEIPT of a SEND may still come: RabbitMQ sends those when the queue has it. */
const GRACE_MS = 2_000;
/** What falls into doubt so soon after others shares their grace, which then ends later by as much. */
const SHARE_MS = 250;
/** How long an ERROR counts as the reason when the connection ends. RabbitMQ ends it up to ten seconds after. */
const RECENT_MS = 15_000;

/** Whatever waits for a RECEIPT up to the id `last` may be what the ERROR was meant for. */
interface Doubt {
  readonly error: SessionError;
  readonly last: number;
  /** There was exactly one SEND among them. */
  readonly onlySend: boolean;
  /** Those that want to hear how it ends. */
  readonly listeners: readonly ReceiptWaiter[];
}

/** The SENDs of a doubt have a little longer. */
interface Grace {
  doubt: Doubt;
  readonly since: number;
  until: number;
}

/**
 * What follows an ERROR that names no receipt and does not end the connection (P23).
 *
 * RabbitMQ answers a frame that it refuses so, and with nothing else. Whatever waits for a RECEIPT then is in doubt. So
 * it is asked for a sign of life: what is answered in order (all but SENDs) and has no answer by then has been refused.
 * A SEND has a little longer.
 *
 * A broker may send any number of ERRORs, over any number of receipts: one sign of life is asked for at a time, what
 * is in doubt already is not doubted again, and a doubt is an id, no list.
 */
export class Doubts {
  readonly #clock: Clock;
  readonly #receipts: Receipts;
  readonly #probe: (waiter: ReceiptWaiter) => void;
  /** What was asked about, and what to ask about when that is answered. */
  #asked: Doubt | undefined;
  #next: Doubt | undefined;
  /** What has been doubted goes up to this id, and the SENDs that have a grace up to that. */
  #doubtedUpTo = 0;
  #gracedUpTo = 0;
  /** In the order of their ends. */
  #graces: Grace[] = [];
  #timer: Timer | undefined;
  #isClosed = false;
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
    const fresh = [...this.#receipts.waiters(this.#doubtedUpTo)].filter(({ isProbe }) => !isProbe);
    if (fresh.length === 0) return;
    this.#doubtedUpTo = this.#receipts.lastId;
    const listeners = fresh.filter(({ doubt }) => doubt !== undefined);
    for (const listener of listeners) listener.doubt?.(error);
    const earlier = this.#next?.listeners ?? [];
    this.#next = {
      error,
      last: this.#doubtedUpTo,
      onlySend: this.#sends(0, this.#doubtedUpTo, 2) === 1,
      listeners: [...earlier, ...listeners],
    };
    if (this.#asked === undefined) this.#ask();
  }

  close(): void {
    this.#isClosed = true;
    this.#graces = [];
    this.#timer?.cancel();
  }

  #ask(): void {
    const doubt = this.#next;
    this.#next = undefined;
    this.#asked = doubt;
    if (doubt === undefined || this.#isClosed) return;
    const answered = () => this.#answered(doubt);
    this.#probe({ isProbe: true, received: answered, failed: answered, lost: () => this.#lost() });
  }

  #answered(doubt: Doubt): void {
    for (const listener of doubt.listeners) listener.endDoubt?.(true);
    this.#receipts.failUpTo(doubt.last, false, doubt.error);
    if (this.#sends(this.#gracedUpTo, doubt.last, 1) > 0) this.#grace(doubt);
    this.#ask();
  }

  #lost(): void {
    for (const doubt of [this.#asked, this.#next])
      for (const listener of doubt?.listeners ?? []) listener.endDoubt?.(false);
  }

  #grace(doubt: Doubt): void {
    if (this.#isClosed) return;
    const now = this.#clock.now();
    const until = now + GRACE_MS;
    this.#gracedUpTo = doubt.last;
    // The others have their RECEIPTs, if this is the only one.
    if (doubt.onlySend) this.#graces = [];
    const latest = this.#graces.at(-1);
    if (latest !== undefined && !latest.doubt.onlySend && now - latest.since < SHARE_MS) {
      latest.doubt = doubt;
      latest.until = until;
    } else {
      this.#graces.push({ doubt, since: now, until });
    }
    if (this.#timer === undefined) this.#arm();
  }

  #arm(): void {
    const [first] = this.#graces;
    if (first === undefined) return;
    this.#timer = this.#clock.schedule(first.until - this.#clock.now(), () => this.#expire());
    this.#timer.unref();
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    const over = this.#graces.filter(({ until }) => until <= now);
    this.#graces = this.#graces.slice(over.length);
    for (const { doubt } of over) {
      // Alone it is the one that was meant; among others it may be an innocent whose RECEIPT is late.
      this.#receipts.failUpTo(doubt.last, true, doubt.onlySend ? doubt.error : inDoubt(doubt.error));
    }
    this.#arm();
  }

  /** How many SENDs wait for ids above `after` and up to `last`; more than `enough` are not counted. */
  #sends(after: number, last: number, enough: number): number {
    let count = 0;
    for (const { isSend } of this.#receipts.waiters(after, last)) {
      if (isSend && ++count >= enough) break;
    }
    return count;
  }
}

function inDoubt(cause: SessionError): SessionError {
  const what = `an ERROR that names no receipt came, and no RECEIPT within ${GRACE_MS} ms after it: ${cause.message}`;
  return new SessionError('STOMP_OUTCOME_UNKNOWN', what, { cause, frame: cause.frame });
}
