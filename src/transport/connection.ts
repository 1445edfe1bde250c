import type { StompError } from '../errors.js';
import type { Headers } from '../frame/headers.js';
import type { BodyInit } from '../frame/serializer.js';
import { Conversation } from './conversation.js';
import { Endpoint, type EndpointInit } from './endpoint.js';
import { Flow } from './flow.js';
import { Handshake } from './handshake.js';
import { bodySize, type PublishOptions, plainHead, type SendOptions, SendPreparer } from './heads.js';
import type { MessageHandler } from './inbox.js';
import { Line } from './line.js';
import type { ConnectionOptions } from './options.js';
import { type ResolvedConnectionOptions, resolveConnectionOptions } from './resolve.js';
import { confirm } from './sending.js';
import {
  abortable,
  aborted,
  closedError,
  duplicateSubscription,
  notConnected,
  onAbort,
  readBufferFull,
  sendBufferFull,
} from './session-errors.js';
import type { Shared } from './shared.js';
import { type ConnectionStats, statsOf } from './stats.js';
import { checkSubscribe, chosenId } from './subscribe-heads.js';
import { type SubscribeOptions, Subscription, type SubscriptionHost } from './subscription.js';
import { Tap } from './tap.js';
import { runTransaction, Transaction, type TransactionHost } from './transaction.js';
import { PromiseWaiter } from './waiters.js';

export interface ConnectionEvents {
  onConnected(connection: Connection): void;
  onFailed(error: StompError): void;
  /** A connection that was made has ended: with an error, or on request. */
  onEnd?(error: StompError | undefined): void;
}

/** One connection to one broker, from CONNECTED to its end: it is never made anew. For that, see Pool. */
export class Connection implements SubscriptionHost, TransactionHost {
  readonly endpoint: Endpoint;
  /** Resolves when the connection has ended: with the error that ended it, or undefined. Never rejects. */
  readonly closed: Promise<StompError | undefined>;
  flow: Flow;
  readonly #options: ResolvedConnectionOptions;
  readonly #tap: Tap;
  readonly #events: ConnectionEvents;
  /** @internal What is said on it. Not shown where a connection is printed. */
  declare readonly conversation: Conversation;
  readonly #own = new Set<Subscription>();
  readonly #preparer = new SendPreparer();
  readonly #line = new Line();
  #ids = 0;
  #resolveClosed!: (error: StompError | undefined) => void;

  /**
   * Dials and resolves on CONNECTED. Rejects with TransportError or SessionError for a dial that failed, with
   * ConfigError for options that cannot be used.
   */
  static async open(endpoint: Endpoint | EndpointInit, options: ConnectionOptions = {}): Promise<Connection> {
    const resolved = resolveConnectionOptions(options);
    const tap = new Tap(resolved.observer);
    const shared = { options: resolved, tap, flow: new Flow(resolved.maxBufferedBytes) };
    const target = endpoint instanceof Endpoint ? endpoint : new Endpoint(endpoint);
    const { signal } = resolved;
    if (signal?.aborted) throw aborted(signal);
    return new Promise((resolve, reject) => {
      let ignore = (): void => {};
      const dial = Connection.dial(target, shared, 1, {
        onConnected(connection) {
          ignore();
          void connection.closed.then(onAbort(signal, (error) => connection.conversation.lose(error)));
          resolve(connection);
        },
        onFailed(error) {
          ignore();
          reject(error);
        },
      });
      ignore = onAbort(signal, (error) => dial.abort(error));
    });
  }

  /** @internal One attempt; its events come in a later turn. */
  static dial(endpoint: Endpoint, shared: Shared, attempt: number, events: ConnectionEvents): Handshake {
    return new Handshake(endpoint, shared.options, shared.tap, attempt, {
      onConnected: (link, frame) => {
        const connection = new Connection(shared, events, (onEnd) => {
          return new Conversation(link, frame, shared, onEnd);
        });
        events.onConnected(connection);
      },
      onFailed: (error) => events.onFailed(error),
    });
  }

