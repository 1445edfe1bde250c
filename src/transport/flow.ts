import type { Transport } from './transport.js';

/** Messages held for their consumers stop the reading above this many bytes, and let it go on below half of it. */
const HIGH_WATER_BYTES = 65_536;

/**
 * When to read from the socket. Messages whose consumer is busy are held; once enough are held, reading stops.
 * But while somebody waits for a RECEIPT, which comes behind those messages, reading goes on up to `maxBytes`:
 * a consumer may be that somebody. Beyond it, `onOverflow` must tell the ones who wait, since nobody else can
 * free them.
 *
 * It outlives a connection: what was held when one was lost still counts on the next.
 */
export class Flow {
  readonly #maxBytes: number;
  #transport: Pick<Transport, 'pause' | 'resume'> | undefined;
  #onOverflow: (() => void) | undefined;
  #held = 0;
  #waiting = 0;
  #paused = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#held;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** No more can be held: whoever would wait for a RECEIPT now might wait for ever. */
  get full(): boolean {
    return this.#held > this.#maxBytes;
  }

  attach(transport: Pick<Transport, 'pause' | 'resume'>, onOverflow: () => void): void {
    this.#transport = transport;
    this.#onOverflow = onOverflow;
    this.#waiting = 0;
    this.#paused = false;
    this.#update();
  }

  detach(transport: Pick<Transport, 'pause' | 'resume'>): void {
    if (this.#transport !== transport) return;
    this.#transport = undefined;
    this.#onOverflow = undefined;
    this.#waiting = 0;
  }

  hold(bytes: number): void {
    this.#held += bytes;
    if (this.#held > HIGH_WATER_BYTES) this.#update();
  }

  release(bytes: number): void {
    this.#held -= bytes;
    if (this.#paused) this.#update();
  }

  /** How many RECEIPTs are waited for now. */
  waitingFor(receipts: number): void {
    this.#waiting = receipts;
    if (this.#paused || (receipts === 0 && this.#held > 0)) this.#update();
  }

  #update(): void {
    if (this.full && this.#waiting > 0) this.#onOverflow?.();
    const mark = this.#waiting > 0 ? this.#maxBytes : HIGH_WATER_BYTES;
    if (!this.#paused && this.#held > mark) {
      this.#paused = true;
      this.#transport?.pause();
    } else if (this.#paused && this.#held <= (this.#waiting > 0 ? mark : mark / 2)) {
      this.#paused = false;
      this.#transport?.resume();
    }
  }
}
