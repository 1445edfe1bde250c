import { BoundedMap } from './bounded.js';
import { type FrameRef, type FrameStep, refTo } from './step.js';
import type { SubscriptionModel } from './subscriptions-model.js';

const MAX_RECEIPTS = 10_000;

export interface ReceiptModel {
  readonly id: string;
  readonly command: string;
  readonly ref: FrameRef;
  readonly transaction: string | undefined;
  /** What an UNSUBSCRIBE ended: certain once it is answered. */
  readonly ends: SubscriptionModel | undefined;
  /** Whether an ERROR has named it. */
  failed: boolean;
}

/** Receipts asked for on a connection. */
export class Receipts {
  readonly #waiting = new BoundedMap<string, ReceiptModel>(MAX_RECEIPTS);
  readonly #answered = new BoundedMap<string, ReceiptModel>(MAX_RECEIPTS);
  asked = 0;
  /** How often a SEND with a receipt was all that was waiting, from its asking to its answer, in a row. */
  oneByOne = 0;

  get waiting(): number {
    return this.#waiting.size;
  }

  get forgot(): boolean {
    return this.#waiting.forgot || this.#answered.forgot;
  }

  wait(id: string): ReceiptModel | undefined {
    return this.#waiting.get(id);
  }

  done(id: string): ReceiptModel | undefined {
    return this.#answered.get(id);
  }

  all(): IterableIterator<ReceiptModel> {
    return this.#waiting.values();
  }

  ask(step: FrameStep, ends?: SubscriptionModel): void {
    const { headers } = step.frame;
    const id = headers.get('receipt');
    if (id === undefined) return;
    this.asked++;
    if (this.#waiting.size > 0 || step.command !== 'SEND') this.oneByOne = 0;
    const transaction = step.command === 'SEND' ? headers.get('transaction') : undefined;
    const { command } = step;
    this.#answered.delete(id);
    this.#waiting.set(id, { id, command, ref: refTo(step), transaction, ends, failed: false });
  }

  /** A RECEIPT or an ERROR names it. */
  answer(id: string, failed: boolean): ReceiptModel | undefined {
    const found = this.#waiting.get(id);
    if (found === undefined) return undefined;
    this.#waiting.delete(id);
    found.failed = failed;
    this.#answered.set(id, found);
    if (found.command === 'SEND' && this.#waiting.size === 0) this.oneByOne++;
    if (!failed && found.ends !== undefined) found.ends.state = 'ended';
    return found;
  }

  /** A transaction came to nothing: what was sent in it may stay without an answer. */
  forget(transaction: string): void {
    for (const receipt of [...this.#waiting.values()])
      if (receipt.transaction === transaction) this.#waiting.delete(receipt.id);
  }
}
