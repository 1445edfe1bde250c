import type { StompError } from '../errors.js';
import type { BodyInit } from '../frame/serializer.js';
import type { Connection, Shared } from '../transport/connection.js';
import type { Endpoint } from '../transport/endpoint.js';
import { Flow } from '../transport/flow.js';
import { type PublishOptions, prepareSend, type SendOptions } from '../transport/heads.js';
import type { MessageHandler } from '../transport/inbox.js';
import {
  abortable,
  aborted,
  closedError,
  duplicateSubscription,
  readBufferFull,
  sendBufferFull,
} from '../transport/session-errors.js';
import { checkSubscribe, chosenId } from '../transport/subscribe-heads.js';
import { type SubscribeOptions, Subscription, type SubscriptionHost } from '../transport/subscription.js';
import { Tap } from '../transport/tap.js';
import { runTransaction, type Transaction } from '../transport/transaction.js';
import { PromiseWaiter } from '../transport/waiters.js';
import type { ConnectOptions, PoolOptions } from './options.js';
import { type Errand, Outbox } from './outbox.js';
import { Reconnector } from './reconnector.js';
import { type ResolvedOptions, resolveOptions } from './resolve.js';
import type { PoolStats } from './stats.js';

/** `connecting` until the first CONNECTED and after each loss, `closed` for good. */
export type PoolState = 'connecting' | 'connected' | 'disconnecting' | 'closed';

/**
 * A list of brokers and one live connection to one of them. When it dies, the next is dialled, the subscriptions
 * are made again, and what waited goes out.
 */
export class Pool implements SubscriptionHost {
  /** @internal */
  readonly flow: Flow;
  /** Resolves when the pool has ended: with the error that ended it, or undefined when it was asked for. Never rejects. */
  readonly closed: Promise<StompError | undefined>;
  readonly #options: ResolvedOptions;
  readonly #tap: Tap;
  readonly #outbox: Outbox;
  readonly #reconnector: Reconnector;
  readonly #subscriptions = new Map<string, Subscription>();
  #state: PoolState = 'connecting';
  #connection: Connection | undefined;
  #error: StompError | undefined;
  #ids = 0;
  #connections = 0;
  #lostSends = 0;
  #resolveClosed!: (error: StompError | undefined) => void;

  /** As `connect()`. */
  static connect(target: string | ConnectOptions, options: PoolOptions = {}): Promise<Pool> {
    return new Promise((resolve, reject) => {
      const pool = new Pool(resolveOptions(target, options));
      pool.#start({ bytes: 0, run: () => resolve(pool), fail: reject });
    });
  }

