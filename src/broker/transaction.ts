import type { Message } from './message.js';
import type { Delivery, Subscription } from './subscription.js';

/** What happens between a BEGIN and its COMMIT or ABORT: nothing of it counts before the COMMIT. */
export class Transaction {
  readonly #messages: Message[] = [];
  readonly #acks: Delivery[] = [];
  #bytes = 0;

  get messages(): readonly Message[] {
    return this.#messages;
  }

  get byteLength(): number {
    return this.#bytes;
  }

  send(message: Message): void {
    this.#messages.push(message);
    this.#bytes += message.byteLength;
  }

  ack(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) this.#acks.push(delivery);
  }

  /** The ACKs count from now on. */
  settleAcks(): void {
    for (const [subscription, deliveries] of bySubscription(this.#acks)) subscription.settle(deliveries);
  }

  /** The ACKs never were: what they covered is unacknowledged again. */
  undoAcks(): void {
    for (const [subscription, deliveries] of bySubscription(this.#acks)) subscription.uncover(deliveries);
  }
}

function bySubscription(deliveries: readonly Delivery[]): Map<Subscription, Delivery[]> {
  const groups = new Map<Subscription, Delivery[]>();
  for (const delivery of deliveries) {
    const group = groups.get(delivery.subscription);
    if (group === undefined) groups.set(delivery.subscription, [delivery]);
    else group.push(delivery);
  }
  return groups;
}
