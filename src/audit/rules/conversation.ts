import type { Direction } from '../types.js';
import { BoundedMap } from './bounded.js';
import { Deliveries } from './deliveries.js';
import type { History } from './history.js';
import { wireValue } from './lines.js';
import { Receipts } from './receipts-model.js';
import { type CloseStep, type FrameRef, type FrameStep, type GapStep, refTo, type Step } from './step.js';
import { Subscriptions } from './subscriptions-model.js';
import { Transactions } from './transactions-model.js';

/**
 *   new --CONNECT--> connecting --CONNECTED--> connected --DISCONNECT--> leaving
 *                        `--ERROR--> refused
 */
export type Phase = 'new' | 'connecting' | 'connected' | 'refused' | 'leaving';

/** What one direction has carried. */
export interface Flow {
  frames: number;
  /** Records that frames came in, beyond one for each. */
  extraPieces: number;
  /** Line ends between frames, beyond one behind each. */
  extraEols: number;
  /** The last frame: where it ended, and whether it said how long its body was. */
  last: { readonly end: number; readonly counted: boolean; readonly hasBody: boolean } | undefined;
}

/** How soon a connection follows another to be called hasty. */
export const HASTY_MS = 100;

const LF = 0x0a;
const MAX_RECENT = 50;
const MAX_DESTINATIONS = 1_000;

/** One connection as its frames tell it: what rules ask, before the step in hand is applied. */
export class Conversation {
  readonly connection: number;
  readonly endpoint: string;
  readonly history: History;
  readonly receipts = new Receipts();
  readonly subscriptions = new Subscriptions();
  readonly deliveries = new Deliveries();
  readonly transactions = new Transactions();
  phase: Phase = 'new';
  /** Whether a direction cannot be read any more: then nothing can be said of what is missing. */
  blind = false;
  connect: FrameRef | undefined;
  /** When CONNECT was answered by ERROR. */
  refusedAtMs: number | undefined;
  disconnect: FrameRef | undefined;
  /** The receipt that DISCONNECT asked for, and whether it has come. */
  farewell: { readonly id: string; answered: boolean } | undefined;
  /** ERRORs that name no receipt; each frame before may have been meant. */
  namelessErrors = 0;
  sends = 0;
  lastAtMs: number;
  readonly flows: Readonly<Record<Direction, Flow>> = { 'to-broker': newFlow(), 'to-client': newFlow() };
  /** When the last SUBSCRIBEs came, oldest first. */
  readonly subscribedAtMs: number[] = [];
  /** How often each destination was unsubscribed. */
  readonly churn = new BoundedMap<string, number>(MAX_DESTINATIONS);

  constructor(connection: number, endpoint: string, atMs: number, history: History) {
    this.connection = connection;
    this.endpoint = endpoint;
    this.lastAtMs = atMs;
    this.history = history;
  }

  apply(step: Step): void {
    if (step.kind === 'open') this.#open(step.atMs);
    else if (step.kind === 'close') this.#close(step);
    else if (step.kind === 'broken') this.blind = true;
    else if (step.kind === 'gap') this.#gap(step);
    else this.#frame(step);
    if (step.kind !== 'close') this.lastAtMs = step.atMs;
  }

