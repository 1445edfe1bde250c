import { setImmediate } from 'node:timers/promises';
import type { Clock, Timer } from '../../src/transport/clock.js';

/** A timer that has neither run nor been cancelled. */
export interface PendingTimer {
  readonly dueAt: number;
  /** Lets the process end. */
  readonly unrefed: boolean;
}

interface Armed {
  readonly dueAt: number;
  unrefed: boolean;
  readonly callback: () => void;
}

/** Time that moves only when it is told to. */
export class VirtualClock implements Clock {
  #now = 0;
  #armed: Armed[] = [];

  now(): number {
    return this.#now;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const timer: Armed = { dueAt: this.#now + delayMs, unrefed: false, callback };
    this.#armed.push(timer);
    return {
      cancel: () => this.#remove(timer),
      unref: () => {
        timer.unrefed = true;
      },
    };
  }

  /** The timers still armed, the next one first. */
  get pending(): readonly PendingTimer[] {
    return this.#inOrder().map(({ dueAt, unrefed }) => ({ dueAt, unrefed }));
  }

  /** Moves the time on and runs what falls due, in order; after each, promises and ticks run before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await turn();
    for (let next = this.#inOrder()[0]; next !== undefined && next.dueAt <= end; next = this.#inOrder()[0]) {
      this.#remove(next);
      this.#now = next.dueAt;
      next.callback();
      await turn();
    }
    this.#now = end;
  }

  #inOrder(): Armed[] {
    return this.#armed.toSorted((a, b) => a.dueAt - b.dueAt);
  }

  #remove(timer: Armed): void {
    this.#armed = this.#armed.filter((other) => other !== timer);
  }
}

/** Lets all promises and ticks run that can run without time passing or bytes coming. */
export async function turn(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
