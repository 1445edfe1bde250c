import type { AckLedger } from './acks.js';
import type { Flow } from './flow.js';
import type { Link } from './link.js';
import type { Receipts } from './receipts.js';
import type { Tap } from './tap.js';

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

interface Counted {
  readonly link: Link;
  readonly receipts: Receipts;
  readonly ledger: AckLedger;
}

export function statsOf({ link, receipts, ledger }: Counted, flow: Flow, tap: Tap): ConnectionStats {
  return {
    framesIn: link.framesIn,
    framesOut: link.framesOut,
    bytesIn: link.bytesIn,
    bytesOut: link.bytesOut,
    pendingReceipts: receipts.size,
    unacknowledged: ledger.size,
    heldBytes: flow.heldBytes,
    unsentBytes: link.output.pendingBytes,
    unsentSends: link.output.pendingSends,
    observerErrors: tap.errors,
  };
}
