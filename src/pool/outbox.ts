import { type ErrorFrame, PoolError, SessionError, type StompError } from '../errors.js';
import type { Clock, Timer } from '../transport/clock.js';
import type { Connection } from '../transport/connection.js';
import type { PreparedSend } from '../transport/heads.js';
import { transmit } from '../transport/sending.js';
import { Fifo } from './fifo.js';
import type { Publication, PublicationKeeper } from './publication.js';

/** After so many connections that ended under it, a publication is a suspect, and suspects go out one at a time. */
const SUSPECT_AFTER = 3;
/** A publication that ended so many connections on which it was alone is refused. */
const REFUSE_AFTER = 3;

export interface OutboxOptions {
  readonly maxOutboxBytes: number;
  readonly maxOutboxMessages: number;
  /** How long a publication waits for a connection, or for room. */
  readonly timeoutMs: number;
  /** Name of a header for what is sent again. */
  readonly resendHeader: string | undefined;
}

/** A `send` that waits for the next connection. */
interface BufferedSend {
  readonly frame: PreparedSend;
  readonly dueAt: number;
}

type Entry = Publication | BufferedSend;

/**
 * What is not confirmed, in the order of the calls. It is sent on each connection until its RECEIPT comes.
 *
 *   publish -> [gate, when full] -> unsent -> on the wire -> RECEIPT
 *                                     ^_____ loss _____|
 *
 * When connections end under the same publications again and again, one of them may be the reason. Then they go out
 * one at a time, so that the one that ends a connection alone is known, and the others go on.
 */
export class Outbox implements PublicationKeeper {
  readonly #options: OutboxOptions;
  readonly #clock: Clock;
  readonly #mark: string;
  #connection: Connection | undefined;
  #unsent = new Fifo<Entry>();
  readonly #gate = new Fifo<Publication>();
  #returned: Publication[] = [];
  #suspects = 0;
  #onTheWire = 0;
  #held = 0;
  #bytes = 0;
  #sendBytes = 0;
  #timer: Timer | undefined;
  #waitsForDrain = false;
  /** What ended it all. */
  #failure: StompError | undefined;
  #whenEmpty: Array<() => void> = [];

  constructor(options: OutboxOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#mark = options.resendHeader === undefined ? '' : `${options.resendHeader}:1\n`;
  }

