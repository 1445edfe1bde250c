import { FrameError } from '../errors.js';
import { BodyReader } from './body-reader.js';
import { EMPTY } from './buffers.js';
import { checkFirstByte, isBetweenFrames } from './command-line.js';
import { Frame } from './frame.js';
import { HeadReader } from './head-reader.js';
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
  readonly #text = new HeadText();
  #state: State = 'between';
  #pushing = false;
  /** Stream offset of the first byte of the chunk in hand. */
  #base = 0;
  /** Of the frame in hand: where it began, and what its head said. */
  #offset = 0;
  #command = '';
  #headers = NO_HEADERS;

  constructor(onFrame: (frame: Frame) => void, options: ParserOptions = {}) {
    const { strict = false, unescapeHeaders = false, bodyViews = false, learnLayouts = true } = options;
    const limits = resolveLimits(options.limits);
    const layouts = learnLayouts ? new Layouts() : undefined;
    this.#onFrame = onFrame;
    this.#unescape = unescapeHeaders;
    this.#layouts = layouts;
    this.#head = new HeadReader(limits, strict, unescapeHeaders, (...head) => layouts?.learn(...head));
    this.#body = new BodyReader(limits, bodyViews);
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
      `the stream ended inside the frame that began at ${this.#offset}`,
      { offset: this.#base, state: state === 'head' ? this.#head.state : 'body' },
    );
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
    const known = this.#readKnownHead(chunk, at);
    if (known !== undefined) return known;
    this.#state = 'head';
    this.#head.begin(this.#offset);
    return this.#readHead(chunk, at);
  }

  /** The fast path: a head that fits a layout. Undefined, with nothing changed, where its lines have to be read. */
  #readKnownHead(chunk: Buffer, at: number): number | undefined {
    const layout = this.#layouts?.match(chunk, this.#text.view, at);
    const length = layout?.bodyLength(chunk, at);
    if (layout === undefined || length === undefined) return undefined;
    const end = at + layout.length;
    const block = this.#text.slice(at + layout.headersStart, end - 1);
    const headers = new Headers(block, this.#unescape, layout);
    this.#beginBody(layout.command, headers, length < 0 ? undefined : length);
    return end < chunk.length ? this.#readBody(chunk, end) : end;
  }

  #readHead(chunk: Buffer, at: number): number {
    const head = this.#head;
    const end = head.read(chunk, at);
    if (head.complete) this.#beginBody(head.command, head.headers, head.contentLength);
    return end;
  }

  #beginBody(command: string, headers: Headers, length: number | undefined): void {
    this.#command = command;
    this.#headers = headers;
    this.#state = 'body';
    this.#body.begin(length, this.#offset);
  }

  #readBody(chunk: Buffer, at: number): number {
    const end = this.#body.read(chunk, at, this.#base);
    if (!this.#body.complete) return end;
    const offset = this.#offset;
    const frame = new Frame(this.#command, this.#headers, this.#body.body, offset, this.#base + end - offset);
    this.#headers = NO_HEADERS;
    this.#body.body = EMPTY;
    this.#state = 'between';
    this.#onFrame(frame);
    return end;
  }

  #refuseDead(): void {
    if (this.#state !== 'dead' && !this.#pushing) return;
    const why = this.#pushing
      ? 'a parser cannot be used from its own onFrame'
      : 'it has ended or failed before';
    throw new FrameError('STOMP_FRAME_PARSER_DEAD', why, { state: 'dead' });
  }
}
