import type { ByteRange } from './types.js';

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;
const STAR = 0x2a;

/** More of a line than this is not looked at: no name is as long. */
const MAX_LINE = 1024;

const COMMAND = /^[A-Za-z][A-Za-z0-9_.-]*$/;
const PASSCODE = /^[ \t]*passcode[ \t]*$/i;
const LENGTH = /^[ \t]*content-length[ \t]*:/;

/** `lost`: the bytes are no frames; then every line may be a header. */
type State = 'between' | 'head' | 'counted' | 'to-nul' | 'lost';

/** A chunk without its passcodes. */
export interface MaskedBytes {
  /** The chunk itself where there was nothing to mask, otherwise a copy. */
  readonly bytes: Buffer;
  readonly masked: readonly ByteRange[];
}

const NOTHING: readonly ByteRange[] = Object.freeze([]);

/**
 * Replaces the values of `passcode` headers in a stream by as many `*`, however the stream is cut. Bodies are left
 * alone as long as the stream can be read; where it cannot, every line that looks like such a header is masked.
 */
export class PasscodeMasker {
  #state: State = 'between';
  /** What came in earlier chunks of the line in hand. */
  #line = '';
  #isCommand = false;
  #inValue = false;
  #length: number | undefined;
  #chunk: Buffer = EMPTY;
  #out: Buffer | undefined;
  #ranges: ByteRange[] = [];

  /** The next bytes of the stream. */
  mask(chunk: Buffer): MaskedBytes {
    this.#chunk = chunk;
    for (let at = 0; at < chunk.length; ) at = this.#step(at);
    const bytes = this.#out ?? chunk;
    const masked = this.#out === undefined ? NOTHING : this.#ranges;
    this.#chunk = EMPTY;
    if (this.#out !== undefined) {
      this.#out = undefined;
      this.#ranges = [];
    }
    return { bytes, masked };
  }

  /** Some of the stream is missing: what comes next may be anything. */
  lose(): void {
    this.#enter('lost');
  }

  #enter(state: State): void {
    this.#state = state;
    this.#line = '';
    this.#inValue = false;
  }

  #step(at: number): number {
    switch (this.#state) {
      case 'between':
        return this.#between(at);
      case 'counted':
        return this.#counted(at);
      case 'to-nul': {
        const nul = this.#chunk.indexOf(NUL, at);
        if (nul < 0) return this.#chunk.length;
        this.#enter('between');
        return nul + 1;
      }
      default:
        return this.#lineFrom(at);
    }
  }

  #between(at: number): number {
    const byte = this.#chunk[at]!;
    if (byte === LF || byte === CR) return at + 1;
    this.#enter('head');
    this.#isCommand = true;
    this.#length = undefined;
    return at;
  }

  #counted(at: number): number {
    const missing = this.#length!;
    const here = Math.min(missing, this.#chunk.length - at);
    this.#length = missing - here;
    if (here > 0) return at + here;
    if (this.#chunk[at] !== NUL) {
      this.#enter('lost');
      return at;
    }
    this.#enter('between');
    return at + 1;
  }

  /** One line, or as much of it as the chunk holds. */
  #lineFrom(at: number): number {
    const lf = this.#chunk.indexOf(LF, at);
    const end = lf < 0 ? this.#chunk.length : lf;
    if (this.#inValue) this.#hide(at, end);
    else this.#read(at, end);
    if (lf < 0) return end;
    if (this.#state === 'head') this.#endLine();
    this.#line = '';
    this.#inValue = false;
    return lf + 1;
  }

  #read(at: number, end: number): void {
    const before = this.#line.length;
    if (before >= MAX_LINE) return;
    const line = this.#line + this.#chunk.toString('latin1', at, Math.min(end, at + MAX_LINE - before));
    this.#line = line;
    const colon = line.indexOf(':', before);
    if (colon < 0 || !PASSCODE.test(line.slice(0, colon))) return;
    this.#inValue = true;
    this.#hide(at + colon + 1 - before, end);
  }

  #endLine(): void {
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line;
    if (this.#isCommand) {
      this.#isCommand = false;
      if (!COMMAND.test(line)) this.#state = 'lost';
    } else if (line === '' && !this.#inValue) {
      this.#state = this.#length === undefined ? 'to-nul' : 'counted';
    } else if (this.#length === undefined && LENGTH.test(line)) {
      const digits = line.slice(line.indexOf(':') + 1).trim();
      if (/^[0-9]+$/.test(digits)) this.#length = Number(digits);
      else this.#state = 'lost';
    }
  }

  /** A CR is left: it mostly belongs to the line end, and a passcode has none. */
  #hide(start: number, end: number): void {
    const stop = end > start && this.#chunk[end - 1] === CR ? end - 1 : end;
    if (stop <= start) return;
    this.#out ??= Buffer.from(this.#chunk);
    this.#out.fill(STAR, start, stop);
    this.#ranges.push([start, stop]);
  }
}

const EMPTY = Buffer.alloc(0);