  /** Publications that hold a place: sent and not confirmed, or to be sent. */
  get size(): number {
    return this.#held;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of `send`s that wait for a connection. */
  get sendBytes(): number {
    return this.#sendBytes;
  }

  /** How much has to go out before anything new. */
  get unsent(): number {
    return this.#unsent.length;
  }

  publish(publication: Publication): void {
    if (this.#gate.length > 0 || !this.#hasRoom(publication)) {
      publication.isGated = true;
      this.#gate.push(publication);
      this.#limitWait(publication);
    } else {
      this.#admit(publication);
    }
  }

  /** Keeps a `send` until there is a connection. */
  send(frame: PreparedSend): void {
    this.#sendBytes += frame.bytes;
    this.#unsent.push({ frame, dueAt: Number.POSITIVE_INFINITY });
  }

  /** There is a connection, and its subscriptions are made. */
  connected(connection: Connection): void {
    this.#connection = connection;
    this.#waitsForDrain = false;
    for (const entry of this.#unsent) if (isPublication(entry)) entry.dueAt = Number.POSITIVE_INFINITY;
    this.#pump();
  }

  /** The connection is gone. What was on the wire goes back to the front, in its order. */
  lost(): void {
    this.#connection = undefined;
    this.#onTheWire = 0;
    const returned = this.#returned;
    this.#returned = [];
    if (returned.length === 1 && this.#suspects > 0) returned[0]!.lossesAlone++;
    this.#unsent.prepend(returned);
    for (const publication of returned) this.#judge(publication);
    this.#suspects = 0;
    for (const entry of this.#unsent) if (isPublication(entry) && isSuspect(entry)) this.#suspects++;
    if (this.#options.timeoutMs === Number.POSITIVE_INFINITY) return;
    const dueAt = this.#clock.now() + this.#options.timeoutMs;
    for (const entry of this.#unsent) if (isPublication(entry)) entry.dueAt = dueAt;
    this.#arm();
  }

  /** Nothing more will be sent. Gives how many `send`s are dropped. */
  failAll(error: StompError): number {
    this.#failure = error;
    this.#timer?.cancel();
    for (const publication of this.#returned.splice(0)) publication.giveUp(error);
    let sends = 0;
    for (const entry of [...this.#unsent, ...this.#gate]) {
      if (isPublication(entry)) entry.giveUp(error);
      else sends++;
    }
    this.#unsent = new Fifo();
    return sends;
  }

  /** Resolves once nothing is unconfirmed. */
  emptied(): Promise<void> {
    return this.#held === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  returned(publication: Publication): void {
    if (this.#failure === undefined) this.#returned.push(publication);
    else publication.giveUp(this.#failure);
  }

  settled(publication: Publication, wasOnTheWire: boolean): void {
    if (publication.isGated) return;
    this.#held--;
    this.#bytes -= publication.frame.bytes;
    if (wasOnTheWire) this.#onTheWire--;
    if (this.#suspects > 0 && isSuspect(publication)) this.#suspects--;
    if (this.#gate.length > 0) this.#admitGated();
    if (this.#unsent.length > 0) this.#pump();
    if (this.#held === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  #admitGated(): void {
    for (let first = this.#gate.first; first !== undefined; first = this.#gate.first) {
      if (!first.isSettled && !this.#hasRoom(first)) return;
      this.#gate.shift();
      if (!first.isSettled) this.#admit(first);
    }
  }

  #admit(publication: Publication): void {
    publication.isGated = false;
    this.#held++;
    this.#bytes += publication.frame.bytes;
    publication.dueAt = Number.POSITIVE_INFINITY;
    this.#unsent.push(publication);
    if (this.#connection !== undefined) this.#pump();
    else this.#limitWait(publication);
  }

  /** An empty outbox takes anything: otherwise what is larger than the bound would wait for ever. */
  #hasRoom({ frame }: Publication): boolean {
    const { maxOutboxBytes, maxOutboxMessages } = this.#options;
    return (
      this.#held === 0 || (this.#held < maxOutboxMessages && this.#bytes + frame.bytes <= maxOutboxBytes)
    );
  }

  /** Sends what may go now. */
  #pump(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#waitsForDrain) return;
    while (this.#unsent.length > 0 && connection.alive) {
      if (this.#suspects > 0 && this.#onTheWire > 0) return;
      if (connection.conversation.link.output.full) {
        this.#resumeAfterDrain(connection);
        return;
      }
      this.#sendOn(connection, this.#unsent.shift()!);
    }
  }

  #sendOn(connection: Connection, entry: Entry): void {
    if (isPublication(entry)) {
      if (entry.isSettled) return; // aborted meanwhile
      this.#onTheWire++;
      entry.dueAt = Number.POSITIVE_INFINITY;
      entry.sendOn(connection, this.#mark);
    } else {
      this.#sendBytes -= entry.frame.bytes;
      transmit(connection.conversation, entry.frame);
    }
  }

  #resumeAfterDrain(connection: Connection): void {
    this.#waitsForDrain = true;
    connection.drain().then(
      () => {
        if (connection !== this.#connection) return;
        this.#waitsForDrain = false;
        this.#pump();
      },
      () => {}, // lost: `connected` begins anew
    );
  }

  #judge(publication: Publication): void {
    if (publication.lossesAlone < REFUSE_AFTER) return;
    const { destination, losses, lossesAlone, cause } = publication;
    const what =
      `SEND to ${destination}: ${losses} connections ended before its RECEIPT, ${lossesAlone} of them with ` +
      `nothing else under way; the last: ${cause?.message}`;
    publication.failed(new SessionError('STOMP_PUBLISH_REFUSED', what, { cause, frame: frameOf(cause) }));
  }

  #limitWait(publication: Publication): void {
    if (this.#options.timeoutMs === Number.POSITIVE_INFINITY) return;
    publication.dueAt = this.#clock.now() + this.#options.timeoutMs;
    this.#arm();
  }

  #arm(): void {
    this.#timer ??= this.#clock.schedule(this.#options.timeoutMs, () => this.#expire());
    this.#timer.unref();
  }

  /** Fails what is overdue. In both lists the oldest is due first, but for `send`s, which are never due. */
  #expire(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    const { timeoutMs } = this.#options;
    const next = Math.min(
      failOverdue(this.#unsent, now, () => noConnection(timeoutMs)),
      failOverdue(this.#gate, now, () => outboxFull(timeoutMs)),
    );
    if (next === Number.POSITIVE_INFINITY || this.#timer !== undefined) return;
    this.#timer = this.#clock.schedule(next - now, () => this.#expire());
    this.#timer.unref();
  }
}

/** Gives when the next is due. */
function failOverdue(entries: Iterable<Entry>, now: number, error: () => StompError): number {
  for (const entry of entries) {
    if (!isPublication(entry) || entry.isSettled || entry.dueAt === Number.POSITIVE_INFINITY) continue;
    if (entry.dueAt > now) return entry.dueAt;
    entry.giveUp(error());
  }
  return Number.POSITIVE_INFINITY;
}

function frameOf(error: StompError | undefined): ErrorFrame | undefined {
  if (error instanceof SessionError) return error.frame;
  return error?.cause instanceof SessionError ? error.cause.frame : undefined;
}

function isPublication(entry: Entry): entry is Publication {
  return 'losses' in entry;
}

function isSuspect(publication: Publication): boolean {
  return publication.losses >= SUSPECT_AFTER;
}

function noConnection(timeoutMs: number): SessionError {
  return new SessionError('STOMP_NOT_CONNECTED', `there was no connection within ${timeoutMs} ms`);
}

function outboxFull(timeoutMs: number): PoolError {
  return new PoolError('STOMP_OUTBOX_FULL', `the outbox had no room within ${timeoutMs} ms`);
}
