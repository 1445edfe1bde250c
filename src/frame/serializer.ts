import { FrameError } from '../errors.js';
import { toWire } from './bytes.js';
import { Headers } from './headers.js';

/** A header's value. Bytes are written as they are (an echoed message-id); undefined leaves the header out. */
export type HeaderValue = string | number | boolean | Uint8Array | undefined;

/** Headers to write, in this order: an object, or pairs where names repeat. */
export type HeadersInit = Readonly<Record<string, HeaderValue>> | Iterable<readonly [string, HeaderValue]>;

/** A body to write; a string is written as UTF-8. */
export type BodyInit = string | Uint8Array;

/** A frame that is to be written. */
export interface FrameInit {
  readonly command: string;
  readonly headers?: HeadersInit | undefined;
  readonly body?: BodyInit | undefined;
  /** False leaves content-length out (ActiveMQ makes a text message of that); the body must then hold no NUL (P15). */
  readonly contentLength?: boolean | undefined;
}

const FORBIDDEN_IN_VALUE = /[\r\n\0]/;
const FORBIDDEN_IN_NAME = /[\r\n\0:]/;

/**
 * One frame as bytes, ended by a bare NUL (P2). `content-length` counts bytes and is written after the other
 * headers with every body that is not empty, unless it is among them (P13). Throws FrameError for what 1.0 cannot
 * carry, and for a content-length that is not the body's (P12).
 */
export function encodeFrame(frame: FrameInit): Buffer {
  const { command, body = '' } = frame;
  const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  const lines = encodeHeaders(frame.headers ?? {});
  const length = hasContentLength(lines, bodyBytes) ? '' : bodyHeaders(body, bodyBytes, frame.contentLength);
  const head = `${encodeCommand(command)}\n${lines}${length}\n`;
  const bytes = Buffer.allocUnsafe(head.length + bodyBytes + 1);
  bytes.write(head, 'latin1');
  if (typeof body === 'string') bytes.write(body, head.length, 'utf8');
  else bytes.set(body, head.length);
  bytes[bytes.length - 1] = 0;
  return bytes;
}

/** Whether the headers say it themselves. A reader that trusts another number would take the body for frames. */
function hasContentLength(lines: string, bodyBytes: number): boolean {
  const said = new Headers(lines).getAll('content-length');
  for (const value of said) {
    if (/^[0-9]+$/.test(value) && Number(value) === bodyBytes) continue;
    throw new FrameError(
      'STOMP_FRAME_BAD_CONTENT_LENGTH',
      `content-length ${value}: the body has ${bodyBytes} bytes`,
    );
  }
  return said.length > 0;
}

function encodeCommand(command: string): string {
  if (/^[A-Za-z][A-Za-z0-9_.-]*$/.test(command)) return command;
  throw new FrameError('STOMP_FRAME_BAD_COMMAND', `${JSON.stringify(command.slice(0, 32))} is not a command`);
}

/** Header lines as one wire string, each ended by LF. */
export function encodeHeaders(headers: HeadersInit): string {
  let lines = '';
  const pairs = Symbol.iterator in headers ? headers : Object.entries(headers);
  for (const [name, value] of pairs) if (value !== undefined) lines += encodeHeader(name, value);
  return lines;
}

/** One header line as a wire string. The value is not named in the error: it may be a passcode. */
export function encodeHeader(name: string, value: Exclude<HeaderValue, undefined>): string {
  if (name === '' || FORBIDDEN_IN_NAME.test(name)) {
    const what = name === '' ? 'a header has no name' : 'a name holds CR, LF, NUL or a colon';
    throw new FrameError('STOMP_FRAME_BAD_HEADER', `${what}: ${JSON.stringify(name.slice(0, 64))}`);
  }
  const wire = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : toWire(String(value));
  if (FORBIDDEN_IN_VALUE.test(wire)) {
    throw new FrameError('STOMP_FRAME_BAD_HEADER', `the value of ${name} holds CR, LF or NUL`);
  }
  return `${toWire(name)}:${wire}\n`;
}

/** The content-length line that a body asks for, or none. */
export function bodyHeaders(body: BodyInit, bodyBytes: number, contentLength = true): string {
  if (bodyBytes === 0) return '';
  if (contentLength) return `content-length:${bodyBytes}\n`;
  if (typeof body === 'string' ? body.includes('\0') : body.includes(0)) {
    throw new FrameError('STOMP_FRAME_BAD_BODY', 'a body that holds a NUL needs its content-length');
  }
  return '';
}
