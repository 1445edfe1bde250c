/** The last three digits of a number. */
const ENDINGS = Array.from({ length: 1_000 }, (_, ending) => String(ending).padStart(3, '0'));

/**
 * Writes numbers that count up. `String(n)` is remembered by V8 in a table of thousands, which then outlive the frames
 * that they were made for and have to be moved by each collection: that cost more than the number itself.
 */
export class SerialWriter {
  #thousands = 0;
  #beginning = '';

  /** The digits of a whole number. */
  text(n: number): string {
    const ending = n % 1_000;
    const thousands = (n - ending) / 1_000;
    if (thousands === 0) return String(n);
    if (thousands !== this.#thousands) {
      this.#thousands = thousands;
      this.#beginning = String(thousands);
    }
    return this.#beginning + ENDINGS[ending];
  }
}
