/** Small frames lie close together: their heads are decoded several at once, since each call costs more than its bytes. */
const WINDOW_BYTES = 2048;

/** The heads of the chunk in hand, as wire strings. */
export class HeadText {
  #chunk: Buffer = EMPTY;
  #view: DataView | undefined;
  text = '';
  /** Where `text` begins in the chunk. */
  start = 0;
  #end = 0;

  /** The next chunk. Its memory may be that of the one before. */
  use(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#view = undefined;
    this.#end = 0;
  }

  /** Over the bytes of the chunk. */
  get view(): DataView {
    return this.#view ?? this.#makeView();
  }

  #makeView(): DataView {
    const { buffer, byteOffset, length } = this.#chunk;
    this.#view = new DataView(buffer, byteOffset, length);
    return this.#view;
  }

  /**
   * Decodes the bytes from `from` to `to`, which then stand in `text` from `from - start` on. `from` never goes back.
   * `gap`: about how far behind `to` the next head begins.
   */
  decode(from: number, to: number, gap: number): void {
    if (to <= this.#end) return;
    this.start = from;
    const window = Math.min(from + WINDOW_BYTES, this.#chunk.length);
    const hasNext = to + gap + (to - from) <= window;
    this.#end = hasNext ? window : to;
    this.text = this.#chunk.toString('latin1', from, this.#end);
  }
}

const EMPTY = Buffer.alloc(0);
