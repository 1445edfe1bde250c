import { SessionError, type StompError } from '../errors.js';
import type { Clock, Timer } from './clock.js';

/** Somebody who asked for a RECEIPT. Exactly one of these is called, once. */
export interface ReceiptWaiter {
  received(): void;
  /** The broker answered with an ERROR that names this receipt, or no answer came in time. */
  failed(error: StompError): void;
  /** The connection ended before the answer; `alone`: nobody else waited for one. */
  lost(cause: StompError, alone: boolean): void;
}

interface Pending {
  readonly waiter: ReceiptWaiter;
  readonly dueAt: number;
}

/**
 * The receipts asked for on one connection, answered in any order. All have the same time limit, so the oldest
 * is always the next one due, and one timer serves them all.
 */
export class Receipts {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onCount: (count: number) => void;
  readonly #keepsWaiting: () => boolean;
  readonly #pending = new Map<string, Pending>();
  #last = 0;
  #timer: Timer | undefined;

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
    return this.#pending.size;
  }

  /** Registers who waits, and gives the id to ask for: digits, unique on this connection. */
  ask(waiter: ReceiptWaiter): string {
    const id = String(++this.#last);
    const dueAt =
      this.#timeoutMs === Number.POSITIVE_INFINITY ? this.#timeoutMs : this.#clock.now() + this.#timeoutMs;
    this.#pending.set(id, { waiter, dueAt });
    if (this.#timer === undefined && dueAt !== Number.POSITIVE_INFINITY) this.#arm(this.#timeoutMs);
    this.#onCount(this.#pending.size);
    return id;
  }

  /** Takes the one who waits for this id; undefined when nobody does (asked by nobody, or answered before). */
  take(id: string): ReceiptWaiter | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    this.#onCount(this.#pending.size);
    return pending.waiter;
  }

  *waiters(): IterableIterator<ReceiptWaiter> {
    for (const { waiter } of this.#pending.values()) yield waiter;
  }

  failAll(error: StompError): void {
    for (const waiter of this.#takeAll()) waiter.failed(error);
  }

  loseAll(cause: StompError): void {
    const waiters = this.#takeAll();
    for (const waiter of waiters) waiter.lost(cause, waiters.length === 1);
  }

  #takeAll(): ReceiptWaiter[] {
    const waiters = [...this.waiters()];
    this.#pending.clear();
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
    const now = this.#clock.now();
    const keeps = this.#keepsWaiting(); // may end the connection, and with it all that is pending
    for (const [id, pending] of this.#pending) {
      if (pending.dueAt > now) {
        this.#arm(pending.dueAt - now);
        return;
      }
      if (keeps) this.#renew(id, pending.waiter, now);
      else this.#fail(id);
    }
  }

  /** Goes to the end of the line, where what is due last stands. */
  #renew(id: string, waiter: ReceiptWaiter, now: number): void {
    this.#pending.delete(id);
    this.#pending.set(id, { waiter, dueAt: now + this.#timeoutMs });
  }

  #fail(receiptId: string): void {
    const what = `no RECEIPT came within ${this.#timeoutMs} ms`;
    this.take(receiptId)?.failed(new SessionError('STOMP_RECEIPT_TIMEOUT', what, { receiptId }));
  }
}
