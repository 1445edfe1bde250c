/** The reconnect law: ReconnectOptions, checked and complete (docs/options.md). */
export interface ReconnectLaw {
  readonly initialReconnectDelayMs: number;
  readonly maxReconnectDelayMs: number;
  readonly useExponentialBackOff: boolean;
  readonly backOffMultiplier: number;
  readonly maxReconnectAttempts: number;
  /** Undefined: every host is tried once. */
  readonly startupMaxReconnectAttempts: number | undefined;
  readonly jitter: number;
  readonly stableAfterMs: number;
}

/** What the delay depends on. */
export type DelayLaw = Pick<
  ReconnectLaw,
  'initialReconnectDelayMs' | 'maxReconnectDelayMs' | 'useExponentialBackOff' | 'backOffMultiplier' | 'jitter'
>;

/** What giving up depends on. */
export type RetryLimits = Pick<ReconnectLaw, 'maxReconnectAttempts' | 'startupMaxReconnectAttempts'>;

/**
 * Milliseconds to wait before a dial. `steps` is what Failures counts; `random` gives a number from 0 up to 1, and is
 * asked once where there is a delay. The jitter only ever shortens, so the maximum holds.
 */
export function backoffDelay(law: DelayLaw, steps: number, random: () => number): number {
  const whole = steps <= 0 ? 0 : wholeDelay(law, steps);
  return whole === 0 ? 0 : whole * (1 - law.jitter * random());
}

function wholeDelay(law: DelayLaw, steps: number): number {
  const { initialReconnectDelayMs: initial, maxReconnectDelayMs: max } = law;
  // Zero first: a power that has grown to Infinity, times 0, is no number.
  if (initial === 0 || !law.useExponentialBackOff) return initial;
  return Math.min(max, initial * law.backOffMultiplier ** (steps - 1));
}

/** Whether there is another dial after so many failures, or the pool gives up. */
export function mayRetry(
  limits: RetryLimits,
  failures: number,
  everConnected: boolean,
  hostCount: number,
): boolean {
  const { maxReconnectAttempts, startupMaxReconnectAttempts = hostCount - 1 } = limits;
  return failures <= (everConnected ? maxReconnectAttempts : startupMaxReconnectAttempts);
}

/** The count after a connection was lost: a stable one starts it afresh, one that died young is one more failure. */
export function failuresAfterLoss(failures: number, aliveMs: number, stableAfterMs: number): number {
  return aliveMs >= stableAfterMs ? 0 : failures + 1;
}
