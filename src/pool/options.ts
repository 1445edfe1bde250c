import { LONGEST_MS, type NumberRange } from '../transport/check.js';
import type { EndpointInit } from '../transport/endpoint.js';
import type { ConnectionOptions } from '../transport/options.js';

/** The reconnect law (docs/options.md). Every delay is in milliseconds. */
export interface ReconnectOptions {
  /** Before the second dial in a row. 0 or more. Default 10. */
  readonly initialReconnectDelayMs?: number | undefined;
  /** No delay is longer. At least the initial one. Default 30,000. */
  readonly maxReconnectDelayMs?: number | undefined;
  /** False keeps every delay at the initial one. Default true. */
  readonly useExponentialBackOff?: boolean | undefined;
  /** Each delay is the one before times this. 1 or more. Default 2. */
  readonly backOffMultiplier?: number | undefined;
  /** Failed attempts after the first dial, over all hosts, before the pool gives up. Default Infinity. */
  readonly maxReconnectAttempts?: number | undefined;
  /** The same until the first CONNECTED. By default every host is tried once. */
  readonly startupMaxReconnectAttempts?: number | undefined;
  /** Shuffle the hosts before the first dial and in each round. Default false. */
  readonly randomize?: boolean | undefined;
  /** How much of a delay is left to chance: 0 (none) to 1. Default 0.5. */
  readonly jitter?: number | undefined;
  /** A connection that ends sooner counts as a failed attempt. 0 or more. Default 5,000. */
  readonly stableAfterMs?: number | undefined;
  /** Silence after which the broker is asked for a sign of life (a RECEIPT). More than 0; undefined is off. Default undefined. */
  readonly probeIntervalMs?: number | undefined;
  /** How long that sign may take before the connection counts as lost. More than 0. Default 5,000. */
  readonly probeTimeoutMs?: number | undefined;
}

/** All options of a pool but its hosts. docs/options.md has unit, range and default of each. */
export interface PoolOptions extends ReconnectOptions, ConnectionOptions {
  /** How long `publish` and `subscription.ready` wait for a live connection. More than 0. Default Infinity. */
  readonly timeoutMs?: number | undefined;
  /** Keep a second connection at hand, to the next host. Default false. */
  readonly backup?: boolean | undefined;
  /** Bytes of publications that are not confirmed; beyond, `publish` waits for room. 1 or more. Default 16,777,216. */
  readonly maxOutboxBytes?: number | undefined;
  /** The same in messages. 1 or more. Default 131,072. */
  readonly maxOutboxMessages?: number | undefined;
  /** Name of a header, with the value 1, for what is sent again and may be a duplicate. Default: none. */
  readonly resendHeader?: string | undefined;
  /**
   * How long to stay with a broker that answers others, but not this connection: a memory alarm, a full store, or a
   * path that lost it. 0 leaves at once. 0 or more, or Infinity. Default 300,000.
   */
  readonly leaveBlockedAfterMs?: number | undefined;
  /**
   * While a broker cannot be reached: over how long a publication must have ended connections alone before it is
   * refused. Its queue may be on that broker. 0 or more, or Infinity. Default 30,000.
   */
  readonly refuseAfterMs?: number | undefined;
  /** A random number from 0 up to 1. Default Math.random. */
  readonly random?: (() => number) | undefined;
}

/** What `connect()` takes in place of a URL. */
export interface ConnectOptions extends PoolOptions {
  /** The places to dial, in order of preference; at least one. */
  readonly hosts: readonly EndpointInit[];
}

const ATTEMPTS: NumberRange = { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true, orInfinity: true };
const DELAY: NumberRange = { min: 0, max: LONGEST_MS };
const TIMEOUT: NumberRange = { min: 0, above: true, max: LONGEST_MS };
const COUNT: NumberRange = { min: 1, max: Number.MAX_SAFE_INTEGER, whole: true };

/** What each number among the pool's own options may be. */
export const POOL_RANGES = Object.freeze({
  initialReconnectDelayMs: DELAY,
  maxReconnectDelayMs: DELAY,
  backOffMultiplier: { min: 1 },
  maxReconnectAttempts: ATTEMPTS,
  startupMaxReconnectAttempts: ATTEMPTS,
  jitter: { min: 0, max: 1 },
  stableAfterMs: DELAY,
  probeIntervalMs: TIMEOUT,
  probeTimeoutMs: TIMEOUT,
  timeoutMs: { ...TIMEOUT, orInfinity: true },
  maxOutboxBytes: COUNT,
  maxOutboxMessages: COUNT,
  leaveBlockedAfterMs: { ...DELAY, orInfinity: true },
  refuseAfterMs: { ...DELAY, orInfinity: true },
}) satisfies Readonly<Partial<Record<keyof PoolOptions, NumberRange>>>;
