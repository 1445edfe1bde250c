import type { AckMode } from './subscription.js';

/** `waiting` for CONNECT, `open`, `closing` (says its last words, reads no more), `closed`. */
export type SessionState = 'waiting' | 'open' | 'closing' | 'closed';

/** One connection of a broker, for those who look on. */
export interface BrokerConnection {
  /** Counted from 1. */
  readonly id: number;
  /** Where it comes from: `host:port`, or what the caller of `open` said. */
  readonly peer: string;
  readonly state: SessionState;
  /** As CONNECT gave it. */
  readonly login: string | undefined;
  /** Bytes that came. */
  readonly bytesIn: number;
  /** Bytes that went. */
  readonly bytesOut: number;
  /** What it is subscribed to. */
  readonly subscriptions: ReadonlyArray<{
    readonly destination: string;
    readonly ack: AckMode;
    readonly unacknowledged: number;
  }>;
  /** Drops it at once, without a word. What it had not acknowledged goes back to its queue. */
  cut(): void;
}
