/** A map that forgets its oldest entries when there are too many, and knows that it did. */
export class BoundedMap<K, V> {
  readonly #max: number;
  readonly #entries = new Map<K, V>();
  /** Whether anything has been forgotten: then what is not here may still have been. */
  forgot = false;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#max) this.#forget();
  }

  /** A tenth at once: looking for the oldest costs more than forgetting it. */
  #forget(): void {
    this.forgot = true;
    let count = Math.ceil(this.#max / 10);
    for (const key of this.#entries.keys()) {
      if (count-- <= 0) return;
      this.#entries.delete(key);
    }
  }

  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  values(): IterableIterator<V> {
    return this.#entries.values();
  }

  keys(): IterableIterator<K> {
    return this.#entries.keys();
  }
}
