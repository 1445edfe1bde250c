import type { HeadersInit } from '../frame/index.js';
import type { BrokerConnection } from './connection.js';
import { BrokerCore, type BrokerStats, type CrashOptions } from './core.js';
import type { FaultScript } from './faults.js';
import { type BrokerOptions, checkPort } from './options.js';
import type { ReceivedFrame, WaitOptions } from './record.js';
import { Listener } from './socket.js';
import type { BrokerStore } from './store.js';
import { NOTICE } from './version.js';

/** How long `stop()` waits for clients to close before it drops them. */
const STOP_MS = 500;

/**
 * A STOMP 1.0 broker in this process, for tests and first steps: everything is in memory. For production use
 * ActiveMQ or RabbitMQ. `/topic/` destinations are topics, all others queues; there are no selectors, wildcards or
 * temporary queues.
 *
 *     const broker = await Broker.start();
 *     const stomp = await connect(broker.url);
 *     ...
 *     await broker.stop();
 */
export class Broker implements AsyncDisposable {
  /** What this broker is, in one sentence for people. */
  static readonly NOTICE = NOTICE;

  /** The broker without its sockets. */
  readonly core: BrokerCore;
  readonly host: string;
  readonly #listener: Listener;
  readonly #scheme: string;
  #port: number;
  #state: 'standby' | 'listening' | 'stopped' = 'standby';
  #resolvePromoted: (listens: boolean) => void = () => undefined;
  #rejectPromoted: (error: unknown) => void = () => undefined;
  /**
   * True once it listens; false when it was stopped before it came to that. Settled from the start where `standby`
   * is not set. Rejects with Node's error when the port could not be had.
   */
  readonly promoted: Promise<boolean>;

  /**
   * Starts one. Resolves when it listens or, with `standby`, at once: `promoted` tells when it listens. Throws
   * ConfigError for options that cannot be meant, and Node's error where it cannot listen.
   */
  static async start(options: BrokerOptions = {}): Promise<Broker> {
    const { host = '127.0.0.1', port = 0, standby = false } = options;
    checkPort(port);
    const broker = new Broker(options, host, standby && port === 0 ? await Listener.reserve(host) : port);
    if (standby) broker.store.standBy(broker, () => void broker.#listen().catch(() => undefined));
    else broker.store.hold(broker);
    if (!standby || broker.store.isHeldBy(broker)) await (standby ? broker.promoted : broker.#listen());
    return broker;
  }

  private constructor(options: BrokerOptions, host: string, port: number) {
    this.core = new BrokerCore(options);
    this.host = host;
    this.#port = port;
    this.#scheme = options.tls === undefined ? 'stomp' : 'stomp+ssl';
    this.#listener = new Listener(this.core, options.tls);
    this.promoted = new Promise((resolve, reject) => {
      this.#resolvePromoted = resolve;
      this.#rejectPromoted = reject;
    });
    this.promoted.catch(() => undefined); // start() rejects with it, or nobody asks
  }

  /** The one it listens on; a standby's is known before it listens. */
  get port(): number {
    return this.#port;
  }

  /** `stomp://host:port`, or `stomp+ssl://`; what `connect` takes. */
  get url(): string {
    const host = this.host.includes(':') ? `[${this.host}]` : this.host;
    return `${this.#scheme}://${host}:${this.#port}`;
  }

  get state(): 'standby' | 'listening' | 'stopped' {
    return this.#state;
  }

  /** Where its messages are; a pair shares one. */
  get store(): BrokerStore {
    return this.core.store;
  }

  /** Trouble to order, at any time. */
  get faults(): FaultScript {
    return this.core.faults;
  }

  /** The last frames that came, oldest first: up to `limits.maxReceivedFrames`. */
  get received(): readonly ReceivedFrame[] {
    return this.core.record.list();
  }

  /** The open connections, oldest first. */
  get connections(): readonly BrokerConnection[] {
    return this.core.sessions;
  }

  stats(): BrokerStats {
    return this.core.stats();
  }

  /** The first frame that matches, come or to come. Rejects with BrokerWaitError after `timeoutMs` (5,000). */
  waitFor(matches: (frame: ReceivedFrame) => boolean, options?: WaitOptions): Promise<ReceivedFrame> {
    return this.core.record.waitFor(matches, options);
  }

  /** Puts a message into a destination, as if a client had sent it. */
  publish(destination: string, body?: string | Uint8Array, headers?: HeadersInit): void {
    this.core.publish(destination, body, headers);
  }

  /** Drops every connection at once and goes on listening. */
  cut(): void {
    this.core.cut();
  }

  /** A crash: resets every connection, stops listening, and loses what it held only in memory (see `volatile`). */
  async kill(options?: CrashOptions): Promise<void> {
    const closed = this.#shutDoor();
    this.core.kill(options);
    this.#listener.destroy();
    this.store.release(this);
    await closed;
  }

  /**
   * Stops in order: no new connections, open ones are ended after what was written to them, and dropped when they
   * are not gone within half a second. The store keeps its messages.
   */
  async stop(): Promise<void> {
    const closed = this.#shutDoor();
    this.core.close();
    const timer = setTimeout(() => this.#listener.destroy(), STOP_MS);
    await closed;
    clearTimeout(timer);
    this.store.release(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #listen(): Promise<void> {
    try {
      this.#port = await this.#listener.listen(this.host, this.#port);
      if (this.#state === 'standby') this.#state = 'listening';
      this.#resolvePromoted(true);
    } catch (error) {
      this.store.release(this);
      this.#state = 'stopped';
      this.#rejectPromoted(error);
      throw error;
    }
  }

  #shutDoor(): Promise<void> {
    this.#state = 'stopped';
    this.#resolvePromoted(false);
    return this.#listener.close();
  }
}
