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
