import type { BytesRecord, Direction, RecordSink, TranscriptRecord } from './types.js';

/** What a transcript is written to. A Node stream will do; the file is the caller's to open and to end. */
export interface TranscriptSink {
  /** Takes one line with its LF. False says that it is full until `drain`, though it has taken the line. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a sink may give nothing
  write(line: string): boolean | void;
  /** As of a stream. */
  once?(event: 'drain', listener: () => void): unknown;
}

/** Where a transcript is written, and how. */
export interface TranscriptOptions {
  readonly sink: TranscriptSink;
  /** Bytes of one part. Default: no limit. */
  readonly maxBytes?: number | undefined;
  /** Gives the sink of the next part, counted from 2. Without it, writing stops when the first one is full. */
  readonly nextSink?: ((part: number) => TranscriptSink) | undefined;
  /** `text` is for people: bytes that are UTF-8 are written as text. Costs more. Default `base64`. */
  readonly encoding?: 'base64' | 'text' | undefined;
  /** Bytes a full sink is still given before records are left out. Default 67,108,864. */
  readonly maxBufferedBytes?: number | undefined;
}

/** What was written so far. */
export interface TranscriptStats {
  readonly parts: number;
  readonly records: number;
  readonly bytes: number;
  /** Records that were left out, because the sink was full or the transcript was. */
  readonly dropped: number;
}

/** Writes records as lines of JSON. docs/audit.md describes them. */
export class TranscriptWriter implements RecordSink {
  readonly transient = true;
  readonly #options: TranscriptOptions;
  readonly #maxBytes: number;
  readonly #maxBuffered: number;
  #sink: TranscriptSink;
  #part = 0;
  #partBytes = 0;
  #state: 'new' | 'open' | 'full' = 'new';
  /** Written since the sink said that it is full; undefined while it is not. */
  #buffered: number | undefined;
  /** Left out since the last line. */
  #lost = 0;
  /** The lines that the next part repeats. */
  readonly #live = new Map<number, string>();
  #records = 0;
  #bytes = 0;
  #dropped = 0;

  constructor(options: TranscriptOptions) {
    this.#options = options;
    this.#sink = options.sink;
    this.#maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
    this.#maxBuffered = options.maxBufferedBytes ?? 67_108_864;
  }

  get stats(): TranscriptStats {
    return { parts: this.#part, records: this.#records, bytes: this.#bytes, dropped: this.#dropped };
  }

  /** Writes it as one line, with its passcodes masked. */
  record(record: TranscriptRecord): void {
    if (this.#accept(record)) {
      this.#records++;
      this.#remember(record);
    } else {
      this.#lost++;
      this.#dropped++;
    }
  }

  #accept(record: TranscriptRecord): boolean {
    if (this.#state === 'full' || (this.#buffered ?? 0) > this.#maxBuffered) return false;
    if (this.#state === 'new') this.#beginPart(record);
    const line = encodeRecord(record, this.#options.encoding);
    const isAscii = record.kind === 'bytes' && this.#options.encoding !== 'text';
    // Counting what is all base64 would cost more than making it.
    const size = isAscii ? line.length : Buffer.byteLength(line);
    if (this.#partBytes + size > this.#maxBytes && !this.#nextPart(record)) return false;
    if (this.#lost > 0) this.#writeLost(record);
    this.#write(line, size);
    return true;
  }

  /** False when there is to be no other part. */
  #nextPart(record: TranscriptRecord): boolean {
    const { nextSink } = this.#options;
    if (nextSink === undefined) {
      this.#state = 'full';
      return false;
    }
    this.#sink = nextSink(this.#part + 1);
    this.#buffered = undefined;
    this.#beginPart(record);
    return true;
  }

  #beginPart(record: TranscriptRecord): void {
    this.#state = 'open';
    this.#part++;
    this.#partBytes = 0;
    const startedAt = new Date(record.wallMs).toISOString();
    this.#write(`${JSON.stringify({ v: 1, kind: 'stompwire-transcript', part: this.#part, startedAt })}\n`);
    for (const line of this.#live.values()) this.#write(line);
  }

  #remember(record: TranscriptRecord): void {
    if (record.kind === 'open') {
      const again = { ...head(record), open: record.endpoint, again: true };
      this.#live.set(record.connection, `${JSON.stringify(again)}\n`);
    } else if (record.kind === 'close') {
      this.#live.delete(record.connection);
    }
  }

  #writeLost(record: TranscriptRecord): void {
    const lost = this.#lost;
    this.#lost = 0;
    this.#write(`${JSON.stringify({ ...head(record), lost })}\n`);
  }

  #write(line: string, size = Buffer.byteLength(line)): void {
    this.#partBytes += size;
    this.#bytes += size;
    const sink = this.#sink;
    const taken = sink.write(line);
    if (this.#buffered !== undefined) this.#buffered += size;
    else if (taken === false && sink.once !== undefined) {
      this.#buffered = 0;
      sink.once('drain', () => {
        if (sink === this.#sink) this.#buffered = undefined;
      });
    }
  }
}

function head({ connection, atMs, wallMs }: TranscriptRecord): { c: number; t: number; w: number } {
  return { c: connection, t: Math.round(atMs * 1000) / 1000, w: wallMs };
}

/** One record as a line with its LF. */
export function encodeRecord(record: TranscriptRecord, encoding: 'base64' | 'text' = 'base64'): string {
  if (record.kind === 'bytes') return encodeBytes(record, encoding);
  const rest =
    record.kind === 'open'
      ? { open: record.endpoint }
      : record.kind === 'close'
        ? { close: record.by ?? null, error: record.error }
        : { note: record.text };
  return `${JSON.stringify({ ...head(record), ...rest })}\n`;
}

/** Put together by hand: base64 needs no quoting, and this is the line that is written for all traffic. */
function encodeBytes(record: BytesRecord, encoding: 'base64' | 'text'): string {
  const { c, t, w } = head(record);
  const masked = record.masked.length === 0 ? '' : `,"masked":${JSON.stringify(record.masked)}`;
  const to = record.direction === 'to-broker' ? 'broker' : 'client';
  return `{"c":${c},"t":${t},"w":${w},"to":"${to}","at":${record.offset}${masked},${payload(record.bytes, encoding)}}\n`;
}

function payload(bytes: Buffer, encoding: 'base64' | 'text'): string {
  if (encoding === 'text') {
    const text = bytes.toString('utf8');
    if (Buffer.from(text, 'utf8').equals(bytes)) return `"text":${JSON.stringify(text)}`;
  }
  return `"b64":"${bytes.toString('base64')}"`;
}

/** What `to` in a line means. */
export function directionOf(to: unknown): Direction | undefined {
  if (to === 'broker') return 'to-broker';
  return to === 'client' ? 'to-client' : undefined;
}
