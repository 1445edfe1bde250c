import { EMPTY } from './buffers.js';
import type { Chunk } from './chunk.js';

const SLAB_BYTES = 4096;
/** A body larger than this gets memory of its own. */
const MAX_SLAB_BODY = SLAB_BYTES / 4;
/** Up to this many words, a loop takes less time than a call of `copy`. */
const MAX_LOOP_WORDS = 80;
/** From this size on, a body of a chunk that nobody uses again is left where it is. */
const VIEW_BYTES = 2048;

/** Node's own class of Buffers: what `subarray` makes, at less cost. */
type ViewClass = new (memory: ArrayBufferLike, at: number, size: number) => Buffer;
const View = (Buffer as unknown as { readonly [Symbol.species]: ViewClass })[Symbol.species];

/**
 * Copies bodies out of chunks that will be reused. Small ones share a slab, so a kept body keeps at most 4 KiB.
 *
 * They are copied in whole words of eight bytes, in a loop, which takes less time than a call of `copy`: a body
 * stands in the slab as it stood in the chunk, so many bytes behind the start of a word, and the words at its ends
 * bring a few bytes of its neighbours along (docs/decisions/0017-bodies-by-words.md).
 */
export class BodyCopier {
  readonly #views: boolean;
  #slab: Buffer = EMPTY;
  /** `buffer` of the slab: asking for it is a call out of compiled code. */
  #slabMemory: ArrayBufferLike = EMPTY.buffer;
  #slabWords: BigUint64Array = new BigUint64Array(0);
  /** Words of the slab that are taken. */
  #used = 0;
  readonly #source: Chunk;

  constructor(source: Chunk, views: boolean) {
    this.#source = source;
    this.#views = views;
  }

  /** Of the chunk in hand. `owned`: nobody uses its memory again. */
  copy(start: number, end: number, owned: boolean): Buffer {
    const size = end - start;
    if (size === 0) return EMPTY;
    const source = this.#source;
    const at = source.offset + start;
    if (this.#views || (owned && size >= VIEW_BYTES)) return new View(source.memory, at, size);
    if (size > MAX_SLAB_BODY) return ownCopy(source.bytes, start, end);
    const count = source.wordsOf(start, end);
    if (this.#used + count > this.#slabWords.length) this.#newSlab();
    const used = this.#used;
    const place = used * 8 + (at & 7);
    if (count > MAX_LOOP_WORDS || !source.copyWords(start, count, this.#slabWords, used))
      source.bytes.copy(this.#slab, place, start, end);
    this.#used = used + count;
    return new View(this.#slabMemory, place, size);
  }

  #newSlab(): void {
    this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    this.#slabMemory = this.#slab.buffer;
    this.#slabWords = new BigUint64Array(this.#slabMemory);
    this.#used = 0;
  }
}

function ownCopy(chunk: Buffer, start: number, end: number): Buffer {
  const body = Buffer.allocUnsafeSlow(end - start);
  chunk.copy(body, 0, start, end);
  return body;
}
