import { FrameError } from '../errors.js';
import { BodyReader } from './body-reader.js';
import { EMPTY } from './buffers.js';
import { NUL } from './bytes.js';
import { Chunk } from './chunk.js';
import { checkFirstByte, isBetweenFrames } from './command-line.js';
import { Frame } from './frame.js';
import { HeadReader } from './head-reader.js';
import { Headers } from './headers.js';
import { giveKnownHeads, type KnownHeads, takeKnownHeads } from './known-heads.js';
import { Layouts } from './layouts.js';
import { type FrameLimits, resolveLimits } from './limits.js';

/** How a parser reads. */
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

const NO_HEADERS = new Headers('');

type State = 'between' | 'head' | 'body' | 'dead';

/**
 * Bytes in, frames out; no socket, no clock, no log.
 *
 *   between --letter--> head --blank line--> body --NUL--> between
 *       \____ a head of a known layout ______/
 */
export class FrameParser {
  readonly #onFrame: (frame: Frame) => void;
  readonly #unescape: boolean;
  readonly #head: HeadReader;
  readonly #body: BodyReader;
  readonly #layouts: Layouts | undefined;
  readonly #chunk = new Chunk();
  #state: State = 'between';
  #pushing = false;
  /** Stream offset of the first byte of the chunk in hand. */
  #base = 0;
  /** Of the frame in hand: where it began, and what its head said. */
  #offset = 0;
  #command = '';
  #headers = NO_HEADERS;
  #owned = false;
  /** Of the last frame: its end in the stream, and the size of its body. */
  #end = 0;
  #lastBodyBytes = 0;

  constructor(onFrame: (frame: Frame) => void, options: ParserOptions = {}) {
    const { strict = false, unescapeHeaders = false, bodyViews = false, learnLayouts = true } = options;
    const limits = resolveLimits(options.limits);
    const layouts = learnLayouts ? new Layouts() : undefined;
    this.#onFrame = onFrame;
    this.#unescape = unescapeHeaders;
    this.#layouts = layouts;
    this.#head = new HeadReader(limits, strict, unescapeHeaders, (...head) => layouts?.learn(...head));
    this.#body = new BodyReader(limits, this.#chunk, bodyViews);
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
    this.take(chunk, false);
  }

  /** @internal As `push`. `owned`: nobody uses the chunk's memory again, so large bodies may stay where they are. */
  take(chunk: Buffer, owned: boolean): void {
    this.#guard(() => this.#read(chunk, owned));
  }

  /** @internal Where the next bytes of the stream are best read to; `filled` then takes them. */
  get target(): Buffer | undefined {
    return this.#state === 'body' ? this.#body.target : undefined;
  }

