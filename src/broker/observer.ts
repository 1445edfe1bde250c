import type { Frame } from '../frame/index.js';

/** One connection. */
export interface BrokerConnectionEvent {
  /** Counted from 1. */
  readonly connection: number;
  /** Where it comes from: `host:port`, or what the caller of `open` said. */
  readonly peer: string;
}

/** A frame on a connection. */
export interface BrokerFrameEvent extends BrokerConnectionEvent {
  /** A passcode in it is masked. */
  readonly frame: Frame;
}

/** A connection that has ended. */
export interface BrokerCloseEvent extends BrokerConnectionEvent {
  /** Bytes that came and went. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Watches a broker's traffic. A method that throws is isolated and counted in `stats().observerErrors`. */
export interface BrokerObserver {
  /** A client has come. */
  onOpen?(event: BrokerConnectionEvent): void;
  /** A frame has come from it. */
  onFrameIn?(event: BrokerFrameEvent): void;
  /** What the broker says; trouble that was ordered for the wire (dribble, cut, garbage) comes after this. */
  onFrameOut?(event: BrokerFrameEvent): void;
  /** Bytes that are not STOMP came; `reason` says where and why. */
  onBadFrame?(event: BrokerConnectionEvent & { readonly reason: string }): void;
  /** It has gone. */
  onClose?(event: BrokerCloseEvent): void;
}
