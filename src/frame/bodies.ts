import { EMPTY } from './buffers.js';

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
  /** The chunk in hand, where it stands in what memory, and that memory as words. */
  #source: Buffer = EMPTY;
  #sourceOffset = 0;
  #sourceMemory: ArrayBufferLike = EMPTY.buffer;
  #sourceWords: BigUint64Array = new BigUint64Array(0);

  constructor(views: boolean) {
    this.#views = views;
  }

  /** `owned`: nobody uses the chunk's memory again. */
  copy(chunk: Buffer, start: number, end: number, owned: boolean): Buffer {
    const size = end - start;
    if (size === 0) return EMPTY;
    if (chunk !== this.#source) this.#use(chunk);
    const at = this.#sourceOffset + start;
    if (this.#views || (owned && size >= VIEW_BYTES)) return new View(this.#sourceMemory, at, size);
    const first = at >>> 3;
    const count = ((at + size + 7) >>> 3) - first;
    if (size > MAX_SLAB_BODY || first + count > this.#sourceWords.length) return ownCopy(chunk, start, end);
    if (this.#used + count > this.#slabWords.length) this.#newSlab();
    const used = this.#used;
    this.#used = used + count;
    if (count <= MAX_LOOP_WORDS) copyWords(this.#sourceWords, first, this.#slabWords, used, count);
    else chunk.copy(this.#slab, used * 8 + (at & 7), start, end);
    return new View(this.#slabMemory, used * 8 + (at & 7), size);
  }

  /** Once for each chunk: what is asked here of a typed array are calls out of compiled code. */
  #use(chunk: Buffer): void {
    const { buffer } = chunk;
    if (buffer !== this.#sourceMemory) {
      this.#sourceMemory = buffer;
      this.#sourceWords = new BigUint64Array(buffer, 0, buffer.byteLength >>> 3);
    }
    this.#sourceOffset = chunk.byteOffset;
    this.#source = chunk;
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

function copyWords(
  from: BigUint64Array,
  first: number,
  to: BigUint64Array,
  used: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) to[used + i] = from[first + i]!;
}
