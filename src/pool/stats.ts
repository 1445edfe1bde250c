import type { ConnectionStats } from '../transport/stats.js';

/** Figures of a pool, at the moment they are asked for. */
export interface PoolStats {
  /** Connections made so far, the first included. */
  readonly connections: number;
  /** `send`s that were in our hands when their connection, or the pool, ended. What the socket had taken is not known. */
  readonly lostSends: number;
  /** What waits for a connection. */
  readonly waiting: number;
  /** Publications that are not confirmed, and the bytes they keep in memory. */
  readonly unconfirmed: number;
  readonly unconfirmedBytes: number;
  readonly subscriptions: number;
  /** Bytes of messages held for consumers. */
  readonly heldBytes: number;
  /** How often a method of the observer threw. */
  readonly observerErrors: number;
  /** Of the live connection, if there is one. */
  readonly connection: ConnectionStats | undefined;
}