  private constructor(
    shared: Shared,
    events: ConnectionEvents,
    converse: (onEnd: (error: StompError | undefined) => void) => Conversation,
  ) {
    this.#options = shared.options;
    this.#tap = shared.tap;
    this.#events = events;
    this.flow = shared.flow;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    Object.defineProperty(this, 'conversation', { value: converse((error) => this.#end(error)) });
    this.endpoint = this.conversation.link.endpoint;
  }

  get state(): 'connected' | 'disconnecting' | 'closed' {
    return this.conversation.state;
  }

  get alive(): boolean {
    return this.conversation.state === 'connected';
  }

  /** The headers of CONNECTED: `session`, `server` and what else the broker says of itself. */
  get session(): Headers {
    return this.conversation.connected.headers;
  }

  /**
   * Sends without waiting for anything: at most once. False asks the caller to wait for `drain()`; the message is taken all the
   * same. Throws STOMP_SEND_BUFFER_FULL past `maxSendBufferBytes`, STOMP_CLOSED after the end. A body of bytes must not be
   * changed before `drain()`.
   */
  send(destination: string, body: BodyInit = '', options: SendOptions = {}): boolean {
    return this.#send(destination, body, options, '');
  }

  /** Resolves a turn after the socket has taken enough for `send` to go on; rejects when the connection has ended. */
  drain(): Promise<void> {
    const turn = this.#options.clock.turn ?? setImmediate;
    return new Promise((resolve, reject) => {
      const drained = () => (this.state === 'closed' ? reject(notConnected()) : turn(resolve));
      this.conversation.link.output.onDrain(drained);
    });
  }

  /**
   * Sends with `persistent:true` (unless told otherwise) and resolves on the broker's RECEIPT. Rejects with
   * STOMP_OUTCOME_UNKNOWN when the connection ends first, STOMP_SERVER_ERROR when the broker refuses it,
   * STOMP_RECEIPT_TIMEOUT, STOMP_READ_BUFFER_FULL, STOMP_ABORTED.
   */
  publish(destination: string, body: BodyInit = '', options: PublishOptions = {}): Promise<void> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(aborted(signal));
    const waits = this.#line.length > 0 || this.conversation.link.output.full;
    const publish = waits ? this.#publishInLine : this.#publish;
    return abortable(signal, publish.call(this, destination, body, options));
  }

  /** Subscribes; `subscription.ready` tells when the broker has confirmed it. See Subscription for the two ways to read. */
  subscribe(destination: string, options: SubscribeOptions = {}, handler?: MessageHandler): Subscription {
    this.#checkOpen();
    checkSubscribe(destination, options);
    const id = chosenId(options) ?? this.#freeId();
    if (this.conversation.hasSubscription(id)) throw duplicateSubscription(id);
    const subscription = new Subscription(this, id, destination, options, handler);
    this.#own.add(subscription);
    this.attach(subscription);
    return subscription;
  }

  /** @internal Serves a subscription that its owner keeps. */
  attach(subscription: Subscription): void {
    this.conversation.attach(subscription);
  }

  /** @internal Another owner takes over, with its own flow. */
  handOver(flow: Flow, onEnd: (error: StompError | undefined) => void): void {
    this.flow = flow;
    this.#events.onEnd = onEnd;
    this.conversation.useFlow(flow);
  }

  /** BEGIN. For most uses, `transaction()` is simpler. */
  begin(): Transaction {
    this.#checkOpen();
    const id = `t${++this.#ids}`;
    this.conversation.link.send(plainHead('BEGIN', { transaction: id }));
    return new Transaction(this, id);
  }

  /** BEGIN, what `work` does, COMMIT; ABORT when it throws. Gives what `work` gave. */
  async transaction<T>(work: (tx: Transaction) => T | Promise<T>): Promise<T> {
    return runTransaction(this.begin(), work);
  }

  /**
   * Ends in order: consumers finish what they have in hand, the receipts under way come, then DISCONNECT. After
   * `disconnectTimeoutMs` it ends as with `destroy()`. Resolves when the socket is closed; never rejects.
   */
  async disconnect(): Promise<void> {
    const { clock, disconnectTimeoutMs } = this.#options;
    const timer = clock.schedule(disconnectTimeoutMs, () => this.destroy());
    void this.closed.then(() => timer.cancel());
    const finished = Promise.all([...this.#own].map((subscription) => subscription.finish()));
    if (this.#own.size > 0) await Promise.race([finished, this.closed]);
    this.conversation.disconnect();
    await this.closed;
  }

  /** Ends at once. What was not confirmed rejects with STOMP_OUTCOME_UNKNOWN. */
  destroy(): void {
    this.conversation.destroy(closedError());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect();
  }

  /** Lets the process end although this connection is open. */
  unref(): this {
    this.conversation.link.setRef(false);
    return this;
  }

  ref(): this {
    this.conversation.link.setRef(true);
    return this;
  }

  stats(): ConnectionStats {
    return statsOf(this.conversation, this.flow, this.#tap);
  }

  /** @internal */
  unsubscribe(subscription: Subscription): Promise<void> {
    return this.conversation.detach(subscription);
  }

  /** @internal */
  ended(subscription: Subscription): void {
    this.#own.delete(subscription);
  }

  /** @internal */
  handlerFailed(error: unknown, destination: string): void {
    this.#tap.handlerFailed(error, destination);
  }

  /** @internal */
  sendIn(transaction: string, destination: string, body: BodyInit, options: SendOptions): boolean {
    return this.#send(destination, body, options, `transaction:${transaction}\n`);
  }

  /** @internal */
  finish(transaction: string, command: 'COMMIT' | 'ABORT'): Promise<void> {
    return this.conversation.finish(transaction, command);
  }

  async #publishInLine(destination: string, body: BodyInit, options: PublishOptions): Promise<void> {
    await this.#line.pass(this.conversation.link.output, () => this.drain());
    if (options.signal?.aborted) throw aborted(options.signal);
    await this.#publish(destination, body, options);
  }

  #publish(destination: string, body: BodyInit, options: PublishOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#checkOpen();
      if (this.flow.full) throw readBufferFull();
      const frame = this.#preparer.prepare(destination, body, options, options.persistent ?? true);
      const what = `SEND to ${destination}`;
      const waiter = new PromiseWaiter(resolve, reject, 'STOMP_OUTCOME_UNKNOWN', what, true);
      confirm(this.conversation, frame, waiter);
    });
  }

  #send(destination: string, body: BodyInit, options: SendOptions, lines: string): boolean {
    this.#checkOpen();
    const bodyBytes = bodySize(body);
    const head = this.#preparer.head(destination, body, bodyBytes, options, options.persistent, lines);
    const { link } = this.conversation;
    const bytes = head.whole.length + bodyBytes + 1;
    if (link.output.pendingBytes + bytes > this.#options.maxSendBufferBytes) throw sendBufferFull();
    link.send(head.whole, body, bodyBytes, true, head.chained);
    return !link.output.full;
  }

  /** An id of ours that the user has not chosen for a subscription before. */
  #freeId(): string {
    const id = `s${++this.#ids}`;
    return this.conversation.hasSubscription(id) ? this.#freeId() : id;
  }

  #checkOpen(): void {
    if (!this.alive) throw notConnected();
  }

  #end(error: StompError | undefined): void {
    for (const subscription of [...this.#own]) subscription.end(error);
    this.#resolveClosed(error);
    this.#events.onEnd?.(error);
  }
}
