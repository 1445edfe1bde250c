import { FrameError } from '../errors.js';
import { BodyCopier, GrowingBuffer } from './buffers.js';
import { CR, LF, NUL } from './bytes.js';
import { checkFirstByte, isBetweenFrames, notACommand, readCommand } from './command-line.js';
import { readContentLength } from './content-length.js';
import { Frame } from './frame.js';
import { HeadText } from './head-text.js';
import { Headers } from './headers.js';
import { Layouts } from './layouts.js';
import { type FrameLimits, resolveLimits } from './limits.js';

export interface ParserOptions {
  /** What is refused as too large; see FrameLimits for the defaults. */
  readonly limits?: Partial<FrameLimits> | undefined;
  /** Refuse header lines without a colon and headers with an empty name (P10, P11). Default false. */
  readonly strict?: boolean | undefined;
  /** Undo `\n`, `\r`, `\c` and `\\` in headers: RabbitMQ escapes even in 1.0 (P9). Default false. */
  readonly unescapeHeaders?: boolean | undefined;
  /** Bodies as views of the chunks that were pushed: faster, for callers who never reuse a chunk. Default false. */
  readonly bodyViews?: boolean | undefined;
  /** @internal False reads every head line by line: the plain path, which the fast one is compared with. */
  readonly learnLayouts?: boolean | undefined;
}

type State = 'between' | 'head' | 'counted' | 'to-nul' | 'dead';

/** A counted body is gathered in steps above this, so that a number in a header cannot claim memory by itself. */
const RESERVE_BYTES = 1_048_576;

const NO_HEADERS = new Headers('');

/**
 * Bytes in, frames out; no socket, no clock, no log.
 *
 *   between --letter--> head --blank line--> counted | to-nul --NUL--> between
 *
 * What lies whole in one chunk is read where it is; what is cut is gathered first. Either way each byte is
 * looked at once, however the stream is cut.
 */
export class FrameParser {
  readonly #onFrame: (frame: Frame) => void;
  readonly #limits: FrameLimits;
  readonly #strict: boolean;
  readonly #unescape: boolean;
  readonly #bodies: BodyCopier;

  readonly #layouts: Layouts | undefined;
  readonly #text = new HeadText();

  #state: State = 'between';
  #pushing = false;
  /** Stream offset of the first byte of the chunk in hand. */
  #base = 0;
  /** Stream offset of the frame in hand. */
  #frameOffset = 0;

  /** The head in hand, if it began in an earlier chunk. Its positions count from the command's first byte. */
  readonly #head = new GrowingBuffer();
  #lineStart = 0;
  #lines = 0;
  #headersStart = 0;

  #command = '';
  #headers = NO_HEADERS;
  #bodyLength = 0;
  readonly #body = new GrowingBuffer();

  constructor(onFrame: (frame: Frame) => void, options: ParserOptions = {}) {
    this.#onFrame = onFrame;
    this.#limits = resolveLimits(options.limits);
    this.#strict = options.strict ?? false;
    this.#unescape = options.unescapeHeaders ?? false;
    this.#bodies = new BodyCopier(options.bodyViews ?? false);
    this.#layouts = options.learnLayouts === false ? undefined : new Layouts();
  }

  /** Bytes taken so far. */
  get offset(): number {
    return this.#base;
  }

  /**
   * Takes the next bytes of the stream and calls `onFrame` for each frame they complete, before it returns.
   * Throws FrameError for bytes that are not STOMP. After that, or after `onFrame` threw, the parser is dead.
   */
  push(chunk: Buffer): void {
    this.#refuseDead();
    this.#pushing = true;
    this.#text.use(chunk);
    try {
      for (let at = 0; at < chunk.length; ) at = this.#step(chunk, at);
    } catch (error) {
      this.#state = 'dead';
      throw error;
    } finally {
      this.#pushing = false;
    }
    this.#base += chunk.length;
  }

