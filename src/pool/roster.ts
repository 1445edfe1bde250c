import type { StompError } from '../errors.js';
import type { Connection } from '../transport/connection.js';
import type { Flow } from '../transport/flow.js';
import type { MessageHandler } from '../transport/inbox.js';
import { duplicateSubscription } from '../transport/session-errors.js';
import { checkSubscribe, chosenId } from '../transport/subscribe-heads.js';
import { type SubscribeOptions, Subscription, type SubscriptionHost } from '../transport/subscription.js';
import type { Tap } from '../transport/tap.js';
import { EndWaiter } from '../transport/waiters.js';
import type { Errand, Waiting } from './waiting.js';

/** After so many connections in a row that ended under an unanswered SUBSCRIBE, they go out one at a time. */
const SUSPECT_AFTER = 3;

/** The subscriptions of a pool, in the order in which they were made. */
export class Roster implements SubscriptionHost {
  readonly flow: Flow;
  readonly #tap: Tap;
  readonly #waiting: Waiting;
  readonly #subscriptions = new Map<string, Subscription>();
  /** What fails the ones that wait for a connection. */
  readonly #limits = new Map<Subscription, Errand>();
  #ids = 0;
  #connection: Connection | undefined;
  /** While they are made one by one: what is still to be made. */
  #onTrial: Subscription[] | undefined;

  constructor(flow: Flow, tap: Tap, waiting: Waiting) {
    this.flow = flow;
    this.#tap = tap;
    this.#waiting = waiting;
  }

  get size(): number {
    return this.#subscriptions.size;
  }

  /** A new one, on the live connection or the next; in its turn where others are on trial. */
  subscribe(
    destination: string,
    options: SubscribeOptions,
    handler: MessageHandler | undefined,
  ): Subscription {
    checkSubscribe(destination, options);
    const id = chosenId(options) ?? this.#freeId();
    if (this.#subscriptions.has(id)) throw duplicateSubscription(id);
    const subscription = new Subscription(this, id, destination, options, handler);
    this.#subscriptions.set(id, subscription);
    if (!this.#connection?.alive) this.#limitWait(subscription);
    else if (this.#onTrial === undefined) this.#connection.attach(subscription);
    else this.#onTrial.push(subscription);
    return subscription;
  }

  async unsubscribe(subscription: Subscription): Promise<void> {
    if (this.#connection?.alive) await this.#connection.unsubscribe(subscription);
    else subscription.end(undefined);
  }

  ended(subscription: Subscription): void {
    this.#subscriptions.delete(subscription.id);
  }

  handlerFailed(error: unknown, destination: string): void {
    this.#tap.handlerFailed(error, destination);
  }

  /**
   * Makes them all on a new connection, and then calls `done`. All at once; but when connections ended again and again
   * under unanswered SUBSCRIBEs, one by one on a connection that was seen to answer, so that the guilty one is known.
   */
  resume(connection: Connection, done: () => void): void {
    const all = [...this.#subscriptions.values()];
    this.#connection = connection;
    this.#onTrial = undefined;
    if (all.some(({ strikes }) => strikes >= SUSPECT_AFTER)) {
      this.#onTrial = all;
      connection.conversation.probe(new EndWaiter(() => this.#resumeOne(connection, all, done)));
      return;
    }
    for (const subscription of all) if (connection.alive) connection.attach(subscription);
    done();
  }

  /** There is no connection: those that are not ready fail after `timeoutMs` without one. */
  suspend(): void {
    this.#connection = undefined;
    for (const each of this.#subscriptions.values()) if (each.state === 'waiting') this.#limitWait(each);
  }

  /** Resolves once each has finished what it has in hand. */
  async finish(): Promise<void> {
    await Promise.all([...this.#subscriptions.values()].map((subscription) => subscription.finish()));
  }

  endAll(error: StompError | undefined): void {
    this.#connection = undefined;
    for (const subscription of [...this.#subscriptions.values()]) subscription.end(error);
  }

  #limitWait(subscription: Subscription): void {
    const errand: Errand = { run: () => {}, fail: (error) => subscription.end(error) };
    this.#endWait(subscription);
    this.#limits.set(subscription, errand);
    this.#waiting.add(errand, true);
    void subscription.closed.then(() => this.#endWait(subscription));
  }

  #resumeOne(connection: Connection, rest: Subscription[], done: () => void): void {
    if (!connection.alive) return;
    const first = rest.shift();
    const next = () => this.#resumeOne(connection, rest, done);
    if (first === undefined) {
      this.#onTrial = undefined;
      done();
    } else if (first.state === 'closed') {
      next();
    } else {
      this.#endWait(first);
      connection.conversation.attach(first, next, true);
    }
  }

  #endWait(subscription: Subscription): void {
    const errand = this.#limits.get(subscription);
    if (errand === undefined) return;
    this.#limits.delete(subscription);
    this.#waiting.remove(errand);
  }

  #freeId(): string {
    const id = `s${++this.#ids}`;
    return this.#subscriptions.has(id) ? this.#freeId() : id;
  }
}
