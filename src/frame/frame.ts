import type { Headers } from './headers.js';

/** One frame as it was read: immutable, and independent of the buffers it was read from. */
export class Frame {
  /** As it stood on the wire; the commands of STOMP 1.0 are upper case, others are delivered too (P3). */
  readonly command: string;
  readonly headers: Headers;
  /** The body's bytes; empty where there is none. */
  readonly body: Buffer;
  /** Where the first byte of the command stood in the stream, 0-based. */
  readonly offset: number;
  /** Bytes from the command to the NUL, both included. */
  readonly byteLength: number;

  /** @internal */
  constructor(command: string, headers: Headers, body: Buffer, offset: number, byteLength: number) {
    this.command = command;
    this.headers = headers;
    this.body = body;
    this.offset = offset;
    this.byteLength = byteLength;
  }
}
