import type { StompError } from '../errors.js';
import type { BodyInit } from '../frame/serializer.js';
import type { Connection } from '../transport/connection.js';
import type { Endpoint } from '../transport/endpoint.js';
import { Flow } from '../transport/flow.js';
import { type PublishOptions, type SendOptions, SendPreparer } from '../transport/heads.js';
import type { MessageHandler } from '../transport/inbox.js';
import {
  aborted,
  closedError,
  onAbort,
  readBufferFull,
  sendBufferFull,
} from '../transport/session-errors.js';
import type { Shared } from '../transport/shared.js';
import type { SubscribeOptions, Subscription } from '../transport/subscription.js';
import { Tap } from '../transport/tap.js';
import { runTransaction, type Transaction } from '../transport/transaction.js';
import type { ConnectOptions, PoolOptions } from './options.js';
import { Outbox } from './outbox.js';
import { Publication } from './publication.js';
import { Reconnector } from './reconnector.js';
import { type ResolvedOptions, resolveOptions } from './resolve.js';
import { Roster } from './roster.js';
import type { PoolStats } from './stats.js';
import { type Errand, Waiting } from './waiting.js';

/** `connecting` until the first CONNECTED and after each loss; `draining` while consumers finish what they have in hand. */
export type PoolState = 'connecting' | 'connected' | 'draining' | 'disconnecting' | 'closed';

/**
 * A list of brokers and one live connection to one of them. When it dies, the next is dialled, the subscriptions
 * are made again, and what waited goes out.
 */
export class Pool {
  /** Resolves when the pool has ended: with the error that ended it, or undefined when it was asked for. Never rejects. */
  readonly closed: Promise<StompError | undefined>;
  readonly #options: ResolvedOptions;
  readonly #tap: Tap;
  readonly #flow: Flow;
  readonly #preparer = new SendPreparer();
  readonly #waiting: Waiting;
  readonly #outbox: Outbox;
  readonly #roster: Roster;
  readonly #reconnector: Reconnector;
  #state: PoolState = 'connecting';
  #connection: Connection | undefined;
  #error: StompError | undefined;
  #connections = 0;
  #lostSends = 0;
  #resolveClosed!: (error: StompError | undefined) => void;

  /** As `connect()`. */
  static connect(target: string | ConnectOptions, options: PoolOptions = {}): Promise<Pool> {
    return new Promise((resolve, reject) => {
      const pool = new Pool(resolveOptions(target, options));
      pool.#start({ run: () => resolve(pool), fail: reject });
    });
  }

