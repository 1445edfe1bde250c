import { type Frame, FrameError, FrameParser } from '../frame/index.js';
import { HANDLERS, missingHeader } from './commands.js';
import type { BrokerConnection, SessionState } from './connection.js';
import { Desk } from './desk.js';
import { type BrokerSink, FaultPipe } from './fault-pipe.js';
import { type Fault, NO_FAULT } from './faults.js';
import type { Host } from './host.js';
import type { Journal } from './journal.js';
import { UNLIMITED_FRAMES } from './limits.js';
import { echoOf, encodeConnected, encodeError, encodeReceipt } from './message.js';
import { withoutPasscode } from './record.js';
import type { Outlet } from './subscription.js';
import { SERVER } from './version.js';

/**
 * The broker's side of one conversation: bytes in, bytes out, no socket. `BrokerCore.open` makes it.
 * Never throws for what the client sends.
 */
export class BrokerSession implements BrokerConnection, Outlet {
  readonly id: number;
  readonly peer: string;
  readonly #host: Host;
  readonly #sink: BrokerSink;
  readonly #pipe: FaultPipe;
  readonly #parser: FrameParser;
  readonly #desk: Desk;
  readonly #name: string;
  #state: SessionState = 'waiting';
  #login: string | undefined;
  #blocked = false;
  #deliveries = 0;
  #bytesIn = 0;
  #own: Fault;
  #fault: Fault = NO_FAULT;
  /** Commands that `errorOn` let pass. */
  #passed = 0;
  #connectTimer: { cancel(): void } | undefined;
  /** Reads back what was written, for the observer. */
  #echo: FrameParser | undefined;

