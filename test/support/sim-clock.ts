import type { Clock, Timer } from '../../src/transport/clock.js';

interface Armed {
  readonly at: number;
  /** Among those due at the same time, the one armed first runs first. */
  readonly order: number;
  callback: (() => void) | undefined;
}

/** Times are whole ticks, so that sums and differences of them are exact. A power of two. */
const TICKS_PER_MS = 1_024;

/** Time that goes from one timer to the next. A heap: a run arms thousands. */
export class SimClock implements Clock {
  #now = 0;
  #armed = 0;
  readonly #heap: Armed[] = [];
  /** Events that have run. */
  step = 0;

  readonly now = (): number => this.#now;

  readonly schedule = (delayMs: number, callback: () => void): Timer => {
    const timer: Armed = {
      at: Math.ceil((this.#now + delayMs) * TICKS_PER_MS) / TICKS_PER_MS,
      order: this.#armed++,
      callback,
    };
    this.#push(timer);
    return {
      cancel: () => {
        timer.callback = undefined;
      },
      unref: () => {},
    };
  };

  /** Between one event and the next. */
  readonly turn = (callback: () => void): void => process.nextTick(callback);

  /** Runs the next timer, if it is due by then. */
  runNext(until: number): boolean {
    while (this.#heap.length > 0) {
      const next = this.#heap[0]!;
      if (next.callback !== undefined && next.at > until) return false;
      this.#pop();
      const { callback } = next;
      if (callback === undefined) continue;
      next.callback = undefined;
      this.#now = next.at;
      this.step++;
      callback();
      return true;
    }
    return false;
  }

  /** Nothing happens until then. */
  skipTo(at: number): void {
    if (at > this.#now) this.#now = at;
  }

  #push(timer: Armed): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent]!, timer)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Armed, b: Armed): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** The clock as one client sees it: counts its timers that are armed. */
export class CountingClock implements Clock {
  readonly #clock: SimClock;
  readonly #armed = new Set<number>();
  #last = 0;

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  /** Timers that have neither run nor been cancelled. */
  get armed(): number {
    return this.#armed.size;
  }

  readonly now = (): number => this.#clock.now();

  readonly turn = (callback: () => void): void => this.#clock.turn(callback);

  readonly schedule = (delayMs: number, callback: () => void): Timer => {
    const id = ++this.#last;
    this.#armed.add(id);
    const timer = this.#clock.schedule(delayMs, () => {
      this.#armed.delete(id);
      callback();
    });
    return {
      cancel: () => {
        this.#armed.delete(id);
        timer.cancel();
      },
      unref: () => {},
    };
  };
}

/**
 * Runs what is due up to `until`, or until `done` says so. After each event all promises and ticks of the process run
 * before the next: Node empties both queues between one immediate and the next.
 */
export function run(clock: SimClock, until: number, done?: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let over = false;
    const one = (): void => {
      if (over) return;
      try {
        if (!done?.() && clock.runNext(until)) return;
        over = true;
        if (!done?.()) clock.skipTo(until);
        resolve();
      } catch (error) {
        over = true;
        reject(error);
      }
    };
    // Many at a time: one round of the event loop for each event would cost more than the event.
    const lot = (): void => {
      for (let i = 0; i < 63; i++) setImmediate(one);
      setImmediate(() => {
        one();
        if (!over) lot();
      });
    };
    lot();
  });
}
