/** What has a place in a line. */
export interface Numbered {
  readonly sequence: number;
}

function byNumber(a: Numbered, b: Numbered): number {
  return a.sequence - b.sequence;
}

/** A line of numbered things, lowest first. Taking from the front costs the same however long the line is. */
export class Fifo<T extends Numbered> implements Iterable<T> {
  #items: Array<T | undefined> = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) this.#replace([]);
    else if (this.#head >= 1024 && this.#head * 2 > this.#items.length)
      this.#replace(this.#items.slice(this.#head));
    return item;
  }

  /** Puts things back where their numbers belong: mostly all of them before what is there. */
  restore(items: readonly T[]): void {
    const back = [...items].sort(byNumber);
    const there = this.#items.slice(this.#head) as T[];
    const inFront = there.length === 0 || back.length === 0 || byNumber(back.at(-1)!, there[0]!) < 0;
    const all = back.concat(there);
    this.#replace(inFront ? all : all.sort(byNumber));
  }

  /** Takes out what `unwanted` says, and gives it. */
  remove(unwanted: (item: T) => boolean): T[] {
    const out: T[] = [];
    const kept: T[] = [];
    for (const item of this) (unwanted(item) ? out : kept).push(item);
    if (out.length > 0) this.#replace(kept);
    return out;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let at = this.#head; at < this.#items.length; at++) yield this.#items[at] as T;
  }

  #replace(items: Array<T | undefined>): void {
    this.#items = items;
    this.#head = 0;
  }
}
