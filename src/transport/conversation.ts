import { FrameError, SessionError, type StompError, TransportError } from '../errors.js';
import { toWire } from '../frame/bytes.js';
import type { Frame } from '../frame/frame.js';
import { AckLedger, type Delivery } from './acks.js';
import type { Timer } from './clock.js';
import { Doubts } from './doubts.js';
import type { Flow } from './flow.js';
import { plainHead } from './heads.js';
import type { Link, LinkEvents } from './link.js';
import { Message } from './message.js';
import { Receipts, type ReceiptWaiter } from './receipts.js';
import type { ResolvedConnectionOptions } from './resolve.js';
import { Routes } from './routes.js';
import { serverError } from './server-error.js';
import { closedError, readBufferFull } from './session-errors.js';
import type { Shared } from './shared.js';
import { subscribeHead, unsubscribeHead } from './subscribe-heads.js';
import { type SubscribeHost, SubscribeWaiter } from './subscribing.js';
import type { Subscription } from './subscription.js';
import type { Tap } from './tap.js';
import { EndWaiter, PromiseWaiter } from './waiters.js';

/** How long DISCONNECT may take to be answered, and the socket to close after that. */
const GOODBYE_MS = 5_000;
/** So many connections in a row that ended because of a message of one subscription, and it fails. */
const MAX_UNREADABLE = 3;

/**
 * What is said on one connection after CONNECTED: who waits for which RECEIPT, who gets which MESSAGE, what is
 * not acknowledged.
 *
 *   connected --disconnect()--> disconnecting --RECEIPT or end--> closed
 *       \_________________ the connection ends _________________/
 */
export class Conversation implements LinkEvents, SubscribeHost {
  readonly link: Link;
  /** The CONNECTED frame. */
  readonly connected: Frame;
  readonly receipts: Receipts;
  readonly ledger: AckLedger;
  readonly #tap: Tap;
  #flow: Flow;
  readonly #options: ResolvedConnectionOptions;
  readonly #onEnd: (error: StompError | undefined) => void;
  readonly #routes = new Routes();
  readonly #doubts: Doubts;
  #state: 'connected' | 'disconnecting' | 'closed' = 'connected';
  #probes = 0;
  #whenAnswered: (() => void) | undefined;
  #goodbye: Timer | undefined;

