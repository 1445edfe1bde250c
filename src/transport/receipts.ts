import { SessionError, type StompError } from '../errors.js';
import type { Headers } from '../frame/headers.js';
import type { Clock, Timer } from './clock.js';
import { SerialWriter } from './serials.js';

/** Somebody who asked for a RECEIPT. Exactly one of these is called, once. */
export interface ReceiptWaiter {
  /** Whether the RECEIPT is that of a SEND, which may come out of order. */
  readonly isSend?: boolean;
  /** Whether it only asks for a sign of life. */
  readonly isProbe?: boolean;
  /** An ERROR that names no receipt came, and may be meant for this. */
  doubt?(error: SessionError): void;
  /** The broker has answered what was sent after that ERROR, or the connection has ended before. */
  endDoubt?(lives: boolean): void;
  received(): void;
  /** The broker answered with an ERROR that names this receipt, or no answer came in time. */
  failed(error: StompError): void;
  /** The connection ended before the answer; `alone`: nobody else waited for one. */
  lost(cause: StompError, alone: boolean): void;
}

/** Places at first; a power of two, as is each number of them. */
const MIN_PLACES = 16;
/** What is kept when nobody waits any more: room for a busy publisher. */
const MAX_IDLE_PLACES = 4_096;

/**
 * The receipts asked for on one connection, answered in any order. Ids count up, so a place in a ring is all a receipt
 * needs. All have the same time limit, so the oldest is always the next one due, and one timer serves them all.
 */
export class Receipts {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onCount: (count: number) => void;
  readonly #keepsWaiting: () => boolean;
  /** From the oldest that is not answered up to the last that was asked for; the place of an id is its lower bits. */
  #waiters: Array<ReceiptWaiter | undefined> = newPlaces(MIN_PLACES, undefined);
  #first = 1;
  #next = 1;
  #size = 0;
  /** When each was asked for, or given more time; those from `#unstamped` on have it at the end of the turn. */
  #since: number[] = newPlaces(MIN_PLACES, 0);
  #unstamped = 1;
  #timer: Timer | undefined;
  readonly #writer = new SerialWriter();

