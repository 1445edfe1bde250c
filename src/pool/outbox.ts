import { SessionError, type StompError } from '../errors.js';
import type { Clock, Timer } from '../transport/clock.js';
import type { Connection } from '../transport/connection.js';
import type { PreparedSend } from '../transport/heads.js';
import { transmit } from '../transport/sending.js';
import { EndWaiter } from '../transport/waiters.js';
import { type Entry, failOverdue, isPublication, noConnection, outboxFull } from './entry.js';
import { Fifo } from './fifo.js';
import type { Publication, PublicationKeeper } from './publication.js';
import { Suspects } from './suspects.js';

export interface OutboxOptions {
  readonly maxOutboxBytes: number;
  readonly maxOutboxMessages: number;
  /** How long a publication waits for a connection, or for room. */
  readonly timeoutMs: number;
  /** Name of a header for what is sent again. */
  readonly resendHeader: string | undefined;
  /** Over how long a publication must have ended connections alone while a broker is down, to be refused. */
  readonly refuseAfterMs: number;
}

/**
 * What is not confirmed, in the order of the calls. It is sent on each connection until its RECEIPT comes.
 *
 *   publish -> [gate, when full] -> unsent -> on the wire -> RECEIPT
 *                                     ^_____ loss _____|
 *
 * When connections end under the same publications again and again, one of them may be the reason. While there are
 * such suspects, each goes out alone, on a connection that was seen to answer, so that a broker in trouble of its own
 * is not laid to its charge. The one that ends connections alone is known then, and the others go on.
 */
export class Outbox implements PublicationKeeper {
  readonly #options: OutboxOptions;
  readonly #clock: Clock;
  readonly #mark: string;
  #connection: Connection | undefined;
  #unsent = new Fifo<Entry>((entry) => isPublication(entry) && entry.isSettled);
  #gate = new Fifo<Publication>((publication) => publication.isSettled);
  #returned: Publication[] = [];
  readonly #suspects: Suspects;
  #onTheWire = 0;
  #held = 0;
  #bytes = 0;
  #sendBytes = 0;
  #timer: Timer | undefined;
  #waitsForDrain = false;
  /** Until the suspect has rested. */
  #rest: Timer | undefined;
  /** While there are suspects: the connection has answered something. */
  #answers = false;
  #pumping = false;
  /** What ended it all. */
  #failure: StompError | undefined;
  #whenEmpty: Array<() => void> = [];
  #whenSent: Array<() => void> = [];

  constructor(options: OutboxOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#suspects = new Suspects(options.refuseAfterMs, clock);
    this.#mark = options.resendHeader === undefined ? '' : `${options.resendHeader}:1\n`;
  }

  /** The one that it was given last, until that is lost. */
  get connection(): Connection | undefined {
    return this.#connection;
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
    this.#unsent.push(frame);
  }