  constructor(link: Link, connected: Frame, shared: Shared, onEnd: (error: StompError | undefined) => void) {
    const { clock, receiptTimeoutMs } = shared.options;
    const onCount = (count: number) => this.#onReceiptCount(count);
    this.link = link;
    this.connected = connected;
    this.#options = shared.options;
    this.#tap = shared.tap;
    this.#flow = shared.flow;
    this.#onEnd = onEnd;
    this.receipts = new Receipts(clock, receiptTimeoutMs, onCount, shared.onOverdue);
    this.#doubts = new Doubts(clock, this.receipts, (waiter) => this.probe(waiter));
    this.ledger = new AckLedger((delivery) => this.#sendAck(delivery));
    link.events = this;
    shared.flow.attach(link, () => this.#onOverflow());
  }

  /** The flow of another owner, from now on. */
  useFlow(flow: Flow): void {
    this.#flow.detach(this.link);
    this.#flow = flow;
    flow.attach(this.link, () => this.#onOverflow());
    flow.waitingFor(this.receipts.size);
  }

  get state(): 'connected' | 'disconnecting' | 'closed' {
    return this.#state;
  }

  hasSubscription(id: string): boolean {
    return this.#routes.has(id);
  }

  /** Serves a subscription from here on: sends SUBSCRIBE, unless it is implicit. */
  attach(subscription: Subscription, confirmed: () => void = () => {}, onTrial = false): void {
    this.#routes.add(subscription);
    const { id, destination, options } = subscription;
    if (options.implicit) {
      subscription.confirmed();
      confirmed();
      return;
    }
    const receipt = this.receipts.ask(new SubscribeWaiter(subscription, this, confirmed, onTrial));
    this.link.send(subscribeHead(id, destination, options, receipt));
  }

  /** Ends a subscription on the broker, then here. What still comes for it before the RECEIPT is delivered. */
  detach(subscription: Subscription): Promise<void> {
    const { id, destination, options } = subscription;
    return new Promise((resolve) => {
      const done = () => {
        this.#drop(subscription);
        subscription.end(undefined);
        resolve();
      };
      if (options.implicit || this.#state !== 'connected' || !this.#routes.has(id)) return done();
      this.link.send(unsubscribeHead(id, destination, this.receipts.ask(new EndWaiter(done))));
      if (subscription.ack !== 'auto' && this.#takesBack) this.ledger.leave(id);
    });
  }

  /** COMMIT or ABORT; resolves on its RECEIPT. */
  finish(transaction: string, command: 'COMMIT' | 'ABORT'): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      // The broker forgets what was not committed, so the end of the connection aborts as well.
      const lostCode = command === 'COMMIT' ? 'STOMP_COMMIT_UNKNOWN' : undefined;
      const receipt = this.receipts.ask(new PromiseWaiter(resolve, reject, lostCode, command));
      this.link.send(plainHead(command, { transaction, receipt }));
      this.ledger.endTransaction(transaction, command === 'COMMIT');
    });
  }

  /** A pair of frames that changes nothing, with a receipt; every broker answers it. */
  probe(waiter: ReceiptWaiter): void {
    const transaction = `probe-${++this.#probes}`;
    this.link.send(plainHead('BEGIN', { transaction }));
    this.link.send(plainHead('ABORT', { transaction, receipt: this.receipts.ask(waiter) }));
  }

  refused(subscription: Subscription, byBroker: boolean): void {
    if (!byBroker && this.#state !== 'closed' && !subscription.isLeaving) {
      this.link.send(unsubscribeHead(subscription.id, subscription.destination));
    }
    this.#drop(subscription);
  }

  /** Waits for the receipts under way, says DISCONNECT, waits for its RECEIPT (or the end: Stompserver), and closes. */
  disconnect(): void {
    if (this.#state !== 'connected') return;
    this.#state = 'disconnecting';
    if (this.receipts.size === 0) this.#sayGoodbye();
    else this.#whenAnswered = () => this.#sayGoodbye();
  }

  /** Ends it at once, on request. */
  destroy(reason: StompError): void {
    if (this.#state === 'closed') return;
    this.#state = 'disconnecting';
    this.link.close(reason);
  }

  /** Gives the connection up as lost. */
  lose(error: StompError): void {
    this.link.close(error);
  }

  onOpen(): void {}

  onFrame(frame: Frame): void {
    if (frame.command === 'MESSAGE') this.#onMessage(frame);
    else if (frame.command === 'RECEIPT') this.#onReceipt(frame);
    else if (frame.command === 'ERROR') this.#onError(frame);
    else this.#unroutable(frame);
  }

  onClose(reason: StompError): void {
    const error = this.#state === 'disconnecting' ? undefined : this.#explain(reason);
    this.#state = 'closed';
    this.#whenAnswered = undefined;
    this.#goodbye?.cancel();
    this.#flow.detach(this.link);
    this.ledger.close();
    this.#doubts.close();
    this.receipts.loseAll(error ?? reason);
    this.#suspend(reason);
    this.#tap.emit('onDisconnect', { endpoint: this.link.endpoint.name, error });
    this.#onEnd(error);
  }

  /** A message that cannot be read comes again and again in the client modes: then its subscription fails, not the rest. */
  #suspend(reason: StompError): void {
    const head = reason instanceof FrameError ? reason.headers : undefined;
    const culprit = head && this.#routes.findByText(head);
    for (const subscription of [...this.#routes.all]) {
      subscription.suspended();
      subscription.unreadable = subscription === culprit ? subscription.unreadable + 1 : 0;
      if (subscription.unreadable >= MAX_UNREADABLE) subscription.end(reason);
    }
  }

  #onMessage(frame: Frame): void {
    // To see the end, reading goes on while we leave, whatever is held already.
    const isTooMuch = this.#state === 'disconnecting' && this.#flow.full;
    if (!isTooMuch && this.#routes.handOn(frame)) return;
    const subscription = isTooMuch ? undefined : this.#routes.find(frame.headers);
    if (subscription === undefined) return void this.#unroutable(frame);
    const { ack, id } = subscription;
    const messageId = ack === 'auto' ? undefined : frame.headers.wire('message-id');
    const delivery =
      ack === 'auto' || messageId === undefined ? undefined : this.ledger.add(ack, id, messageId);
    subscription.deliver(new Message(frame, delivery), frame.byteLength);
  }

  #onReceipt(frame: Frame): void {
    const waiter = this.receipts.takeNamed(frame.headers);
    if (waiter === undefined) {
      this.#unroutable(frame);
      return;
    }
    waiter.received();
  }

  /** An ERROR concerns the frame whose receipt it names, or the connection; it need not close it (P23). */
  #onError(frame: Frame): void {
    const endpoint = this.link.endpoint.name;
    const error = serverError('STOMP_SERVER_ERROR', endpoint, frame);
    this.#tap.emit('onServerError', { endpoint, frame, error });
    const named = this.receipts.takeNamed(frame.headers);
    if (named !== undefined) {
      named.failed(error);
      return;
    }
    this.#doubts.raise(error);
  }

  #unroutable(frame: Frame): void {
    this.#tap.emit('onUnroutable', { endpoint: this.link.endpoint.name, frame });
  }

  #sendAck(delivery: Delivery): void {
    const { messageId, subscription, transaction, waiter } = delivery;
    const inTransaction = transaction === undefined ? '' : `transaction:${transaction}\n`;
    const receipt = waiter === undefined ? '' : `receipt:${this.receipts.ask(waiter)}\n`;
    this.link.send(
      `ACK\nmessage-id:${messageId}\nsubscription:${toWire(subscription)}\n${inTransaction}${receipt}\n`,
    );
  }

