import { FrameError } from '../errors.js';
import { type Frame, type FrameLimits, FrameParser } from '../frame/index.js';
import type { ByteRange, BytesRecord } from './types.js';

interface ItemBase {
  /** The exact bytes; a passcode is masked. */
  readonly bytes: Buffer;
  /** Stream offset of the first of them. */
  readonly offset: number;
  /** Which of them are masked: positions in `bytes`. */
  readonly masked: readonly ByteRange[];
}

/** A whole frame, or its beginning. */
export interface FrameItem extends ItemBase {
  readonly kind: 'frame';
  readonly frame: Frame;
  /** How many records it came in. */
  readonly pieces: number;
  /** Whether `bytes` holds only its beginning. */
  readonly cut: boolean;
}

/** Line ends between frames. */
export interface GapItem extends ItemBase {
  readonly kind: 'gap';
}

/** Bytes that are no frame: where the stream could not be read any more, or ended inside a frame. */
export interface BrokenItem extends ItemBase {
  readonly kind: 'broken';
  readonly error: FrameError;
}

/** What came behind that, or behind bytes that are missing. */
export interface LostItem extends ItemBase {
  readonly kind: 'lost';
}

/** What the bytes of one direction come to. */
export type StreamItem = FrameItem | GapItem | BrokenItem | LostItem;

/** How bytes are cut into frames. */
export interface StreamOptions {
  readonly limits?: Partial<FrameLimits> | undefined;
  /** Of a frame that comes in several records, not more bytes than this are kept. Default: all. */
  readonly keepBytes?: number | undefined;
}

/** Reads the frames in one direction of one connection, with their exact bytes and those between them. */
export class StreamReader {
  readonly #frames: Frame[] = [];
  readonly #parser: FrameParser;
  readonly #keepBytes: number;
  #state: 'reading' | 'lost' = 'reading';
  /** Offset behind the last record. */
  #next = 0;
  /** Offset behind the last item. */
  #done = 0;
  /** What came in earlier records and is in no item yet. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #pieces = 0;
  #dropped = false;
  /** In stream offsets, of what is in no item yet. */
  #masked: ByteRange[] = [];

  constructor(options: StreamOptions = {}) {
    this.#keepBytes = options.keepBytes ?? Number.POSITIVE_INFINITY;
    this.#parser = new FrameParser((frame) => this.#frames.push(frame), { limits: options.limits });
  }

  /** Whether what comes can be read. */
  get readable(): boolean {
    return this.#state === 'reading';
  }

  push({ bytes, offset, masked }: BytesRecord): StreamItem[] {
    for (const [start, end] of masked) this.#masked.push([offset + start, offset + end]);
    if (offset !== this.#next) this.#lose(offset);
    this.#next = offset + bytes.length;
    this.#pieces++;
    const items: StreamItem[] = [];
    if (this.#state === 'reading') this.#read(bytes, offset, items);
    else if (bytes.length > 0) items.push({ kind: 'lost', ...this.#take(bytes, offset, this.#next) });
    return items;
  }

  /** The stream has ended: what is left of it, if that is a part of a frame. */
  end(): StreamItem[] {
    if (this.#state === 'lost') return [];
    this.#state = 'lost';
    try {
      this.#parser.end();
      return [];
    } catch (error) {
      return this.#broken(this.#take(EMPTY, this.#next, this.#next), error as FrameError);
    }
  }

  /** Line ends before the frame that broke are not a part of it. */
  #broken({ bytes, offset, masked }: ItemBase, error: FrameError): StreamItem[] {
    const eols = bytes.findIndex((byte) => byte !== LF && byte !== CR);
    if (eols <= 0) return [{ kind: 'broken', bytes, offset, masked, error }];
    const ranges = masked.map(([start, end]): ByteRange => [start - eols, end - eols]);
    return [
      { kind: 'gap', bytes: bytes.subarray(0, eols), offset, masked: NOTHING },
      { kind: 'broken', bytes: bytes.subarray(eols), offset: offset + eols, masked: ranges, error },
    ];
  }

  #read(bytes: Buffer, offset: number, items: StreamItem[]): void {
    const error = this.#parse(bytes);
    for (const frame of this.#frames.splice(0)) {
      this.#gap(bytes, offset, frame.offset, items);
      const pieces = this.#pieces;
      const cut = this.#dropped;
      const taken = this.#take(bytes, offset, frame.offset + frame.byteLength);
      items.push({ kind: 'frame', frame, pieces, cut, ...taken });
    }
    if (error !== undefined) {
      this.#state = 'lost';
      items.push(...this.#broken(this.#take(bytes, offset, this.#next), error));
    } else if (this.#done < offset) {
      this.#hold(bytes);
    } else {
      this.#gap(bytes, offset, offset + skipEols(bytes, this.#done - offset), items);
      if (this.#done < this.#next) this.#hold(bytes.subarray(this.#done - offset));
      else this.#pieces = 0;
    }
  }

  #parse(bytes: Buffer): FrameError | undefined {
    try {
      this.#parser.push(bytes);
      return undefined;
    } catch (error) {
      if (error instanceof FrameError) return error;
      throw error;
    }
  }

  #gap(bytes: Buffer, offset: number, end: number, items: StreamItem[]): void {
    if (end > this.#done) items.push({ kind: 'gap', ...this.#take(bytes, offset, end) });
  }

  /** The bytes from the last item up to `end`, which lies in the chunk that begins at `offset`. */
  #take(chunk: Buffer, offset: number, end: number): ItemBase {
    const start = this.#done;
    const tail = chunk.subarray(Math.max(0, start - offset), Math.max(0, end - offset));
    const bytes =
      this.#held.length === 0 ? tail : Buffer.concat(this.#dropped ? this.#held : [...this.#held, tail]);
    const masked = this.#takeMasked(start, end);
    this.#held = [];
    this.#heldBytes = 0;
    this.#pieces = 1;
    this.#dropped = false;
    this.#done = end;
    return { bytes, offset: start, masked };
  }

  #takeMasked(start: number, end: number): readonly ByteRange[] {
    if (this.#masked.length === 0) return NOTHING;
    const inside = this.#masked.filter(([from]) => from < end);
    this.#masked = this.#masked.filter(([, to]) => to > end);
    return inside.map(([from, to]) => [Math.max(from, start) - start, Math.min(to, end) - start]);
  }

  #hold(bytes: Buffer): void {
    if (this.#heldBytes + bytes.length > this.#keepBytes) this.#dropped = true;
    const kept = bytes.subarray(0, this.#keepBytes - this.#heldBytes);
    if (kept.length === 0) return;
    this.#held.push(Buffer.from(kept)); // whose memory may be used again
    this.#heldBytes += kept.length;
  }

  #lose(offset: number): void {
    this.#state = 'lost';
    this.#held = [];
    this.#heldBytes = 0;
    this.#done = offset;
  }
}

function skipEols(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === LF || bytes[at] === CR) at++;
  return at;
}

const LF = 0x0a;
const CR = 0x0d;
const EMPTY = Buffer.alloc(0);
const NOTHING: readonly never[] = Object.freeze([]);
