import { SessionError, type StompError } from '../errors.js';
import type { BodyInit } from '../frame/serializer.js';
import type { Connection } from '../transport/connection.js';
import { bytesOf, type PreparedSend, type SendHead } from '../transport/heads.js';
import type { ReceiptWaiter } from '../transport/receipts.js';
import { confirm } from '../transport/sending.js';
import { onAbort } from '../transport/session-errors.js';

/** What a publication tells its outbox. */
export interface PublicationKeeper {
  /** Settled for good: it holds no place any more. */
  settled(publication: Publication, wasOnTheWire: boolean): void;
  /** Its connection ended before the RECEIPT: it is to be sent again. */
  returned(publication: Publication): void;
}

/** What speaks against a publication. */
export interface Strikes {
  /** Connections that the broker ended while it was sent and not confirmed. */
  total: number;
  /** Those among them on which nothing else was. */
  alone: number;
  /** When the first of all ended, and the first of those. */
  readonly since: number;
  aloneSince: number | undefined;
}

/**
 * One `publish`, from the call until it is settled, over as many connections as that takes. There may be many: each
 * object less is felt.
 */
export class Publication implements ReceiptWaiter, PreparedSend {
  // What a RECEIPT needs comes first, to lie together.
  #state: 'waiting' | 'sent' | 'confirmed' | 'given up' = 'waiting';
  /** Undoes what watches its signal. */
  #ignoreSignal: (() => void) | undefined;
  readonly #keeper: PublicationKeeper;
  #resolve!: (outcome?: Promise<never>) => void;
  /** It waits for room in the outbox, and holds no place yet. */
  isGated = false;
  readonly head: SendHead;
  readonly bodyBytes: number;
  readonly body: BodyInit;
  readonly destination: string;
  /** Of the call: resolves on the RECEIPT. */
  readonly outcome: Promise<void>;
  /** When it stops waiting for a connection; undefined while that does not matter. */
  dueAt: number | undefined;
  /** Connections that ended while this was sent and not confirmed. */
  losses = 0;
  /** What ended the last of those. */
  cause: StompError | undefined;
  strikes: Strikes | undefined;

  constructor(keeper: PublicationKeeper, destination: string, frame: PreparedSend) {
    this.#keeper = keeper;
    this.head = frame.head;
    this.bodyBytes = frame.bodyBytes;
    this.body = frame.body;
    this.destination = destination;
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get bytes(): number {
    return bytesOf(this.head, this.bodyBytes);
  }

  get isSend(): true {
    return true;
  }

  /** Gives up when the signal says so; what is on the wire then is on the wire. */
  obey(signal: AbortSignal): void {
    this.#ignoreSignal = onAbort(signal, (error) => this.giveUp(error));
  }

  get isSettled(): boolean {
    return this.#state === 'confirmed' || this.#state === 'given up';
  }

  get isConfirmed(): boolean {
    return this.#state === 'confirmed';
  }

  /** `mark`: a header line for one that may be a duplicate. */
  sendOn(connection: Connection, mark: string): void {
    this.#state = 'sent';
    confirm(connection.conversation, this, this, this.losses > 0 ? mark : '');
  }

  received(): void {
    if (!this.#settle('confirmed')) return;
    this.#resolve();
  }

  failed(error: StompError): void {
    if (error.code === 'STOMP_READ_BUFFER_FULL') this.giveUp(error);
    else this.refuse(error);
  }

  lost(cause: StompError): void {
    if (this.isSettled) return;
    this.#state = 'waiting';
    this.losses++;
    this.cause = cause;
    this.#keeper.returned(this);
  }

  /** Gives up waiting, with what is known of the outcome: whether it was ever sent. */
  giveUp(error: StompError): void {
    const wasSent = this.losses > 0 || this.#state === 'sent';
    this.refuse(wasSent ? outcomeUnknown(this.destination, error) : error);
  }

  refuse(error: StompError): void {
    if (!this.#settle('given up')) return;
    this.#resolve(Promise.reject(error));
  }

  #settle(as: 'confirmed' | 'given up'): boolean {
    if (this.isSettled) return false;
    const wasOnTheWire = this.#state === 'sent';
    this.#state = as;
    this.#ignoreSignal?.();
    this.#keeper.settled(this, wasOnTheWire);
    return true;
  }
}

function outcomeUnknown(destination: string, cause: StompError): SessionError {
  const what = `SEND to ${destination}: it was sent, and no RECEIPT came: ${cause.message}`;
  return new SessionError('STOMP_OUTCOME_UNKNOWN', what, { cause });
}
