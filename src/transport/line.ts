/** Those who wait for room to send. They go one after the other: not all of a thousand are woken for the room of one. */
export class Line {
  /** How many wait. */
  length = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves when all before have gone and there is room; rejects as `drain` does. */
  async pass(output: { readonly full: boolean }, drain: () => Promise<void>): Promise<void> {
    this.length++;
    const turn = this.#last.then(() => hasRoom(output, drain));
    this.#last = turn.catch(() => {});
    try {
      await turn;
    } finally {
      this.length--;
    }
  }
}

async function hasRoom(output: { readonly full: boolean }, drain: () => Promise<void>): Promise<void> {
  while (output.full) await drain();
}
