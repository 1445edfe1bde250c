import { FrameError } from '../errors.js';
import type { Span } from './block.js';
import { GrowingBuffer } from './buffers.js';
import { CR, LF, NUL } from './bytes.js';
import { notACommand, readCommand } from './command-line.js';
import { type ContentLength, readContentLength } from './content-length.js';
import { Headers } from './headers.js';
import { type FrameLimits, tooLarge } from './limits.js';

/** A head that was read to its blank line. */
export interface Head {
  readonly command: string;
  readonly headers: Headers;
  /** Undefined where the body ends at its NUL. */
  readonly contentLength: number | undefined;
}

/** Hears of each head that lay whole in a chunk: its bytes, and where its header lines and its length begin. */
export type OnWholeHead = (
  command: string,
  head: Buffer,
  headersStart: number,
  digits: Span | undefined,
) => void;

const NO_HEADERS = new Headers('');

/**
 * The plain path through a head, line by line. A head that lies whole in a chunk is read where it is; one that is
 * cut is gathered. Either way each byte is looked at once. Positions count from the first byte of the command.
 */
export class HeadReader implements Head {
  command = '';
  headers = NO_HEADERS;
  readonly #limits: FrameLimits;
  readonly #strict: boolean;
  readonly #unescape: boolean;
  readonly #onWhole: OnWholeHead;
  readonly #gathered = new GrowingBuffer();
  #length: ContentLength | undefined;
  #complete = false;
  /** Stream offset of the command. */
  #offset = 0;
  #lineStart = 0;
  #lines = 0;
  #headersStart = 0;

  constructor(limits: FrameLimits, strict: boolean, unescaped: boolean, onWhole: OnWholeHead) {
    this.#limits = limits;
    this.#strict = strict;
    this.#unescape = unescaped;
    this.#onWhole = onWhole;
  }

  get contentLength(): number | undefined {
    return this.#length?.value;
  }

  /** Whether the blank line was reached. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Of the head in hand, where they were read and its content-length was refused. */
  get lastHeaders(): Headers | undefined {
    return this.headers === NO_HEADERS ? undefined : this.headers;
  }

  /** What is being read. */
  get state(): 'command' | 'headers' {
    return this.#lines === 0 ? 'command' : 'headers';
  }

  begin(offset: number): void {
    this.headers = NO_HEADERS;
    this.#offset = offset;
    this.#complete = false;
    this.#lineStart = 0;
    this.#lines = 0;
  }

  /** Reads lines up to the blank one. `from` is where the head begins, or where it goes on if it began earlier. */
  read(chunk: Buffer, from: number): number {
    const gathered = this.#gathered;
    const isCut = gathered.length > 0;
    for (let at = from; at < chunk.length; ) {
      const lf = chunk.indexOf(LF, at);
      const end = lf < 0 ? chunk.length : lf;
      this.#checkLine(chunk, at, end, isCut ? gathered.length + end - at : end - from);
      if (isCut) gathered.append(chunk, at, lf < 0 ? end : lf + 1);
      if (lf < 0) break;
      at = lf + 1;
      if (isCut) this.#endLine(gathered.bytes, 0, gathered.length - 1);
      else this.#endLine(chunk, from, lf - from);
      if (!this.#complete) continue;
      if (isCut) gathered.clear();
      else this.#tell(chunk.subarray(from, at));
      return at;
    }
    if (!isCut) gathered.append(chunk, from, chunk.length);
    return chunk.length;
  }

  /** The line that ends with the LF at `lf`; `zero` is where in `bytes` the head begins. */
  #endLine(bytes: Buffer, zero: number, lf: number): void {
    const start = this.#lineStart;
    const end = lf > start && bytes[zero + lf - 1] === CR ? lf - 1 : lf;
    if (this.#lines === 0) {
      if (end - start > this.#limits.maxCommandBytes) this.#refuseLine(end - start);
      this.command = readCommand(bytes, zero + start, zero + end, this.#offset);
      this.#headersStart = lf + 1;
    } else if (end === start) {
      this.#end(bytes.toString('latin1', zero + this.#headersStart, zero + start));
    } else {
      this.#checkHeader(bytes, zero + start, zero + end);
    }
    this.#lines++;
    this.#lineStart = lf + 1;
  }

  #tell(head: Buffer): void {
    const length = this.#length;
    if (length !== undefined && length.digits === undefined) return; // said twice: always to be compared
    this.#onWhole(this.command, head, this.#headersStart, length?.digits);
  }

  #end(block: string): void {
    this.headers = new Headers(block, this.#unescape);
    this.#length = readContentLength(this.headers, block, this.#offset + this.#headersStart);
    this.#complete = true;
  }

  /**
   * Before the bytes from `at` to `end` are gathered: `reach` is how far into the head they take the line. One byte
   * more than the limit may be the CR of its EOL. A NUL shows that a first line is no command before its EOL comes.
   */
  #checkLine(chunk: Buffer, at: number, end: number, reach: number): void {
    const isCommand = this.#lines === 0;
    const max = isCommand ? this.#limits.maxCommandBytes : this.#limits.maxHeaderLineBytes;
    if (isCommand && (end === chunk.length || reach > max)) {
      this.#refuseNul(chunk, at, Math.min(end, end - reach + max + 1));
    }
    if (reach - this.#lineStart > max + 1) this.#refuseLine(reach - this.#lineStart);
  }

  #refuseNul(chunk: Buffer, at: number, end: number): void {
    const nul = chunk.subarray(at, Math.max(at, end)).indexOf(NUL);
    if (nul < 0) return;
    const before = this.#gathered.bytes.toString('latin1', 0, this.#gathered.length);
    throw notACommand(before + chunk.toString('latin1', at, at + nul + 1), this.#offset);
  }

  #checkHeader(bytes: Buffer, start: number, end: number): void {
    if (end - start > this.#limits.maxHeaderLineBytes) this.#refuseLine(end - start);
    const offset = this.#offset + this.#lineStart;
    if (this.#lines > this.#limits.maxHeaders) {
      throw tooLarge(this.#limits, 'maxHeaders', this.#lines, offset, 'headers');
    }
    if (!this.#strict) return;
    const line = bytes.toString('latin1', start, end);
    if (/^[ \t]*[^ \t:][^:]*:/.test(line)) return;
    const what = line.includes(':') ? 'a header without a name' : 'a header line without a colon';
    throw new FrameError('STOMP_FRAME_BAD_HEADER', what, { offset, state: 'headers' });
  }

  #refuseLine(length: number): never {
    const name = this.#lines === 0 ? 'maxCommandBytes' : 'maxHeaderLineBytes';
    const offset = this.#offset + this.#lineStart + this.#limits[name];
    throw tooLarge(this.#limits, name, length, offset, this.state);
  }
}
