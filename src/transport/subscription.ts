import { ConfigError, SessionError, type StompError } from '../errors.js';
import type { HeaderValue } from '../frame/serializer.js';
import type { AckMode } from './acks.js';
import type { Flow } from './flow.js';
import { Inbox, type InboxOwner, type MessageHandler } from './inbox.js';
import type { Message } from './message.js';

/** What goes with one `subscribe`. */
export interface SubscribeOptions {
  /** Default `auto`: the broker forgets a message once it has sent it. */
  readonly ack?: AckMode | undefined;
  /** Added to SUBSCRIBE. An `id` here is used as the subscription's. */
  readonly headers?: Readonly<Record<string, HeaderValue>> | undefined;
  /** Messages under way at most, in the client modes: 1 or more. Sets the header of ActiveMQ and that of RabbitMQ. */
  readonly prefetch?: number | undefined;
  /** Listen without sending SUBSCRIBE, as RabbitMQ's temporary reply queues need. */
  readonly implicit?: boolean | undefined;
  /** How many promises of the handler may be pending. 1 or more. Default 1. */
  readonly concurrency?: number | undefined;
}

/** What a subscription needs of the pool or the connection it was made on. */
export interface SubscriptionHost {
  readonly flow: Flow;
  /** Ends it on the broker, and then calls its `end`. */
  unsubscribe(subscription: Subscription): Promise<void>;
  /** It has ended; there is nothing left to serve. */
  ended(subscription: Subscription): void;
  handlerFailed(error: unknown, destination: string): void;
}

/** `waiting` for the broker's RECEIPT of SUBSCRIBE, `ready` once it came, `closed` for good. */
export type SubscriptionState = 'waiting' | 'ready' | 'closed';

/**
 * A lasting wish for the messages of a destination. It outlives the connections that serve it.
 *
 * Without a handler it is an async iterable. Leaving the loop early unsubscribes.
 */
export class Subscription implements AsyncIterable<Message>, InboxOwner {
  // These two first, next to each other: what each message needs.
  readonly ack: AckMode;
  readonly #inbox: Inbox;
  /** `id` on the wire. */
  readonly id: string;
  readonly destination: string;
  readonly options: SubscribeOptions;
  /**
   * Resolves on the broker's RECEIPT for SUBSCRIBE. Rejects when the broker refuses it (STOMP_SUBSCRIBE_REFUSED),
   * or when the subscription ends before. May be left alone: it is never an unhandled rejection.
   */
  readonly ready: Promise<void>;
  /** Resolves when the subscription has ended: with the error that ended it, or undefined. Never rejects. */
  readonly closed: Promise<StompError | undefined>;

  readonly #host: SubscriptionHost;
  #state: SubscriptionState = 'waiting';
  #unsubscribed: Promise<void> | undefined;
  #resolveReady!: () => void;
  #rejectReady!: (error: StompError) => void;
  #resolveClosed!: (error: StompError | undefined) => void;
  /** @internal Who calls the plain handler, and must not any more once it gives a promise. */
  caller: { stopCalling(subscription: Subscription): void } | undefined;
  /** @internal Connections in a row that ended while this SUBSCRIBE was unanswered. */
  strikes = 0;
  /** @internal Those among them on which it was on trial. */
  strikesOnTrial = 0;
  /** @internal Connections in a row that ended because a message of its could not be read. */
  unreadable = 0;

