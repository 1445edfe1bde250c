/**
 * Carries the end that a signal says to many who wait. It puts one listener on the signal, for Node warns where there
 * are more than ten.
 */
export class Ending {
  readonly #signal: AbortSignal | undefined;
  readonly #waiting = new Set<() => void>();
  readonly #tell = (): void => {
    for (const tell of [...this.#waiting]) tell();
  };

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.addEventListener('abort', this.#tell, { once: true });
  }

  get isSaid(): boolean {
    return this.#signal?.aborted ?? false;
  }

  /** Calls back when it is said; the result takes that back. */
  onSaid(tell: () => void): () => void {
    this.#waiting.add(tell);
    return () => this.#waiting.delete(tell);
  }

  /** Runs what takes a signal, with one of its own. */
  async during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const own = new AbortController();
    const stop = (): void => own.abort(this.#signal?.reason);
    if (this.isSaid) stop();
    const forget = this.onSaid(stop);
    try {
      return await work(own.signal);
    } finally {
      forget();
    }
  }

  /** Lets the signal go. */
  [Symbol.dispose](): void {
    this.#signal?.removeEventListener('abort', this.#tell);
  }
}
