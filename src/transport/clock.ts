/** What arms a timer and reads the time: an argument, so that tests own theirs. */
export interface Clock {
  /** Milliseconds from any fixed point, never going back. */
  now(): number;
  /** Calls `callback` once after `delayMs`; the result cancels it and is harmless to call twice. */
  schedule(delayMs: number, callback: () => void): Timer;
  /** @internal Calls `callback` in the next turn of the event loop; without this, `setImmediate` does. */
  turn?(callback: () => void): unknown;
}

/** A call that is planned. */
export interface Timer {
  /** Harmless when it was made already. */
  cancel(): void;
  /** Lets the process end while this is all there is to wait for. */
  unref(): void;
}

const LONGEST_DELAY_MS = 2_147_483_647;

/** The time of this machine. */
export const systemClock: Clock = Object.freeze({
  now: () => performance.now(),
  schedule(delayMs: number, callback: () => void): Timer {
    const timer = setTimeout(callback, Math.min(delayMs, LONGEST_DELAY_MS));
    return { cancel: () => clearTimeout(timer), unref: () => void timer.unref() };
  },
});
