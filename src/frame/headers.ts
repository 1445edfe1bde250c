import { COLON, fromWire, LF, SPACE, TAB, toWire } from './bytes.js';

/**
 * The headers of a frame, looked up when they are asked for: most readers want one or two of eight.
 * Holds the header lines as one wire string, each line ended by LF, exactly as they came.
 */
export class Headers implements Iterable<[name: string, value: string]> {
  readonly #block: string;
  readonly #unescape: boolean;

  /** @internal `block`: wire string of whole lines, each ended by LF (a CR before it counts as part of the EOL). */
  constructor(block: string, unescaped = false) {
    this.#block = block;
    this.#unescape = unescaped;
  }

  /** The value of the first header of that name (P8), without the blanks around it (P6); case-sensitive (P7). */
  get(name: string): string | undefined {
    const value = this.wire(name);
    return value === undefined ? undefined : this.#decode(trimBlanks(value));
  }

  has(name: string): boolean {
    return this.wire(name) !== undefined;
  }

  /** The values of all headers of that name, in the order of the frame. */
  getAll(name: string): string[] {
    const wanted = this.#unescape ? name : fromWire(toWire(name));
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
    const block = this.#block;
    const key = toWire(name);
    if (key === '') return undefined;
    for (let at = block.indexOf(key); at >= 0; at = block.indexOf(key, at + key.length)) {
      if (!startsLine(block, at)) continue;
      const after = skipBlanks(block, at + key.length);
      const end = lineEnd(block, after, block.indexOf('\n', after));
      if (block.charCodeAt(after) === COLON) return block.slice(after + 1, end);
      if (after === end) return ''; // a line without a colon
    }
    return undefined;
  }

  #decode(wire: string): string {
    return fromWire(this.#unescape && wire.includes('\\') ? unescapeWire(wire) : wire);
  }

  toJSON(): Array<[string, string]> {
    return [...this].map(hidePasscode);
  }

  [Symbol.for('nodejs.util.inspect.custom')](): Record<string, string> {
    return Object.fromEntries(this.toJSON());
  }
}

function hidePasscode([name, value]: [string, string]): [string, string] {
  return [name, name === 'passcode' ? '[secret]' : value];
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
function lineEnd(block: string, start: number, lf: number): number {
  return lf > start && block[lf - 1] === '\r' ? lf - 1 : lf;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

/** @internal */
export function trimBlanks(wire: string): string {
  let start = 0;
  let end = wire.length;
  while (start < end && isBlank(wire.charCodeAt(start))) start++;
  while (end > start && isBlank(wire.charCodeAt(end - 1))) end--;
  return start === 0 && end === wire.length ? wire : wire.slice(start, end);
}

const ESCAPES: Readonly<Record<string, string>> = { '\\n': '\n', '\\r': '\r', '\\c': ':', '\\\\': '\\' };

/** One pass, so that `\\n` (a backslash and an n) stays what it is; what is no escape stays as it stands (P9). */
function unescapeWire(wire: string): string {
  return wire.replace(/\\[nrc\\]/g, (pair) => ESCAPES[pair] ?? pair);
}
