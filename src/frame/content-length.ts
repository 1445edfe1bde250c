import { FrameError } from '../errors.js';
import { type Span, trimBlanks } from './block.js';
import type { Headers } from './headers.js';

const NAME = 'content-length';

export interface ContentLength {
  readonly value: number;
  /** Where its digits stand in the header block; undefined where it is said twice. */
  readonly digits: Span | undefined;
}

/**
 * What the header block says about the body's size; undefined where it says nothing (P13).
 * Digits only, with blanks around them; two that differ are refused (P14).
 */
export function readContentLength(
  headers: Headers,
  block: string,
  blockOffset: number,
): ContentLength | undefined {
  const at = block.indexOf(NAME);
  if (at < 0) return undefined;
  const span = headers.span(NAME);
  if (span === undefined) return undefined; // part of another name, or of a value
  const first = block.slice(span.start, span.end);
  const offset = blockOffset + block.lastIndexOf(NAME, span.start);
  const value = parseDigits(first, offset);
  if (block.indexOf(NAME, at + NAME.length) < 0) {
    const start = span.start + first.length - first.trimStart().length;
    return { value, digits: { start, end: start + first.trim().length } };
  }
  for (const other of headers.getAll(NAME)) {
    if (parseDigits(other, offset) !== value) throw refuse(`two that differ: ${first} and ${other}`, offset);
  }
  return { value, digits: undefined };
}

function parseDigits(wire: string, offset: number): number {
  const digits = trimBlanks(wire);
  if (!/^[0-9]+$/.test(digits)) {
    throw refuse(`digits expected, received ${JSON.stringify(digits.slice(0, 32))}`, offset);
  }
  return Number(digits);
}

function refuse(why: string, offset: number): FrameError {
  return new FrameError('STOMP_FRAME_BAD_CONTENT_LENGTH', `content-length: ${why}`, {
    offset,
    state: 'headers',
  });
}
