import type { PipeWatch, SimPipe } from '../support/sim-pipe.js';
import { type WireFrame, WireReader } from '../support/sim-wire.js';
import { type Delivery, keyOf } from './facts.js';
import type { Life } from './life.js';

/** What a connection is for: the live one, the one that stands by, or a look at a broker from the side. */
export type Role = 'main' | 'standby' | 'side';

/** One connection as it is seen between the client and the network, and what must hold of it. */
export class Wire implements PipeWatch {
  readonly life: Life;
  readonly host: string;
  readonly name: string;
  readonly dialAt: number;
  role: Role;
  /** It stood by, and took the place of a lost one. */
  takenAt: number | undefined;
  /** CONNECTED came. */
  connectedAt: number | undefined;
  /** The client dropped the pipe. */
  droppedAt: number | undefined;
  droppedStep = -1;
  /** By the other side, and not by the client's own decision. */
  wasEnded = false;
  /** When the last byte came. */
  heardAt: number;
  pipe: SimPipe | undefined;
  /** Sends that the socket had taken before the client dropped it. */
  takenSends = 0;
  /** Its broker was told to leave out what it cannot make good again. */
  spoilt = false;
  readonly deliveries: Delivery[] = [];
  readonly #out: WireReader;
  readonly #in: WireReader;
  /** What comes is no STOMP any more. */
  #isBlind = false;
  readonly #subscribed = new Set<string>();
  readonly #receipts = new Map<string, WireFrame>();
  /** When each RECEIPT was asked for that has not come, the oldest first. */
  readonly #unanswered = new Map<string, number>();
  readonly #transactions = new Set<string>();
  /** Where in the stream the `send`s end that were not taken yet. */
  readonly #untaken: number[] = [];
  /** In what is being written. */
  #pendingSends = 0;
  #written = 0;
  #taken = 0;
  #said = 0;
  #last = '';
  #lastPublish = -1;
  #lastSend = -1;
  #fresh = false;
  /** The subscriptions there were at CONNECTED, until something else is said. */
  #due: readonly string[] | undefined;

  constructor(life: Life, host: string, role: Role) {
    this.life = life;
    this.host = host;
    this.role = role;
    this.name = `${life.name}#${life.wires.length + 1}(${host}${role === 'main' ? '' : `, ${role}`})`;
    this.dialAt = life.now;
    this.heardAt = life.now;
    this.#out = new WireReader((frame) => this.#onSaid(frame));
    this.#in = new WireReader((frame) => this.#onHeard(frame));
  }

  get alive(): boolean {
    return this.connectedAt !== undefined && this.droppedAt === undefined;
  }

  get subscribed(): ReadonlySet<string> {
    return this.#subscribed;
  }

  onWrite(bytes: Buffer): void {
    this.#out.push(bytes);
    this.#written += bytes.length;
    while (this.#pendingSends > 0) {
      this.#pendingSends--;
      this.#untaken.push(this.#written);
    }
  }

  onTaken(bytes: number): void {
    this.#taken += bytes;
    while (this.#untaken.length > 0 && this.#untaken[0]! <= this.#taken) {
      this.#untaken.shift();
      this.takenSends++;
    }
  }

