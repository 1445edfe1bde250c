import { SessionError, type StompError } from '../errors.js';
import type { Headers } from '../frame/headers.js';
import type { PoolOptions } from '../pool/options.js';
import { Pool } from '../pool/pool.js';
import type { Message } from '../transport/message.js';
import type { SubscribeOptions, Subscription } from '../transport/subscription.js';
import { decodeBase64, encodeBase64 } from './encoding.js';
import type { Settings } from './settings.js';

/** One message as a connector receives it. */
export interface Request {
  /** The body, with base64 undone where the settings say so. */
  readonly payload: Buffer;
  readonly headers: Headers;
  /** For subscriptions in a client ack mode: as `message.ack()`. */
  ack(): boolean;
}

/** A message that waits for `receive`; its subscription hands out no other before `taken` was called. */
interface Arrival {
  readonly message: Message;
  taken(): void;
}

interface Receiver {
  resolve(request: Request): void;
  reject(error: unknown): void;
}

/**
 * The MCollective STOMP connector: what its plugin did, over the pool that `settings` describe. Payloads are bytes;
 * base64 and priority are put on and taken off as configured.
 */
export class Connector {
  readonly #settings: Settings;
  readonly #options: PoolOptions;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #arrivals: Arrival[] = [];
  readonly #receivers: Receiver[] = [];
  #connecting: Promise<Pool> | undefined;
  #pool: Pool | undefined;

  /** `options` win over those in `settings.connect`: an observer, a signal. */
  constructor(settings: Settings, options: PoolOptions = {}) {
    this.#settings = settings;
    this.#options = options;
  }

  /** The pool, between `connect` and `disconnect`. */
  get pool(): Pool | undefined {
    return this.#pool;
  }

  /** Resolves on the first CONNECTED. Twice is harmless. Rejects as `connect()` of the library does. */
  async connect(): Promise<void> {
    this.#connecting ??= Pool.connect(this.#settings.connect, this.#options);
    try {
      this.#adopt(await this.#connecting);
    } catch (error) {
      this.#connecting = undefined;
      throw error;
    }
  }

  /** Twice is harmless: the subscription there is stays as it is. Throws STOMP_CLOSED before `connect`. */
  subscribe(source: string, options: SubscribeOptions = {}): Subscription {
    const known = this.#subscriptions.get(source);
    if (known !== undefined) return known;
    const subscription = this.#connected().subscribe(source, options, (message) => this.#arrive(message));
    this.#subscriptions.set(source, subscription);
    void subscription.closed.then(() => this.#forget(source, subscription));
    return subscription;
  }

  /** Resolves on the broker's RECEIPT, or at once when there is no such subscription. */
  async unsubscribe(source: string): Promise<void> {
    await this.#subscriptions.get(source)?.unsubscribe();
  }

  /**
   * Sends to `target` with the seed's headers (`priority` where it is configured, no `persistent`) and resolves on
   * the broker's RECEIPT. Rejects as `pool.publish` does.
   */
  async publish(target: string, payload: string | Uint8Array): Promise<void> {
    const { base64, priority } = this.#settings;
    const body = base64
      ? encodeBase64(typeof payload === 'string' ? Buffer.from(payload) : payload)
      : payload;
    const headers = priority > 0 ? { priority } : undefined;
    await this.#connected().publish(target, body, { headers, persistent: false });
  }

  /**
   * The next message of any subscription. Rejects with STOMP_FRAME_BAD_BODY for one that is not base64 although the
   * settings say so, and with what ended the pool (STOMP_CLOSED when that was asked for).
   */
  receive(): Promise<Request> {
    return new Promise((resolve, reject) => {
      const arrival = this.#arrivals.shift();
      if (arrival === undefined) {
        this.#connected();
        this.#receivers.push({ resolve, reject });
        return;
      }
      arrival.taken();
      this.#hand({ resolve, reject }, arrival.message);
    });
  }

  /** Ends in order. Twice is harmless; `connect` may follow. */
  async disconnect(): Promise<void> {
    await this.#pool?.disconnect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect();
  }

  #adopt(pool: Pool): void {
    if (this.#pool === pool) return;
    this.#pool = pool;
    void pool.closed.then((error) => this.#onClosed(error));
  }

  #connected(): Pool {
    if (this.#pool === undefined) throw notConnected();
    return this.#pool;
  }

  #arrive(message: Message): Promise<void> | undefined {
    const receiver = this.#receivers.shift();
    if (receiver === undefined) {
      return new Promise((taken) => this.#arrivals.push({ message, taken }));
    }
    this.#hand(receiver, message);
    return undefined;
  }

  #hand({ resolve, reject }: Receiver, message: Message): void {
    try {
      const payload = this.#settings.base64 ? decodeBase64(message.body) : message.body;
      resolve({ payload, headers: message.headers, ack: () => message.ack() });
    } catch (error) {
      reject(error);
    }
  }

  #forget(source: string, subscription: Subscription): void {
    if (this.#subscriptions.get(source) === subscription) this.#subscriptions.delete(source);
  }

  #onClosed(error: StompError | undefined): void {
    this.#pool = undefined;
    this.#connecting = undefined;
    for (const { reject } of this.#receivers.splice(0)) reject(error ?? notConnected());
  }
}

function notConnected(): SessionError {
  return new SessionError('STOMP_CLOSED', 'the connector is not connected');
}
