import type { Socket } from 'node:net';
import { reset } from '../socket.js';
import type { SuiteClock } from './clock.js';
import { type WireFrame, WireReader } from './wire.js';

/** How a connection stands: `closed` was done by us, `ended` and `reset` by the other side. */
export type Fate = 'open' | 'ended' | 'reset' | 'closed';

/** A run of bytes in one direction, as it was written or as it came. */
export interface Passed {
  readonly direction: 'sent' | 'received';
  readonly bytes: Buffer;
}

/** Bytes of one conversation that are kept for the report. */
const MOST_KEPT_BYTES = 65_536;

/** One connection of a suite: every frame that came on it, and ways to wait without waiting too long. */
export class Conversation {
  readonly frames: WireFrame[] = [];
  readonly passed: Passed[] = [];
  readonly #socket: Socket;
  readonly #clock: SuiteClock;
  readonly #reader = new WireReader();
  readonly #watchers = new Set<() => void>();
  readonly #onFrame: ((frame: WireFrame) => void) | undefined;
  #fate: Fate = 'open';
  #chunks = 0;
  #received = 0;
  #kept = 0;
  #writtenAll = true;
  readonly #begunAt: number;
  #lastedMs: number | undefined;

  /** `onFrame` is told of each frame as it comes. */
  constructor(socket: Socket, clock: SuiteClock, onFrame?: (frame: WireFrame) => void) {
    this.#onFrame = onFrame;
    this.#socket = socket;
    this.#clock = clock;
    this.#begunAt = clock.now();
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('end', () => this.#over('ended'));
    socket.on('error', () => this.#over('reset'));
    socket.on('close', () => this.#over('ended'));
  }

  get fate(): Fate {
    return this.#fate;
  }

  get isOpen(): boolean {
    return this.#fate === 'open';
  }

  /** How long it stood; undefined while it stands. */
  get lastedMs(): number | undefined {
    return this.#lastedMs;
  }

  /** How many bytes came. */
  get received(): number {
    return this.#received;
  }

  /** What came behind the last whole frame. */
  get rest(): Buffer {
    return this.#reader.rest;
  }

  /** False when the other side went away before it had taken all of it. */
  get writtenAll(): boolean {
    return this.#writtenAll;
  }

  /** Writes, and resolves when the socket has taken it or is gone. `shown` is what the report has in its place. */
  write(bytes: Buffer, shown: Buffer = bytes): Promise<void> {
    this.#keep('sent', shown);
    if (this.#fate !== 'open') {
      this.#writtenAll = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const gone = (): void => {
        this.#socket.off('close', gone);
        resolve();
      };
      this.#socket.once('close', gone);
      this.#socket.write(bytes, (error) => {
        if (error) this.#writtenAll = false;
        gone();
      });
    });
  }

  /** Resolves with true once `done` holds; with false when the connection ends or the time is over before that. */
  until(done: () => boolean, timeoutMs: number): Promise<boolean> {
    if (done()) return Promise.resolve(true);
    if (!this.isOpen) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (result: boolean): void => {
        disarm();
        this.#watchers.delete(look);
        resolve(result);
      };
      const look = (): void => {
        if (done()) finish(true);
        else if (!this.isOpen) finish(false);
      };
      const disarm = this.#clock.schedule(timeoutMs, () => finish(done()));
      this.#watchers.add(look);
    });
  }

  /** Resolves when nothing has come for `quietMs`, or the connection has ended; at the latest after `timeoutMs`. */
  async quiet(quietMs: number, timeoutMs: number): Promise<void> {
    const latest = this.#clock.now() + timeoutMs;
    for (;;) {
      const seen = this.#chunks;
      await this.until(
        () => this.#chunks !== seen,
        Math.min(quietMs, Math.max(0, latest - this.#clock.now())),
      );
      if (this.#chunks === seen || !this.isOpen || this.#clock.now() >= latest) return;
    }
  }

  ended(timeoutMs: number): Promise<boolean> {
    return this.until(() => this.#fate !== 'open', timeoutMs);
  }

  /** Stops reading, so that what comes stays in the sockets' buffers. */
  hold(): void {
    this.#socket.pause();
  }

  release(): void {
    this.#socket.resume();
  }

  /** Says that we have nothing more to write. */
  finish(): void {
    this.#socket.end();
  }

  /** Ends it at once, with a reset. */
  cut(): void {
    this.#over('closed');
    reset(this.#socket);
  }

  /** Ends it in order, without waiting. */
  close(): void {
    this.#over('closed');
    this.#socket.end();
    this.#socket.resume();
    this.#socket.destroySoon();
  }

  #take(chunk: Buffer): void {
    this.#chunks++;
    this.#received += chunk.length;
    this.#keep('received', chunk);
    for (const frame of this.#reader.push(chunk)) {
      this.frames.push(frame);
      this.#onFrame?.(frame);
    }
    this.#notify();
  }

  #keep(direction: Passed['direction'], bytes: Buffer): void {
    if (bytes.length === 0 || this.#kept >= MOST_KEPT_BYTES) return;
    const part = bytes.subarray(0, MOST_KEPT_BYTES - this.#kept);
    this.#kept += part.length;
    this.passed.push({ direction, bytes: part });
  }

  #over(fate: Fate): void {
    if (this.#fate !== 'open') return;
    this.#fate = fate;
    this.#lastedMs = this.#clock.now() - this.#begunAt;
    this.#notify();
  }

  #notify(): void {
    for (const look of [...this.#watchers]) look();
  }
}
