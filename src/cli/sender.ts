import type { Pool } from '../pool/pool.js';

export interface SenderOptions {
  readonly headers: Readonly<Record<string, string | number>>;
  readonly persistent: boolean;
  /** Without content-length, which makes a text message on ActiveMQ. */
  readonly text: boolean;
  /** Wait for the RECEIPT of each message. */
  readonly confirmed: boolean;
}

/** Messages whose RECEIPT may be missing at any time. */
const WINDOW = 256;

/** Sends one message after the other, as fast as the broker takes them and no faster. */
export class Sender {
  readonly #pool: Pool;
  readonly #destination: string;
  readonly #options: SenderOptions;
  readonly #onError: () => void;
  /** Places of the messages that are not confirmed, in order. */
  readonly #open = new Set<number>();
  #wake: (() => void) | undefined;
  #underWay = 0;
  messages = 0;
  bytes = 0;
  confirmed = 0;
  /** The first error; nothing is to be sent after it. */
  error: unknown;

  /** `onError` is called once. */
  constructor(pool: Pool, destination: string, options: SenderOptions, onError: () => void) {
    this.#pool = pool;
    this.#destination = destination;
    this.#options = options;
    this.#onError = onError;
  }

  /** Counted from 1: the first message without a RECEIPT, where there is one. */
  get firstOpen(): number | undefined {
    const [first] = this.#open;
    return first;
  }

  /** Nothing waits for its RECEIPT. */
  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  /** Resolves when the next one may be sent. */
  async send(body: Buffer): Promise<void> {
    const place = ++this.messages;
    this.bytes += body.length;
    if (this.#options.confirmed) {
      this.#open.add(place);
      this.#underWay++;
      void this.#publish(place, body);
      while (this.#underWay >= WINDOW) await this.#change();
    } else {
      const flowing = this.#pool.send(this.#destination, body, this.#sendOptions());
      if (!flowing) await this.#pool.drain();
    }
  }

  /** Resolves when nothing is under way any more. */
  async settle(): Promise<void> {
    while (this.#underWay > 0) await this.#change();
  }

  async #publish(place: number, body: Buffer): Promise<void> {
    try {
      await this.#pool.publish(this.#destination, body, this.#sendOptions());
      this.confirmed++;
      this.#open.delete(place);
    } catch (error) {
      if (this.error === undefined) this.#onError();
      this.error ??= error;
    }
    this.#underWay--;
    this.#wake?.();
  }

  #sendOptions() {
    const { headers, persistent, text } = this.#options;
    return { headers, persistent, contentLength: !text };
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
