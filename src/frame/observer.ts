import type { StompError } from '../errors.js';
import type { Frame } from './frame.js';

/** Where a connection leads, without credentials: `stomp://host:port` or `stomp+ssl://host:port`. */
export type EndpointName = string;

export interface ConnectingEvent {
  readonly endpoint: EndpointName;
  /** Dials since the last stable connection, counted from 1. */
  readonly attempt: number;
}

export interface ConnectedEvent extends ConnectingEvent {
  /** The CONNECTED frame. */
  readonly frame: Frame;
  /** From the dial to CONNECTED. */
  readonly durationMs: number;
}

export interface ConnectFailEvent extends ConnectingEvent {
  readonly error: StompError;
}

export interface DisconnectEvent {
  readonly endpoint: EndpointName;
  /** Undefined when it was asked for. */
  readonly error: StompError | undefined;
}

export interface ReconnectScheduledEvent {
  /** The endpoint to be dialled next. */
  readonly endpoint: EndpointName;
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: StompError;
}

export interface FrameEvent {
  readonly endpoint: EndpointName;
  /** With its offset in the stream of its direction. An outgoing CONNECT has its passcode masked. */
  readonly frame: Frame;
}

export interface BytesEvent {
  readonly endpoint: EndpointName;
  /**
   * The bytes as they passed, also those that never became a frame. Valid during the call only: the buffer is used
   * again. The passcode of a CONNECT is masked by as many `*`.
   */
  readonly bytes: Buffer;
  /** Offset in the stream of its direction. */
  readonly offset: number;
}

export interface ServerErrorEvent extends FrameEvent {
  readonly error: StompError;
}

export interface HandlerErrorEvent {
  /** What the handler threw, or its promise was rejected with. */
  readonly error: unknown;
  readonly destination: string;
}

export interface WarningEvent {
  readonly message: string;
  readonly endpoint?: EndpointName | undefined;
  readonly error?: unknown;
}

/**
 * A tap. Every method is optional and called synchronously with one plain object; it should be quick and must
 * not throw (if it does, it is isolated, counted in `stats().observerErrors` and reported to `onWarning`).
 * No event holds a passcode.
 */
export interface Observer {
  onConnecting?(event: ConnectingEvent): void;
  onConnected?(event: ConnectedEvent): void;
  /** A dial that did not get as far as CONNECTED. */
  onConnectFail?(event: ConnectFailEvent): void;
  /** A connection ended, by loss or on request. */
  onDisconnect?(event: DisconnectEvent): void;
  onReconnectScheduled?(event: ReconnectScheduledEvent): void;
  onFrameIn?(event: FrameEvent): void;
  onFrameOut?(event: FrameEvent): void;
  onBytesIn?(event: BytesEvent): void;
  onBytesOut?(event: BytesEvent): void;
  /** An ERROR frame after CONNECTED. */
  onServerError?(event: ServerErrorEvent): void;
  /** A frame nobody waits for: a MESSAGE without a subscription, a RECEIPT that was not asked for. */
  onUnroutable?(event: FrameEvent): void;
  /** A message handler threw. Without this method the error surfaces as in any Node callback. */
  onHandlerError?(event: HandlerErrorEvent): void;
  onWarning?(event: WarningEvent): void;
}