  /** One LF behind a frame is a habit of many; more are something else. */
  #gap({ direction, bytes, offset }: GapStep): void {
    const flow = this.flows[direction];
    const free = flow.last?.end === offset ? 1 : 0;
    flow.extraEols += Math.max(0, bytes.filter((byte) => byte === LF).length - free);
  }

  #frame(step: FrameStep): void {
    const flow = this.flows[step.direction];
    const { frame } = step;
    const end = frame.offset + frame.byteLength;
    flow.frames++;
    flow.extraPieces += step.pieces - 1;
    flow.last = { end, counted: frame.headers.has('content-length'), hasBody: frame.body.length > 0 };
    if (step.direction === 'to-broker') this.#fromClient(step);
    else this.#fromBroker(step);
  }

  #fromClient(step: FrameStep): void {
    switch (step.command) {
      case 'CONNECT':
        this.connect ??= refTo(step);
        if (this.phase === 'new') this.phase = 'connecting';
        return;
      case 'SUBSCRIBE':
        this.subscriptions.add(step);
        this.subscribedAtMs.push(step.atMs);
        if (this.subscribedAtMs.length > MAX_RECENT) this.subscribedAtMs.shift();
        break;
      case 'UNSUBSCRIBE':
        this.#unsubscribe(step);
        return;
      case 'SEND':
        this.sends++;
        this.#inTransaction(step, (id) => this.transactions.send(id));
        break;
      case 'ACK':
        this.#ack(step);
        break;
      case 'DISCONNECT':
        this.#disconnect(step);
        break;
      default:
        this.#transaction(step);
    }
    this.receipts.ask(step);
  }

  #unsubscribe(step: FrameStep): void {
    const ended = this.subscriptions.end(step);
    if (ended !== undefined) this.churn.set(ended.destination, (this.churn.get(ended.destination) ?? 0) + 1);
    this.receipts.ask(step, ended);
  }

  #ack(step: FrameStep): void {
    const delivery = this.deliveries.ack(wireValue(step.head, 'message-id') ?? '');
    this.#inTransaction(step, (id) => this.transactions.ack(id, delivery));
  }

  #inTransaction({ frame }: FrameStep, then: (id: string) => void): void {
    const id = frame.headers.get('transaction');
    if (id !== undefined) then(id);
  }

  #transaction(step: FrameStep): void {
    this.#inTransaction(step, (id) => {
      if (step.command === 'BEGIN') this.transactions.begin(step, id);
      if (step.command === 'COMMIT') this.transactions.end(id, 'COMMIT');
      if (step.command === 'ABORT') this.#abort(id);
    });
  }

  #abort(id: string): void {
    const ended = this.transactions.end(id, 'ABORT');
    for (const delivery of ended?.acked ?? []) this.deliveries.unack(delivery);
    this.receipts.forget(id);
  }

  #disconnect(step: FrameStep): void {
    if (this.disconnect !== undefined) return;
    this.disconnect = refTo(step);
    this.phase = 'leaving';
    const id = step.frame.headers.get('receipt');
    this.farewell = id === undefined ? undefined : { id, answered: false };
  }

  #fromBroker(step: FrameStep): void {
    const { headers } = step.frame;
    const receipt = headers.get('receipt-id');
    if (step.command === 'CONNECTED' && this.phase === 'connecting') this.phase = 'connected';
    else if (step.command === 'MESSAGE')
      this.deliveries.add(step, this.subscriptions.match(step).subscription);
    else if (step.command === 'RECEIPT' && receipt !== undefined) this.#receipt(receipt);
    else if (step.command === 'ERROR') this.#error(step, receipt);
  }

  #receipt(id: string): void {
    this.receipts.answer(id, false);
    if (this.farewell?.id === id) this.farewell.answered = true;
  }

  #error(step: FrameStep, receipt: string | undefined): void {
    if (receipt === undefined) this.namelessErrors++;
    else this.receipts.answer(receipt, true);
    if (this.phase !== 'connecting') return;
    this.phase = 'refused';
    this.refusedAtMs = step.atMs;
  }

  #open(atMs: number): void {
    const known = this.history.endpoint(this.endpoint);
    const hasty = known.endedAtMs !== undefined && atMs - known.endedAtMs < HASTY_MS;
    known.hasty = hasty ? known.hasty + 1 : 0;
    known.endedAtMs = undefined;
  }

  #close(step: CloseStep): void {
    const known = this.history.endpoint(this.endpoint);
    known.endedAtMs = step.atMs;
    known.short =
      this.phase !== 'new' && this.sends === 1 && this.subscriptions.size === 0 ? known.short + 1 : 0;
    this.history.keep(this.connection, this.deliveries.unacked());
  }
}

function newFlow(): Flow {
  return { frames: 0, extraPieces: 0, extraEols: 0, last: undefined };
}
