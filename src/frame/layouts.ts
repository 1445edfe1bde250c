import type { Span } from './block.js';
import { COLON, LF } from './bytes.js';
import { Shape } from './shape.js';

const ZERO = 0x30;

/** How many layouts are kept: brokers send few kinds of frames, subscriptions and counters differ in their digits. */
const MAX_LAYOUTS = 16;
/** A head longer than this is read line by line. */
export const MAX_HEAD_BYTES = 2_048;
/** More bytes than this that may differ, and comparing is not worth it. */
const MAX_OPEN_BYTES = 128;
/** Four times the first visible character, and four times the upper bit of a byte. */
const FIRST_VISIBLE = 0x21212121;
const UPPER_BITS = 0x80808080 | 0;
/** A head shorter than this is read line by line. */
const MIN_HEAD_BYTES = 8;
/** After this many heads in a row that were learnt for nothing, only each of so many is looked at. */
const PATIENCE = 64;

/**
 * What the heads of consecutive frames have in common.
 *
 * Broker after broker sends the same header names in the same order, with values that differ in a few digits. A
 * layout is one such head, and which of its bytes have been seen to differ (they are "open"). A new head fits when
 * every other byte is the same and every open byte is a visible ASCII character. Then its lines end, its names
 * stand and its values begin where those of the layout do, so nothing of that has to be looked for again: no byte
 * goes unchecked (docs/decisions/0005-learnt-layouts.md).
 */
export class Layout {
  readonly command: string;
  /** Bytes from the command to the blank line, both included. */
  readonly length: number;
  /** Bytes of the command line. */
  readonly headersStart: number;
  /** Where the digits of content-length stand, counted from the command; undefined without one. */
  readonly #digits: Span | undefined;
  readonly #head: Buffer;
  readonly #open: Uint8Array;
  #openCount = 0;
  #shape: Shape;
  // What `fits` compares: eight bytes at a time where none is open, an even number of times; four elsewhere.
  #wordAt = new Int32Array(0);
  #words = new Float64Array(0);
  #quads = new Int32Array(0);

  constructor(command: string, head: Buffer, headersStart: number, digits: Span | undefined) {
    this.command = command;
    this.length = head.length;
    this.headersStart = headersStart;
    this.#digits = digits && { start: headersStart + digits.start, end: headersStart + digits.end };
    this.#head = Buffer.from(head);
    this.#open = new Uint8Array(head.length);
    this.#shape = this.#makeShape();
    this.#compile();
  }

  /** Of the frames that fit now. */
  get shape(): Shape {
    return this.#shape;
  }

  /** Whether the bytes at `at` are a head of this layout. `view` is over the same bytes as `chunk`. */
  fits(chunk: Buffer, view: DataView, at: number): boolean {
    const last = at + this.length - 1;
    if (last >= chunk.length || chunk[last] !== LF || chunk[last - 1] !== LF) return false;
    const wordAt = this.#wordAt;
    const words = this.#words;
    for (let i = 0; i < words.length; i += 2) {
      if (view.getFloat64(at + wordAt[i]!, true) !== words[i]) return false;
      if (view.getFloat64(at + wordAt[i + 1]!, true) !== words[i + 1]) return false;
    }
    const quads = this.#quads;
    for (let i = 0; i < quads.length; i += 4) {
      const bytes = view.getInt32(at + quads[i]!, true);
      const open = quads[i + 1]!;
      if ((bytes & ~open) !== quads[i + 2]! || !areVisible((bytes & open) | quads[i + 3]!)) return false;
    }
    return true;
  }

  /** The content-length of a head that fits: -1 where the layout has none, undefined where it is not digits only. */
  bodyLength(chunk: Buffer, at: number): number | undefined {
    const digits = this.#digits;
    if (digits === undefined) return -1;
    let length = 0;
    for (let i = at + digits.start; i < at + digits.end; i++) {
      const digit = chunk[i]! - ZERO;
      if (digit < 0 || digit > 9) return undefined;
      length = length * 10 + digit;
    }
    return length;
  }

