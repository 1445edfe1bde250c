import { printable } from '../excerpt.js';
import type { ByteRange } from '../types.js';
import { escapeMarkup } from './escape.js';

const WIDTH = 16;

interface Row {
  readonly offset: number;
  /** Each two digits. */
  readonly hex: readonly string[];
  readonly text: readonly string[];
}

function* rows(bytes: Buffer, offset: number): Generator<Row, void, undefined> {
  for (let at = 0; at < bytes.length; at += WIDTH) {
    const part = bytes.subarray(at, at + WIDTH);
    const hex = Array.from(part, (byte) => byte.toString(16).padStart(2, '0'));
    yield { offset: offset + at, hex, text: [...printable(part)] };
  }
}

/** Bytes as offset, hex and text, sixteen a line. */
export function hexDump(bytes: Buffer, offset = 0): string {
  return [...rows(bytes, offset)]
    .map(({ offset: at, hex, text }) => `${pad(at)}  ${hex.join(' ').padEnd(WIDTH * 3)} ${text.join('')}\n`)
    .join('');
}

/** The same as markup, with the offending bytes marked in both columns. */
export function hexMarkup(bytes: Buffer, offset: number, mark: ByteRange | undefined): string {
  const [start, end] = mark ?? [0, 0];
  let at = 0;
  let out = '';
  for (const row of rows(bytes, offset)) {
    const range: ByteRange = [start - at, end - at];
    const blanks = ' '.repeat((WIDTH - row.hex.length) * 3);
    out += `${pad(row.offset)}  ${marked(row.hex, range, ' ')}${blanks}  ${marked(row.text, range, '')}\n`;
    at += WIDTH;
  }
  return out;
}

function pad(offset: number): string {
  return offset.toString(16).padStart(8, '0');
}

function marked(cells: readonly string[], [start, end]: ByteRange, gap: string): string {
  const from = Math.min(Math.max(0, start), cells.length);
  const to = Math.min(Math.max(from, end), cells.length);
  if (from === to) return escapeMarkup(cells.join(gap));
  const inside = `<mark>${escapeMarkup(cells.slice(from, to).join(gap))}</mark>`;
  const parts = [cells.slice(0, from).join(gap), undefined, cells.slice(to).join(gap)];
  return parts
    .map((part) => (part === undefined ? inside : escapeMarkup(part)))
    .filter((part) => part !== '')
    .join(gap);
}
