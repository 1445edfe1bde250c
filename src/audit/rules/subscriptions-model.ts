import { BoundedMap } from './bounded.js';
import type { FrameStep } from './step.js';

const MAX_SUBSCRIPTIONS = 10_000;
const MAX_ENDED = 1_000;

export type WireAckMode = 'auto' | 'client' | 'client-individual';

/** `ending`: UNSUBSCRIBE was sent, and no receipt says yet that it was done. */
export type SubscriptionState = 'live' | 'ending' | 'ended';

export interface SubscriptionModel {
  readonly key: string;
  readonly id: string | undefined;
  readonly destination: string;
  readonly ack: WireAckMode;
  state: SubscriptionState;
  delivered: number;
  acked: number;
  /** The latest delivery that an ACK named. */
  ackedSeq: number;
}

/** Which subscription a MESSAGE belongs to, and how that can be told. */
export interface Match {
  readonly subscription: SubscriptionModel | undefined;
  readonly by: 'id' | 'destination' | 'pattern' | 'none';
}

/** A name that may stand for others, so that a MESSAGE carries another one. */
const PATTERN = /[*>#,]|^\/(exchange|temp-queue|reply-queue|amq\/queue)\//;

/** The subscriptions of a connection, live and ended. */
export class Subscriptions {
  readonly #live = new BoundedMap<string, SubscriptionModel>(MAX_SUBSCRIPTIONS);
  readonly #ended = new BoundedMap<string, SubscriptionModel>(MAX_ENDED);

  get size(): number {
    return this.#live.size;
  }

  get forgot(): boolean {
    return this.#live.forgot || this.#ended.forgot;
  }

  live(): IterableIterator<SubscriptionModel> {
    return this.#live.values();
  }

  /** What a SUBSCRIBE or an UNSUBSCRIBE names, if that is live. */
  named(step: FrameStep): SubscriptionModel | undefined {
    const { headers } = step.frame;
    const id = headers.get('id');
    if (id !== undefined) return this.#live.get(keyOf(id, ''));
    const destination = headers.get('destination') ?? '';
    return this.#live.get(keyOf(undefined, destination)) ?? this.#byDestination(destination);
  }

  /** What a SUBSCRIBE would be told apart from by nothing. */
  twin(step: FrameStep): SubscriptionModel | undefined {
    const { headers } = step.frame;
    return this.#live.get(keyOf(headers.get('id'), headers.get('destination') ?? ''));
  }

  /** What a MESSAGE names, if that has ended. */
  ended(step: FrameStep): SubscriptionModel | undefined {
    const { headers } = step.frame;
    const id = headers.get('subscription');
    const destination = headers.get('destination') ?? '';
    const known = this.#ended.get(keyOf(id, destination));
    if (known !== undefined || id !== undefined) return known;
    return [...this.#ended.values()].find((one) => one.destination === destination);
  }

  add(step: FrameStep): void {
    const { headers } = step.frame;
    const id = headers.get('id');
    const destination = headers.get('destination') ?? '';
    const key = keyOf(id, destination);
    const ack = ackMode(headers.get('ack'));
    this.#ended.delete(key);
    this.#live.set(key, { key, id, destination, ack, state: 'live', delivered: 0, acked: 0, ackedSeq: 0 });
  }

  /** Gives the subscription that ends, if there is one. */
  end(step: FrameStep): SubscriptionModel | undefined {
    const found = this.named(step);
    if (found === undefined) return undefined;
    found.state = 'ending';
    this.#live.delete(found.key);
    this.#ended.set(found.key, found);
    return found;
  }

  match(step: FrameStep): Match {
    const { headers } = step.frame;
    const destination = headers.get('destination') ?? '';
    const id = headers.get('subscription');
    const byId = id === undefined ? undefined : this.#live.get(keyOf(id, ''));
    if (byId !== undefined) return { subscription: byId, by: 'id' };
    const exact = this.#live.get(keyOf(undefined, destination)) ?? this.#byDestination(destination);
    if (exact !== undefined) return { subscription: exact, by: 'destination' };
    if (id?.startsWith('/temp-queue/')) return { subscription: undefined, by: 'pattern' };
    const pattern = id === undefined ? [...this.#live.values()].find(isPattern) : undefined;
    return { subscription: pattern, by: pattern === undefined ? 'none' : 'pattern' };
  }

  #byDestination(destination: string): SubscriptionModel | undefined {
    for (const found of this.#live.values()) if (found.destination === destination) return found;
    return undefined;
  }
}

/** Whether its destination may stand for others. */
export function isPattern({ destination }: SubscriptionModel): boolean {
  return PATTERN.test(destination);
}

function keyOf(id: string | undefined, destination: string): string {
  return id === undefined ? `to:${destination}` : `id:${id}`;
}

function ackMode(ack: string | undefined): WireAckMode {
  return ack === 'client' || ack === 'client-individual' ? ack : 'auto';
}
