import { type Connector, encodeBase64 } from '../../connector/index.js';
import type { Settings } from '../../connector/settings.js';
import type { StompError } from '../../errors.js';
import type { Pool } from '../../pool/pool.js';
import type { FailoverClock, Tally } from './tally.js';

/** Publishes not confirmed yet at any time. */
export const WINDOW = 256;

/** How long what is under way may take once one has failed. */
const LAST_MS = 1_000;

/** After so long without a message the queue is taken to be empty. */
const QUIET_MS = 100;

export interface TrafficOptions {
  readonly connector: Connector;
  readonly settings: Settings;
  readonly queue: string;
  readonly tally: Tally;
  readonly failover: FailoverClock;
  /** How long nothing may come before what is missing counts as lost. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  /** Called after each RECEIPT. */
  onConfirmed(): void;
}

/** Messages with numbers into a queue, and out of it again, through one connector. */
export class Traffic {
  readonly #options: TrafficOptions;
  readonly #pool: Pool;
  readonly #startedAt = performance.now();
  #lastNewsAt = performance.now();
  #lastNewMessageAt = performance.now();
  #error: unknown;
  #tellFailed!: () => void;
  readonly #failed = new Promise<void>((resolve) => {
    this.#tellFailed = resolve;
  });

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#pool = options.connector.pool!;
  }

  /** From the first SEND to the last message that was new. */
  get durationMs(): number {
    return this.#lastNewMessageAt - this.#startedAt;
  }

  /** Resolves when all that was confirmed has come, or did not come for `patienceMs`. Rejects with what ended it. */
  async run(): Promise<void> {
    const { connector, queue, signal } = this.#options;
    const subscription = connector.subscribe(queue, { ack: 'client' });
    await subscription.ready;
    const consuming = this.#consume().catch((error: unknown) => this.#fail(error));
    await Promise.race([this.#publishAll(), this.#pool.closed, this.#failed.then(() => pause(LAST_MS))]);
    await this.#settle();
    if (this.#error === undefined) {
      await subscription.unsubscribe();
      await connector.disconnect();
    } else this.#pool.destroy();
    await consuming;
    signal.throwIfAborted();
    if (this.#error !== undefined) throw this.#error;
  }

  async #consume(): Promise<void> {
    const { connector, tally, failover } = this.#options;
    for (;;) {
      const request = await connector.receive().catch((error: StompError) => {
        if (error.code === 'STOMP_CLOSED') return undefined;
        throw error;
      });
      if (request === undefined) return;
      failover.sign();
      this.#lastNewsAt = performance.now();
      if (tally.receive(numberIn(request.payload))) this.#lastNewMessageAt = this.#lastNewsAt;
      request.ack();
    }
  }

  async #publishAll(): Promise<void> {
    const { tally } = this.#options;
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < tally.size && !this.#over) await this.#publish(next++);
    };
    await Promise.all(Array.from({ length: WINDOW }, worker));
  }

  get #over(): boolean {
    return this.#error !== undefined || this.#options.signal.aborted;
  }

  #fail(error: unknown): void {
    this.#error ??= error;
    this.#tellFailed();
  }

  async #publish(number: number): Promise<void> {
    const { queue, tally, failover, onConfirmed } = this.#options;
    try {
      await this.#pool.publish(queue, this.#body(number), this.#headers());
    } catch (error) {
      this.#fail(error);
      return;
    }
    failover.sign();
    this.#lastNewsAt = performance.now();
    tally.confirm(number);
    onConfirmed();
  }

  #body(number: number): string | Buffer {
    const body = `stompwire demo ${number}`;
    return this.#options.settings.base64 ? encodeBase64(Buffer.from(body)) : body;
  }

  #headers(): { headers?: { priority: number } } {
    const { priority } = this.#options.settings;
    return priority > 0 ? { headers: { priority } } : {};
  }

  /** Until nothing is missing, or nothing has come for a while; then what came twice, so that the queue is empty. */
  async #settle(): Promise<void> {
    const { tally, patienceMs } = this.#options;
    const quietMs = () => performance.now() - this.#lastNewsAt;
    const open = () => this.#pool.state !== 'closed';
    while (open() && tally.missing > 0 && quietMs() < (this.#over ? 1_000 : patienceMs)) await pause(10);
    while (open() && quietMs() < QUIET_MS) await pause(10);
  }
}

function numberIn(payload: Buffer): number | undefined {
  const [, digits] = /^stompwire demo (\d{1,9})$/.exec(payload.toString('latin1')) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
