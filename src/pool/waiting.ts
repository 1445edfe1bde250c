import { SessionError, type StompError } from '../errors.js';
import type { Clock, Timer } from '../transport/clock.js';
import type { Connection } from '../transport/connection.js';

/** Something that waits for a live connection. Exactly one of the two is called. */
export interface Errand {
  run(connection: Connection): void;
  fail(error: StompError): void;
}

/**
 * What is to be done once there is a live connection, in the order it was asked for. All that may expire has the
 * same time, so the oldest is always the next one due, and one timer serves them all.
 */
export class Waiting {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #errands = new Set<Errand>();
  readonly #due = new Map<Errand, number>();
  #timer: Timer | undefined;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  get size(): number {
    return this.#errands.size;
  }

  /** Keeps an errand until there is a connection; one that expires fails with STOMP_NOT_CONNECTED after `timeoutMs`. */
  add(errand: Errand, expires: boolean): void {
    this.#errands.add(errand);
    if (!expires || this.#timeoutMs === Number.POSITIVE_INFINITY) return;
    this.#due.set(errand, this.#clock.now() + this.#timeoutMs);
    if (this.#timer === undefined) this.#arm(this.#timeoutMs);
  }

  /** Resolves with what `work` gives, which is called with the next connection. */
  later<T>(work: (connection: Connection) => T, expires: boolean): Promise<T> {
    return new Promise((resolve, reject) => {
      this.add({ run: (live) => resolve(work(live)), fail: reject }, expires);
    });
  }

  /** Forgets an errand. False when it was done already. */
  remove(errand: Errand): boolean {
    if (!this.#errands.delete(errand)) return false;
    this.#due.delete(errand);
    return true;
  }

  /** There is a connection: does them all, in order, as long as it lasts. */
  run(connection: Connection): void {
    for (const errand of this.#errands) {
      if (!connection.alive) return;
      this.remove(errand);
      errand.run(connection);
    }
  }

  failAll(error: StompError): void {
    for (const errand of [...this.#errands]) {
      this.remove(errand);
      errand.fail(error);
    }
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.schedule(delayMs, () => this.#expire());
    this.#timer.unref();
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const [errand, dueAt] of this.#due) {
      if (dueAt > now) {
        this.#arm(dueAt - now);
        return;
      }
      this.remove(errand);
      errand.fail(
        new SessionError('STOMP_NOT_CONNECTED', `there was no connection within ${this.#timeoutMs} ms`),
      );
    }
  }
}
