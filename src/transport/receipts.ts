import { SessionError, type StompError } from '../errors.js';
import type { Clock, Timer } from './clock.js';

/** Somebody who asked for a RECEIPT. Exactly one of these is called, once. */
export interface ReceiptWaiter {
  received(): void;
  /** The broker answered with an ERROR that names this receipt, or no answer came in time. */
  failed(error: StompError): void;
  /** The connection ended before the answer. */
  lost(cause: StompError): void;
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
  readonly #pending = new Map<string, Pending>();
  #last = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, timeoutMs: number, onCount: (count: number) => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onCount = onCount;
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
    for (const waiter of this.#takeAll()) waiter.lost(cause);
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
    for (const [id, { waiter, dueAt }] of this.#pending) {
      if (dueAt > now) {
        this.#arm(dueAt - now);
        return;
      }
      this.take(id);
      waiter.failed(
        new SessionError('STOMP_RECEIPT_TIMEOUT', `no RECEIPT came within ${this.#timeoutMs} ms`, {
          receiptId: id,
        }),
      );
    }
  }
}
