/**
 * Every error this library throws or rejects with. Match on `code`; the message is for people.
 * docs/errors.md has a heading for each code.
 */

/** Codes of `ConfigError`. */
export type ConfigErrorCode =
  | 'STOMP_CONFIG_INVALID'
  | 'STOMP_CONFIG_CONFLICT'
  | 'STOMP_CONFIG_UNKNOWN_KEY'
  | 'STOMP_URL_INVALID';

/** Codes of `FrameError`. */
export type FrameErrorCode =
  | 'STOMP_FRAME_NOT_STOMP'
  | 'STOMP_FRAME_BAD_COMMAND'
  | 'STOMP_FRAME_BAD_HEADER'
  | 'STOMP_FRAME_BAD_CONTENT_LENGTH'
  | 'STOMP_FRAME_MISSING_NUL'
  | 'STOMP_FRAME_BAD_BODY'
  | 'STOMP_FRAME_TOO_LARGE'
  | 'STOMP_FRAME_TRUNCATED'
  | 'STOMP_FRAME_PARSER_DEAD';

/** Codes of `TransportError`. */
export type TransportErrorCode =
  | 'STOMP_CONNECT_TIMEOUT'
  | 'STOMP_CONNECT_FAILED'
  | 'STOMP_CONNECT_CLOSED'
  | 'STOMP_TLS_FAILED'
  | 'STOMP_CONNECTION_LOST'
  | 'STOMP_NO_ANSWER';

/** Codes of `SessionError`. */
export type SessionErrorCode =
  | 'STOMP_CONNECT_REFUSED'
  | 'STOMP_UNEXPECTED_FRAME'
  | 'STOMP_SERVER_ERROR'
  | 'STOMP_SUBSCRIBE_REFUSED'
  | 'STOMP_DUPLICATE_SUBSCRIPTION'
  | 'STOMP_RECEIPT_TIMEOUT'
  | 'STOMP_OUTCOME_UNKNOWN'
  | 'STOMP_PUBLISH_REFUSED'
  | 'STOMP_STALE_ACK'
  | 'STOMP_ACK_OUT_OF_ORDER'
  | 'STOMP_TRANSACTION_LOST'
  | 'STOMP_TRANSACTION_ENDED'
  | 'STOMP_COMMIT_UNKNOWN'
  | 'STOMP_READ_BUFFER_FULL'
  | 'STOMP_SEND_BUFFER_FULL'
  | 'STOMP_NOT_CONNECTED'
  | 'STOMP_CLOSED'
  | 'STOMP_ABORTED';

/** Codes of `PoolError`. */
export type PoolErrorCode = 'STOMP_POOL_EMPTY' | 'STOMP_POOL_EXHAUSTED' | 'STOMP_OUTBOX_FULL';

/** All codes of this library. */
export type ErrorCode =
  | ConfigErrorCode
  | FrameErrorCode
  | TransportErrorCode
  | SessionErrorCode
  | PoolErrorCode;

/** The root of every error of this library. */
export abstract class StompError extends Error {
  abstract readonly code: ErrorCode;
}

export interface ConfigErrorDetails {
  /** The option, key or variable as the user wrote it. */
  readonly option: string;
  readonly expected: string;
  /** What was received, as text; `[secret]` where it may hold a passcode. */
  readonly received?: string | undefined;
  /** 1-based line of the file it came from. */
  readonly line?: number | undefined;
}

/** An option, a configuration key or a URL that cannot be used. Never retried. */
export class ConfigError extends StompError {
  override readonly name = 'ConfigError';
  readonly code: ConfigErrorCode;
  readonly option: string;
  readonly expected: string;
  readonly received: string | undefined;
  readonly line: number | undefined;

  constructor(code: ConfigErrorCode, details: ConfigErrorDetails, options?: ErrorOptions) {
    const { option, expected, received, line } = details;
    const where = line === undefined ? '' : ` (line ${line})`;
    const got = received === undefined ? '' : `, received ${received}`;
    super(`${option}${where}: expected ${expected}${got}`, options);
    this.code = code;
    this.option = option;
    this.expected = expected;
    this.received = received;
    this.line = line;
  }
}

export interface FrameErrorDetails {
  /** Offset in the stream of the byte that shows the fault, 0-based. */
  readonly offset?: number | undefined;
  /** What the parser was reading. */
  readonly state?: 'command' | 'headers' | 'body' | 'dead' | undefined;
  /** For STOMP_FRAME_TOO_LARGE: the limit's name, its value and what was met. */
  readonly limit?: { readonly name: string; readonly max: number; readonly actual: number } | undefined;
}

/** Bytes that are not a STOMP frame, or a frame that must not be written. A parser that threw one is dead. */
export class FrameError extends StompError {
  override readonly name = 'FrameError';
  readonly code: FrameErrorCode;
  readonly offset: number | undefined;
  readonly state: FrameErrorDetails['state'];
  readonly limit: FrameErrorDetails['limit'];
  /** The headers of the frame at fault, where its head could be read. */
  headers: { get(name: string): string | undefined } | undefined;

  constructor(code: FrameErrorCode, message: string, details: FrameErrorDetails = {}) {
    super(details.offset === undefined ? message : `${message} (stream offset ${details.offset})`);
    this.code = code;
    this.offset = details.offset;
    this.state = details.state;
    this.limit = details.limit;
  }
}

/** A dial that failed below STOMP, or a connection that ended without being asked to. */
export class TransportError extends StompError {
  override readonly name = 'TransportError';
  readonly code: TransportErrorCode;
  /** `stomp://host:port`, without credentials. */
  readonly endpoint: string;

  constructor(code: TransportErrorCode, endpoint: string, message: string, options?: ErrorOptions) {
    super(`${endpoint}: ${message}`, options);
    this.code = code;
    this.endpoint = endpoint;
  }
}

/** The part of a frame that an error carries: an ERROR frame as the broker sent it. */
export interface ErrorFrame {
  readonly command: string;
  readonly headers: { get(name: string): string | undefined };
  readonly body: Uint8Array;
}

export interface SessionErrorDetails extends ErrorOptions {
  /** The frame that says so: the broker's ERROR, or the one that was not expected. */
  readonly frame?: ErrorFrame | undefined;
  readonly receiptId?: string | undefined;
}

/** Something that went wrong in the conversation with a broker. */
export class SessionError extends StompError {
  override readonly name = 'SessionError';
  readonly code: SessionErrorCode;
  readonly frame: ErrorFrame | undefined;
  readonly receiptId: string | undefined;

  constructor(code: SessionErrorCode, message: string, details: SessionErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.frame = details.frame;
    this.receiptId = details.receiptId;
  }
}

/** One dial that the pool made and lost. */
export interface FailedAttempt {
  /** `stomp://host:port`, without credentials. */
  readonly endpoint: string;
  /** Counts from 1. */
  readonly attempt: number;
  readonly error: StompError;
}

/** The pool has given up. Final: every waiter, iterator and `closed` gets this same error. */
export class PoolError extends StompError {
  override readonly name = 'PoolError';
  readonly code: PoolErrorCode;
  /** The failed attempts since the last stable connection, oldest first; at most the last 100. */
  readonly attempts: readonly FailedAttempt[];

  constructor(code: PoolErrorCode, message: string, attempts: readonly FailedAttempt[] = []) {
    const last = attempts.at(-1)?.error;
    super(message, last === undefined ? undefined : { cause: last });
    this.code = code;
    this.attempts = attempts;
  }
}
