import { BoundedMap } from './bounded.js';
import type { Delivery } from './deliveries.js';
import { type FrameRef, type FrameStep, refTo } from './step.js';

const MAX_OPEN = 1_000;
const MAX_ENDED = 1_000;
const MAX_ACKS = 10_000;

export interface TransactionModel {
  readonly id: string;
  readonly ref: FrameRef;
  sends: number;
  acks: number;
  /** What its ACKs have named, to be taken back by an ABORT. */
  readonly acked: Delivery[];
}

/** The transactions of a connection. */
export class Transactions {
  readonly #open = new BoundedMap<string, TransactionModel>(MAX_OPEN);
  readonly #ended = new BoundedMap<string, 'COMMIT' | 'ABORT'>(MAX_ENDED);
  /** Committed with one SEND and nothing else, in a row. */
  single = 0;

  get forgot(): boolean {
    return this.#open.forgot || this.#ended.forgot;
  }

  open(id: string): TransactionModel | undefined {
    return this.#open.get(id);
  }

  ended(id: string): 'COMMIT' | 'ABORT' | undefined {
    return this.#ended.get(id);
  }

  left(): IterableIterator<TransactionModel> {
    return this.#open.values();
  }

  begin(step: FrameStep, id: string): void {
    if (this.#open.has(id)) return;
    this.#ended.delete(id);
    this.#open.set(id, { id, ref: refTo(step), sends: 0, acks: 0, acked: [] });
  }

  /** Gives the transaction that ends, if there is one. */
  end(id: string, how: 'COMMIT' | 'ABORT'): TransactionModel | undefined {
    const found = this.#open.get(id);
    if (found === undefined) return undefined;
    this.#open.delete(id);
    this.#ended.set(id, how);
    const single = how === 'COMMIT' && found.sends === 1 && found.acks === 0;
    this.single = single ? this.single + 1 : 0;
    return found;
  }

  ack(id: string, delivery: Delivery | undefined): void {
    const found = this.#open.get(id);
    if (found === undefined) return;
    found.acks++;
    if (delivery !== undefined && found.acked.length < MAX_ACKS) found.acked.push(delivery);
  }

  send(id: string): void {
    const found = this.#open.get(id);
    if (found !== undefined) found.sends++;
  }
}
