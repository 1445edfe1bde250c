/** What arms a timer and reads the time: an argument, so that tests and simulations own theirs. */
export interface BrokerClock {
  /** Milliseconds from any fixed point, never going back. */
  now(): number;
  /** Calls `callback` once after `delayMs`. */
  schedule(delayMs: number, callback: () => void): BrokerTimer;
}

/** A call that is planned. */
export interface BrokerTimer {
  /** Harmless when it was made already. */
  cancel(): void;
  /** Lets the process end while this is all there is to wait for. */
  unref(): void;
}

const LONGEST_DELAY_MS = 2_147_483_647;

export const systemClock: BrokerClock = Object.freeze({
  now: () => performance.now(),
  schedule(delayMs: number, callback: () => void): BrokerTimer {
    const timer = setTimeout(callback, Math.min(delayMs, LONGEST_DELAY_MS));
    return { cancel: () => clearTimeout(timer), unref: () => void timer.unref() };
  },
});
