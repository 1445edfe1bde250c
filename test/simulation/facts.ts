import type { Message, Subscription } from '../../src/transport/index.js';
import type { Wire } from './wire.js';

/** One call of `publish`, and what became of it. */
export interface Publish {
  /** Stands at the front of the body. */
  readonly key: string;
  /** Its place among the publishes of its pool. */
  readonly place: number;
  readonly destination: string;
  readonly persistent: boolean;
  readonly body: string;
  readonly at: number;
  /** The broker that gets it ends the connection, every time. */
  readonly deadly: boolean;
  /** Every connection whose bytes it is in, in order. */
  readonly wires: Wire[];
  /** Connections that the other side ended while it was written there and not confirmed, and those on which nothing else was. */
  losses: number;
  lossesAlone: number;
  lostSince: number | undefined;
  aloneSince: number | undefined;
  abortedAt: number | undefined;
  /** A RECEIPT for it has reached the client. */
  confirmed: { readonly wire: Wire; readonly step: number; readonly at: number } | undefined;
  /** An ERROR that names its receipt has reached the client. */
  refused: boolean;
  outcome: 'pending' | 'resolved' | string;
  /** Rejected because consumers held more than they may: before it was sent, or after. */
  readBufferFull: boolean;
  settledStep: number;
}

/** One call of `send`. */
export interface Send {
  readonly key: string;
  readonly place: number;
  wire: Wire | undefined;
}

/** A subscription of a pool. */
export interface Sub {
  readonly handle: Subscription;
  readonly ack: 'auto' | 'client' | 'client-individual';
  /** Takes every message with a handler. */
  readonly handled: boolean;
  /** `unsubscribe` was called, or its loop was left. */
  left: boolean;
}

/** One MESSAGE that has reached a client. */
export interface Delivery {
  readonly wire: Wire;
  readonly sub: string;
  readonly messageId: string;
  readonly key: string;
  /** Its place among those of its connection. */
  readonly place: number;
  readonly ack: Sub['ack'];
  readonly redelivered: boolean;
  /** Its subscription had ended when it came, or was about to. */
  readonly late: boolean;
  message: Message | undefined;
  /** It came while its pool left with all held that may be, and was told of instead (onUnroutable). */
  told: boolean;
  /** `ack` was called and gave true. */
  wanted: boolean;
  /** The transaction of an ACK that is not committed. */
  transaction: string | undefined;
  /** An ACK for it was written. */
  acked: boolean;
}

/** The key of a body made by `bodyOf`. */
export function keyOf(body: string): string {
  return body.slice(0, body.indexOf('|'));
}

/** A body that tells what it is and holds what a careless reader trips over. */
export function bodyOf(key: string, size: number): string {
  return `${key}|\0\n\nSEND\n${'\0MESSAGE\nx:y'.repeat(Math.ceil(size / 12))}`.slice(
    0,
    Math.max(size, key.length + 1),
  );
}
