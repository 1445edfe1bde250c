import { SessionError } from '../errors.js';
import type { BodyInit } from '../frame/serializer.js';
import type { SendOptions } from './heads.js';
import type { Message } from './message.js';

/** What a transaction needs of its connection. */
export interface TransactionHost {
  /** CONNECTED has come, and nothing has ended the connection. */
  readonly alive: boolean;
  sendIn(transaction: string, destination: string, body: BodyInit, options: SendOptions): boolean;
  /** Sends COMMIT or ABORT; resolves on its RECEIPT. */
  finish(transaction: string, command: 'COMMIT' | 'ABORT'): Promise<void>;
}

/** One STOMP transaction: it lives and dies with the connection that began it, and nothing of it is sent again. */
export class Transaction {
  readonly id: string;
  readonly #host: TransactionHost;
  #state: 'open' | 'ended' = 'open';

  /** @internal */
  constructor(host: TransactionHost, id: string) {
    this.#host = host;
    this.id = id;
  }

  /** As `send` outside; the broker acts on it at COMMIT. Throws STOMP_TRANSACTION_LOST, STOMP_TRANSACTION_ENDED. */
  send(destination: string, body: BodyInit = '', options: SendOptions = {}): boolean {
    this.#check();
    return this.#host.sendIn(this.id, destination, body, options);
  }

  /**
   * Acknowledges a message within the transaction. False as for `message.ack()`. In client mode only the oldest
   * message that is not acknowledged can be (STOMP_ACK_OUT_OF_ORDER).
   */
  ack(message: Message): boolean {
    this.#check();
    return message.ackIn(this.id);
  }

  /**
   * Resolves on the broker's RECEIPT. Rejects with STOMP_TRANSACTION_LOST when the connection was gone before, with
   * STOMP_COMMIT_UNKNOWN when it went while COMMIT was under way.
   */
  async commit(): Promise<void> {
    this.#check();
    this.#state = 'ended';
    await this.#host.finish(this.id, 'COMMIT');
  }

  /** Nothing of it happens. Resolves as well when the connection is gone: the broker forgets it then. */
  async abort(): Promise<void> {
    if (this.#state === 'ended') throw ended();
    this.#state = 'ended';
    if (this.#host.alive) await this.#host.finish(this.id, 'ABORT');
  }

  #check(): void {
    if (this.#state === 'ended') throw ended();
    if (this.#host.alive) return;
    throw new SessionError(
      'STOMP_TRANSACTION_LOST',
      'the connection of this transaction is gone; nothing of it happened',
    );
  }
}

function ended(): SessionError {
  return new SessionError('STOMP_TRANSACTION_ENDED', 'the transaction was committed or aborted before');
}

/** BEGIN, what `work` does, COMMIT; ABORT when it throws. Gives what `work` gave. */
export async function runTransaction<T>(
  transaction: Transaction,
  work: (tx: Transaction) => T | Promise<T>,
): Promise<T> {
  let result: T;
  try {
    result = await work(transaction);
  } catch (error) {
    await transaction.abort().catch(() => {});
    throw error;
  }
  await transaction.commit();
  return result;
}
