import type { Ending } from './ending.js';

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

/** The same clock, but once the end is said nobody waits for more than `graceMs`. */
export function hurriedBy(ending: Ending, clock: SuiteClock, graceMs = 0): SuiteClock {
  return {
    now: () => clock.now(),
    schedule(delayMs, callback) {
      const due = clock.now() + delayMs;
      const fire = (): void => {
        disarm();
        callback();
      };
      const hurry = (): void => {
        stop();
        stop = clock.schedule(Math.max(0, Math.min(graceMs, due - clock.now())), fire);
      };
      const disarm = (): void => {
        stop();
        forget();
      };
      let stop = clock.schedule(ending.isSaid ? Math.min(graceMs, delayMs) : delayMs, fire);
      const forget = ending.onSaid(hurry);
      return disarm;
    },
  };
}