  /** At UNSUBSCRIBE brokers take back what is not acknowledged, RabbitMQ only when the connection ends (P34). */
  get #takesBack(): boolean {
    return !this.connected.headers.get('server')?.startsWith('RabbitMQ');
  }

  #drop(subscription: Subscription): void {
    this.#routes.delete(subscription);
    if (subscription.ack === 'auto' || this.#state === 'closed') return;
    if (this.#takesBack) return void this.ledger.forget(subscription.id);
    const open = this.ledger.strand(subscription.id);
    if (open === 0) return;
    this.#tap.warn(
      `${open} messages of ${subscription.destination} were not acknowledged when its subscription ended: RabbitMQ ` +
        'returns them when the connection ends, and until then ACKs in client mode wait behind them',
    );
  }

  /** Later in this turn: the frame that asks for the RECEIPT must go out first. */
  #onOverflow(): void {
    process.nextTick(() => {
      if (this.#state !== 'closed' && this.#flow.full) this.receipts.failAll(readBufferFull());
    });
  }

  #onReceiptCount(count: number): void {
    this.#flow.waitingFor(count);
    if (count > 0 || this.#whenAnswered === undefined) return;
    const whenAnswered = this.#whenAnswered;
    this.#whenAnswered = undefined;
    whenAnswered();
  }

  #sayGoodbye(): void {
    const closeIn = (delayMs: number) => {
      this.#goodbye?.cancel();
      this.#goodbye = this.#options.clock.schedule(delayMs, () => this.link.close(closedError()));
    };
    const answered = () => {
      if (this.#state === 'closed') return;
      closeIn(GOODBYE_MS); // first: each of the next steps may end the connection
      this.link.end();
      // Busy consumers must not keep us from seeing the end.
      this.#flow.detach(this.link);
      this.link.resume();
    };
    // An ACK behind DISCONNECT would not be heard.
    this.ledger.close();
    // First: whoever sees DISCONNECT may end the connection within it.
    closeIn(GOODBYE_MS);
    this.link.send(plainHead('DISCONNECT', { receipt: this.receipts.ask(new EndWaiter(answered)) }));
  }

  #explain(reason: StompError): StompError {
    if (reason.code === 'STOMP_CONNECTION_LOST' && this.#doubts.lastError === undefined) return reason;
    if (reason instanceof SessionError || reason.code === 'STOMP_NO_ANSWER') return reason;
    const cause = reason.code === 'STOMP_CONNECTION_LOST' ? this.#doubts.lastError : reason;
    const { name } = this.link.endpoint;
    return new TransportError('STOMP_CONNECTION_LOST', name, `the connection ended: ${cause?.message}`, {
      cause,
    });
  }
}