  /** @internal */
  constructor(
    host: SubscriptionHost,
    id: string,
    destination: string,
    options: SubscribeOptions,
    handler: MessageHandler | undefined,
  ) {
    checkOptions(options, handler);
    this.id = id;
    this.destination = destination;
    this.ack = options.ack ?? 'auto';
    this.options = options;
    this.#host = host;
    this.#inbox = new Inbox(this, host.flow, handler, options.concurrency ?? 1);
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    this.ready.catch(() => {});
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  /** @internal `unsubscribe` was called. */
  get isLeaving(): boolean {
    return this.#unsubscribed !== undefined;
  }

  /** Ends it here and on the broker; resolves on the broker's RECEIPT, or at once when there is no connection. */
  unsubscribe(): Promise<void> {
    this.#unsubscribed ??= this.#state === 'closed' ? Promise.resolve() : this.#host.unsubscribe(this);
    return this.#unsubscribed;
  }

  /**
   * Ends it without haste: what consumers have in hand is finished, and can be acknowledged. What else has arrived is
   * still handed on in auto mode, and goes back to the broker in the client modes.
   */
  async drain(): Promise<void> {
    if (this.ack !== 'auto') await this.finish();
    await this.unsubscribe();
    await this.#inbox.settled();
  }

  /** @internal As `drain`, before the whole connection ends: in the client modes that is all the broker has to hear. */
  async finish(): Promise<void> {
    if (this.ack === 'auto') return this.drain();
    this.#inbox.stop();
    await this.#inbox.settled();
  }

  [Symbol.asyncIterator](): AsyncIterator<Message, undefined> {
    if (this.#inbox.hasHandler) {
      throw new ConfigError('STOMP_CONFIG_CONFLICT', {
        option: 'handler',
        expected: 'a handler or an iteration, not both',
      });
    }
    const reader = { isBusy: false };
    return {
      next: () => this.#inbox.next(reader),
      return: async () => {
        this.#inbox.leave(reader);
        await this.unsubscribe();
        return { value: undefined, done: true };
      },
    };
  }

  /** @internal The handler, as long as a message needs nothing but a call of it: in auto mode, while it gives no promise. */
  get plainHandler(): MessageHandler | undefined {
    return this.ack === 'auto' ? this.#inbox.plainHandler : undefined;
  }

  /** @internal Such a call gave a promise. */
  awaitHandler(promise: PromiseLike<unknown>): void {
    this.#inbox.awaitHandler(promise);
  }

  /** @internal */
  handlerTakesTime(): void {
    this.caller?.stopCalling(this);
  }

  /** @internal */
  handlerFailed(error: unknown): void {
    this.#host.handlerFailed(error, this.destination);
  }

  /** @internal */
  deliver(message: Message, bytes: number): void {
    this.#inbox.deliver(message, bytes, this.ack !== 'auto');
  }

  /** @internal The broker has confirmed SUBSCRIBE. */
  confirmed(): void {
    this.strikes = 0;
    this.strikesOnTrial = 0;
    if (this.#state !== 'waiting') return;
    this.#state = 'ready';
    this.#resolveReady();
  }

  /** @internal The connection that served it is gone; another may come. */
  suspended(): void {
    this.#inbox.dropStale();
  }

  /** @internal Nothing more will come. */
  end(error: StompError | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#inbox.dropStale();
    this.#inbox.end(error);
    this.#rejectReady(
      error ?? new SessionError('STOMP_CLOSED', `the subscription to ${this.destination} has ended`),
    );
    this.#resolveClosed(error);
    this.#host.ended(this);
  }
}

function checkOptions(options: SubscribeOptions, handler: MessageHandler | undefined): void {
  const { ack = 'auto', prefetch, concurrency } = options;
  if (!['auto', 'client', 'client-individual'].includes(ack))
    refuse('ack', 'auto, client or client-individual', ack);
  if (handler !== undefined && typeof handler !== 'function') refuse('handler', 'a function', typeof handler);
  checkCount('prefetch', prefetch);
  checkCount('concurrency', concurrency === Number.POSITIVE_INFINITY ? 1 : concurrency);
  if (prefetch !== undefined && ack === 'auto') refuse('prefetch', 'a client ack mode beside it', 'auto');
}

function checkCount(option: string, count: number | undefined): void {
  if (count === undefined || (Number.isInteger(count) && count >= 1)) return;
  refuse(option, 'a whole number of 1 or more', String(count));
}

function refuse(option: string, expected: string, received: string): never {
  throw new ConfigError('STOMP_CONFIG_INVALID', { option, expected, received });
}
