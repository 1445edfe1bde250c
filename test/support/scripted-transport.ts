import type { Endpoint } from '../../src/transport/endpoint.js';
import type { Dial, Transport, TransportEvents } from '../../src/transport/transport.js';
import { turn } from './virtual-clock.js';

export const CONNECTED = 'CONNECTED\nsession:s-1\nserver:scripted/1.0\n\n\0\n';

/** Text stands for bytes, one for each character. */
type Wire = string | Buffer;

/**
 * A byte pipe without a socket: the test plays the broker. What the client writes can be read as text, one character
 * for each byte; nothing is answered unless the test says so.
 */
export class ScriptedTransport implements Transport {
  readonly endpoint: Endpoint;
  /** One text for each call of `write`. */
  readonly writes: string[] = [];
  /** Sees each write as it comes, in the very buffer that was handed over. */
  onWrite: ((bytes: Buffer) => void) | undefined;
  pauses = 0;
  resumes = 0;
  paused = false;
  /** The client has ended its half. */
  ended = false;
  destroyed = false;
  /** It keeps the process alive. */
  keepsProcess = true;
  readonly #events: TransportEvents;
  /** What waits for the reading to go on: bytes, or the end. */
  #inbound: Array<Buffer | 'end'> = [];
  #delivering = false;
  #taken = 0;
  #stalled: Array<() => void> | undefined;
  #closed = false;

  constructor(endpoint: Endpoint, events: TransportEvents) {
    this.endpoint = endpoint;
    this.#events = events;
  }

  /** All that was written. */
  get written(): string {
    return this.writes.join('');
  }

  /** What was written since it was last asked. Lets the turn end first, as frames leave with it. */
  async take(): Promise<string> {
    await turn();
    const text = this.writes.slice(this.#taken).join('');
    this.#taken = this.writes.length;
    return text;
  }

  /** Bytes that came and are not read, because the client has paused. */
  get unreadBytes(): number {
    return this.#inbound.reduce((sum, chunk) => sum + (chunk === 'end' ? 0 : chunk.length), 0);
  }

  /** TCP (and TLS) is there. */
  open(): void {
    if (!this.destroyed) this.#events.onOpen();
  }

  /** The broker sends these chunks. Each is overwritten once it was read, as a socket's buffer is. */
  push(...chunks: Wire[]): void {
    for (const chunk of chunks) this.#inbound.push(Buffer.from(chunk as string, 'latin1'));
    this.#deliver();
  }

  /** The broker ends its half: FIN. It is seen behind what it sent before. */
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

  /** From here on nothing that is written is taken. */
  stall(): void {
    this.#stalled ??= [];
  }

  /** Takes all that was written, and what comes. */
  unstall(): void {
    const waiting = this.#stalled ?? [];
    this.#stalled = undefined;
    for (const written of waiting) written();
    if (waiting.length > 0) this.#events.onDrain();
  }

  write(bytes: Buffer, written?: () => void): boolean {
    this.writes.push(bytes.toString('latin1'));
    this.onWrite?.(bytes);
    if (this.#stalled !== undefined) {
      this.#stalled.push(() => written?.());
      return false;
    }
    if (written !== undefined) process.nextTick(() => this.destroyed || written());
    return true;
  }

  pause(): void {
    this.pauses++;
    this.paused = true;
  }

  resume(): void {
    this.resumes++;
    this.paused = false;
    process.nextTick(() => this.#deliver());
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    process.nextTick(() => this.fail());
  }

  ref(): void {
    this.keepsProcess = true;
  }

  unref(): void {
    this.keepsProcess = false;
  }

  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    while (!this.paused && !this.destroyed) {
      const chunk = this.#inbound.shift();
      if (chunk === undefined) break;
      if (chunk === 'end') {
        this.#events.onEnd();
      } else {
        this.#events.onData(chunk);
        chunk.fill('X');
      }
    }
    this.#delivering = false;
  }
}

/** Every dial of a client, in order. */
export class ScriptedDials {
  readonly transports: ScriptedTransport[] = [];
  /** Plays the broker of each new pipe; called in the turn after the dial. */
  onDial: ((transport: ScriptedTransport, index: number) => void) | undefined;
  #seen = 0;

  readonly dial: Dial = (endpoint, events) => {
    const transport = new ScriptedTransport(endpoint, events);
    const index = this.transports.push(transport) - 1;
    process.nextTick(() => this.onDial?.(transport, index));
    return transport;
  };

  /** The next dial that was not asked for yet; lets a turn end when there is none. */
  async next(): Promise<ScriptedTransport> {
    for (let turns = 0; this.#seen >= this.transports.length; turns++) {
      if (turns === 20) throw new Error(`there was no dial after the ${this.#seen} so far`);
      await turn();
    }
    return this.transports[this.#seen++]!;
  }
}

/** Opens a pipe and answers CONNECT. */
export async function acceptConnect(transport: ScriptedTransport, connected = CONNECTED): Promise<void> {
  transport.open();
  await transport.take();
  transport.push(connected);
}

/** Answers each frame that asks for a receipt, in the turn after it was written. */
export function answerReceipts(transport: ScriptedTransport): void {
  transport.onWrite = (bytes) => {
    const ids = [...bytes.toString('latin1').matchAll(/^receipt:(.*)$/gm)].map(([, id]) => id);
    if (ids.length === 0) return;
    setImmediate(() => transport.push(ids.map((id) => `RECEIPT\nreceipt-id:${id}\n\n\0\n`).join('')));
  };
}
