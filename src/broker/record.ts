import { Frame, Headers } from '../frame/index.js';
import type { BrokerClock } from './clock.js';

/** A frame that came, for a test to assert on. A passcode in it is masked. */
export interface ReceivedFrame {
  /** Which connection it came on; they are counted from 1. */
  readonly connection: number;
  readonly command: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** What was waited for did not come. */
export class BrokerWaitError extends Error {
  override readonly name = 'BrokerWaitError';
  readonly code = 'STOMP_BROKER_WAIT_TIMEOUT';
}

/** How long `waitFor` waits. */
export interface WaitOptions {
  /** Milliseconds. Default 5,000. */
  readonly timeoutMs?: number | undefined;
}

interface Waiter {
  readonly matches: (frame: ReceivedFrame) => boolean;
  readonly resolve: (frame: ReceivedFrame) => void;
  readonly reject: (error: Error) => void;
}

/** The last frames that came, up to a number and a size, and those who wait for one. */
export class ReceivedFrames {
  readonly #clock: BrokerClock;
  readonly #maxFrames: number;
  readonly #maxBytes: number;
  #frames: Array<{ frame: ReceivedFrame; size: number }> = [];
  #head = 0;
  #bytes = 0;
  readonly #waiters = new Set<Waiter>();

  constructor(clock: BrokerClock, maxFrames: number, maxBytes: number) {
    this.#clock = clock;
    this.#maxFrames = maxFrames;
    this.#maxBytes = maxBytes;
  }

  /** Oldest first. */
  list(): ReceivedFrame[] {
    return this.#frames.slice(this.#head).map(({ frame }) => frame);
  }

  add(connection: number, frame: Frame): void {
    const { command, headers, body, byteLength } = frame;
    const received: ReceivedFrame = { connection, command, headers, body };
    this.#frames.push({ frame: received, size: byteLength });
    this.#bytes += byteLength;
    while (this.#frames.length - this.#head > this.#maxFrames || this.#bytes > this.#maxBytes)
      this.#bytes -= this.#frames[this.#head++]!.size;
    if (this.#head > 1024 && this.#head * 2 > this.#frames.length) this.#compact();
    if (this.#waiters.size > 0) this.#tell(received);
  }

  clear(): void {
    this.#frames = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  /** The first frame that matches: one that came before, or the next that comes. Rejects with BrokerWaitError. */
  waitFor(matches: (frame: ReceivedFrame) => boolean, options: WaitOptions = {}): Promise<ReceivedFrame> {
    const known = this.list().find(matches);
    if (known !== undefined) return Promise.resolve(known);
    const { timeoutMs = 5_000 } = options;
    return new Promise((resolve, reject) => {
      const timer = this.#clock.schedule(timeoutMs, () => {
        this.#waiters.delete(waiter);
        reject(new BrokerWaitError(`no such frame within ${timeoutMs} ms; ${this.#summary()}`));
      });
      const waiter: Waiter = {
        matches,
        resolve: (frame) => {
          timer.cancel();
          resolve(frame);
        },
        reject: (error) => {
          timer.cancel();
          reject(error);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  /** Nothing will come any more: those who wait are told so. */
  end(): void {
    for (const waiter of this.#waiters)
      waiter.reject(new BrokerWaitError(`the broker has stopped; ${this.#summary()}`));
    this.#waiters.clear();
  }

  #tell(received: ReceivedFrame): void {
    for (const waiter of [...this.#waiters]) {
      try {
        if (!waiter.matches(received)) continue;
        waiter.resolve(received);
      } catch (error) {
        waiter.reject(error as Error);
      }
      this.#waiters.delete(waiter);
    }
  }

  #summary(): string {
    const last = this.list().slice(-10);
    return last.length === 0
      ? 'none came at all'
      : `the last that came: ${last.map(({ command }) => command).join(', ')}`;
  }

  #compact(): void {
    this.#frames = this.#frames.slice(this.#head);
    this.#head = 0;
  }
}

/** The frame with its passcode masked, where it has one. */
export function withoutPasscode(frame: Frame): Frame {
  if (!frame.headers.has('passcode')) return frame;
  const block = frame.headers.raw.toString('latin1');
  const masked = block.replace(/^([ \t]*passcode[ \t]*:).*$/gm, '$1[secret]');
  return new Frame(frame.command, new Headers(masked), frame.body, frame.offset, frame.byteLength);
}
