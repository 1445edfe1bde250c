import { findValue, lineEnd, type Span, trimBlanks } from './block.js';
import { fromWire, toWire } from './bytes.js';
import type { Layout, LayoutValue } from './layouts.js';

const ZERO = 0x30;

/**
 * The headers of a frame, looked up when they are asked for: most readers want one or two of eight.
 * Holds the header lines as a part of one wire string, each line ended by LF, exactly as they came.
 */
export class Headers implements Iterable<[name: string, value: string]> {
  /** The lines stand in here, from `#start` to `#end`: cutting them out can wait until somebody wants them all. */
  readonly #text: string;
  readonly #start: number;
  readonly #end: number;
  readonly #unescape: boolean;
  readonly #layout: Layout | undefined;

  /**
   * @internal `text`: wire string that holds, between `start` and `end`, whole lines, each ended by LF (a CR before it
   * counts as part of the EOL). `layout`: where it is known already that values stand in such a block.
   */
  constructor(text: string, unescaped = false, layout?: Layout, start = 0, end = text.length) {
    this.#text = text;
    this.#start = start;
    this.#end = end;
    this.#unescape = unescaped;
    this.#layout = layout;
  }

  get #block(): string {
    return this.#text.slice(this.#start, this.#end);
  }

  /** The value of the first header of that name (P8), without the blanks around it (P6); case-sensitive (P7). */
  get(name: string): string | undefined {
    if (this.#unescape && this.#block.includes('\\')) return this.getAll(name)[0];
    if (this.#layout !== undefined) {
      const { constant, trimmed } = this.#place(this.#layout, name);
      if (constant !== undefined) return constant;
      if (trimmed !== undefined) return this.#cut(trimmed);
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
    const block = this.#block;
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
    return Buffer.from(this.#block, 'latin1');
  }

  /**
   * The bytes behind the colon of the first header of that name, one in each character, untrimmed:
   * what an ACK has to echo as message-id (P31).
   * @internal
   */
  wire(name: string): string | undefined {
    const span = this.span(name);
    return span && this.#cut(span);
  }

  /**
   * @internal The number in a value that is `letter`, if there is to be one, and a number of at most 15 digits, as ids of
   * ours are; 0 for any other, and where it would have to be looked for. No string is made for it.
   */
  serial(name: string, letter: number | undefined): number {
    const place = this.#layout?.value(name)?.trimmed;
    if (place === undefined || place.end - place.start > 15) return 0;
    const text = this.#text;
    const end = this.#start + place.end;
    let at = this.#start + place.start;
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
    return this.#layout === undefined ? findValue(this.#block, name) : this.#place(this.#layout, name).span;
  }

  #place(layout: Layout, name: string): LayoutValue {
    return layout.value(name) ?? layout.findValue(name, this.#block);
  }

  #cut({ start, end }: Span): string {
    return this.#text.slice(this.#start + start, this.#start + end);
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