  /** Opens the bytes in which another head differs. False when it differs in more than its values' characters. */
  absorb(head: Buffer): boolean {
    if (head.length !== this.length) return false;
    const differing: number[] = [];
    let inValue = false;
    for (let i = 0; i < head.length; i++) {
      const mine = this.#head[i]!;
      const theirs = head[i]!;
      if (mine !== theirs) {
        if (!inValue || !isVisible(mine) || !isVisible(theirs)) return false;
        if (!this.#open[i]) differing.push(i);
      }
      if (mine === LF) inValue = false;
      else if (mine === COLON && i >= this.headersStart) inValue = true;
    }
    if (this.#openCount + differing.length > MAX_OPEN_BYTES) return false;
    for (const i of differing) this.#open[i] = 1;
    this.#openCount += differing.length;
    this.#shape = this.#makeShape();
    this.#compile();
    return true;
  }

  /** Of the header lines, without the blank one. */
  #makeShape(): Shape {
    const { command, length, headersStart } = this;
    const block = this.#head.subarray(headersStart, length - 1);
    return new Shape(command, length, block, this.#open.subarray(headersStart, length - 1));
  }

  #compile(): void {
    const { length } = this;
    const view = new DataView(this.#head.buffer, this.#head.byteOffset, length);
    const wordAt: number[] = [];
    const quads: number[] = [];
    for (let i = 0; i < length; i += 8) {
      const word = Math.min(i, length - 8);
      if (this.#isShut(word)) wordAt.push(word);
      else quads.push(...this.#quad(view, word), ...this.#quad(view, word + 4));
    }
    if (wordAt.length % 2 === 1) wordAt.push(wordAt[0]!);
    this.#wordAt = Int32Array.from(wordAt);
    this.#words = Float64Array.from(wordAt, (at) => view.getFloat64(at, true));
    this.#quads = Int32Array.from(quads);
  }

  /** Four bytes: where they are, the mask of the open ones, the others, and a visible character in place of those. */
  #quad(view: DataView, at: number): [number, number, number, number] {
    let open = 0;
    for (let i = 0; i < 4; i++) if (this.#open[at + i]) open |= 0xff << (8 * i);
    return [at, open, view.getInt32(at, true) & ~open, FIRST_VISIBLE & ~open];
  }

  /**
   * Eight bytes that can be compared as one number: none open, all ASCII, none NUL. Such a number is neither NaN nor
   * zero, so it equals another just when the bytes do.
   */
  #isShut(word: number): boolean {
    for (let i = word; i < word + 8; i++) {
      const byte = this.#head[i]!;
      if (this.#open[i] || byte === 0 || byte > 0x7f) return false;
    }
    return true;
  }
}

/** The layouts of one stream, the one that fitted last first. */
export class Layouts {
  #layouts: Layout[] = [];
  #learntForNothing = 0;

  match(chunk: Buffer, view: DataView, at: number): Layout | undefined {
    const layouts = this.#layouts;
    for (let i = 0; i < layouts.length; i++) {
      const layout = layouts[i]!;
      if (!layout.fits(chunk, view, at)) continue;
      this.#learntForNothing = 0;
      if (i > 0) {
        layouts[i] = layouts[i - 1]!; // one place forward: those that alternate do not push each other out
        layouts[i - 1] = layout;
      }
      return layout;
    }
    return undefined;
  }

  /** Takes note of a head that was read line by line, and fitted no layout. `digits`: of content-length, in the block. */
  learn(command: string, head: Buffer, headersStart: number, digits: Span | undefined): void {
    if (head.length < MIN_HEAD_BYTES || head.length > MAX_HEAD_BYTES) return;
    if (++this.#learntForNothing > PATIENCE && this.#learntForNothing % PATIENCE !== 0) return;
    for (const layout of this.#layouts) if (layout.absorb(head)) return;
    if (this.#layouts.length === MAX_LAYOUTS) this.#layouts.pop();
    this.#layouts.push(new Layout(command, head, headersStart, digits));
  }
}

function isVisible(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f;
}

/** The same for four bytes in one number: the upper bit of a byte tells 0x80 and more, less than 0x21, 0x7f. */
function areVisible(bytes: number): boolean {
  return ((bytes | (bytes - FIRST_VISIBLE) | (bytes + 0x01010101)) & UPPER_BITS) === 0;
}
