import { BoundedMap } from './bounded.js';
import { wireValue } from './lines.js';
import type { FrameStep } from './step.js';
import type { SubscriptionModel } from './subscriptions-model.js';

const MAX_DELIVERIES = 10_000;

export interface Delivery {
  /** message-id as it stood on the wire. */
  readonly id: string;
  readonly subscription: SubscriptionModel | undefined;
  /** Counts the deliveries of the connection. */
  readonly seq: number;
  acked: boolean;
}

/** What was delivered on a connection, and what became of it. */
export class Deliveries {
  readonly #byId = new BoundedMap<string, Delivery>(MAX_DELIVERIES);
  #seq = 0;

  get forgot(): boolean {
    return this.#byId.forgot;
  }

  get(id: string): Delivery | undefined {
    return this.#byId.get(id);
  }

  /** One whose id is the same but for blanks, escapes and case. */
  like(id: string): Delivery | undefined {
    const wanted = plain(id);
    for (const key of this.#byId.keys()) if (plain(key) === wanted) return this.#byId.get(key);
    return undefined;
  }

  unacked(): string[] {
    return [...this.#byId.values()].filter((one) => !one.acked).map((one) => one.id);
  }

  add(step: FrameStep, subscription: SubscriptionModel | undefined): void {
    const id = wireValue(step.head, 'message-id');
    if (subscription !== undefined) subscription.delivered++;
    if (id === undefined) return;
    this.#byId.set(id, { id, subscription, seq: ++this.#seq, acked: false });
  }

  /** An ACK names it. Gives it, unless it is not known. */
  ack(id: string): Delivery | undefined {
    const found = this.#byId.get(id);
    if (found === undefined || found.acked) return undefined;
    found.acked = true;
    if (found.subscription !== undefined) {
      found.subscription.acked++;
      found.subscription.ackedSeq = Math.max(found.subscription.ackedSeq, found.seq);
    }
    return found;
  }

  /** The ACK was in a transaction that came to nothing. */
  unack(delivery: Delivery): void {
    delivery.acked = false;
    if (delivery.subscription === undefined) return;
    delivery.subscription.acked--;
    delivery.subscription.ackedSeq = 0;
  }
}

function plain(id: string): string {
  return id.trim().toLowerCase().replace(/\\c/g, ':').replace(/\\\\/g, '\\');
}
