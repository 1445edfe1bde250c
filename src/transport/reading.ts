import type { FrameParser } from '../frame/parser.js';

/** After a body this large the next head is read alone, so that the next body can be read into its place. */
const LARGE_BODY_BYTES = 32_768;
/** Enough for a head. */
const HEAD_BYTES = 1_024;
/** After a body this large, under load, each read gets a buffer of its own, and such bodies stay in it. */
const MIDDLE_BODY_BYTES = 2_048;

/**
 * The C library gives memory that was freed back to the system at once, and each page of it then costs a fault when
 * it is used again, until a block of this size was freed once: after that it keeps up to twice as much. The block
 * itself is never touched, so it takes no memory (docs/decisions/0006-reading-in-place.md).
 */
const LESSON_BYTES = 32_000_000;
/**
 * It is worth that where so much has been read to buffers that are not used again. V8 frees such buffers 32 MiB at a
 * time: just after that the block could be served from what was freed, and would teach nothing. So it is made in the
 * middle between two such times, and once more at another point between two.
 */
const LESSONS_AFTER_BYTES = [48, 104].map((mib) => mib * 1_048_576);
let unsharedBytes = 0;

function countUnshared(bytes: number): void {
  const before = unsharedBytes;
  unsharedBytes += bytes;
  for (const mark of LESSONS_AFTER_BYTES) {
    if (before < mark && unsharedBytes >= mark) Buffer.allocUnsafeSlow(LESSON_BYTES);
  }
}

/**
 * Where the bytes of one stream are read to, so that large bodies are copied as little as can be
 * (docs/decisions/0006-reading-in-place.md).
 */
export class Reading {
  readonly #parser: FrameParser;
  #kind: 'shared' | 'owned' | 'body' = 'shared';
  /** The last read filled its buffer: more is waiting. */
  #busy = false;

  constructor(parser: FrameParser) {
    this.#parser = parser;
  }

  /** Where to read next: `shared`, a part of it, a buffer of its own, or the place of the body in hand. */
  next(shared: Buffer): Buffer {
    const target = this.#parser.target;
    if (target !== undefined) {
      this.#kind = 'body';
      return target;
    }
    const last = this.#parser.lastBodyBytes;
    if (last >= MIDDLE_BODY_BYTES && last < LARGE_BODY_BYTES && this.#busy) {
      this.#kind = 'owned';
      return Buffer.allocUnsafeSlow(shared.length);
    }
    this.#kind = 'shared';
    return last >= LARGE_BODY_BYTES ? shared.subarray(0, HEAD_BYTES) : shared;
  }

  /** Takes what was read to where `next` said, or what came without asking. */
  take(chunk: Buffer): void {
    this.#busy = chunk.length >= LARGE_BODY_BYTES;
    if (this.#kind !== 'shared') countUnshared(chunk.length);
    if (this.#kind === 'body') this.#parser.filled(chunk.length);
    else this.#parser.take(chunk, this.#kind === 'owned');
  }

  end(): void {
    this.#parser.end();
  }
}