  /** @internal */
  constructor(host: Host, sink: BrokerSink, id: number, peer: string, fault: Fault) {
    this.id = id;
    this.peer = peer;
    this.#host = host;
    this.#sink = sink;
    this.#name = `${host.name}-${id}`;
    this.#own = fault;
    this.#pipe = new FaultPipe(sink, host.clock, this);
    this.#desk = new Desk(host, this);
    this.#parser = new FrameParser((frame) => this.#onFrame(frame), { limits: host.frameLimits });
    if (host.observer.onFrameOut !== undefined)
      this.#echo = new FrameParser((frame) => host.watch('onFrameOut', { connection: id, peer, frame }), {
        limits: UNLIMITED_FRAMES,
      });
    this.faultChanged(false);
  }

  get state(): SessionState {
    return this.#state;
  }

  get login(): string | undefined {
    return this.#login;
  }

  get bytesIn(): number {
    return this.#bytesIn;
  }

  get bytesOut(): number {
    return this.#pipe.sent;
  }

  get subscriptions(): BrokerConnection['subscriptions'] {
    return [...this.#desk.subscriptions.values()].map(({ init, unacknowledged }) => {
      return { destination: init.destination, ack: init.mode, unacknowledged };
    });
  }

  /** The next bytes that the client sent. */
  receive(chunk: Buffer): void {
    if (this.#state === 'closed' || this.#state === 'closing') return;
    const left = (this.#fault.cutAfterBytes?.in ?? Number.POSITIVE_INFINITY) - this.#bytesIn;
    const part = chunk.length <= left ? chunk : chunk.subarray(0, Math.max(left, 0));
    this.#bytesIn += part.length;
    this.#parse(part);
    if (chunk.length >= left) this.cut();
  }

  /** The sink, which was full, can take more. */
  drained(): void {
    this.#blocked = false;
    if (this.writable) this.#desk.resume();
  }

  /** The client has ended its side. */
  end(): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#leave('closing');
    this.#pipe.close();
  }

  /** The connection is gone, from whatever side. */
  closed(): void {
    this.#leave('closed');
    this.#pipe.destroy();
    this.#host.forget(this);
  }

  cut(): void {
    if (this.#state === 'closed') return;
    this.closed();
    this.#sink.cut();
  }

  /** @internal Ends the conversation without a word, after what was written. */
  close(): void {
    this.end();
  }

  /** @internal Takes and gives nothing from now on; what it has in hand stays until `closed()`. */
  mute(): void {
    this.#blocked = true;
    this.#state = 'closing';
  }

  /** @internal What is ordered for it may have changed. */
  faultChanged(cleared: boolean): void {
    if (cleared) this.#own = NO_FAULT;
    const common = this.#host.faults.common;
    this.#fault = this.#own === NO_FAULT ? common : { ...common, ...this.#own };
    if (Object.keys(this.#fault).length === 0) this.#fault = NO_FAULT;
    this.#pipe.fault = this.#fault;
    this.drained();
  }

  /** @internal The accept: trouble at the door, and the time a CONNECT may take. */
  begin(refusal: string | undefined): void {
    const { connectTimeoutMs } = this.#host.limits;
    if (this.#fault.refuse) this.#shut();
    else if (refusal !== undefined) this.#fail(refusal, undefined, true);
    else if (Number.isFinite(connectTimeoutMs)) {
      const timer = this.#host.clock.schedule(connectTimeoutMs, () => this.#tooLate());
      timer.unref();
      this.#connectTimer = timer;
    }
  }

  get writable(): boolean {
    return this.#state === 'open' && !this.#blocked && this.#fault.silent === undefined;
  }

  get journal(): Journal {
    return this.#host.journal;
  }

  nextOrdinal(): number {
    return ++this.#deliveries;
  }

  /** With colons, as real brokers' ids have them. */
  messageId(ordinal: number): string {
    return `ID:${this.#name}:${ordinal}`;
  }

  /** @internal A MESSAGE. */
  send(bytes: Buffer): void {
    if (!this.#write(bytes)) this.#blocked = true;
  }

  overflow(destination: string): void {
    this.#fail(`slow consumer: too much waits for this subscription of ${destination}`, undefined, true);
  }

  #write(bytes: Buffer): boolean {
    this.#host.count.framesOut++;
    this.#echo?.push(bytes);
    return this.#pipe.write(bytes);
  }

  #parse(bytes: Buffer): void {
    try {
      this.#parser.push(bytes);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      const { id: connection, peer } = this;
      this.#host.watch('onBadFrame', { connection, peer, reason: error.message });
      if (this.#fault.silent === undefined) this.#fail(error.message, undefined, true);
    }
  }

  #onFrame(frame: Frame): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#note(frame);
    const { silent, errorOn } = this.#fault;
    if (silent === 'start' || (silent === 'connected' && this.#state === 'open')) return;
    if (errorOn?.command === frame.command && this.#passed++ >= (errorOn.after ?? 0)) {
      this.#fail(errorOn.message, frame, errorOn.close ?? false);
    } else if (this.#state === 'waiting') this.#connect(frame);
    else this.#obey(frame);
  }

  #note(frame: Frame): void {
    const shown = frame.command === 'CONNECT' ? withoutPasscode(frame) : frame;
    this.#host.count.framesIn++;
    this.#host.record.add(this.id, shown);
    if (this.#host.observer.onFrameIn !== undefined)
      this.#host.watch('onFrameIn', { connection: this.id, peer: this.peer, frame: shown });
  }

  #connect(frame: Frame): void {
    if (frame.command !== 'CONNECT') {
      this.#fail(`${frame.command} before CONNECT`, frame, true);
      return;
    }
    const login = frame.headers.get('login');
    const refusal = this.#fault.errorOnConnect ?? this.#host.refuseConnect(frame);
    if (refusal !== undefined) {
      this.#fail(refusal, frame, true);
      return;
    }
    this.#connectTimer?.cancel();
    this.#login = login;
    this.#state = 'open';
    this.#write(encodeConnected(SERVER, this.#name));
  }

  #obey(frame: Frame): void {
    const handler = HANDLERS.get(frame.command);
    if (frame.command === 'CONNECT') this.#fail('already connected', frame, false);
    else if (frame.command === 'DISCONNECT') this.#disconnect(frame);
    else if (handler === undefined) this.#fail(`unknown command ${frame.command}`, frame, true);
    // What waits in the queue comes after the RECEIPT of the SUBSCRIBE.
    else if (frame.command === 'SUBSCRIBE') this.#host.store.quietly(() => this.#handle(handler, frame));
    else this.#handle(handler, frame);
  }

  #handle(handler: (desk: Desk, frame: Frame) => string | undefined, frame: Frame): void {
    const refusal = missingHeader(frame) ?? handler(this.#desk, frame);
    if (refusal !== undefined) this.#fail(refusal, frame, false);
    else this.#confirm(frame);
  }

  #disconnect(frame: Frame): void {
    this.#leave('closing');
    this.#confirm(frame, () => this.#pipe.close());
  }

  /** Sends the RECEIPT that was asked for, when what was done is stored; then `then`. */
  #confirm(frame: Frame, then?: () => void): void {
    const id = echoOf(frame, 'receipt');
    if (id === undefined) {
      then?.();
      return;
    }
    this.#host.journal.whenStored(() => {
      const { delayReceiptsMs } = this.#fault;
      if (delayReceiptsMs === undefined) this.#receipt(id, then);
      else this.#host.clock.schedule(delayReceiptsMs, () => this.#receipt(id, then));
    });
  }

  #receipt(id: string, then: (() => void) | undefined): void {
    if (this.#state === 'closed') return;
    const { dropReceipts, silent } = this.#fault;
    if (!dropReceipts && silent === undefined) this.#write(encodeReceipt(id));
    then?.();
  }

  #fail(reason: string, frame: Frame | undefined, close: boolean): void {
    const receipt = frame === undefined ? undefined : echoOf(frame, 'receipt');
    this.#write(encodeError(reason, receipt));
    if (close) this.#shut();
  }

  /** No CONNECT in time. A broker that is ordered to be silent stays so. */
  #tooLate(): void {
    if (this.#fault.silent === undefined) this.#shut();
  }

  /** Ends the conversation after what was written. */
  #shut(): void {
    this.#leave('closing');
    this.#pipe.close();
  }

  /** The one way out of `open`: what the client had in hand goes back. */
  #leave(state: 'closing' | 'closed'): void {
    if (this.#state === 'closed') return;
    this.#state = state;
    this.#connectTimer?.cancel();
    this.#desk.clear();
  }
}
