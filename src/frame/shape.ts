import { findValue, type Span, trimBlanks } from './block.js';
import { fromWire, LF } from './bytes.js';

/** Names whose place is remembered: so few are found faster in a list than in a map. */
const MAX_NAMES = 16;

/** Where a header's value stands in every block of a shape. */
export interface ShapeValue {
  /** As it stands on the wire; undefined where there is no such header. */
  readonly span: Span | undefined;
  /** Without the blanks around it; undefined also where it has bytes beyond ASCII. */
  readonly trimmed: Span | undefined;
  /** That value itself, where it is the same in all frames of the shape. */
  readonly constant: string | undefined;
}

/**
 * The header lines that frames of a layout share at one time: which bytes differ, where values stand. It never changes;
 * a layout that takes another byte in gets another shape, and the headers of frames that came before keep theirs.
 */
export class Shape {
  readonly command: string;
  /** Bytes from the command to the blank line, both included. */
  readonly length: number;
  /** The header lines of one of the frames. */
  readonly block: string;
  /** Lines with bytes that differ lie between these places of the block; no other line differs. */
  readonly from: number;
  readonly to: number;
  /** Whether there may be escapes outside of those lines, or were in them once. */
  readonly hasBackslash: boolean;
  /** For each byte of the block, whether it differs. */
  readonly #open: Uint8Array;
  readonly #names: string[] = [];
  /** Of the names, in the same order. */
  readonly #values: ShapeValue[] = [];

  /** `length`: of the whole head. `open`: for each byte of the block, whether it differs; it is copied. */
  constructor(command: string, length: number, block: Buffer, open: Uint8Array) {
    this.command = command;
    this.length = length;
    this.block = block.toString('latin1');
    this.hasBackslash = this.block.includes('\\');
    this.#open = Uint8Array.from(open);
    const last = open.lastIndexOf(1);
    this.from = last < 0 ? 0 : block.lastIndexOf(LF, open.indexOf(1)) + 1;
    this.to = last < 0 ? 0 : block.indexOf(LF, last) + 1;
  }

  /** Where the value of a header stands in the block of any frame of this shape. */
  value(name: string): ShapeValue {
    const names = this.#names;
    for (let i = 0; i < names.length; i++) if (names[i] === name) return this.#values[i]!;
    return this.#findValue(name);
  }

  #findValue(name: string): ShapeValue {
    const span = findValue(this.block, name);
    const trimmed = span && this.#trimmed(span);
    const value = { span, trimmed, constant: trimmed && this.#constant(trimmed) };
    if (this.#names.length < MAX_NAMES) {
      this.#names.push(name);
      this.#values.push(value);
    }
    return value;
  }

  /** Open bytes are neither blank nor beyond ASCII, so what holds of the others holds of the value. */
  #trimmed({ start, end }: Span): Span | undefined {
    const text = this.block.slice(start, end);
    if (fromWire(text) !== text) return undefined;
    const trimmed = trimBlanks(text);
    const from = trimmed === '' ? start : start + text.indexOf(trimmed);
    return { start: from, end: from + trimmed.length };
  }

  #constant({ start, end }: Span): string | undefined {
    return this.#open.subarray(start, end).includes(1) ? undefined : this.block.slice(start, end);
  }
}