  /** There is a connection, and its subscriptions are made. */
  connected(connection: Connection): void {
    this.#connection = connection;
    this.#waitsForDrain = false;
    for (const entry of this.#unsent) if (isPublication(entry)) entry.dueAt = undefined;
    this.#answers = false;
    if (this.#suspects.count > 0) this.#question(connection);
    this.#pump();
  }

  dialFailed(): void {
    this.#suspects.dialFailed();
  }

  /** The connection is gone. What was on the wire goes back to the front, in its order. */
  lost(): void {
    this.#connection = undefined;
    this.#rest?.cancel();
    this.#onTheWire = 0;
    const returned = this.#returned;
    this.#returned = [];
    this.#unsent.prepend(returned);
    const guilty = this.#suspects.lost(returned);
    if (guilty !== undefined) refuse(guilty);
    this.#suspects.recount([...this.#unsent].filter(isPublication));
    if (this.#options.timeoutMs === Number.POSITIVE_INFINITY) return;
    const dueAt = this.#clock.now() + this.#options.timeoutMs;
    for (const entry of this.#unsent) if (isPublication(entry)) entry.dueAt = dueAt;
    if (this.#timer === undefined) this.#arm(this.#options.timeoutMs);
  }

  /** Nothing more will be sent. Gives how many `send`s are dropped. */
  failAll(error: StompError): number {
    this.#failure = error;
    this.#connection = undefined;
    this.#timer?.cancel();
    this.#rest?.cancel();
    const left = [...this.#returned, ...this.#unsent, ...this.#gate];
    this.#returned = [];
    this.#unsent = new Fifo();
    this.#gate = new Fifo();
    this.#sendBytes = 0;
    let sends = 0;
    for (const entry of left) {
      if (isPublication(entry)) entry.giveUp(error);
      else sends++;
    }
    for (const resolve of this.#whenSent.splice(0)) resolve();
    return sends;
  }

  /** Resolves once no `send` waits, or all is over. */
  sent(): Promise<void> {
    return this.#sendBytes === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenSent.push(resolve));
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
    if (publication.isGated) {
      if (this.#failure !== undefined) return;
      this.#gate.lapse();
      this.#admitGated(); // perhaps it stood before one that has room
      return;
    }
    this.#held--;
    this.#bytes -= publication.bytes;
    if (wasOnTheWire) this.#onTheWire--;
    else if (this.#failure === undefined) this.#unsent.lapse();
    if (this.#suspects.count > 0) this.#suspects.settled(publication);
    if (this.#gate.length > 0) this.#admitGated();
    if (this.#unsent.length > 0) this.#pump();
    if (this.#held === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  #admitGated(): void {
    for (let first = this.#gate.first; first !== undefined; first = this.#gate.first) {
      if (!this.#hasRoom(first)) return;
      this.#gate.shift();
      this.#admit(first);
    }
  }

  #admit(publication: Publication): void {
    publication.isGated = false;
    this.#held++;
    this.#bytes += publication.bytes;
    publication.dueAt = undefined;
    this.#unsent.push(publication);
    if (this.#connection !== undefined) this.#pump();
    else this.#limitWait(publication);
  }

  /** An empty outbox takes anything: otherwise what is larger than the bound would wait for ever. */
  #hasRoom({ bytes }: Publication): boolean {
    const { maxOutboxBytes, maxOutboxMessages } = this.#options;
    return this.#held === 0 || (this.#held < maxOutboxMessages && this.#bytes + bytes <= maxOutboxBytes);
  }

  /** Asks for a sign of life, if need be when the suspect has rested. */
  #question(connection: Connection): void {
    const { restMs } = this.#suspects;
    if (restMs === 0) connection.conversation.probe(new EndWaiter(() => this.#answered(connection)));
    else this.#rest = this.#clock.schedule(restMs, () => this.#question(connection));
  }

  #answered(connection: Connection): void {
    if (connection !== this.#connection) return;
    this.#answers = true;
    this.#pump();
  }

  /** Sends what may go now. Whoever sees a frame go out may call back. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#unsent.length > 0 && this.#connection?.alive && !this.#waitsForDrain) {
      if (this.#suspects.count > 0 && (this.#onTheWire > 0 || !this.#answers)) break;
      if (this.#connection.conversation.link.output.full) this.#resumeAfterDrain(this.#connection);
      else this.#sendOn(this.#connection, this.#unsent.shift()!);
    }
    this.#pumping = false;
  }

  #sendOn(connection: Connection, entry: Entry): void {
    if (isPublication(entry)) {
      this.#onTheWire++;
      entry.dueAt = undefined;
      entry.sendOn(connection, this.#mark);
    } else {
      this.#sendBytes -= entry.bytes;
      transmit(connection.conversation, entry);
      if (this.#sendBytes === 0) for (const resolve of this.#whenSent.splice(0)) resolve();
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

  #limitWait(publication: Publication): void {
    const { timeoutMs } = this.#options;
    if (timeoutMs === Number.POSITIVE_INFINITY) return;
    publication.dueAt = this.#clock.now() + timeoutMs;
    if (this.#timer === undefined) this.#arm(timeoutMs);
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.schedule(delayMs, () => this.#expire());
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
    // What has come from the gate meanwhile is due later.
    if (next !== Number.POSITIVE_INFINITY) this.#arm(next - now);
  }
}

function refuse(publication: Publication): void {
  const { destination, losses, strikes, cause } = publication;
  const what =
    `SEND to ${destination}: ${losses} connections ended before its RECEIPT, ${strikes?.alone} of them with ` +
    `nothing else under way; the last: ${cause?.message}`;
  const frame = cause?.cause instanceof SessionError ? cause.cause.frame : undefined;
  publication.refuse(new SessionError('STOMP_PUBLISH_REFUSED', what, { cause, frame }));
}
