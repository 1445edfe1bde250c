import { PasscodeMasker } from './mask.js';
import type { AuditClock, ByteRange, Direction, RecordSink, Side } from './types.js';

export const systemClock: AuditClock = Object.freeze({
  now: () => performance.now(),
  wall: () => Date.now(),
});

/** Where records go. */
export interface RecorderOptions {
  readonly sink: RecordSink;
  readonly clock?: AuditClock | undefined;
}

/** Turns what happens on connections into records. Passcodes are masked before anything is kept. */
export class Recorder {
  readonly sink: RecordSink;
  readonly clock: AuditClock;
  #connections = 0;

  constructor(options: RecorderOptions) {
    this.sink = options.sink;
    this.clock = options.clock ?? systemClock;
  }

  /** A connection is being made; gives where its bytes go. */
  open(endpoint: string): RecordedConnection {
    return new RecordedConnection(this, ++this.#connections, endpoint);
  }
}

/** One connection of a recorder. */
export class RecordedConnection {
  readonly #sink: RecordSink;
  readonly #clock: AuditClock;
  readonly #masker = new PasscodeMasker();
  #toBroker = 0;
  #toClient = 0;
  #closed = false;
  readonly connection: number;

  /** @internal */
  constructor(recorder: Recorder, connection: number, endpoint: string) {
    this.#sink = recorder.sink;
    this.#clock = recorder.clock;
    this.connection = connection;
    this.#sink.record({ kind: 'open', ...this.#base(), endpoint });
  }

  /**
   * Bytes that passed. The buffer may be used again: they are copied for a sink that keeps them. `offset` is where they stand in their
   * stream, when some before them were not seen.
   */
  bytes(direction: Direction, chunk: Uint8Array, offset?: number): void {
    if (this.#closed) return;
    const buffer = Buffer.isBuffer(chunk)
      ? chunk
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const from = direction === 'to-broker' ? this.#toBroker : this.#toClient;
    const at = offset ?? from;
    if (direction === 'to-broker') this.#outgoing(buffer, at, at !== from);
    else this.#incoming(buffer, at);
  }

  /** Puts a remark into the transcript. */
  note(text: string): void {
    this.#sink.record({ kind: 'note', ...this.#base(), text });
  }

  /** The connection has ended; only the first call counts. */
  close(by?: Side | undefined, error?: string | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sink.record({ kind: 'close', ...this.#base(), by, error });
  }

  #outgoing(chunk: Buffer, offset: number, gap: boolean): void {
    if (gap) this.#masker.lose();
    this.#toBroker = offset + chunk.length;
    const { bytes, masked } = this.#masker.mask(chunk);
    this.#bytes('to-broker', offset, bytes === chunk ? this.#own(chunk) : bytes, masked);
  }

  #incoming(chunk: Buffer, offset: number): void {
    this.#toClient = offset + chunk.length;
    this.#bytes('to-client', offset, this.#own(chunk), NOTHING);
  }

  /** Once for each chunk that passes, so the object is made in one go. */
  #bytes(direction: Direction, offset: number, bytes: Buffer, masked: readonly ByteRange[]): void {
    const { connection } = this;
    const atMs = this.#clock.now();
    const wallMs = this.#clock.wall();
    this.#sink.record({ kind: 'bytes', connection, atMs, wallMs, direction, offset, bytes, masked });
  }

  #own(chunk: Buffer): Buffer {
    return this.#sink.transient ? chunk : Buffer.from(chunk);
  }

  #base(): { connection: number; atMs: number; wallMs: number } {
    return { connection: this.connection, atMs: this.#clock.now(), wallMs: this.#clock.wall() };
  }
}

const NOTHING: readonly never[] = Object.freeze([]);
