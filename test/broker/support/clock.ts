import type { BrokerClock, BrokerTimer } from '../../../src/broker/index.js';

/** Time that stands until a test moves it. */
export class TestClock implements BrokerClock {
  #now = 0;
  #timers: Array<{ at: number; callback: () => void }> = [];

  now(): number {
    return this.#now;
  }

  schedule(delayMs: number, callback: () => void): BrokerTimer {
    const timer = { at: this.#now + delayMs, callback };
    this.#timers.push(timer);
    const cancel = (): void => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
    return { cancel, unref: () => undefined };
  }

  get armed(): number {
    return this.#timers.length;
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#now = due.at;
      due.callback();
    }
    this.#now = end;
  }
}
