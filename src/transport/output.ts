import type { BodyInit } from '../frame/serializer.js';

/** Frames of one turn of the event loop share a slab and leave in one write: a small one first, then large ones. */
const SMALL_SLAB_BYTES = 8_192;
const SLAB_BYTES = 262_144;
/** A body of bytes this large is written from where it is instead of being copied. */
const BY_REFERENCE_BYTES = 32_768;
/** Above this many bytes not yet taken, `send` asks for a pause. */
const HIGH_WATER_BYTES = 262_144;
/**
 * Above this many bytes in one turn it asks as well, though the socket has taken them: a loop around `send` would go on as
 * long as the other side keeps up, and nothing would be read, no timer would fire meanwhile.
 */
const TURN_BYTES = 2_097_152;
/** Small frames of ASCII are joined to one text first, up to this many bytes: a write into a slab costs more than a frame. */
const TEXT_BYTES = 32_768;
/** A slab with this much in it goes out before the text beside it makes them both too much for `full`. */
const FLUSH_BYTES = SLAB_BYTES - 2 * TEXT_BYTES;
/** The largest parts that are worth it. */
const TEXT_BODY_BYTES = 512;
const TEXT_HEAD_BYTES = 4_096;

const NUL = Buffer.from([0]);

/**
 * Slabs not in use, for all connections together: an idle connection holds none
 * (docs/decisions/0003-shared-read-buffer.md).
 */
const freeSlabs: Buffer[] = [];
const freeSmallSlabs: Buffer[] = [];
const MAX_FREE_SLABS = 8;
const MAX_FREE_SMALL_SLABS = 64;

/** Two methods of Node's Buffer that its types leave out: `write` finds its way to them, at twice the cost. */
interface RawBuffer {
  latin1Write(text: string, at: number, length: number): number;
  utf8Write(text: string, at: number, length: number): number;
}

export interface OutputSink {
  /** Must call `written` once the bytes have been taken: before this returns, or later. */
  write(bytes: Buffer, written: () => void): void;
  /** What is written from now on may wait for `uncork`, to leave together. */
  cork(): void;
  uncork(): void;
}

/** What is to be written: gathered until the end of the turn, counted until the socket has taken it. */
export class Output {
  readonly #sink: OutputSink;
  /** What goes into the slab next, but for its last NUL. */
  #text = '';
  #textSends = 0;
  #slab: Buffer | undefined;
  #used = 0;
  #scheduled = false;
  #sends = 0;
  #closed = false;
  #isWriting = false;
  /** Bytes written since the sink was corked; undefined where it is not. */
  #corked: number | undefined;
  /** Frames of whoever watches the bytes go out: they must not get into the middle of the one that is being added. */
  #late: Array<() => void> = [];
  #drains: Array<() => void> = [];
  /** Bytes accepted since the last turn of the event loop. */
  #turnBytes = 0;
  /** Bytes accepted and not yet taken by the socket. */
  pendingBytes = 0;
  /** SENDs among them that nobody waits for. */
  pendingSends = 0;

  constructor(sink: OutputSink) {
    this.#sink = sink;
  }

  get full(): boolean {
    return this.pendingBytes > HIGH_WATER_BYTES || this.#turnBytes > TURN_BYTES;
  }

