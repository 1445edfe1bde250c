import { type Connector, encodeBase64 } from '../../connector/index.js';
import type { Settings } from '../../connector/settings.js';
import { type ErrorCode, StompError } from '../../errors.js';
import type { Pool } from '../../pool/pool.js';
import type { FailoverClock, Tally } from './tally.js';

/** Publishes not confirmed yet at any time. */
export const WINDOW = 256;

/** After so long without a message the queue is taken to be empty. */
const QUIET_MS = 100;

/** After these nobody knows whether the message has arrived: it is sent again, and may come twice. */
const AGAIN: ReadonlySet<ErrorCode> = new Set([
  'STOMP_OUTCOME_UNKNOWN',
  'STOMP_NOT_CONNECTED',
  'STOMP_RECEIPT_TIMEOUT',
]);

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
  #failed: unknown;

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
    const consuming = this.#consume().catch((error: unknown) => {
      this.#failed ??= error;
    });
    try {
      await this.#publishAll();
    } catch (error) {
      this.#failed ??= error;
    }
    await this.#settle();
    if (this.#pool.state !== 'closed') await subscription.unsubscribe();
    await connector.disconnect();
    await consuming;
    signal.throwIfAborted();
    if (this.#failed !== undefined) throw this.#failed;
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
    return this.#failed !== undefined || this.#options.signal.aborted;
  }

  async #publish(number: number): Promise<void> {
    const { queue, tally, failover, onConfirmed } = this.#options;
    while (!this.#over) {
      try {
        await this.#pool.publish(queue, this.#body(number), this.#headers());
        failover.sign();
        this.#lastNewsAt = performance.now();
        tally.confirm(number);
        onConfirmed();
        return;
      } catch (error) {
        if (!(error instanceof StompError) || !AGAIN.has(error.code)) {
          this.#failed ??= error;
          return;
        }
        tally.republished++;
      }
    }
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
