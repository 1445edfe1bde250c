import { SessionError, type SessionErrorCode, type StompError } from '../errors.js';
import type { ReceiptWaiter } from './receipts.js';

/**
 * A promise that settles with a RECEIPT. `lostCode` and `what` say what is known when the connection ends first;
 * without a code the end is as good as the answer.
 */
export class PromiseWaiter implements ReceiptWaiter {
  readonly isSend: boolean;
  readonly #resolve: () => void;
  readonly #reject: (error: StompError) => void;
  readonly #lostCode: SessionErrorCode | undefined;
  readonly #what: string;

  constructor(
    resolve: () => void,
    reject: (error: StompError) => void,
    lostCode: SessionErrorCode | undefined,
    what: string,
    isSend = false,
  ) {
    this.isSend = isSend;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#lostCode = lostCode;
    this.#what = what;
  }

  received(): void {
    this.#resolve();
  }

  failed(error: StompError): void {
    this.#reject(error);
  }

  lost(cause: StompError): void {
    if (this.#lostCode === undefined) this.#resolve();
    else
      this.#reject(new SessionError(this.#lostCode, `${this.#what}: the connection ended first`, { cause }));
  }
}

/** For a RECEIPT that only says that something is over: it is over too when the connection is. */
export class EndWaiter implements ReceiptWaiter {
  readonly #done: () => void;

  constructor(done: () => void) {
    this.#done = done;
  }

  received(): void {
    this.#done();
  }

  failed(): void {
    this.#done();
  }

  lost(): void {
    this.#done();
  }
}