  private constructor(options: ResolvedOptions) {
    const { connection } = options;
    this.#options = options;
    this.#tap = new Tap(connection.observer);
    this.#flow = new Flow(connection.maxBufferedBytes);
    this.#waiting = new Waiting(connection.clock, options.timeoutMs);
    this.#outbox = new Outbox(options, connection.clock);
    this.#roster = new Roster(this.#flow, this.#tap, this.#waiting);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    const shared: Shared = { options: connection, tap: this.#tap, flow: this.#flow };
    this.#reconnector = new Reconnector(options, shared, {
      onConnected: (live) => this.#onConnected(live),
      onLost: () => this.#onLost(),
      onDialFailed: () => this.#outbox.dialFailed(),
      onOver: (error) => this.#end(error),
    });
  }

  get state(): PoolState {
    return this.#state;
  }

  /** Where it is connected to, or dials, or will dial next. */
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
    const connection = this.#findServed();
    if (connection !== undefined && this.#outbox.unsent === 0)
      return connection.send(destination, body, options);
    const frame = this.#preparer.prepare(destination, body, options, options.persistent ?? false);
    if (this.#outbox.sendBytes + frame.bytes > this.#options.connection.maxSendBufferBytes)
      throw sendBufferFull();
    this.#outbox.send(frame);
    return false;
  }

  /** Resolves once `send` may go on: there is a connection, and it has taken enough. Rejects when the pool ends. */
  async drain(): Promise<void> {
    for (;;) {
      const connection = this.#connection ?? (await this.#later((live) => live, false));
      // Rejects with the connection: then it is the next one that has to take it.
      await Promise.all([connection.drain(), this.#outbox.sent()]).catch(() => {});
      if (connection === this.#connection) return;
    }
  }

  /**
   * Sends with `persistent:true` (unless told otherwise) and resolves on the broker's RECEIPT, over as many connections
   * as that takes: what is not confirmed when one is lost goes out again on the next, in order. It may then arrive
   * twice. Waits for room in the outbox, and for a connection, up to `timeoutMs` each.
   *
   * Rejects with STOMP_SERVER_ERROR when the broker refuses it, STOMP_NOT_CONNECTED and STOMP_OUTBOX_FULL after
   * `timeoutMs`, STOMP_PUBLISH_REFUSED for one under which connections end again and again, STOMP_READ_BUFFER_FULL,
   * STOMP_ABORTED, the error that ended the pool; STOMP_OUTCOME_UNKNOWN in place of those where it had been sent.
   */
  publish(destination: string, body: BodyInit = '', options: PublishOptions = {}): Promise<void> {
    try {
      return this.#publish(destination, body, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #publish(destination: string, body: BodyInit, options: PublishOptions): Promise<void> {
    const { signal } = options;
    this.#checkOpen();
    if (signal?.aborted) throw aborted(signal);
    if (this.#flow.full) throw readBufferFull();
    const frame = this.#preparer.prepare(destination, body, options, options.persistent ?? true);
    const publication = new Publication(this.#outbox, destination, frame);
    this.#outbox.publish(publication);
    if (signal !== undefined) publication.obey(signal);
    return publication.outcome;
  }

  /**
   * Subscribes now, or as soon as there is a connection, and again after each reconnect. `subscription.ready` tells
   * when the broker has confirmed it. See Subscription for the two ways to read.
   */
  subscribe(destination: string, options: SubscribeOptions = {}, handler?: MessageHandler): Subscription {
    this.#checkOpen();
    return this.#roster.subscribe(destination, options, handler);
  }

  /** BEGIN on the live connection, or as soon as there is one. For most uses, `transaction()` is simpler. */
  async begin(): Promise<Transaction> {
    return this.#findServed()?.begin() ?? this.#later((live) => live.begin(), true);
  }

  /** BEGIN, what `work` does, COMMIT; ABORT when it throws. Gives what `work` gave. Nothing of it is sent again. */
  async transaction<T>(work: (tx: Transaction) => T | Promise<T>): Promise<T> {
    return runTransaction(await this.begin(), work);
  }

  /**
   * Ends in order: consumers finish what they have in hand, what was published is confirmed, then DISCONNECT. Without a
   * connection, and after `disconnectTimeoutMs`, it ends as with `destroy()`. Resolves when all is closed; never rejects.
   */
  async disconnect(): Promise<void> {
    if (this.#state === 'connecting') this.destroy();
    if (this.#state === 'connected') void this.#endInOrder(this.#connection!);
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
      waiting: this.#waiting.size + this.#outbox.unsent,
      unconfirmed: this.#outbox.size,
      unconfirmedBytes: this.#outbox.bytes,
      subscriptions: this.#roster.size,
      heldBytes: this.#flow.heldBytes,
      observerErrors: this.#tap.errors,
      connection: this.#connection?.stats(),
    };
  }

  #start(connected: Errand): void {
    const { signal } = this.#options.connection;
    this.#waiting.add(connected, false);
    void this.closed.then(onAbort(signal, (error) => this.#stop(error)));
    if (this.#state !== 'closed') this.#reconnector.start();
  }

  async #endInOrder(connection: Connection): Promise<void> {
    const { clock, disconnectTimeoutMs } = this.#options.connection;
    this.#state = 'draining';
    const timer = clock.schedule(disconnectTimeoutMs, () => this.destroy());
    void this.closed.then(() => timer.cancel());
    if (this.#roster.size > 0) await this.#roster.finish();
    if (this.#connection !== connection) return; // lost, or destroyed
    this.#state = 'disconnecting';
    if (this.#outbox.size > 0) await this.#outbox.emptied();
    if (this.#connection !== connection) return;
    this.#reconnector.stop(closedError());
    void connection.disconnect();
  }

  #stop(error: StompError | undefined): void {
    if (this.#state === 'closed') return;
    const connection = this.#connection;
    // First, so that what follows from the two below finds it ended, with this error.
    this.#end(error);
    this.#reconnector.stop(error ?? closedError());
    connection?.destroy();
  }

  /** First the subscriptions, then what was not confirmed, then what is new (P40). */
  #onConnected(connection: Connection): void {
    this.#connection = connection;
    this.#state = 'connected';
    this.#connections++;
    this.#roster.resume(connection, () => {
      if (connection !== this.#connection) return;
      this.#outbox.connected(connection);
      this.#waiting.run(connection);
    });
  }

  #onLost(): void {
    const isEnding = this.#state !== 'connected';
    this.#forgetConnection();
    this.#state = 'connecting';
    this.#outbox.lost();
    this.#roster.suspend();
    if (isEnding) this.destroy();
  }

  #end(error: StompError | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#error = error;
    this.#forgetConnection();
    this.#waiting.failAll(error ?? closedError());
    this.#lostSends += this.#outbox.failAll(error ?? closedError());
    this.#roster.endAll(error);
    this.#resolveClosed(error);
  }

  #forgetConnection(): void {
    this.#lostSends += this.#connection?.stats().unsentSends ?? 0;
    this.#connection = undefined;
  }

  /** The live connection, once its subscriptions are made. No getter: V8 leaves compiled code for a private one. */
  #findServed(): Connection | undefined {
    const connection = this.#outbox.connection;
    return connection?.alive ? connection : undefined;
  }

  #later<T>(work: (connection: Connection) => T, expires: boolean): Promise<T> {
    this.#checkOpen();
    return this.#waiting.later(work, expires);
  }

  #checkOpen(): void {
    if (this.#state === 'closed') throw this.#error ?? closedError();
    if (this.#state === 'disconnecting') throw closedError();
  }
}
