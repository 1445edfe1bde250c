import type { BodyInit } from '../frame/serializer.js';

/** Frames of one turn of the event loop share a slab and leave in one write. */
const SLAB_BYTES = 65_536;
/** A body of bytes this large is written from where it is instead of being copied. */
const BY_REFERENCE_BYTES = 32_768;
/** Above this many bytes not yet taken, `send` asks for a pause. */
const HIGH_WATER_BYTES = 262_144;

const NUL = Buffer.from([0]);

/**
 * Slabs not in use, for all connections together: an idle connection holds none
 * (docs/decisions/0003-shared-read-buffer.md).
 */
const freeSlabs: Buffer[] = [];
const MAX_FREE_SLABS = 8;

export interface OutputSink {
  /** Must call `written` once the bytes have been taken, not before this returns. */
  write(bytes: Buffer, written: () => void): void;
}

/** What is to be written: gathered until the end of the turn, counted until the socket has taken it. */
export class Output {
  readonly #sink: OutputSink;
  #slab: Buffer | undefined;
  #used = 0;
  #scheduled = false;
  #sends = 0;
  #closed = false;
  #drains: Array<() => void> = [];
  /** Bytes accepted and not yet taken by the socket. */
  pendingBytes = 0;
  /** SENDs among them that nobody waits for. */
  pendingSends = 0;

  constructor(sink: OutputSink) {
    this.#sink = sink;
  }

  get full(): boolean {
    return this.pendingBytes > HIGH_WATER_BYTES;
  }

  /** Adds one frame: its head as a wire string that ends with the blank line, its body of `bodyBytes`, and the NUL. */
  frame(head: string, body: BodyInit, bodyBytes: number): void {
    this.pendingBytes += head.length + bodyBytes + 1;
    if (typeof body !== 'string' && bodyBytes >= BY_REFERENCE_BYTES) {
      this.#wire(head);
      this.flush();
      this.#write(Buffer.from(body.buffer, body.byteOffset, bodyBytes), undefined);
      this.#bytes(NUL);
    } else {
      const at = this.#reserve(head.length + bodyBytes + 1);
      const slab = this.#slab!;
      slab.write(head, at, 'latin1');
      if (typeof body === 'string') slab.write(body, at + head.length, 'utf8');
      else slab.set(body, at + head.length);
      slab[at + head.length + bodyBytes] = 0;
    }
    this.#schedule();
  }

  /** Marks the frame just added as a SEND that nobody waits for. */
  countSend(): void {
    this.#sends++;
    this.pendingSends++;
  }

  /** Hands everything gathered to the sink now. */
  flush(): void {
    const slab = this.#slab;
    if (slab === undefined) return;
    const bytes = slab.subarray(0, this.#used);
    this.#slab = undefined;
    this.#used = 0;
    this.#write(bytes, slab.length === SLAB_BYTES ? slab : undefined);
  }

  /** Calls back once the socket has taken enough. */
  onDrain(callback: () => void): void {
    if (this.full && !this.#closed) this.#drains.push(callback);
    else callback();
  }

  /** Nothing more will be taken. */
  close(): void {
    this.#closed = true;
    this.#slab = undefined;
    this.#wake();
  }

  #wire(head: string): void {
    const at = this.#reserve(head.length);
    this.#slab!.write(head, at, 'latin1');
  }

  #bytes(bytes: Buffer): void {
    const at = this.#reserve(bytes.length);
    this.#slab!.set(bytes, at);
  }

  /** Room for `size` bytes in the slab; gives the position. */
  #reserve(size: number): number {
    if (this.#slab !== undefined && this.#used + size > this.#slab.length) this.flush();
    this.#slab ??=
      size > SLAB_BYTES
        ? Buffer.allocUnsafeSlow(size)
        : (freeSlabs.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES));
    const at = this.#used;
    this.#used = at + size;
    return at;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After the promises of this turn: what they send goes out together.
    process.nextTick(() => {
      this.#scheduled = false;
      if (!this.#closed) this.flush();
    });
  }

  #write(bytes: Buffer, slab: Buffer | undefined): void {
    const sends = this.#sends;
    const size = bytes.length;
    this.#sends = 0;
    this.#sink.write(bytes, () => {
      this.pendingBytes -= size;
      this.pendingSends -= sends;
      if (slab !== undefined && freeSlabs.length < MAX_FREE_SLABS) freeSlabs.push(slab);
      if (!this.full) this.#wake();
    });
  }

  #wake(): void {
    if (this.#drains.length === 0) return;
    const callbacks = this.#drains;
    this.#drains = [];
    for (const callback of callbacks) callback();
  }
}
