/** Figures of one connection, at the moment they are asked for. */
export interface ConnectionStats {
  readonly framesIn: number;
  readonly framesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** RECEIPTs waited for. */
  readonly pendingReceipts: number;
  /** Messages not acknowledged, in the client modes. */
  readonly unacknowledged: number;
  /** Bytes of messages held for consumers. */
  readonly heldBytes: number;
  /** Bytes accepted and not yet taken by the socket. */
  readonly unsentBytes: number;
  /** `send`s among those. */
  readonly unsentSends: number;
  /** How often a method of the observer threw. */
  readonly observerErrors: number;
}
