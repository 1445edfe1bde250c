import { FrameError } from '../errors.js';
import { BodyCopier } from './bodies.js';
import { EMPTY, GrowingBuffer } from './buffers.js';
import { NUL } from './bytes.js';
import type { Chunk } from './chunk.js';
import { type FrameLimits, tooLarge } from './limits.js';

/** What is missing of a counted body is worth reading straight into its place from this size on. */
const DIRECT_BYTES = 4_096;
/** A counted body is gathered in steps above this, so that a number in a header cannot claim memory by itself. */
const RESERVE_BYTES = 1_048_576;

/** From this size on, the next head is read together with the end of the body: one read less for each frame. */
const LARGE_BYTES = 32_768;
/** More than a head usually takes. */
const MAX_LEAD_BYTES = 1_024;
/** The next head may be a little longer than the last. */
const SLACK_BYTES = 32;

/** Reads one body after the other: so many bytes and a NUL, or up to the first NUL. */
export class BodyReader {
  /** The last body that was read to its NUL. */
  body: Buffer = EMPTY;
  /** What came behind that NUL when it was read to `target`. */
  rest: Buffer = EMPTY;
  readonly #limits: FrameLimits;
  readonly #copier: BodyCopier;
  readonly #gathered = new GrowingBuffer();
  #frameOffset = 0;
  /** Bytes to read behind the NUL. */
  #lead = 0;
  /** Bytes announced; undefined where the body ends at its NUL. */
  #length: number | undefined;
  #complete = false;
  #owned = false;

  /** `source`: is given each chunk before it comes here. */
  constructor(limits: FrameLimits, source: Chunk, views: boolean) {
    this.#limits = limits;
    this.#copier = new BodyCopier(source, views);
  }

  get complete(): boolean {
    return this.#complete;
  }

  /** The fast path: a counted body that lies in the chunk with its NUL. Undefined where it has to be read by the rest. */
  whole(chunk: Buffer, at: number, length: number, owned: boolean): Buffer | undefined {
    if (length >= chunk.length - at) return undefined;
    const end = (at + length) | 0; // a small whole number, which not every length is
    if (chunk[end] !== NUL || length > this.#limits.maxBodyBytes) return undefined;
    return this.#copier.copy(at, end, owned);
  }

  /** `lead`: bytes between the frame before and this body, which are those expected between this body and the next. */
  begin(length: number | undefined, frameOffset: number, lead: number): void {
    this.#length = length;
    this.#frameOffset = frameOffset;
    this.#complete = false;
    if (length === undefined) return;
    this.#checkSize(length);
    this.#lead = length >= LARGE_BYTES && lead <= MAX_LEAD_BYTES ? lead + SLACK_BYTES : 0;
  }

  /**
   * Where the rest of the body is to be read to, with its NUL and, behind a large one, the next head; undefined where
   * that is not worth it.
   */
  get target(): Buffer | undefined {
    const gathered = this.#gathered;
    const length = this.#length;
    if (length === undefined || this.#complete || length - gathered.length < DIRECT_BYTES) return undefined;
    if (gathered.length === 0) this.#reserve(length);
    else if (gathered.room.length === 0) gathered.grow();
    return gathered.room;
  }

  /** So many bytes were read to `target`; `base` is the stream offset of the first of them. */
  filled(bytes: number, base: number): void {
    const gathered = this.#gathered;
    const length = this.#length!;
    const missing = length - gathered.length;
    gathered.filled(bytes);
    if (missing >= bytes) return;
    const nul = gathered.bytes[length]!;
    if (nul !== NUL) throw missingNul(length, nul, base + missing);
    const all = gathered.take();
    this.body = all.subarray(0, length);
    this.rest = all.subarray(length + 1);
    this.#complete = true;
  }

  /**
   * Reads on from `at`; `base` is the stream offset of the chunk, and `owned` says that nobody uses its memory
   * again. Gives where the frame ends, or the chunk.
   */
  read(chunk: Buffer, at: number, base: number, owned: boolean): number {
    this.#owned = owned;
    return this.#length === undefined
      ? this.#readToNul(chunk, at)
      : this.#readCounted(chunk, at, base, this.#length);
  }

  #readCounted(chunk: Buffer, at: number, base: number, length: number): number {
    const gathered = this.#gathered;
    const end = at + length - gathered.length;
    if (end >= chunk.length) {
      if (gathered.length === 0) this.#reserve(length);
      gathered.append(chunk, at, chunk.length);
      return chunk.length;
    }
    if (chunk[end] !== NUL) throw missingNul(length, chunk[end]!, base + end);
    return this.#end(chunk, at, end);
  }

  /** Room for the NUL and what is read behind it as well. */
  #reserve(length: number): void {
    const size = length + 1 + this.#lead;
    this.#gathered.reserve(Math.min(size, RESERVE_BYTES), size);
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
      this.body = this.#copier.copy(at, end, this.#owned);
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
