import { FrameError } from '../errors.js';
import { BodyCopier, EMPTY, GrowingBuffer } from './buffers.js';
import { NUL } from './bytes.js';
import { type FrameLimits, tooLarge } from './limits.js';

/** A counted body is gathered in steps above this, so that a number in a header cannot claim memory by itself. */
const RESERVE_BYTES = 1_048_576;

/** Reads one body after the other: so many bytes and a NUL, or up to the first NUL. */
export class BodyReader {
  /** The last body that was read to its NUL. */
  body: Buffer = EMPTY;
  readonly #limits: FrameLimits;
  readonly #copier: BodyCopier;
  readonly #gathered = new GrowingBuffer();
  #frameOffset = 0;
  /** Bytes announced; undefined where the body ends at its NUL. */
  #length: number | undefined;
  #complete = false;

  constructor(limits: FrameLimits, views: boolean) {
    this.#limits = limits;
    this.#copier = new BodyCopier(views);
  }

  get complete(): boolean {
    return this.#complete;
  }

  begin(length: number | undefined, frameOffset: number): void {
    this.#length = length;
    this.#frameOffset = frameOffset;
    this.#complete = false;
    if (length !== undefined) this.#checkSize(length);
  }

  /** Reads on from `at`; `base` is the stream offset of the chunk. Gives where the frame ends, or the chunk. */
  read(chunk: Buffer, at: number, base: number): number {
    return this.#length === undefined
      ? this.#readToNul(chunk, at)
      : this.#readCounted(chunk, at, base, this.#length);
  }

  #readCounted(chunk: Buffer, at: number, base: number, length: number): number {
    const gathered = this.#gathered;
    const end = at + length - gathered.length;
    if (end >= chunk.length) {
      if (gathered.length === 0) gathered.reserve(Math.min(length, RESERVE_BYTES), length);
      gathered.append(chunk, at, chunk.length);
      return chunk.length;
    }
    if (chunk[end] !== NUL) throw missingNul(length, chunk[end]!, base + end);
    return this.#end(chunk, at, end);
  }

  #readToNul(chunk: Buffer, at: number): number {
    const nul = chunk.indexOf(NUL, at);
    const end = nul < 0 ? chunk.length : nul;
    this.#checkSize(this.#gathered.length + end - at);
    if (nul >= 0) return this.#end(chunk, at, end);
    this.#gathered.append(chunk, at, end);
    return end;
  }

  /** The last bytes lie in `chunk` from `at` to `end`, where the NUL is. */
  #end(chunk: Buffer, at: number, end: number): number {
    const gathered = this.#gathered;
    if (gathered.length === 0) {
      this.body = this.#copier.copy(chunk, at, end);
    } else {
      gathered.append(chunk, at, end);
      this.body = gathered.take();
    }
    this.#complete = true;
    return end + 1;
  }

  #checkSize(size: number): void {
    if (size <= this.#limits.maxBodyBytes) return;
    throw tooLarge(this.#limits, 'maxBodyBytes', size, this.#frameOffset, 'body');
  }
}

function missingNul(length: number, byte: number, offset: number): FrameError {
  const hex = byte.toString(16).padStart(2, '0');
  return new FrameError(
    'STOMP_FRAME_MISSING_NUL',
    `content-length says ${length}, but the byte after that many is 0x${hex}, not NUL`,
    { offset, state: 'body' },
  );
}
