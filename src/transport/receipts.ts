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

/** Answered places at the front are cut off when there are this many, and half of all. */
const SWEEP_AT = 1024;

/**
 * The receipts asked for on one connection, answered in any order. Ids count up, so a place in a row is all a receipt
 * needs. All have the same time limit, so the oldest is always the next one due, and one timer serves them all.
 */
export class Receipts {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onCount: (count: number) => void;
  readonly #keepsWaiting: () => boolean;
  /** By id, less `#base`; the ones before `#first` are answered. */
  #waiters: Array<ReceiptWaiter | undefined> = [];
  /** When each was asked for, or given more time; the last ones have it at the end of the turn. */
  #since: number[] = [];
  #base = 1;
  #first = 0;
  #size = 0;
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
    const id = this.#base + this.#waiters.length;
    this.#waiters.push(waiter);
    this.#size++;
    if (this.#timeoutMs !== Number.POSITIVE_INFINITY) {
      if (this.#since.length === this.#waiters.length - 1) process.nextTick(this.#stamp);
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
    return this.#takeAt(id - this.#base);
  }

  /** The id that was asked for last; 0 before the first. */
  get lastId(): number {
    return this.#base + this.#waiters.length - 1;
  }

  /** Those that wait for ids above `after` and up to `last`, in the order of the ids. */
  *waiters(after = 0, last = this.lastId): IterableIterator<ReceiptWaiter> {
    for (let i = Math.max(this.#first, after + 1 - this.#base); i <= last - this.#base; i++) {
      const waiter = this.#waiters[i];
      if (waiter !== undefined) yield waiter;
    }
  }

  /** Fails the SENDs that wait for ids up to `last`, or all the others. */
  failUpTo(last: number, sends: boolean, error: StompError): void {
    // By id: whoever is told may ask for more, and places move.
    for (let id = this.#base + this.#first; id <= last; id++) {
      const waiter = this.#waiters[id - this.#base];
      if (waiter !== undefined && (waiter.isSend ?? false) === sends)
        this.#takeAt(id - this.#base)?.failed(error);
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
    while (this.#since.length < this.#waiters.length) this.#since.push(now);
  };

  #takeAt(place: number): ReceiptWaiter | undefined {
    const waiter = this.#waiters[place];
    if (waiter === undefined) return undefined;
    this.#waiters[place] = undefined;
    this.#size--;
    if (place === this.#first) this.#advance();
    this.#onCount(this.#size);
    return waiter;
  }

  #advance(): void {
    const waiters = this.#waiters;
    while (this.#first < waiters.length && waiters[this.#first] === undefined) this.#first++;
    if (this.#first < SWEEP_AT || this.#first * 2 < waiters.length) return;
    this.#waiters = waiters.slice(this.#first);
    this.#since = this.#since.slice(this.#first);
    this.#base += this.#first;
    this.#first = 0;
  }

  #takeAll(): ReceiptWaiter[] {
    const waiters = [...this.waiters()];
    this.#base += this.#waiters.length;
    this.#waiters = [];
    this.#since = [];
    this.#first = 0;
    this.#size = 0;
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
    const keeps = this.#since[this.#first]! <= dueSince && this.#keepsWaiting();
    for (let id = this.#base + this.#first; id < this.#base + this.#waiters.length; id++) {
      const place = id - this.#base;
      if (this.#waiters[place] === undefined) continue;
      if (this.#since[place]! > dueSince) {
        this.#arm(this.#since[place]! - dueSince);
        return;
      }
      if (keeps) this.#since[place] = now;
      else this.#expired(id);
    }
    if (this.#size > 0) this.#arm(this.#timeoutMs); // all were given more time
  }

  #expired(id: number): void {
    const what = `no RECEIPT came within ${this.#timeoutMs} ms`;
    const error = new SessionError('STOMP_RECEIPT_TIMEOUT', what, { receiptId: String(id) });
    this.#takeAt(id - this.#base)?.failed(error);
  }
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
