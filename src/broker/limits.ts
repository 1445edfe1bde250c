import { ConfigError } from '../errors.js';
import type { FrameLimits } from '../frame/index.js';
import { resolveLimits } from '../frame/limits.js';

/** What the broker takes before it refuses. All are on by default; each is a whole number of 1 or more. */
export interface BrokerLimits {
  /** Connections at once; the next one gets an ERROR and is closed. Default 10,000. */
  readonly maxConnections: number;
  /** Subscriptions of one connection. Default 10,000. */
  readonly maxSubscriptions: number;
  /** Open transactions of one connection. Default 1,000. */
  readonly maxTransactions: number;
  /** Messages waiting in one queue, in one transaction, or for one topic subscriber. Default 1,000,000. */
  readonly maxQueueMessages: number;
  /** Bytes of those messages, headers included. Default 268,435,456. */
  readonly maxQueueBytes: number;
  /** Unacknowledged messages of one subscription, unless its SUBSCRIBE says otherwise. Default 1,000. */
  readonly prefetch: number;
  /** From the accept to a whole CONNECT, in milliseconds. Default 30,000. */
  readonly connectTimeoutMs: number;
  /** Frames that `received` remembers. Default 10,000. */
  readonly maxReceivedFrames: number;
  /** Bytes of those frames. Default 16,777,216. */
  readonly maxReceivedBytes: number;
}

/** What holds where nothing else is said. */
export const DEFAULT_BROKER_LIMITS: BrokerLimits = Object.freeze({
  maxConnections: 10_000,
  maxSubscriptions: 10_000,
  maxTransactions: 1_000,
  maxQueueMessages: 1_000_000,
  maxQueueBytes: 268_435_456,
  prefetch: 1_000,
  connectTimeoutMs: 30_000,
  maxReceivedFrames: 10_000,
  maxReceivedBytes: 16_777_216,
});

/** For what the broker says itself: a MESSAGE has a few headers more than the SEND that was within the limits. */
export const UNLIMITED_FRAMES: FrameLimits = Object.freeze({
  maxCommandBytes: 2_147_483_647,
  maxHeaderLineBytes: 2_147_483_647,
  maxHeaders: 2_147_483_647,
  maxBodyBytes: 2_147_483_647,
});

const FRAME_LIMITS = ['maxCommandBytes', 'maxHeaderLineBytes', 'maxHeaders', 'maxBodyBytes'];

/** Limits of the broker and of its frames, in one object. */
export type BrokerLimitsInit = Partial<BrokerLimits> & Partial<FrameLimits>;

/** Fills in the defaults. Throws ConfigError for an unknown name or a value out of range. */
export function resolveBrokerLimits(init: BrokerLimitsInit = {}): {
  broker: BrokerLimits;
  frame: FrameLimits;
} {
  const broker: Record<string, number> = { ...DEFAULT_BROKER_LIMITS };
  const frame: Record<string, number> = {};
  for (const [name, value] of Object.entries(init)) {
    if (value === undefined) continue;
    if (FRAME_LIMITS.includes(name)) frame[name] = value;
    else broker[name] = checked(name, value);
  }
  return { broker: Object.freeze(broker) as unknown as BrokerLimits, frame: resolveLimits(frame) };
}

function checked(name: string, value: number): number {
  const option = `limits.${name}`;
  if (!Object.hasOwn(DEFAULT_BROKER_LIMITS, name)) {
    const known = [...Object.keys(DEFAULT_BROKER_LIMITS), ...FRAME_LIMITS];
    throw new ConfigError('STOMP_CONFIG_UNKNOWN_KEY', { option, expected: `one of ${known.join(', ')}` });
  }
  if (value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value >= 1)) return value;
  throw new ConfigError('STOMP_CONFIG_INVALID', {
    option,
    expected: 'a whole number of 1 or more, or Infinity',
    received: String(value),
  });
}
