/** A buffer that grows by doubling: what is gathered byte by byte is copied O(1) times a byte. */
export class GrowingBuffer {
  bytes: Buffer = EMPTY;
  length = 0;

  #ceiling = Number.POSITIVE_INFINITY;

  /** Makes room for `size` bytes at once; `ceiling` is how many there can be at most. */
  reserve(size: number, ceiling: number): void {
    this.#ceiling = ceiling;
    if (size > this.bytes.length) this.#grow(size);
  }

  append(chunk: Buffer, start: number, end: number): void {
    const length = this.length + end - start;
    if (length > this.bytes.length) this.grow(length);
    chunk.copy(this.bytes, this.length, start, end);
    this.length = length;
  }

  /** Twice as much room, or enough for `length` bytes in all. */
  grow(length = 0): void {
    this.#grow(Math.min(Math.max(length, this.bytes.length * 2, 256), this.#ceiling));
  }

  /** The free room behind the content, for somebody to fill; `filled` then says how far. */
  get room(): Buffer {
    return this.bytes.subarray(this.length);
  }

  filled(bytes: number): void {
    this.length += bytes;
  }

  /** Forgets the content; keeps at most 4 KiB for the next time, since there may be thousands of these. */
  clear(): void {
    this.length = 0;
    if (this.bytes.length > 4096) this.bytes = EMPTY;
  }

  /** Gives the content away, in a buffer of its own. */
  take(): Buffer {
    const { bytes, length } = this;
    this.bytes = EMPTY;
    this.length = 0;
    this.#ceiling = Number.POSITIVE_INFINITY;
    return length === bytes.length ? bytes : bytes.subarray(0, length);
  }

  #grow(size: number): void {
    const bytes = Buffer.allocUnsafeSlow(size);
    this.bytes.copy(bytes, 0, 0, this.length);
    this.bytes = bytes;
  }
}

export const EMPTY = Buffer.alloc(0);
const SLAB_BYTES = 4096;
/** From this size on, a body of a chunk that nobody uses again is left where it is. */
const VIEW_BYTES = 2048;
/** Up to this many bytes, a loop takes less time than a call of `copy`. */
const LOOP_BYTES = 40;

/** Copies bodies out of chunks that will be reused. Small ones share a slab, so a kept body keeps at most 4 KiB. */
export class BodyCopier {
  readonly #views: boolean;
  #slab = EMPTY;
  #used = 0;

  constructor(views: boolean) {
    this.#views = views;
  }

  /** `owned`: nobody uses the chunk's memory again. */
  copy(chunk: Buffer, start: number, end: number, owned: boolean): Buffer {
    const size = end - start;
    if (size === 0) return EMPTY;
    if (this.#views || (owned && size >= VIEW_BYTES)) return chunk.subarray(start, end);
    if (size > SLAB_BYTES / 4) {
      const body = Buffer.allocUnsafeSlow(size);
      chunk.copy(body, 0, start, end);
      return body;
    }
    if (this.#used + size > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used = at + size;
    const slab = this.#slab;
    if (size > LOOP_BYTES) chunk.copy(slab, at, start, end);
    else for (let i = 0; i < size; i++) slab[at + i] = chunk[start + i]!;
    return slab.subarray(at, at + size);
  }
}
