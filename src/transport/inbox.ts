import type { StompError } from '../errors.js';
import type { Flow } from './flow.js';
import type { Message } from './message.js';

/** Called with each message; while a promise it gave is not settled, it is not called beyond `concurrency`. */
export type MessageHandler = (message: Message) => unknown;

/** One who iterates. */
export interface Reader {
  /** It has been given a message, and has not asked for the next. */
  isBusy: boolean;
}

/** Whose messages they are. */
export interface InboxOwner {
  handlerFailed(error: unknown): void;
  /** The handler has given a promise, for the first time. */
  handlerTakesTime(): void;
}

interface Waiting {
  readonly reader: Reader;
  resolve(result: IteratorResult<Message, undefined>): void;
  reject(error: StompError): void;
}

interface Held {
  readonly message: Message;
  readonly bytes: number;
  /** The broker forgets an auto message when it sends it; others come again after a loss. */
  readonly again: boolean;
}

/** The messages between the wire and their consumer: a handler, or somebody who iterates. */
export class Inbox {
  // What each message needs comes first, to lie together: with thousands of subscriptions that is what a message costs.
  readonly #handler: MessageHandler | undefined;
  readonly #concurrency: number;
  #running = 0;
  #stopped = false;
  /** The handler has given no promise yet. */
  #isPlain = true;
  /** How many of `#held`, from `#first` on, are held. */
  #holds = 0;
  readonly #flow: Flow;
  readonly #owner: InboxOwner;
  #held: Held[] = [];
  #first = 0;
  #waiting: Waiting[] = [];
  #end: { readonly error: StompError | undefined } | undefined;
  #busyReaders = 0;
  #whenIdle: Array<() => void> = [];

  constructor(owner: InboxOwner, flow: Flow, handler: MessageHandler | undefined, concurrency: number) {
    this.#flow = flow;
    this.#handler = handler;
    this.#concurrency = concurrency;
    this.#owner = owner;
  }

  get hasHandler(): boolean {
    return this.#handler !== undefined;
  }

  /** The handler, as long as it gives no promise: then nothing is ever held, and it may be called without coming here. */
  get plainHandler(): MessageHandler | undefined {
    return this.#isPlain ? this.#handler : undefined;
  }

  /** Hands the message on at once where that is possible, and holds it otherwise. `bytes`: what it took on the wire. */
  deliver(message: Message, bytes: number, again: boolean): void {
    if (this.#holds === 0 && this.#handOn(message)) return;
    this.#holds++;
    this.#held.push({ message, bytes, again });
    this.#flow.hold(bytes);
  }

  next(reader: Reader): Promise<IteratorResult<Message, undefined>> {
    this.#free(reader);
    const message = this.#stopped ? undefined : this.#shift();
    if (message !== undefined) return Promise.resolve(this.#given(reader, message));
    this.#checkIdle();
    if (this.#end?.error) return Promise.reject(this.#end.error);
    if (this.#end) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => this.#waiting.push({ reader, resolve, reject }));
  }

  /** A reader has gone. */
  leave(reader: Reader): void {
    this.#free(reader);
    this.#checkIdle();
  }

  /** Drops what will come again: it could no longer be acknowledged. */
  dropStale(): void {
    const kept: Held[] = [];
    for (const held of this.#held.slice(this.#first)) {
      if (held.again) this.#flow.release(held.bytes);
      else kept.push(held);
    }
    this.#held = kept;
    this.#first = 0;
    this.#holds = kept.length;
  }

  /**
   * No more will be delivered. What is held is still handed on; then iterators end, with the error if there is one.
   * It counts no longer: perhaps nobody comes for it, and the reading must not wait for that.
   */
  end(error: StompError | undefined): void {
    if (this.#end) return;
    for (const { bytes } of this.#held.slice(this.#first)) this.#flow.release(bytes);
    this.#end = { error };
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (error) reject(error);
      else resolve({ value: undefined, done: true });
    }
  }

  /** Hands on nothing more; what is held stays. */
  stop(): void {
    this.#stopped = true;
  }

  /** Resolves once consumers are done with what they have in hand and, unless stopped, with what is held for them. */
  settled(): Promise<void> {
    return this.#isIdle() ? Promise.resolve() : new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  #handOn(message: Message): boolean {
    if (this.#stopped) return false;
    if (this.#handler !== undefined) {
      if (this.#running >= this.#concurrency) return false;
      this.#call(this.#handler, message);
      return true;
    }
    const waiting = this.#waiting.shift();
    waiting?.resolve(this.#given(waiting.reader, message));
    return waiting !== undefined;
  }

  #given(reader: Reader, message: Message): IteratorResult<Message, undefined> {
    if (!reader.isBusy) this.#busyReaders++;
    reader.isBusy = true;
    return { value: message, done: false };
  }

  #free(reader: Reader): void {
    if (reader.isBusy) this.#busyReaders--;
    reader.isBusy = false;
  }

  /**
   * No consumer has anything in hand. What is held then is held for nobody: one who comes back for more takes it before
   * it is idle.
   */
  #isIdle(): boolean {
    return this.#running === 0 && this.#busyReaders === 0;
  }

  #checkIdle(): void {
    if (this.#whenIdle.length > 0 && this.#isIdle())
      for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #call(handler: MessageHandler, message: Message): void {
    try {
      const result = handler(message);
      if (isThenable(result)) this.awaitHandler(result);
    } catch (error) {
      this.#owner.handlerFailed(error);
    }
  }

  /** The handler was called, and gave this. */
  awaitHandler(promise: PromiseLike<unknown>): void {
    if (this.#isPlain) {
      this.#isPlain = false;
      this.#owner.handlerTakesTime();
    }
    this.#running++;
    // A thenable of any other kind may throw, or call back more than once, or at once.
    Promise.resolve(promise).then(
      () => this.#settled(),
      (error) => {
        this.#owner.handlerFailed(error);
        this.#settled();
      },
    );
  }

  #settled(): void {
    this.#running--;
    while (this.#running < this.#concurrency && !this.#stopped) {
      const message = this.#shift();
      if (message === undefined) break;
      this.#call(this.#handler!, message);
    }
    this.#checkIdle();
  }

  #shift(): Message | undefined {
    const held = this.#held[this.#first];
    if (held === undefined) return undefined;
    this.#first++;
    this.#holds--;
    if (this.#first === this.#held.length) {
      this.#held = [];
      this.#first = 0;
    } else if (this.#first > 1024 && this.#first * 2 > this.#held.length) {
      this.#held = this.#held.slice(this.#first);
      this.#first = 0;
    }
    if (this.#end === undefined) this.#flow.release(held.bytes);
    return held.message;
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function'
  );
}
