import { FrameError } from '../errors.js';

/** Ruby's `Base64.encode64` breaks lines here; 45 bytes give 60 characters. */
const LINE = 60;
const LF = 0x0a;

const JUNK = 0;
const LETTER = 1;
const BLANK = 2;
const PADDING = 3;
const KINDS = byteKinds();

function byteKinds(): Uint8Array {
  const kinds = new Uint8Array(256).fill(JUNK);
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  for (const byte of Buffer.from(letters)) kinds[byte] = LETTER;
  for (const byte of Buffer.from(' \t\n\v\f\r')) kinds[byte] = BLANK;
  kinds[0x3d] = PADDING;
  return kinds;
}

/**
 * `plugin.stomp.base64`, out: byte for byte what Ruby's `Base64.encode64` gives. Lines of 60 characters, a newline
 * after each, also after the last; an empty body stays empty.
 */
export function encodeBase64(body: Uint8Array): Buffer {
  const letters = Buffer.from(
    Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64'),
    'latin1',
  );
  const lines = Math.ceil(letters.length / LINE);
  const wrapped = Buffer.allocUnsafe(letters.length + lines);
  let at = 0;
  for (let start = 0; start < letters.length; start += LINE) {
    at += letters.copy(wrapped, at, start, start + LINE);
    wrapped[at++] = LF;
  }
  return wrapped;
}

/**
 * `plugin.stomp.base64`, in. Tolerant of line breaks of any kind and width, of blanks and of missing padding.
 * Anything else was not written by a base64 sender: FrameError `STOMP_FRAME_BAD_BODY`, whose message names the
 * offset in the body. The most likely cause is a sender without `plugin.stomp.base64`.
 */
export function decodeBase64(body: Uint8Array): Buffer {
  checkBase64(body);
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  return Buffer.from(text, 'base64');
}

function checkBase64(body: Uint8Array): void {
  let letters = 0;
  let padding = 0;
  for (let offset = 0; offset < body.length; offset++) {
    const kind = KINDS[body[offset]!];
    if (kind === BLANK) continue;
    if (kind === JUNK) throw bad(offset, `byte 0x${hex(body[offset]!)} is not in the alphabet`);
    if (kind === LETTER && padding > 0) throw bad(offset, 'more follows the padding');
    if (kind === LETTER) letters++;
    else if (++padding > 2) throw bad(offset, 'a third character of padding');
  }
  if (letters % 4 === 1) throw bad(body.length, 'it ends within a group of four');
  if (letters % 4 === 0 && padding > 0) throw bad(body.length, 'padding after a whole group of four');
}

function bad(offset: number, what: string): FrameError {
  return new FrameError('STOMP_FRAME_BAD_BODY', `base64 body, offset ${offset}: ${what}`);
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