  /** `keepsWaiting`: whether those that are overdue get the same time again instead of failing. */
  constructor(
    clock: Clock,
    timeoutMs: number,
    onCount: (count: number) => void,
    keepsWaiting: () => boolean = () => false,
  ) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onCount = onCount;
    this.#keepsWaiting = keepsWaiting;
  }

  get size(): number {
    return this.#size;
  }

  /** Registers who waits, and gives the id to ask for: digits, unique on this connection. */
  ask(waiter: ReceiptWaiter): string {
    if (this.#next - this.#first === this.#waiters.length) this.#grow();
    const id = this.#next++;
    this.#waiters[this.#place(id)] = waiter;
    this.#size++;
    if (this.#timeoutMs !== Number.POSITIVE_INFINITY) {
      if (this.#unstamped === id) process.nextTick(this.#stamp);
      if (this.#timer === undefined) this.#arm(this.#timeoutMs);
    }
    this.#onCount(this.#size);
    return this.#writer.text(id);
  }

  /** Takes the one whom a RECEIPT or an ERROR is for; undefined when nobody waits for that id, or no longer. */
  takeNamed(headers: Headers): ReceiptWaiter | undefined {
    const id = headers.serial('receipt-id', undefined) || toNumber(headers.get('receipt-id') ?? '');
    return this.take(id);
  }

  take(id: number): ReceiptWaiter | undefined {
    const waiter = this.#waiterOf(id);
    if (waiter === undefined) return undefined;
    this.#waiters[this.#place(id)] = undefined;
    this.#size--;
    if (id === this.#first) this.#advance();
    this.#onCount(this.#size);
    return waiter;
  }

  /** The id that was asked for last; 0 before the first. */
  get lastId(): number {
    return this.#next - 1;
  }

  /** Those that wait for ids above `after` and up to `last`, in the order of the ids. */
  *waiters(after = 0, last = this.lastId): IterableIterator<ReceiptWaiter> {
    for (let id = Math.max(this.#first, after + 1); id <= last; id++) {
      const waiter = this.#waiterOf(id);
      if (waiter !== undefined) yield waiter;
    }
  }

  /** Fails the SENDs that wait for ids up to `last`, or all the others. */
  failUpTo(last: number, sends: boolean, error: StompError): void {
    // By id: whoever is told may ask for more, and places move.
    for (let id = this.#first; id <= last; id++) {
      const waiter = this.#waiterOf(id);
      if (waiter !== undefined && (waiter.isSend ?? false) === sends) this.take(id)?.failed(error);
    }
  }

  failAll(error: StompError): void {
    for (const waiter of this.#takeAll()) waiter.failed(error);
  }

  loseAll(cause: StompError): void {
    const waiters = this.#takeAll();
    const alone = waiters.filter(({ isProbe }) => !isProbe).length === 1;
    for (const waiter of waiters) waiter.lost(cause, alone);
  }

  /** Once a turn, when what asks is about to go out: asking for the time costs as much as asking for a RECEIPT. */
  readonly #stamp = (): void => {
    const now = this.#clock.now();
    for (; this.#unstamped < this.#next; this.#unstamped++) this.#since[this.#place(this.#unstamped)] = now;
  };

  #place(id: number): number {
    return id & (this.#waiters.length - 1);
  }

  #waiterOf(id: number): ReceiptWaiter | undefined {
    return id >= this.#first && id < this.#next ? this.#waiters[this.#place(id)] : undefined;
  }

  #grow(): void {
    const { length } = this.#waiters;
    const waiters = newPlaces<ReceiptWaiter | undefined>(2 * length, undefined);
    const since = newPlaces(2 * length, 0);
    for (let id = this.#first; id < this.#next; id++) {
      const place = id & (2 * length - 1);
      waiters[place] = this.#waiters[this.#place(id)];
      since[place] = this.#since[this.#place(id)]!;
    }
    this.#waiters = waiters;
    this.#since = since;
  }

  #advance(): void {
    while (this.#first < this.#next && this.#waiters[this.#place(this.#first)] === undefined) this.#first++;
    if (this.#size === 0 && this.#waiters.length > MAX_IDLE_PLACES) this.#empty();
  }

  #empty(): void {
    this.#first = this.#next;
    this.#waiters = newPlaces(MIN_PLACES, undefined);
    this.#since = newPlaces(MIN_PLACES, 0);
  }

  #takeAll(): ReceiptWaiter[] {
    const waiters = [...this.waiters()];
    this.#size = 0;
    this.#empty();
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#onCount(0);
    return waiters;
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.schedule(delayMs, () => this.#expire());
    this.#timer.unref();
  }

  #expire(): void {
    this.#timer = undefined;
    if (this.#size === 0) return;
    this.#stamp();
    const now = this.#clock.now();
    const dueSince = now - this.#timeoutMs;
    // May end the connection, and with it all that is pending.
    const keeps = this.#since[this.#place(this.#first)]! <= dueSince && this.#keepsWaiting();
    for (let id = this.#first; id < this.#next; id++) {
      if (this.#waiterOf(id) === undefined) continue;
      const since = this.#since[this.#place(id)]!;
      if (since > dueSince) {
        this.#arm(since - dueSince);
        return;
      }
      if (keeps) this.#since[this.#place(id)] = now;
      else this.#expired(id);
    }
    if (this.#size > 0) this.#arm(this.#timeoutMs); // all were given more time
  }

  #expired(id: number): void {
    const what = `no RECEIPT came within ${this.#timeoutMs} ms`;
    const error = new SessionError('STOMP_RECEIPT_TIMEOUT', what, { receiptId: String(id) });
    this.take(id)?.failed(error);
  }
}

function newPlaces<T>(count: number, empty: T): T[] {
  return new Array<T>(count).fill(empty);
}

/** The number that an id of ours is; NaN for any other text. */
function toNumber(id: string): number {
  if (id.length === 0 || id.length > 15) return Number.NaN;
  let number = 0;
  for (let i = 0; i < id.length; i++) {
    const digit = id.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return id.charCodeAt(0) === 0x30 ? Number.NaN : number;
}
