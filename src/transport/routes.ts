import type { Frame } from '../frame/frame.js';
import type { Headers } from '../frame/headers.js';
import { isThenable, type MessageHandler } from './inbox.js';
import { Message } from './message.js';
import type { Subscription } from './subscription.js';

const S = 0x73;
/** Ids of ours up to this number are looked up by it. */
const MAX_SERIAL = 65_535;

/** Which subscription a MESSAGE belongs to (P30). */
export class Routes {
  readonly #byId = new Map<string, Subscription>();
  readonly #byDestination = new Map<string, Subscription[]>();
  /** Those whose id is one of ours, `s1` and so on, by its number: the fast way to one of a thousand. */
  readonly #bySerial: Array<Subscription | undefined> = [undefined];
  /** Their plain handlers, in the same order: with ten thousand subscriptions, what is not looked at need not be fetched. */
  readonly #handlers: Array<MessageHandler | undefined> = [undefined];
  /** The one that was found last by its id: mostly the next one too. */
  #last: Subscription | undefined;

  get all(): Iterable<Subscription> {
    return this.#byId.values();
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  add(subscription: Subscription): void {
    this.#byId.set(subscription.id, subscription);
    this.#setSerial(serialOf(subscription.id), subscription);
    const sharing = this.#byDestination.get(subscription.destination);
    if (sharing === undefined) this.#byDestination.set(subscription.destination, [subscription]);
    else sharing.push(subscription);
  }

  delete(subscription: Subscription): void {
    if (this.#byId.get(subscription.id) !== subscription) return;
    this.#byId.delete(subscription.id);
    this.#setSerial(serialOf(subscription.id), undefined);
    this.#last = undefined;
    const sharing = this.#byDestination
      .get(subscription.destination)!
      .filter((other) => other !== subscription);
    if (sharing.length === 0) this.#byDestination.delete(subscription.destination);
    else this.#byDestination.set(subscription.destination, sharing);
  }

  /** The fast path: the message of a subscription with a plain handler. False, with nothing done, for any other. */
  handOn(frame: Frame): boolean {
    const serial = frame.headers.serial('subscription', S);
    const handler = this.#handlers[serial];
    if (handler === undefined) return false;
    const subscription = this.#bySerial[serial]!;
    try {
      const result = handler(new Message(frame, undefined));
      if (isThenable(result)) subscription.awaitHandler(result);
    } catch (error) {
      subscription.handlerFailed(error);
    }
    return true;
  }

  stopCalling(subscription: Subscription): void {
    const serial = serialOf(subscription.id);
    if (this.#bySerial[serial] === subscription) this.#handlers[serial] = undefined;
  }

  /** The fast way first, for ids of ours. */
  find(headers: Headers): Subscription | undefined {
    return this.#bySerial[headers.serial('subscription', S)] ?? this.findByText(headers);
  }

  /**
   * By `subscription`; where that is missing (Stompserver never sends it) or names no id (RabbitMQ's temporary
   * queues send their own name), by destination. Subscriptions that share a destination then take turns.
   */
  findByText(headers: { get(name: string): string | undefined }): Subscription | undefined {
    const id = headers.get('subscription');
    if (id !== undefined) return id === this.#last?.id ? this.#last : this.#findId(id);
    const destination = headers.get('destination');
    const sharing = destination === undefined ? undefined : this.#byDestination.get(destination);
    if (sharing === undefined || sharing.length === 1) return sharing?.[0];
    const first = sharing.shift()!;
    sharing.push(first);
    return first;
  }

  #setSerial(serial: number, subscription: Subscription | undefined): void {
    if (serial === 0) return;
    this.#bySerial[serial] = subscription;
    this.#handlers[serial] = subscription?.plainHandler;
    if (subscription !== undefined) subscription.caller = this;
  }

  #findId(id: string): Subscription | undefined {
    const subscription = this.#byId.get(id);
    if (subscription === undefined) return this.#byDestination.get(id)?.[0];
    this.#last = subscription;
    return subscription;
  }
}

function serialOf(id: string): number {
  const serial = /^s[1-9][0-9]{0,5}$/.test(id) ? Number(id.slice(1)) : 0;
  return serial <= MAX_SERIAL ? serial : 0;
}
