import type { Host } from './host.js';
import type { Message } from './message.js';
import { type Outlet, Subscription, type SubscriptionInit } from './subscription.js';
import { Transaction } from './transaction.js';

/** What one connection has in hand at the broker: its subscriptions and its open transactions. */
export class Desk {
  readonly host: Host;
  readonly #outlet: Outlet;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #transactions = new Map<string, Transaction>();
  /** Which subscription is served first when the client can take more: each in turn. */
  #turn = 0;

  constructor(host: Host, outlet: Outlet) {
    this.host = host;
    this.#outlet = outlet;
  }

  get subscriptions(): ReadonlyMap<string, Subscription> {
    return this.#subscriptions;
  }

  /** Adds one that takes no message before its `start()`. */
  subscribe(init: SubscriptionInit): Subscription {
    const subscription = new Subscription(init, this.#outlet, this.host.store);
    this.#subscriptions.set(init.key, subscription);
    return subscription;
  }

  unsubscribe(subscription: Subscription): void {
    this.#subscriptions.delete(subscription.init.key);
    subscription.stop();
  }

  begin(name: string): void {
    this.#transactions.set(name, new Transaction());
  }

  get openTransactions(): number {
    return this.#transactions.size;
  }

  transaction(name: string): Transaction | undefined {
    return this.#transactions.get(name);
  }

  endTransaction(name: string): void {
    this.#transactions.delete(name);
  }

  send(message: Message): void {
    this.host.route(message);
  }

  /** The client can take more. */
  resume(): void {
    const all = [...this.#subscriptions.values()];
    this.#turn = (this.#turn + 1) % Math.max(all.length, 1);
    for (let step = 0; step < all.length; step++) {
      if (!this.#outlet.writable) return;
      all[(this.#turn + step) % all.length]!.resume();
    }
  }

  /** The connection is over: transactions never were, and what is unacknowledged goes back. */
  clear(): void {
    for (const transaction of this.#transactions.values()) transaction.undoAcks();
    this.#transactions.clear();
    const all = [...this.#subscriptions.values()];
    this.#subscriptions.clear();
    for (const subscription of all) subscription.stop();
  }
}