  /**
   * Adds one frame: its head as a wire string that ends with the blank line, its body of `bodyBytes`, and the NUL.
   * `isSend`: it is a SEND that nobody waits for. `chained`: a NUL and the head, if somebody has them in one piece.
   */
  frame(head: string, body: BodyInit, bodyBytes: number, isSend = false, chained?: string): void {
    const size = head.length + bodyBytes + 1;
    this.pendingBytes += size;
    this.#turnBytes += size;
    if (isSend) this.pendingSends++;
    if (this.#isWriting) this.#addLater(head, body, bodyBytes, isSend);
    else this.#add(head, body, bodyBytes, isSend, chained);
    if (!this.#scheduled) this.#schedule();
  }

  #add(head: string, body: BodyInit, bodyBytes: number, isSend: boolean, chained?: string): void {
    // As many bytes as characters: ASCII, which is itself in a wire string.
    const joins =
      bodyBytes === body.length &&
      bodyBytes <= TEXT_BODY_BYTES &&
      head.length <= TEXT_HEAD_BYTES &&
      typeof body === 'string';
    if (joins) this.#join(head, body, isSend, chained);
    else this.#copy(head, body, bodyBytes, isSend);
    if (this.#late.length > 0) this.#addLate();
  }

  /** Hands everything gathered to the sink now. */
  flush(): void {
    if (this.#isWriting) return;
    if (this.#text !== '') this.#spill();
    this.#flushSlab();
    this.#uncork();
    if (this.#late.length > 0) this.#addLate();
  }

  /** Calls back once the socket has taken enough. */
  onDrain(callback: () => void): void {
    if (this.full && !this.#closed) this.#drains.push(callback);
    else callback();
  }

  /** Nothing more will be taken. */
  close(): void {
    this.#closed = true;
    this.#text = '';
    this.#slab = undefined;
    this.#wake();
  }

  /** The fast way for small frames. What it gives is what `#copy` would. */
  #join(head: string, body: string, isSend: boolean, chained: string | undefined): void {
    let text = this.#text;
    if (text === '') text = head;
    else if (chained !== undefined) text += chained;
    else text = `${text}\0${head}`;
    text += body;
    this.#text = text;
    if (isSend) this.#textSends++;
    if (text.length < TEXT_BYTES) return;
    this.#spill();
    if (this.#used >= FLUSH_BYTES) this.#flushSlab();
  }

  #spill(): void {
    const text = this.#text;
    const at = this.#reserve(text.length + 1);
    const slab = this.#slab!;
    (slab as unknown as RawBuffer).latin1Write(text, at, text.length);
    slab[at + text.length] = 0;
    this.#text = '';
    this.#sends += this.#textSends;
    this.#textSends = 0;
  }

  #copy(head: string, body: BodyInit, bodyBytes: number, isSend: boolean): void {
    if (this.#text !== '') this.#spill();
    if (typeof body !== 'string' && bodyBytes >= BY_REFERENCE_BYTES) {
      this.#refer(head, Buffer.from(body.buffer, body.byteOffset, bodyBytes), isSend);
      return;
    }
    const at = this.#reserve(head.length + bodyBytes + 1);
    const slab = this.#slab!;
    const raw = slab as unknown as RawBuffer;
    raw.latin1Write(head, at, head.length);
    if (typeof body !== 'string') slab.set(body, at + head.length);
    else if (bodyBytes === body.length) raw.latin1Write(body, at + head.length, bodyBytes);
    else raw.utf8Write(body, at + head.length, bodyBytes);
    slab[at + head.length + bodyBytes] = 0;
    if (isSend) this.#sends++;
  }

  /** A large body is written from where it is. Several leave in one call of the system, unless one is enough for that. */
  #refer(head: string, body: Buffer, isSend: boolean): void {
    if (this.#corked === undefined && body.length < SLAB_BYTES) {
      this.#sink.cork();
      this.#corked = 0;
    }
    this.#wire(head);
    this.#flushSlab();
    this.#write(body, undefined);
    this.#bytes(NUL);
    if (isSend) this.#sends++;
    // Last, since whoever waits for room may send at once.
    if (this.#corked !== undefined && this.#corked >= SLAB_BYTES) this.#uncork();
  }

  #uncork(): void {
    if (this.#corked === undefined) return;
    this.#corked = undefined;
    this.#sink.uncork();
  }

  #flushSlab(): void {
    const slab = this.#slab;
    if (slab === undefined) return;
    const bytes = slab.subarray(0, this.#used);
    this.#slab = undefined;
    this.#used = 0;
    this.#write(bytes, slab);
  }

  #wire(text: string): void {
    const at = this.#reserve(text.length);
    (this.#slab as unknown as RawBuffer).latin1Write(text, at, text.length);
  }

  #bytes(bytes: Buffer): void {
    const at = this.#reserve(bytes.length);
    this.#slab!.set(bytes, at);
  }

  /** Room for `size` bytes in the slab; gives the position. */
  #reserve(size: number): number {
    const slab = this.#slab;
    if (slab === undefined) this.#slab = takeSlab(size);
    else if (this.#used + size > slab.length) this.#moreRoom(slab, size);
    const at = this.#used;
    this.#used = at + size;
    return at;
  }

  /** A small slab that is full makes way for a large one; a large one goes out. */
  #moreRoom(slab: Buffer, size: number): void {
    const needed = this.#used + size;
    if (slab.length > SMALL_SLAB_BYTES || needed > SLAB_BYTES) {
      this.#flushSlab();
      this.#slab = takeSlab(size);
      return;
    }
    this.#slab = takeSlab(needed);
    slab.copy(this.#slab, 0, 0, this.#used);
    giveSlab(slab);
  }

  #schedule(): void {
    this.#scheduled = true;
    // After the promises of this turn: what they send goes out together.
    process.nextTick(() => {
      this.#scheduled = false;
      this.#turnBytes = 0;
      if (this.#closed) return;
      this.flush();
      if (!this.full) this.#wake();
    });
  }

  /** `slab`: may be used again once the bytes are written. */
  #write(bytes: Buffer, slab: Buffer | undefined): void {
    const sends = this.#sends;
    const size = bytes.length;
    this.#sends = 0;
    if (this.#corked !== undefined) this.#corked += size;
    this.#isWriting = true;
    this.#sink.write(bytes, () => {
      this.pendingBytes -= size;
      this.pendingSends -= sends;
      if (slab !== undefined) giveSlab(slab);
      if (!this.full) this.#wake();
    });
    this.#isWriting = false;
  }

  #addLater(head: string, body: BodyInit, bodyBytes: number, isSend: boolean): void {
    this.#late.push(() => this.#add(head, body, bodyBytes, isSend));
  }

  #addLate(): void {
    const late = this.#late;
    this.#late = [];
    for (const add of late) add();
  }

  #wake(): void {
    if (this.#drains.length === 0) return;
    const callbacks = this.#drains;
    this.#drains = [];
    for (const callback of callbacks) callback();
  }
}

function takeSlab(size: number): Buffer {
  if (size <= SMALL_SLAB_BYTES) return freeSmallSlabs.pop() ?? Buffer.allocUnsafeSlow(SMALL_SLAB_BYTES);
  if (size <= SLAB_BYTES) return freeSlabs.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
  return Buffer.allocUnsafeSlow(size);
}

function giveSlab(slab: Buffer): void {
  if (slab.length === SLAB_BYTES && freeSlabs.length < MAX_FREE_SLABS) freeSlabs.push(slab);
  else if (slab.length === SMALL_SLAB_BYTES && freeSmallSlabs.length < MAX_FREE_SMALL_SLABS)
    freeSmallSlabs.push(slab);
}
