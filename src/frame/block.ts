import { COLON, LF, SPACE, TAB, toWire } from './bytes.js';

/** Where a value stands in a header block. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where the value of the first header of that name stands in a header block. */
export function findValue(block: string, name: string): Span | undefined {
  const key = toWire(name);
  if (key === '' || key.includes(':')) return undefined;
  for (let at = block.indexOf(key); at >= 0; at = block.indexOf(key, at + key.length)) {
    if (!startsLine(block, at)) continue;
    const after = skipBlanks(block, at + key.length);
    const end = lineEnd(block, after, block.indexOf('\n', after));
    if (block.charCodeAt(after) === COLON) return { start: after + 1, end };
    if (after === end) return { start: end, end }; // a line without a colon
  }
  return undefined;
}

function startsLine(block: string, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && isBlank(block.charCodeAt(before))) before--;
  return before < 0 || block.charCodeAt(before) === LF;
}

function skipBlanks(block: string, from: number): number {
  let at = from;
  while (isBlank(block.charCodeAt(at))) at++;
  return at;
}

/** Where the line that ends with the LF at `lf` ends without its CR, if it has one (P5). */
export function lineEnd(block: string, start: number, lf: number): number {
  return lf > start && block[lf - 1] === '\r' ? lf - 1 : lf;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

/** Without the blanks around it (P6). */
export function trimBlanks(wire: string): string {
  let start = 0;
  let end = wire.length;
  while (start < end && isBlank(wire.charCodeAt(start))) start++;
  while (end > start && isBlank(wire.charCodeAt(end - 1))) end--;
  return start === 0 && end === wire.length ? wire : wire.slice(start, end);
}
