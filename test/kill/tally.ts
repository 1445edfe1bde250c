/** A set of numbers from 0 up to a size. */
export class Bitmap {
  readonly size: number;
  readonly #bits: Uint8Array;
  #count = 0;

  constructor(size: number) {
    this.size = size;
    this.#bits = new Uint8Array(Math.ceil(size / 8));
  }

  get count(): number {
    return this.#count;
  }

  has(n: number): boolean {
    return ((this.#bits[n >> 3] ?? 0) & (1 << (n & 7))) !== 0;
  }

  /** True when it was not there before. */
  add(n: number): boolean {
    if (!Number.isInteger(n) || n < 0 || n >= this.size)
      throw new RangeError(`${n} is not below ${this.size}`);
    if (this.has(n)) return false;
    this.#bits[n >> 3]! |= 1 << (n & 7);
    this.#count++;
    return true;
  }
}

/** Of the messages that only ask whether a broker takes any; no number of a run, for every client that reads it. */
export const WATCHER_BODY = '-1 ';

/** What became of the numbered messages of one run. */
export class Tally {
  readonly messages: number;
  /** `publish` resolved. */
  readonly confirmed: Bitmap;
  /** Delivered, to the consumer or to the final drain. */
  readonly seen: Bitmap;
  /** Deliveries beyond the first of each message. */
  duplicates = 0;
  /** First deliveries behind a later message. */
  outOfOrder = 0;
  /** Messages that are none of this run. */
  strays = 0;
  #highest = -1;

  constructor(messages: number) {
    this.messages = messages;
    this.confirmed = new Bitmap(messages);
    this.seen = new Bitmap(messages);
  }

  /** True for the first delivery of a message. */
  deliver(body: string): boolean {
    if (body.startsWith(WATCHER_BODY)) return false;
    const digits = /^(\d+) /.exec(body)?.[1];
    const n = Number(digits ?? -1);
    if (n < 0 || n >= this.messages) {
      this.strays++;
      return false;
    }
    if (!this.seen.add(n)) {
      this.duplicates++;
      return false;
    }
    if (n < this.#highest) this.outOfOrder++;
    else this.#highest = n;
    return true;
  }

  /** Confirmed, and delivered to nobody. */
  lost(): number[] {
    return this.#missing((n) => this.confirmed.has(n));
  }

  /** Never confirmed, and delivered to nobody. */
  unconfirmedLost(): number[] {
    return this.#missing((n) => !this.confirmed.has(n));
  }

  #missing(wanted: (n: number) => boolean): number[] {
    const found: number[] = [];
    for (let n = 0; n < this.messages; n++) if (wanted(n) && !this.seen.has(n)) found.push(n);
    return found;
  }
}

const PADDING = 'x'.repeat(200);

/** The body of message `n`: its number, then padding. */
export function bodyOf(n: number): string {
  return `${n} ${PADDING}`;
}

/** Numbers from 0 up to 1 that are the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