  private constructor(options: ResolvedOptions) {
    const { connection } = options;
    this.#options = options;
    this.#tap = new Tap(connection.observer);
    this.flow = new Flow(connection.maxBufferedBytes);
    this.#outbox = new Outbox(connection.clock, options.timeoutMs);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    const shared: Shared = { options: connection, tap: this.#tap, flow: this.flow };
    this.#reconnector = new Reconnector(options, shared, {
      onConnected: (live) => this.#onConnected(live),
      onLost: () => this.#onLost(),
      onOver: (error) => this.#end(error),
    });
  }

  get state(): PoolState {
    return this.#state;
  }

  /** Where it is connected to, or else where it dials next. */
  get endpoint(): Endpoint {
    return this.#reconnector.endpoint;
  }

  /**
   * Sends without waiting for anything: at most once. False asks the caller to wait for `drain()`; the message is
   * taken all the same, also while there is no connection. Throws STOMP_SEND_BUFFER_FULL past `maxSendBufferBytes`,
   * and the error that ended the pool. A body of bytes must not be changed before `drain()`.
   */
  send(destination: string, body: BodyInit = '', options: SendOptions = {}): boolean {
    this.#checkOpen();
    const connection = this.#connection;
    if (connection?.alive) return connection.send(destination, body, options);
    const frame = prepareSend(destination, body, options, options.persistent ?? false);
    if (this.#outbox.bytes + frame.bytes > this.#options.connection.maxSendBufferBytes)
      throw sendBufferFull();
    const fail = () => {
      this.#lostSends++;
    };
    this.#outbox.add({ bytes: frame.bytes, run: (live) => void live.transmit(frame), fail }, false);
    return false;
  }

  /** Resolves once `send` may go on: there is a connection, and it has taken enough. Rejects when the pool ends. */
  async drain(): Promise<void> {
    for (;;) {
      const connection = this.#connection ?? (await this.#later((live) => live, false));
      try {
        await connection.drain();
        return;
      } catch (error) {
        if (connection === this.#connection) throw error;
      }
    }
  }

  /**
   * Sends with `persistent:true` (unless told otherwise) and resolves on the broker's RECEIPT; waits for a
   * connection up to `timeoutMs`. Rejects with STOMP_OUTCOME_UNKNOWN when the connection ends before the RECEIPT,
   * STOMP_NOT_CONNECTED after `timeoutMs`, STOMP_SERVER_ERROR when the broker refuses it, STOMP_RECEIPT_TIMEOUT,
   * STOMP_READ_BUFFER_FULL, STOMP_ABORTED, and with the error that ended the pool.
   */
  publish(destination: string, body: BodyInit = '', options: PublishOptions = {}): Promise<void> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(aborted(signal));
    const connection = this.#connection;
    if (connection?.alive) return connection.publish(destination, body, options);
    return this.#publishLater(destination, body, options);
  }

  /**
   * Subscribes now, or as soon as there is a connection, and again after each reconnect. `subscription.ready` tells
   * when the broker has confirmed it. See Subscription for the two ways to read.
   */
  subscribe(destination: string, options: SubscribeOptions = {}, handler?: MessageHandler): Subscription {
    this.#checkOpen();
    checkSubscribe(destination, options);
    const id = chosenId(options) ?? `s${++this.#ids}`;
    if (this.#subscriptions.has(id)) throw duplicateSubscription(id);
    const subscription = new Subscription(this, id, destination, options, handler);
    this.#subscriptions.set(id, subscription);
    if (this.#connection?.alive) this.#connection.attach(subscription);
    else this.#limitWait(subscription);
    return subscription;
  }

  /** BEGIN on the live connection, or as soon as there is one. For most uses, `transaction()` is simpler. */
  async begin(): Promise<Transaction> {
    const connection = this.#connection;
    return connection?.alive ? connection.begin() : this.#later((live) => live.begin(), true);
  }

  /** BEGIN, what `work` does, COMMIT; ABORT when it throws. Gives what `work` gave. Nothing of it is sent again. */
  async transaction<T>(work: (tx: Transaction) => T | Promise<T>): Promise<T> {
    return runTransaction(await this.begin(), work);
  }

  /** Ends in order: waits for the receipts under way, then DISCONNECT. Resolves when all is closed; never rejects. */
  async disconnect(): Promise<void> {
    if (this.#state === 'connecting') this.destroy();
    if (this.#state === 'connected') {
      this.#state = 'disconnecting';
      this.#reconnector.stop(closedError());
      void this.#connection!.disconnect();
    }
    await this.closed;
  }

  /** Ends at once. What was not confirmed rejects. */
  destroy(): void {
    this.#stop(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect();
  }

  /** Lets the process end although the pool is open. */
  unref(): this {
    this.#reconnector.setRef(false);
    return this;
  }

  ref(): this {
    this.#reconnector.setRef(true);
    return this;
  }

  stats(): PoolStats {
    return {
      connections: this.#connections,
      lostSends: this.#lostSends,
      waiting: this.#outbox.size,
      waitingBytes: this.#outbox.bytes,
      subscriptions: this.#subscriptions.size,
      heldBytes: this.flow.heldBytes,
      observerErrors: this.#tap.errors,
      connection: this.#connection?.stats(),
    };
  }

  /** @internal */
  async unsubscribe(subscription: Subscription): Promise<void> {
    if (this.#connection?.alive) await this.#connection.unsubscribe(subscription);
    else subscription.end(undefined);
  }

  /** @internal */
  ended(subscription: Subscription): void {
    this.#subscriptions.delete(subscription.id);
  }

  /** @internal */
  handlerFailed(error: unknown, destination: string): void {
    this.#tap.handlerFailed(error, destination);
  }

  #start(connected: Errand): void {
    const { signal } = this.#options.connection;
    this.#outbox.add(connected, false);
    if (signal?.aborted) {
      this.#stop(aborted(signal));
      return;
    }
    const onAbort = () => this.#stop(aborted(signal!));
    signal?.addEventListener('abort', onAbort, { once: true });
    void this.closed.then(() => signal?.removeEventListener('abort', onAbort));
    this.#reconnector.start();
  }

  #stop(error: StompError | undefined): void {
    if (this.#state === 'closed') return;
    const connection = this.#connection;
    // First, so that what follows from the two below finds it ended, with this error.
    this.#end(error);
    this.#reconnector.stop(error ?? closedError());
    connection?.destroy();
  }

  /** First the subscriptions, then what waited; both before anything new (P40). */
  #onConnected(connection: Connection): void {
    this.#connection = connection;
    this.#state = 'connected';
    this.#connections++;
    for (const subscription of this.#subscriptions.values()) connection.attach(subscription);
    this.#outbox.run(connection);
  }

  #onLost(): void {
    this.#forgetConnection();
    this.#state = 'connecting';
  }

  #end(error: StompError | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#error = error;
    this.#forgetConnection();
    this.#outbox.failAll(error ?? closedError());
    for (const subscription of [...this.#subscriptions.values()]) subscription.end(error);
    this.#resolveClosed(error);
  }

  #forgetConnection(): void {
    this.#lostSends += this.#connection?.stats().unsentSends ?? 0;
    this.#connection = undefined;
  }

  #publishLater(destination: string, body: BodyInit, options: PublishOptions): Promise<void> {
    let errand: Errand | undefined;
    const published = new Promise<void>((resolve, reject) => {
      this.#checkOpen();
      if (this.flow.full) throw readBufferFull();
      const frame = prepareSend(destination, body, options, options.persistent ?? true);
      const waiter = new PromiseWaiter(resolve, reject, 'STOMP_OUTCOME_UNKNOWN', `SEND to ${destination}`);
      errand = { bytes: frame.bytes, run: (live) => live.confirm(frame, waiter), fail: reject };
      this.#outbox.add(errand, true);
    });
    // What its signal gave up is not sent any more.
    return abortable(options.signal, published).finally(() => errand && this.#outbox.remove(errand));
  }

  #later<T>(work: (connection: Connection) => T, expires: boolean): Promise<T> {
    this.#checkOpen();
    return this.#outbox.later(work, expires);
  }

  /** A subscription made while down fails after `timeoutMs` without a connection. */
  #limitWait(subscription: Subscription): void {
    const errand: Errand = { bytes: 0, run: () => {}, fail: (error) => subscription.end(error) };
    this.#outbox.add(errand, true);
    void subscription.closed.then(() => this.#outbox.remove(errand));
  }

  #checkOpen(): void {
    if (this.#state === 'closed') throw this.#error ?? closedError();
    if (this.#state === 'disconnecting') throw closedError();
  }
}
