/**
 * A queue in an array. What was taken from its front is cut off now and then, and so is what lapsed within it, so that
 * each step is O(1) on average and neither is kept alive for long.
 */
export class Fifo<T> implements Iterable<T> {
  readonly #isLapsed: (item: T) => boolean;
  #items: Array<T | undefined> = [];
  #first = 0;
  #lapsed = 0;

  constructor(isLapsed: (item: T) => boolean = () => false) {
    this.#isLapsed = isLapsed;
  }

  /** How many are in it, without those that lapsed. */
  get length(): number {
    return this.#items.length - this.#first - this.#lapsed;
  }

  get first(): T | undefined {
    this.#dropLapsed();
    return this.#items[this.#first];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.first;
    if (item !== undefined) this.#drop();
    return item;
  }

  prepend(items: readonly T[]): void {
    this.#replace([...items, ...this]);
  }

  /** One of its items has lapsed since it came. */
  lapse(): void {
    this.#lapsed++;
    if (this.#lapsed > 1024 && this.#lapsed > this.length) this.#replace([...this]);
  }

  /** Those that have not lapsed; it may change meanwhile. */
  *[Symbol.iterator](): IterableIterator<T> {
    const items = this.#items;
    for (let i = this.#first; i < items.length; i++) {
      const item = items[i];
      if (item !== undefined && !this.#isLapsed(item)) yield item;
    }
  }

  #dropLapsed(): void {
    for (let item = this.#items[this.#first]; this.#lapsed > 0; item = this.#items[this.#first]) {
      if (item === undefined || !this.#isLapsed(item)) return;
      this.#lapsed--;
      this.#drop();
    }
  }

  #drop(): void {
    if (this.#first === this.#items.length - 1) {
      this.#items.pop(); // the only one: the array keeps its room for the next
      return;
    }
    this.#items[this.#first] = undefined;
    this.#first++;
    if (this.#first > 1024 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
  }

  #replace(items: T[]): void {
    this.#items = items.filter((item) => !this.#isLapsed(item));
    this.#first = 0;
    this.#lapsed = 0;
  }
}
