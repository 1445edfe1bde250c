import type { Transport, TransportEvents } from '../../src/transport/transport.js';

const SHARED = Buffer.alloc(65_536);

/**
 * A byte pipe without a socket, whose other end is in the hands of a case. Reads as a socket does: where the client
 * says, or into one buffer that is overwritten after each read.
 */
export class Pipe implements Transport {
  /** Sees what the client writes, at once. */
  onWrite: (bytes: Buffer) => void = () => {};
  paused = false;
  destroyed = false;
  readonly #events: TransportEvents;
  readonly #readBytes: number;
  readonly #asks: boolean;
  #inbound: Array<Buffer | 'end'> = [];
  #delivering = false;
  #stalled: Array<() => void> | undefined;
  #closed = false;

  /** `readBytes`: at most so many at a time. `asks`: the client may say where to read to. */
  constructor(events: TransportEvents, readBytes: number, asks: boolean) {
    this.#events = events;
    this.#readBytes = readBytes;
    this.#asks = asks;
  }

  open(): void {
    if (!this.destroyed) this.#events.onOpen();
  }

  /** The peer sends these bytes. */
  say(bytes: Buffer): void {
    if (bytes.length > 0) this.#inbound.push(bytes);
    this.#deliver();
  }

  /** The peer ends its half. */
  finish(): void {
    this.#inbound.push('end');
    this.#deliver();
  }

  /** The pipe breaks. */
  fail(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.destroyed = true;
    this.#events.onClose(error);
  }

  stall(): void {
    this.#stalled ??= [];
  }

  unstall(): void {
    const waiting = this.#stalled ?? [];
    this.#stalled = undefined;
    for (const written of waiting) written();
    if (waiting.length > 0 && !this.#closed) this.#events.onDrain();
  }

  write(bytes: Buffer, written: () => void = () => {}): boolean {
    this.onWrite(bytes);
    if (this.#stalled !== undefined) {
      this.#stalled.push(written);
      return false;
    }
    process.nextTick(() => this.destroyed || written());
    return true;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    process.nextTick(() => this.#deliver());
  }

  end(): void {}

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    process.nextTick(() => this.fail());
  }

  ref(): void {}

  unref(): void {}

  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    while (!this.paused && !this.destroyed) {
      const next = this.#inbound.shift();
      if (next === undefined) break;
      if (next === 'end') this.#events.onEnd();
      else this.#read(next);
    }
    this.#delivering = false;
  }

  /** What is paused in the middle stays, first in line. */
  #read(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && !this.paused && !this.destroyed) {
      const buffer = (this.#asks && this.#events.readBuffer?.(SHARED)) || SHARED;
      const size = Math.min(this.#readBytes, buffer.length, bytes.length - at);
      bytes.copy(buffer, 0, at, at + size);
      this.#events.onData(buffer.subarray(0, size));
      if (buffer.buffer === SHARED.buffer) SHARED.fill(0x58, 0, size);
      at += size;
    }
    if (at < bytes.length) this.#inbound.unshift(bytes.subarray(at));
  }
}
