/** Reads the time and arms timers, so that tests own theirs. */
export interface SuiteClock {
  /** Milliseconds from any fixed point, never going back. */
  now(): number;
  /** Calls `callback` once after `delayMs`; the result disarms it. */
  schedule(delayMs: number, callback: () => void): () => void;
}

export const systemClock: SuiteClock = Object.freeze({
  now: () => performance.now(),
  schedule(delayMs: number, callback: () => void): () => void {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
});
