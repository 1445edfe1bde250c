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

  private constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Listens to the signal as long as the work lasts. */
  static async during<T>(signal: AbortSignal | undefined, work: (ending: Ending) => Promise<T>): Promise<T> {
    const ending = new Ending(signal);
    signal?.addEventListener('abort', ending.#tell, { once: true });
    try {
      return await work(ending);
    } finally {
      signal?.removeEventListener('abort', ending.#tell);
    }
  }

  get isSaid(): boolean {
    return this.#signal?.aborted ?? false;
  }

  /** Calls back when it is said; the result takes that back. */
  onSaid(tell: () => void): () => void {
    this.#waiting.add(tell);
    return () => this.#waiting.delete(tell);
  }

  /** Does what takes a signal, with one of its own. */
  async cutting<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
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
}
