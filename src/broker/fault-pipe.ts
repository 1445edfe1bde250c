import type { BrokerClock, BrokerTimer } from './clock.js';
import { type Fault, NO_FAULT } from './faults.js';

/**
 * Where a session's bytes go. None of these may call back into the session before it returns. Whoever brings it
 * tells the session what happens to the connection: `receive`, `drained`, `end`, and in any case `closed`.
 */
export interface BrokerSink {
  /** Takes bytes, always. False asks for no more MESSAGEs before `session.drained()`. */
  write(bytes: Buffer): boolean;
  /** Ends the stream after what was written. */
  close(): void;
  /** Drops the connection at once, with what was written and not sent. */
  cut(): void;
}

/** The session: what the pipe tells it. */
export interface PipeOwner {
  /** There is room again. */
  drained(): void;
  /** A fault has ended the stream. */
  end(): void;
}

/** Bytes that may wait for a dribble before the session is asked to hold back. */
const HIGH_WATER_BYTES = 65_536;

/** The way out of a session: does to its bytes what a Fault orders. Without one it only passes them on. */
export class FaultPipe {
  readonly #sink: BrokerSink;
  readonly #clock: BrokerClock;
  readonly #owner: PipeOwner;
  #fault: Fault = NO_FAULT;
  /** Bytes on the wire so far. */
  #sent = 0;
  /** Bytes given to this pipe so far. */
  #given = 0;
  #garbageDone = false;
  #pending: Buffer = Buffer.alloc(0);
  #timer: BrokerTimer | undefined;
  #closing = false;
  #dead = false;

  constructor(sink: BrokerSink, clock: BrokerClock, owner: PipeOwner) {
    this.#sink = sink;
    this.#clock = clock;
    this.#owner = owner;
  }

  /** Bytes that went out. */
  get sent(): number {
    return this.#sent;
  }

  set fault(fault: Fault) {
    this.#fault = fault;
    if (fault.dribble === undefined && this.#pending.length > 0) this.#pump();
    this.#checkCut();
  }

  write(bytes: Buffer): boolean {
    if (this.#dead) return true;
    if (this.#fault === NO_FAULT && this.#pending.length === 0) {
      this.#given += bytes.length;
      this.#sent += bytes.length;
      return this.#sink.write(bytes);
    }
    const out = this.#withGarbage(bytes);
    if (this.#fault.dribble === undefined && this.#pending.length === 0) return this.#emit(out);
    this.#pending = Buffer.concat([this.#pending, out]);
    if (this.#timer === undefined) this.#pump();
    return this.#pending.length < HIGH_WATER_BYTES;
  }

  /** Ends the stream after what was written. */
  close(): void {
    if (this.#dead) return;
    if (this.#pending.length > 0) {
      this.#closing = true;
      return;
    }
    this.destroy();
    this.#sink.close();
  }

  /** Forgets what is pending; nothing goes out any more. */
  destroy(): void {
    this.#dead = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#pending = Buffer.alloc(0);
  }

  #withGarbage(bytes: Buffer): Buffer {
    const start = this.#given;
    this.#given += bytes.length;
    const { garbage } = this.#fault;
    if (garbage === undefined || this.#garbageDone) return bytes;
    const at = Math.max((garbage.afterBytes ?? 0) - start, 0);
    if (at > bytes.length) return bytes;
    this.#garbageDone = true;
    return Buffer.concat([
      bytes.subarray(0, at),
      Buffer.from(garbage.bytes as Uint8Array),
      bytes.subarray(at),
    ]);
  }

  /** Sends one lot of what is pending; the next one, or the end, comes when the timer says so. */
  #pump(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { dribble } = this.#fault;
    const lot = this.#pending.subarray(0, dribble?.bytes ?? this.#pending.length);
    this.#pending = this.#pending.subarray(lot.length);
    if (lot.length > 0) {
      if (dribble !== undefined) this.#timer = this.#clock.schedule(dribble.everyMs, () => this.#pump());
      this.#emit(lot);
    }
    if (this.#dead || this.#pending.length > 0) return;
    if (this.#closing) this.close();
    else if (lot.length > 0) this.#owner.drained();
  }

  #emit(bytes: Buffer): boolean {
    const cutAt = this.#fault.cutAfterBytes?.out ?? Number.POSITIVE_INFINITY;
    const part = bytes.subarray(0, Math.max(cutAt - this.#sent, 0));
    this.#sent += part.length;
    const writable = part.length === 0 || this.#sink.write(part);
    this.#checkCut();
    return writable;
  }

  #checkCut(): void {
    const cutAt = this.#fault.cutAfterBytes?.out;
    if (this.#dead || cutAt === undefined || this.#sent < cutAt) return;
    this.destroy();
    this.#sink.close();
    this.#owner.end();
  }
}
