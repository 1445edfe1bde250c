import type { StompError } from '../errors.js';
import type { Frame } from './frame.js';

/** Where a connection leads, without credentials: `stomp://host:port` or `stomp+ssl://host:port`. */
export type EndpointName = string;

/** A dial that begins. */
export interface ConnectingEvent {
  readonly endpoint: EndpointName;
  /** Dials since the last stable connection, counted from 1. */
  readonly attempt: number;
}

/** A dial that led to CONNECTED. */
export interface ConnectedEvent extends ConnectingEvent {
  /** The CONNECTED frame. */
  readonly frame: Frame;
  /** From the dial to CONNECTED. */
  readonly durationMs: number;
}

/** A dial that failed before CONNECTED. */
export interface ConnectFailEvent extends ConnectingEvent {
  readonly error: StompError;
}

/** A connection that ended after CONNECTED. */
export interface DisconnectEvent {
  readonly endpoint: EndpointName;
  /** Undefined when it was asked for. */
  readonly error: StompError | undefined;
}

/** A dial that is planned. */
export interface ReconnectScheduledEvent {
  /** The endpoint to be dialled next. */
  readonly endpoint: EndpointName;
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: StompError;
}

/** A frame that came or went. */
export interface FrameEvent {
  readonly endpoint: EndpointName;
  /** With its offset in the stream of its direction. An outgoing CONNECT has its passcode masked. */
  readonly frame: Frame;
}

/** A chunk that came or went. */
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

/** An ERROR frame. */
export interface ServerErrorEvent extends FrameEvent {
  readonly error: StompError;
}

/** A user's handler that failed. */
export interface HandlerErrorEvent {
  /** What the handler threw, or its promise was rejected with. */
  readonly error: unknown;
  readonly destination: string;
}

/** What is not as it should be, and ends nothing. */
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
  /** A dial begins. */
  onConnecting?(event: ConnectingEvent): void;
  /** A dial has led to CONNECTED. */
  onConnected?(event: ConnectedEvent): void;
  /** A dial that did not get as far as CONNECTED. */
  onConnectFail?(event: ConnectFailEvent): void;
  /** A connection ended, by loss or on request. */
  onDisconnect?(event: DisconnectEvent): void;
  /** The next dial is planned, perhaps at once. */
  onReconnectScheduled?(event: ReconnectScheduledEvent): void;
  /** A whole frame has come. */
  onFrameIn?(event: FrameEvent): void;
  /** A frame is handed to the socket. */
  onFrameOut?(event: FrameEvent): void;
  /** A chunk has come, before it is read. */
  onBytesIn?(event: BytesEvent): void;
  /** A chunk is handed to the socket. */
  onBytesOut?(event: BytesEvent): void;
  /** An ERROR frame after CONNECTED. */
  onServerError?(event: ServerErrorEvent): void;
  /**
   * A frame nobody waits for: a MESSAGE without a subscription, or beyond `maxBufferedBytes` while we leave; a RECEIPT
   * that was not asked for.
   */
  onUnroutable?(event: FrameEvent): void;
  /** A message handler threw. Without this method the error surfaces as in any Node callback. */
  onHandlerError?(event: HandlerErrorEvent): void;
  /** Something is not as it should be, and ends nothing. */
  onWarning?(event: WarningEvent): void;
}
