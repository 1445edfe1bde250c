import type { FrameErrorCode } from '../../../src/errors.js';
import type { ParserOptions } from '../../../src/frame/index.js';

export interface ExpectedFrame {
  readonly command: string;
  /** As they come when iterated: every line, in order, trimmed. */
  readonly headers?: ReadonlyArray<readonly [string, string]>;
  /** A string stands for its UTF-8 bytes. */
  readonly body?: string | Buffer;
  /** Default 0. */
  readonly offset?: number;
  /** Default: up to the last NUL of the wire. */
  readonly byteLength?: number;
  /** What `headers.get` gives for some names. */
  readonly get?: ReadonlyArray<readonly [name: string, value: string | undefined]>;
  /** What `headers.raw` holds. */
  readonly raw?: string | Buffer;
}

/** Bytes, written by hand, and what a parser has to make of them. */
export interface Vector {
  readonly name: string;
  /** The point of docs/protocol.md that this row shows. */
  readonly point: `P${number}`;
  /** A string stands for its UTF-8 bytes. */
  readonly wire: string | Buffer;
  readonly options?: ParserOptions;
  /** The frames that are delivered; for a bad row, those before the fault. */
  readonly frames?: readonly ExpectedFrame[];
  /** A good row has none. */
  readonly code?: FrameErrorCode;
  readonly offset?: number;
}