  /** The stream has ended. Throws STOMP_FRAME_TRUNCATED when that was inside a frame. */
  end(): void {
    this.#refuseDead();
    const state = this.#state;
    this.#state = 'dead';
    if (state === 'between') return;
    throw new FrameError(
      'STOMP_FRAME_TRUNCATED',
      `the stream ended inside the frame that began at ${this.#frameOffset}`,
      { offset: this.#base, state: state === 'head' ? this.#headState() : 'body' },
    );
  }

  #step(chunk: Buffer, at: number): number {
    switch (this.#state) {
      case 'between':
        if (isBetweenFrames(chunk[at])) return at + 1;
        checkFirstByte(chunk, at, this.#base + at);
        this.#begin(this.#base + at);
        return this.#readKnownHead(chunk, at) ?? this.#readHead(chunk, at);
      case 'head':
        return this.#readHead(chunk, at);
      case 'counted':
        return this.#readCounted(chunk, at);
      default:
        return this.#readToNul(chunk, at);
    }
  }

  #begin(offset: number): void {
    this.#state = 'head';
    this.#frameOffset = offset;
    this.#lineStart = 0;
    this.#lines = 0;
  }

  /**
   * The fast path: a head that lies whole in the chunk and fits a layout learnt before. Gives undefined, and has
   * changed nothing, where the lines have to be read.
   */
  #readKnownHead(chunk: Buffer, at: number): number | undefined {
    const layout = this.#layouts?.match(chunk, this.#text.view, at);
    if (layout === undefined) return undefined;
    const length = layout.bodyLength(chunk, at);
    if (length === undefined) return undefined;
    const end = at + layout.length;
    this.#command = layout.command;
    this.#headers = new Headers(this.#text.slice(at + layout.headersStart, end - 1), this.#unescape, layout);
    this.#expectBody(length < 0 ? undefined : length);
    return end;
  }

  /** Reads lines up to the blank one. `from` is where the frame begins, or where it goes on if it began earlier. */
  #readHead(chunk: Buffer, from: number): number {
    const gathered = this.#head.length > 0;
    for (let at = from; at < chunk.length; ) {
      const lf = chunk.indexOf(LF, at);
      const end = lf < 0 ? chunk.length : lf;
      this.#checkLineBytes(chunk, at, end, gathered ? this.#head.length + end - at : end - from);
      if (gathered) this.#head.append(chunk, at, lf < 0 ? end : lf + 1);
      if (lf < 0) break;
      at = lf + 1;
      const done = gathered
        ? this.#endLine(this.#head.bytes, 0, this.#head.length - 1)
        : this.#endLine(chunk, from, lf - from);
      if (done) {
        if (gathered) this.#head.clear();
        else this.#learn(chunk, from, at);
        return at;
      }
    }
    if (!gathered) this.#head.append(chunk, from, chunk.length);
    return chunk.length;
  }

  /** The line that ends with the LF at `lf`; `zero` is where in `bytes` the frame begins. True after the last one. */
  #endLine(bytes: Buffer, zero: number, lf: number): boolean {
    const start = this.#lineStart;
    const end = lf > start && bytes[zero + lf - 1] === CR ? lf - 1 : lf;
    if (this.#lines === 0) {
      if (end - start > this.#limits.maxCommandBytes) this.#refuseLine(end - start);
      this.#command = readCommand(bytes, zero + start, zero + end, this.#frameOffset);
      this.#headersStart = lf + 1;
    } else if (end === start) {
      this.#endHead(bytes.toString('latin1', zero + this.#headersStart, zero + start));
      return true;
    } else {
      this.#checkHeaderLine(bytes, zero + start, zero + end);
    }
    this.#lines++;
    this.#lineStart = lf + 1;
    return false;
  }

  #endHead(block: string): void {
    this.#headers = new Headers(block, this.#unescape);
    this.#expectBody(readContentLength(this.#headers, block, this.#frameOffset + this.#headersStart));
  }

  #expectBody(length: number | undefined): void {
    this.#state = length === undefined ? 'to-nul' : 'counted';
    this.#bodyLength = length ?? 0;
    this.#checkBodyBytes(this.#bodyLength);
  }

  #learn(chunk: Buffer, start: number, end: number): void {
    this.#layouts?.learn(this.#command, chunk.subarray(start, end), this.#headersStart, this.#headers);
  }

  #readCounted(chunk: Buffer, at: number): number {
    const missing = this.#bodyLength - this.#body.length;
    const end = at + missing;
    if (end >= chunk.length) {
      if (this.#body.length === 0)
        this.#body.reserve(Math.min(this.#bodyLength, RESERVE_BYTES), this.#bodyLength);
      this.#body.append(chunk, at, chunk.length);
      return chunk.length;
    }
    if (chunk[end] !== NUL) throw this.#missingNul(chunk[end]!, this.#base + end);
    this.#endBody(chunk, at, end);
    return end + 1;
  }

  #readToNul(chunk: Buffer, at: number): number {
    const nul = chunk.indexOf(NUL, at);
    const end = nul < 0 ? chunk.length : nul;
    this.#checkBodyBytes(this.#body.length + end - at);
    if (nul < 0) {
      this.#body.append(chunk, at, end);
      return end;
    }
    this.#endBody(chunk, at, end);
    return end + 1;
  }

  /** The body's last bytes lie in `chunk` from `at` to `end`, where its NUL is. */
  #endBody(chunk: Buffer, at: number, end: number): void {
    let body: Buffer;
    if (this.#body.length === 0) {
      body = this.#bodies.copy(chunk, at, end);
    } else {
      this.#body.append(chunk, at, end);
      body = this.#body.take();
    }
    const offset = this.#frameOffset;
    const headers = this.#headers;
    this.#headers = NO_HEADERS;
    this.#state = 'between';
    this.#onFrame(new Frame(this.#command, headers, body, offset, this.#base + end + 1 - offset));
  }

  #headState(): 'command' | 'headers' {
    return this.#lines === 0 ? 'command' : 'headers';
  }

  #refuseDead(): void {
    if (this.#state !== 'dead' && !this.#pushing) return;
    const why = this.#pushing
      ? 'a parser cannot be used from its own onFrame'
      : 'it has ended or failed before';
    throw new FrameError('STOMP_FRAME_PARSER_DEAD', why, { state: 'dead' });
  }

  /**
   * Before the bytes from `at` to `end` are gathered: `reach` is how far into the head they take the line. One byte
   * more than the limit may be the CR of its EOL. A NUL shows that a first line is no command before its EOL comes.
   */
  #checkLineBytes(chunk: Buffer, at: number, end: number, reach: number): void {
    const isCommand = this.#lines === 0;
    const max = isCommand ? this.#limits.maxCommandBytes : this.#limits.maxHeaderLineBytes;
    if (isCommand && (end === chunk.length || reach > max))
      this.#refuseNul(chunk, at, end, max + 1 - (reach - (end - at)));
    if (reach - this.#lineStart > max + 1) this.#refuseLine(reach - this.#lineStart);
  }

  #refuseNul(chunk: Buffer, at: number, end: number, within: number): void {
    const nul = chunk.subarray(at, Math.min(end, at + within)).indexOf(NUL);
    if (nul < 0) return;
    const line =
      this.#head.bytes.toString('latin1', 0, this.#head.length) + chunk.toString('latin1', at, at + nul + 1);
    throw notACommand(line, this.#frameOffset);
  }

  #checkHeaderLine(bytes: Buffer, start: number, end: number): void {
    if (end - start > this.#limits.maxHeaderLineBytes) this.#refuseLine(end - start);
    if (this.#lines > this.#limits.maxHeaders) {
      throw this.#tooLarge('maxHeaders', this.#lines, this.#frameOffset + this.#lineStart);
    }
    if (!this.#strict) return;
    const line = bytes.toString('latin1', start, end);
    if (/^[ \t]*[^ \t:][^:]*:/.test(line)) return;
    throw new FrameError(
      'STOMP_FRAME_BAD_HEADER',
      line.includes(':') ? 'a header without a name' : 'a header line without a colon',
      { offset: this.#frameOffset + this.#lineStart, state: 'headers' },
    );
  }

  #refuseLine(length: number): never {
    const name = this.#lines === 0 ? 'maxCommandBytes' : 'maxHeaderLineBytes';
    throw this.#tooLarge(name, length, this.#frameOffset + this.#lineStart + this.#limits[name]);
  }

  #checkBodyBytes(length: number): void {
    if (length <= this.#limits.maxBodyBytes) return;
    throw this.#tooLarge('maxBodyBytes', length, this.#frameOffset);
  }

  #tooLarge(name: keyof FrameLimits, actual: number, offset: number): FrameError {
    const max = this.#limits[name];
    return new FrameError('STOMP_FRAME_TOO_LARGE', `${name} is ${max}, and this frame has ${actual}`, {
      offset,
      state: name === 'maxBodyBytes' ? 'body' : this.#headState(),
      limit: { name, max, actual },
    });
  }

  #missingNul(byte: number, offset: number): FrameError {
    const hex = byte.toString(16).padStart(2, '0');
    return new FrameError(
      'STOMP_FRAME_MISSING_NUL',
      `content-length says ${this.#bodyLength}, but the byte after that many is 0x${hex}, not NUL`,
      { offset, state: 'body' },
    );
  }
}
