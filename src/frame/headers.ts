import { findValue, lineEnd, type Span, trimBlanks } from './block.js';
import { fromWire, toWire } from './bytes.js';
import type { Shape } from './shape.js';

const ZERO = 0x30;

/**
 * The headers of a frame, looked up when they are asked for: most readers want one or two of eight.
 * Holds the header lines exactly as they came, each ended by LF: as one wire string, or as the lines in which it
 * differs from other frames of its shape, in a text that it shares with them.
 */
export class Headers implements Iterable<[name: string, value: string]> {
  readonly #text: string;
  readonly #unescape: boolean;
  readonly #shape: Shape | undefined;
  /** What stands at a place of the block, between `from` and `to` of the shape, stands so much further on in the text. */
  readonly #shift: number;

  /**
   * @internal `text`: wire string of whole lines, each ended by LF (a CR before it counts as part of the EOL). With a
   * shape it holds those in which frames of that shape differ, `shift` further on than in the block.
   */
  constructor(text: string, unescaped = false, shape?: Shape, shift = 0) {
    this.#text = text;
    this.#unescape = unescaped;
    this.#shape = shape;
    this.#shift = shift;
  }

  /** The header lines, as a wire string. */
  #block(): string {
    const shape = this.#shape;
    if (shape === undefined) return this.#text;
    return shape.block.slice(0, shape.from) + this.#open(shape) + shape.block.slice(shape.to);
  }

  /** The lines that differ from other frames of the shape. */
  #open(shape: Shape): string {
    return this.#text.slice(this.#shift + shape.from, this.#shift + shape.to);
  }

  /** The value of the first header of that name (P8), without the blanks around it (P6); case-sensitive (P7). */
  get(name: string): string | undefined {
    if (this.#unescape && this.#hasBackslash()) return this.getAll(name)[0];
    const shape = this.#shape;
    if (shape !== undefined) {
      const { constant, trimmed } = shape.value(name);
      if (constant !== undefined) return constant;
      if (trimmed !== undefined) return this.#cut(shape, trimmed);
    }
    const value = this.wire(name);
    return value === undefined ? undefined : fromWire(trimBlanks(value));
  }

  /** Whether there is such a header, whatever its value. */
  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** The values of all headers of that name, in the order of the frame. */
  getAll(name: string): string[] {
    const wanted = fromWire(toWire(name));
    return [...this].filter(([key]) => key === wanted).map(([, value]) => value);
  }

  /** Name and value of every line, in order, trimmed. A line without a colon is a name with an empty value (P10). */
  *[Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    const block = this.#block();
    for (let start = 0; start < block.length; ) {
      const end = block.indexOf('\n', start);
      const line = block.slice(start, lineEnd(block, start, end));
      const colon = line.indexOf(':');
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1);
      yield [this.#decode(trimBlanks(name)), this.#decode(trimBlanks(value))];
      start = end + 1;
    }
  }

  /** The header lines as they stood on the wire, each with its EOL. */
  get raw(): Buffer {
    return Buffer.from(this.#block(), 'latin1');
  }

  /**
   * The bytes behind the colon of the first header of that name, one in each character, untrimmed:
   * what an ACK has to echo as message-id (P31).
   * @internal
   */
  wire(name: string): string | undefined {
    const span = this.span(name);
    if (span === undefined) return undefined;
    const shape = this.#shape;
    return shape === undefined ? this.#text.slice(span.start, span.end) : this.#cut(shape, span);
  }

  /**
   * @internal The number in a value that is `letter`, if there is to be one, and a number of at most 15 digits, as ids of
   * ours are; 0 for any other, and where it would have to be looked for. No string is made for it.
   */
  serial(name: string, letter: number | undefined): number {
    const value = this.#shape?.value(name);
    const place = value?.trimmed;
    if (place === undefined || place.end - place.start > 15) return 0;
    const { constant } = value!;
    const text = constant ?? this.#text;
    const shift = constant === undefined ? this.#shift : -place.start;
    const end = shift + place.end;
    let at = shift + place.start;
    if (letter !== undefined && text.charCodeAt(at++) !== letter) return 0;
    if (text.charCodeAt(at) === ZERO) return 0;
    let number = 0;
    for (; at < end; at++) {
      const digit = text.charCodeAt(at) - ZERO;
      if (digit < 0 || digit > 9) return 0;
      number = number * 10 + digit;
    }
    return number;
  }

  /** @internal Where that stands in the block. */
  span(name: string): Span | undefined {
    return this.#shape === undefined ? findValue(this.#text, name) : this.#shape.value(name).span;
  }

  #cut({ block, from, to }: Shape, { start, end }: Span): string {
    if (start < from || end > to) return block.slice(start, end);
    return this.#text.slice(this.#shift + start, this.#shift + end);
  }

  #hasBackslash(): boolean {
    const shape = this.#shape;
    if (shape === undefined) return this.#text.includes('\\');
    return shape.hasBackslash || this.#open(shape).includes('\\');
  }

  #decode(wire: string): string {
    return fromWire(this.#unescape && wire.includes('\\') ? unescapeWire(wire) : wire);
  }

  toJSON(): Array<[string, string]> {
    return [...this].map(hidePasscode);
  }

  [Symbol.for('nodejs.util.inspect.custom')](): Record<string, string> {
    const shown = new Map<string, string>();
    for (const [name, value] of this.toJSON()) if (!shown.has(name)) shown.set(name, value);
    return Object.fromEntries(shown);
  }
}

function hidePasscode([name, value]: [string, string]): [string, string] {
  return [name, name === 'passcode' ? '[secret]' : value];
}

const ESCAPES: Readonly<Record<string, string>> = { '\\n': '\n', '\\r': '\r', '\\c': ':', '\\\\': '\\' };

/** One pass, so that `\\n` (a backslash and an n) stays what it is; what is no escape stays as it stands (P9). */
function unescapeWire(wire: string): string {
  return wire.replace(/\\[nrc\\]/g, (pair) => ESCAPES[pair] ?? pair);
}
