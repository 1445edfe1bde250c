/** Numbers that look random and are the same for the same seed, on every machine. */
export class Random {
  #a: number;
  #b: number;

  constructor(seed: number) {
    this.#a = scramble(seed ^ 0x51ed270b);
    this.#b = scramble(this.#a ^ 0x2c1b3c6d) | 1;
  }

  /** A whole number from 0 up to 2^32. */
  next(): number {
    // Two counters of different steps, each scrambled: the pair comes round after 2^63 numbers or so.
    this.#a = (this.#a + 0x9e3779b9) | 0;
    this.#b = (Math.imul(this.#b, 0x0019660d) + 0x3c6ef35f) | 0;
    return scramble(this.#a ^ this.#b) >>> 0;
  }

  /** From 0 up to `count`, which is not reached. */
  below(count: number): number {
    return Math.floor((this.next() / 4_294_967_296) * count);
  }

  /** Both ends included. */
  from(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** True once in so many times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** Mostly small: each further power of two is half as likely. */
  small(max: number): number {
    let reach = 2;
    while (reach < max && this.oneIn(2)) reach *= 2;
    return this.below(Math.min(reach, max) + 1);
  }
}

/** A seed of its own for the case of that number. */
export function seedOf(base: number, index: number): number {
  return scramble(
    scramble(base ^ 0x7f4a7c15) + Math.imul(index, 0x2545f491) + Math.floor(index / 4_294_967_296),
  );
}

/** Every bit of the result depends on every bit given, and no two numbers give the same. */
function scramble(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return mixed ^ (mixed >>> 15);
}
