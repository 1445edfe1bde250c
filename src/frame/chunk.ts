import { EMPTY } from './buffers.js';

/** The chunk in hand, in the shapes in which it is read: as bytes, as a view, and in words of eight bytes. */
export class Chunk {
  bytes: Buffer = EMPTY;
  /** Where it stands in its memory. */
  offset = 0;
  /** `buffer` of the chunk: asking for it is a call out of compiled code. */
  memory: ArrayBufferLike = EMPTY.buffer;
  #words: BigUint64Array = new BigUint64Array(0);
  #view: DataView | undefined;

  /** The next chunk. Its memory may be that of the one before. */
  use(bytes: Buffer): void {
    const { buffer } = bytes;
    if (buffer !== this.memory) {
      this.memory = buffer;
      this.#words = new BigUint64Array(buffer, 0, buffer.byteLength >>> 3);
    }
    this.offset = bytes.byteOffset;
    this.bytes = bytes;
    this.#view = undefined;
  }

  /** Over the bytes of the chunk. */
  get view(): DataView {
    return this.#view ?? this.#makeView();
  }

  /** How many words the bytes from `start` to `end` lie in. */
  wordsOf(start: number, end: number): number {
    if (start === end) return 0;
    const { offset } = this;
    return ((offset + end + 7) >>> 3) - ((offset + start) >>> 3);
  }

  /**
   * Copies those words to `to`, from its word `at` on. The bytes then stand so many behind the start of the first word
   * as they do here. False, with nothing done, where the last word is not whole in the memory.
   */
  copyWords(start: number, count: number, to: BigUint64Array, at: number): boolean {
    const first = (this.offset + start) >>> 3;
    const words = this.#words;
    if (first + count > words.length) return false;
    for (let i = 0; i < count; i++) to[at + i] = words[first + i]!;
    return true;
  }

  #makeView(): DataView {
    const { bytes } = this;
    this.#view = new DataView(this.memory, bytes.byteOffset, bytes.length);
    return this.#view;
  }
}