  onRead(bytes: Buffer): void {
    this.heardAt = this.life.now;
    if (this.#isBlind) return;
    try {
      this.#in.push(bytes);
    } catch {
      this.#isBlind = true;
    }
  }

  onEnd(): void {
    this.wasEnded = true;
  }

  onDrop(): void {
    this.droppedAt = this.life.now;
    this.droppedStep = this.life.step;
    this.note('dropped');
    this.life.dropped(this);
  }

  onFault(what: string): void {
    this.#fail(what);
  }

  note(what: string): void {
    this.life.world.note(`${this.name} ${what}`);
  }

  /** It takes the place of the one that was lost. */
  promote(): void {
    this.note('takes over');
    this.role = 'main';
    this.takenAt = this.life.now;
    this.#due = this.life.subscriptionsNow();
  }

  /** How long the oldest RECEIPT has been waited for. */
  get overdueMs(): number {
    for (const askedAt of this.#unanswered.values()) return this.life.now - askedAt;
    return 0;
  }

  /** Whether this message was delivered here. */
  find(messageId: string): Delivery | undefined {
    const delivery = this.life.world.delivered.get(messageId);
    return delivery?.wire === this ? delivery : undefined;
  }

  #onSaid(frame: WireFrame): void {
    const { command, headers } = frame;
    this.#said++;
    if (this.life.world.tracing) this.note(`> ${brief(frame)}`);
    if ((this.#said === 1) !== (command === 'CONNECT')) this.#fail(`${command} is frame ${this.#said}`);
    if (command === 'CONNECT') return;
    if (this.connectedAt === undefined) this.#fail(`${command} before CONNECTED`);
    if (this.role === 'side' || (this.role === 'standby' && !isProbe(frame))) this.#fail(`${command} on it`);
    if (this.#last === 'DISCONNECT') this.#fail(`${command} after DISCONNECT`);
    this.#last = command;
    const receipt = headers.get('receipt');
    if (receipt !== undefined) {
      if (this.#receipts.has(receipt)) this.#fail(`receipt ${receipt} is asked for twice`);
      this.#receipts.set(receipt, frame);
      this.#unanswered.set(receipt, this.life.now);
    }
    if (command === 'SUBSCRIBE') this.#onSubscribe(frame);
    if (command === 'UNSUBSCRIBE') this.#onUnsubscribe(frame);
    if (command === 'SEND') this.#onSend(frame);
    if (command === 'ACK') this.#onAck(frame);
    if (command === 'BEGIN') this.#transactions.add(headers.get('transaction')!);
    if (command === 'COMMIT' || command === 'ABORT') this.#onFinish(frame);
  }

  #onSubscribe({ headers }: WireFrame): void {
    const id = headers.get('id')!;
    const sub = this.life.subs.get(id);
    if (this.#subscribed.has(id)) this.#fail(`SUBSCRIBE ${id} twice`);
    if (sub === undefined) this.#fail(`SUBSCRIBE ${id}, which is no subscription`);
    else if (
      headers.get('destination') !== sub.handle.destination ||
      (headers.get('ack') ?? 'auto') !== sub.ack
    )
      this.#fail(`SUBSCRIBE ${id} with the wrong headers`);
    this.#subscribed.add(id);
  }

  #onUnsubscribe({ headers }: WireFrame): void {
    const id = headers.get('id')!;
    this.#due = this.#due?.filter((due) => due !== id);
    if (!this.#subscribed.delete(id)) this.#fail(`UNSUBSCRIBE ${id}, which is not subscribed here`);
  }

  /** All that was subscribed at CONNECTED comes before anything that is sent. */
  #checkDue(): void {
    for (const id of this.#due ?? []) {
      const sub = this.life.subs.get(id)!;
      if (sub.left || sub.handle.state === 'closed' || this.#subscribed.has(id)) continue;
      this.#fail(`SEND before SUBSCRIBE ${id}`);
    }
    this.#due = undefined;
  }

  #onSend(frame: WireFrame): void {
    const { headers, body } = frame;
    const transaction = headers.get('transaction');
    if (transaction !== undefined) {
      this.#pendingSends++;
      if (!this.#transactions.has(transaction))
        this.#fail(`SEND in ${transaction}, which was not begun here`);
      return;
    }
    this.#checkDue();
    if (headers.has('receipt')) this.#onPublish(keyOf(body), frame);
    else this.#onPlainSend(keyOf(body));
  }

  #onPlainSend(key: string): void {
    const send = this.life.sends.get(key);
    this.#pendingSends++;
    this.#fresh = true;
    if (send === undefined) {
      this.#fail(`an unknown SEND ${key}`);
      return;
    }
    if (send.wire !== undefined) this.#fail(`send ${key} was written before, on ${send.wire.name}`);
    if (send.place < this.#lastSend) this.#fail(`send ${key} behind a later one`);
    this.#lastSend = send.place;
    send.wire = this;
  }

  #onPublish(key: string, { headers, body }: WireFrame): void {
    const { life } = this;
    const publish = life.publishes.get(key);
    if (publish === undefined) {
      this.#fail(`an unknown SEND with a receipt, ${key}`);
      return;
    }
    const { confirmed, wires, place } = publish;
    if (headers.get('destination') !== publish.destination)
      this.#fail(`publish ${key} to the wrong destination`);
    if ((headers.get('persistent') === 'true') !== publish.persistent)
      this.#fail(`publish ${key}: persistent?`);
    if (body !== publish.body) this.#fail(`publish ${key} has another body`);
    if (wires.includes(this)) this.#fail(`publish ${key} twice on one connection`);
    if (confirmed !== undefined && confirmed.step !== confirmed.wire.droppedStep)
      this.#fail(`publish ${key} again, which ${confirmed.wire.name} has confirmed`);
    if (publish.outcome !== 'pending' && publish.settledStep < life.step)
      this.#fail(`publish ${key} after it was settled: ${publish.outcome}`);
    if (place < this.#lastPublish) this.#fail(`publish ${key} behind a later one`);
    this.#lastPublish = place;
    if (wires.length === 0) this.#fresh = true;
    else if (this.#fresh) this.#fail(`publish ${key}, which was written before, behind new ones`);
    const mark = life.options.resendHeader;
    if (mark !== undefined && wires.length > 0 && !headers.has(mark))
      this.#fail(`publish ${key} again, without ${mark}`);
    wires.push(this);
    life.checkOutbox(this, publish);
  }

  #onAck({ headers }: WireFrame): void {
    const id = headers.get('message-id')!;
    const transaction = headers.get('transaction');
    const delivery = this.find(id);
    if (delivery === undefined) {
      this.#fail(`ACK ${id}, which was not delivered on this connection`);
      return;
    }
    const { sub, ack, place } = delivery;
    if (ack === 'auto') this.#fail(`ACK ${id}, which is of a subscription in mode auto`);
    if (headers.get('subscription') !== sub) this.#fail(`ACK ${id} with the wrong subscription`);
    if (!this.#subscribed.has(sub)) this.#fail(`ACK ${id} behind the UNSUBSCRIBE of ${sub}`);
    if (delivery.acked) this.#fail(`ACK ${id} twice`);
    if (!delivery.wanted) this.#fail(`ACK ${id}, which nobody asked for`);
    if (transaction !== undefined && !this.#transactions.has(transaction))
      this.#fail(`ACK in ${transaction}, which was not begun here`);
    if (ack === 'client') {
      const skipped = this.deliveries.find(
        (other) =>
          other.place < place && other.ack === 'client' && !other.acked && this.#subscribed.has(other.sub),
      );
      if (skipped !== undefined) this.#fail(`ACK ${id} before that of ${skipped.messageId}`);
    }
    delivery.acked = true;
    delivery.transaction = transaction;
  }

  #onFinish({ command, headers }: WireFrame): void {
    const transaction = headers.get('transaction')!;
    if (!this.#transactions.delete(transaction))
      this.#fail(`${command} ${transaction}, which was not begun here`);
    if (command === 'COMMIT') return;
    for (const delivery of this.deliveries) {
      if (delivery.transaction !== transaction) continue;
      delivery.acked = false;
      delivery.wanted = false;
    }
  }

  #onHeard(frame: WireFrame): void {
    const { command, headers } = frame;
    if (this.#isBlind) return;
    if (this.life.world.tracing) this.note(`< ${brief(frame)}`);
    if (command === 'CONNECTED' && this.connectedAt === undefined) {
      this.connectedAt = this.life.now;
      if (this.role === 'main') this.#due = this.life.subscriptionsNow();
    } else if (this.connectedAt === undefined) this.#isBlind = true;
    else if (command === 'RECEIPT') this.#onReceipt(headers.get('receipt-id')!);
    else if (command === 'MESSAGE') this.#onMessage(frame);
    else if (command === 'ERROR') this.#onError(headers.get('receipt-id'));
  }

  #onReceipt(id: string): void {
    this.#unanswered.delete(id);
    const frame = this.#receipts.get(id);
    if (frame?.command !== 'SEND') return;
    const publish = this.life.publishes.get(keyOf(frame.body));
    if (publish !== undefined) publish.confirmed ??= { wire: this, step: this.life.step, at: this.life.now };
  }

  #onError(id: string | undefined): void {
    this.#unanswered.delete(id ?? '');
    const frame = this.#receipts.get(id ?? '');
    const publish = frame?.command === 'SEND' ? this.life.publishes.get(keyOf(frame.body)) : undefined;
    if (publish !== undefined) publish.refused = true;
  }

  #onMessage({ headers, body }: WireFrame): void {
    const sub = headers.get('subscription')!;
    const known = this.life.subs.get(sub);
    const delivery: Delivery = {
      wire: this,
      sub,
      messageId: headers.get('message-id')!,
      key: keyOf(body),
      place: this.deliveries.length,
      ack: known?.ack ?? 'auto',
      late: known === undefined || known.left || known.handle.state === 'closed',
      redelivered: headers.get('redelivered') === 'true',
      message: undefined,
      told: false,
      wanted: false,
      transaction: undefined,
      acked: false,
    };
    this.deliveries.push(delivery);
    this.life.world.delivered.set(delivery.messageId, delivery);
  }

  #fail(what: string): void {
    this.life.world.fail(`${this.name}: ${what}`);
  }
}

/** A pair of frames that only asks for a sign of life. */
function isProbe({ command, headers }: WireFrame): boolean {
  return ['BEGIN', 'ABORT'].includes(command) && headers.get('transaction')!.startsWith('probe-');
}

export function brief({ command, headers, body }: WireFrame): string {
  const names = [
    'destination',
    'id',
    'subscription',
    'message-id',
    'transaction',
    'receipt',
    'receipt-id',
    'message',
  ];
  const shown = names.flatMap((name) => (headers.has(name) ? [`${name}=${headers.get(name)}`] : []));
  if (headers.has('redelivered')) shown.push('redelivered');
  const text = body.includes('|') ? `${keyOf(body)}[${body.length}]` : '';
  return [command, ...shown, text].filter(Boolean).join(' ');
}
