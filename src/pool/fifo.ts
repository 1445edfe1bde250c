/** A queue in an array: what was taken from its front is cut off now and then, so that each step is O(1) on average. */
export class Fifo<T> implements Iterable<T> {
  #items: T[] = [];
  #first = 0;

  get length(): number {
    return this.#items.length - this.#first;
  }

  get first(): T | undefined {
    return this.#items[this.#first];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#first === this.#items.length) return undefined;
    const item = this.#items[this.#first]!;
    this.#items[this.#first] = undefined as T; // not kept alive from here
    this.#first++;
    if (this.#first > 1024 && this.#first * 2 > this.#items.length) this.#cut();
    return item;
  }

  prepend(items: readonly T[]): void {
    this.#items = [...items, ...this.#items.slice(this.#first)];
    this.#first = 0;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = this.#first; i < this.#items.length; i++) yield this.#items[i]!;
  }

  #cut(): void {
    this.#items = this.#items.slice(this.#first);
    this.#first = 0;
  }
}
