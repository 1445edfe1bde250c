/** What became of messages 0 to `size - 1`, each counted by its own number. */
export class Tally {
  readonly size: number;
  /** RECEIPTs that came for a message. */
  readonly #confirmed: Uint8Array;
  readonly #received: Uint8Array;
  #confirmedCount = 0;
  #receivedCount = 0;
  #missing = 0;
  /** Messages that came more than once, each time but the first. */
  duplicates = 0;
  /** SEND frames that were written. */
  sends = 0;
  /** Messages in the queue that no one of ours has sent. */
  foreign = 0;

  constructor(size: number) {
    this.size = size;
    this.#confirmed = new Uint8Array(size);
    this.#received = new Uint8Array(size);
  }

  /** Different messages that the broker has confirmed. */
  get confirmed(): number {
    return this.#confirmedCount;
  }

  /** Different messages that have come back. */
  get received(): number {
    return this.#receivedCount;
  }

  /** Messages that were confirmed, and have not come. */
  get missing(): number {
    return this.#missing;
  }

  /** SEND frames beyond the first of each message. */
  get sentAgain(): number {
    return Math.max(this.sends - this.size, 0);
  }

  confirm(number: number): void {
    if (this.#confirmed[number] === 1) return;
    this.#confirmed[number] = 1;
    this.#confirmedCount++;
    if (this.#received[number] === 0) this.#missing++;
  }

  /** True where the message is new. */
  receive(number: number | undefined): boolean {
    if (number === undefined || !(number < this.size)) {
      this.foreign++;
      return false;
    }
    if (this.#received[number] === 1) {
      this.duplicates++;
      return false;
    }
    this.#received[number] = 1;
    this.#receivedCount++;
    if (this.#confirmed[number] === 1) this.#missing--;
    return true;
  }
}

/** From the loss of a connection to the first sign that the next one works. */
export class FailoverClock {
  readonly #now: () => number;
  #lostAt: number | undefined;
  #connected = true;
  readonly durationsMs: number[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  lost(): void {
    this.#lostAt ??= this.#now();
    this.#connected = false;
  }

  connected(): void {
    this.#connected = true;
  }

  /** A RECEIPT or a MESSAGE has come. Gives the time it took, where it ends a failover. */
  sign(): number | undefined {
    if (this.#lostAt === undefined || !this.#connected) return undefined;
    const durationMs = this.#now() - this.#lostAt;
    this.#lostAt = undefined;
    this.durationsMs.push(durationMs);
    return durationMs;
  }
}