  /** @internal So many bytes were read to `target`. */
  filled(bytes: number): void {
    this.#guard(() => {
      const body = this.#body;
      body.filled(bytes, this.#base);
      this.#base += bytes;
      if (!body.complete) return;
      const { rest } = body;
      body.rest = EMPTY;
      this.#base -= rest.length;
      this.#emit(this.#base);
      this.#read(rest, false);
      // It lies behind the body, whose memory must not be kept for it.
      this.#chunk.use(EMPTY);
    });
  }

  /** @internal Bytes of the last body: the next may be about as large. */
  get lastBodyBytes(): number {
    return this.#lastBodyBytes;
  }

  /** The stream has ended. Throws STOMP_FRAME_TRUNCATED when that was inside a frame. */
  end(): void {
    this.#refuseDead();
    const state = this.#state;
    this.#state = 'dead';
    if (state === 'between') return;
    throw new FrameError(
      'STOMP_FRAME_TRUNCATED',
      `the stream ended inside the frame that began at ${this.#offset}`,
      { offset: this.#base, state: state === 'head' ? this.#head.state : 'body' },
    );
  }

  #read(chunk: Buffer, owned: boolean): void {
    this.#owned = owned;
    this.#chunk.use(chunk);
    for (let at = 0; at < chunk.length; ) at = this.#step(chunk, at);
    this.#base += chunk.length;
  }

  #step(chunk: Buffer, at: number): number {
    switch (this.#state) {
      case 'between':
        return isBetweenFrames(chunk[at]) ? at + 1 : this.#begin(chunk, at);
      case 'head':
        return this.#readHead(chunk, at);
      default:
        return this.#readBody(chunk, at);
    }
  }

  #begin(chunk: Buffer, at: number): number {
    this.#offset = this.#base + at;
    checkFirstByte(chunk, at, this.#offset);
    const known = this.#layouts && this.#readKnown(chunk, at, this.#layouts);
    if (known !== undefined) return known;
    this.#state = 'head';
    this.#head.begin(this.#offset);
    return this.#readHead(chunk, at);
  }

  /** The fast path: frames whose heads fit layouts. Undefined, with nothing changed, where lines have to be read. */
  #readKnown(chunk: Buffer, at: number, layouts: Layouts): number | undefined {
    const heads = takeKnownHeads();
    heads.read(this.#chunk, at, layouts);
    let end: number | undefined;
    for (let i = 0; i < heads.count; i++) end = this.#readKnownFrame(chunk, heads, i);
    giveKnownHeads(heads);
    return end;
  }

  /** Gives where it ends, or its head if its body has to be read by the rest: then it is the last. */
  #readKnownFrame(chunk: Buffer, heads: KnownHeads, i: number): number {
    const start = heads.starts[i]!;
    const shape = heads.shapes[i]!;
    const length = heads.bodyLengths[i]!;
    const headers = new Headers(heads.text, this.#unescape, shape, heads.shifts[i]!);
    const end = start + shape.length;
    this.#offset = this.#base + start;
    const body = length < 0 ? emptyBody(chunk, end) : this.#body.whole(chunk, end, length, this.#owned);
    if (body === undefined) {
      this.#beginBody(shape.command, headers, length < 0 ? undefined : length, end);
      return end;
    }
    const next = end + body.length + 1;
    this.#deliver(shape.command, headers, body, this.#base + next);
    return next;
  }

  #readHead(chunk: Buffer, at: number): number {
    const head = this.#head;
    const end = head.read(chunk, at);
    if (head.complete) this.#beginBody(head.command, head.headers, head.contentLength, end);
    return end;
  }

  /** `start`: where the body begins in the chunk. */
  #beginBody(command: string, headers: Headers, length: number | undefined, start: number): void {
    this.#command = command;
    this.#headers = headers;
    this.#state = 'body';
    this.#body.begin(length, this.#offset, this.#base + start - this.#end);
  }

  #readBody(chunk: Buffer, at: number): number {
    const end = this.#body.read(chunk, at, this.#base, this.#owned);
    if (this.#body.complete) this.#emit(this.#base + end);
    return end;
  }

  /** The frame in hand is complete; `end` is its end in the stream. */
  #emit(end: number): void {
    const { body } = this.#body;
    const headers = this.#headers;
    this.#headers = NO_HEADERS;
    this.#body.body = EMPTY;
    this.#state = 'between';
    this.#deliver(this.#command, headers, body, end);
  }

  #deliver(command: string, headers: Headers, body: Buffer, end: number): void {
    this.#end = end;
    this.#lastBodyBytes = body.length;
    this.#onFrame(new Frame(command, headers, body, this.#offset, end - this.#offset));
  }

  #guard(work: () => void): void {
    this.#refuseDead();
    this.#pushing = true;
    try {
      work();
    } catch (error) {
      if (error instanceof FrameError) error.headers ??= this.#headersInHand;
      this.#state = 'dead';
      throw error;
    } finally {
      this.#pushing = false;
    }
  }

  /** Of the frame that is being read, as far as its head has come. */
  get #headersInHand(): Headers | undefined {
    if (this.#state === 'body') return this.#headers;
    return this.#state === 'head' ? this.#head.lastHeaders : undefined;
  }

  #refuseDead(): void {
    if (this.#state !== 'dead' && !this.#pushing) return;
    const why = this.#pushing
      ? 'a parser cannot be used from its own onFrame'
      : 'it has ended or failed before';
    throw new FrameError('STOMP_FRAME_PARSER_DEAD', why, { state: 'dead' });
  }
}

/** The fast path: a body without a content-length whose NUL comes at once, as in each RECEIPT. */
function emptyBody(chunk: Buffer, at: number): Buffer | undefined {
  return chunk[at] === NUL ? EMPTY : undefined;
}
