import { directionOf } from './transcript.js';
import type { ByteRange, BytesRecord, CloseRecord, Side, TranscriptRecord } from './types.js';

/** Codes of `TranscriptError`. */
export type TranscriptErrorCode =
  | 'STOMP_TRANSCRIPT_INVALID'
  | 'STOMP_TRANSCRIPT_VERSION'
  | 'STOMP_TRANSCRIPT_TRUNCATED';

/** A line that is not one of a transcript. */
export class TranscriptError extends Error {
  override readonly name = 'TranscriptError';
  readonly code: TranscriptErrorCode;
  /** Counted from 1. */
  readonly line: number;

  constructor(code: TranscriptErrorCode, line: number, message: string, options?: ErrorOptions) {
    super(`line ${line}: ${message}`, options);
    this.code = code;
    this.line = line;
  }
}

type Fields = Readonly<Record<string, unknown>>;
const VERSION = 1;

/** Reads a transcript line by line, from wherever the lines come. */
export class TranscriptReader {
  #line = 0;
  #begun = false;
  readonly #open = new Set<number>();

  /** The record of the next line; undefined for one that has none (a header, a blank line). */
  read(text: string): TranscriptRecord | undefined {
    const line = ++this.#line;
    if (text.trim() === '') return undefined;
    const fields = parse(text, line);
    if (fields['v'] !== undefined) {
      this.#header(fields, line);
      return undefined;
    }
    if (!this.#begun) throw invalid(line, 'a transcript begins with a line that has "v"');
    return this.#once(fields, toRecord(fields, line));
  }

  #header(fields: Fields, line: number): void {
    if (fields['v'] !== VERSION) {
      const message = `version ${JSON.stringify(fields['v'])} is not known, only ${VERSION} is`;
      throw new TranscriptError('STOMP_TRANSCRIPT_VERSION', line, message);
    }
    this.#begun = true;
  }

  /** A part repeats the connections that are open when it begins: who has read the part before knows them. */
  #once(fields: Fields, record: TranscriptRecord): TranscriptRecord | undefined {
    if (record.kind === 'close') this.#open.delete(record.connection);
    if (record.kind !== 'open') return record;
    if (fields['again'] === true && this.#open.has(record.connection)) return undefined;
    this.#open.add(record.connection);
    return record;
  }
}

/** The records of a transcript, or of its parts one behind the other. Throws TranscriptError at a line it cannot read. */
export function* readTranscript(lines: Iterable<string>): Generator<TranscriptRecord, void, undefined> {
  const reader = new TranscriptReader();
  let failed: TranscriptError | undefined;
  for (const line of lines) {
    if (failed !== undefined && line.trim() !== '') throw failed;
    if (failed !== undefined) continue;
    try {
      const record = reader.read(line);
      if (record !== undefined) yield record;
    } catch (error) {
      // Only a line that others follow is wrong: the last one may have been cut off with its process.
      if (!(error instanceof TranscriptError) || !(error.cause instanceof SyntaxError)) throw error;
      failed = error;
    }
  }
  if (failed !== undefined) {
    const { line, cause } = failed;
    throw new TranscriptError('STOMP_TRANSCRIPT_TRUNCATED', line, 'the last line is not whole', { cause });
  }
}

function parse(text: string, line: number): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TranscriptError('STOMP_TRANSCRIPT_INVALID', line, 'not JSON', { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalid(line, 'not a JSON object');
}

function toRecord(fields: Fields, line: number): TranscriptRecord {
  const base = {
    connection: whole(fields, 'c', line),
    atMs: finite(fields, 't', line),
    wallMs: finite(fields, 'w', line),
  };
  if (fields['to'] !== undefined) return { kind: 'bytes', ...base, ...toBytes(fields, line) };
  if (fields['open'] !== undefined) return { kind: 'open', ...base, endpoint: text(fields, 'open', line) };
  if (fields['close'] !== undefined) return { kind: 'close', ...base, ...toClose(fields, line) };
  if (fields['note'] !== undefined) return { kind: 'note', ...base, text: text(fields, 'note', line) };
  if (fields['lost'] !== undefined) {
    return { kind: 'note', ...base, text: `${whole(fields, 'lost', line)} records were left out here` };
  }
  throw invalid(line, 'none of "to", "open", "close", "note" and "lost" is there');
}

function toBytes(
  fields: Fields,
  line: number,
): Pick<BytesRecord, 'direction' | 'offset' | 'bytes' | 'masked'> {
  const direction = directionOf(fields['to']);
  if (direction === undefined) throw invalid(line, '"to" is "broker" or "client"');
  const bytes =
    fields['b64'] === undefined ? Buffer.from(text(fields, 'text', line)) : fromBase64(fields, line);
  return {
    direction,
    offset: whole(fields, 'at', line),
    bytes,
    masked: toRanges(fields, bytes.length, line),
  };
}

function fromBase64(fields: Fields, line: number): Buffer {
  const b64 = text(fields, 'b64', line);
  if (b64.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(b64)) return Buffer.from(b64, 'base64');
  throw invalid(line, '"b64" is not base64');
}

function toRanges(fields: Fields, size: number, line: number): readonly ByteRange[] {
  const { masked = [] } = fields;
  const isRange = (range: unknown): range is ByteRange =>
    Array.isArray(range) &&
    range.length === 2 &&
    range.every(Number.isInteger) &&
    0 <= range[0] &&
    range[0] < range[1] &&
    range[1] <= size;
  if (Array.isArray(masked) && masked.every(isRange)) return masked;
  throw invalid(line, '"masked" is a list of [start, end] within the bytes');
}

function toClose(fields: Fields, line: number): Pick<CloseRecord, 'by' | 'error'> {
  const { close } = fields;
  if (close !== null && close !== 'client' && close !== 'broker') {
    throw invalid(line, '"close" is "client", "broker" or null');
  }
  const by: Side | undefined = close ?? undefined;
  return { by, error: fields['error'] === undefined ? undefined : text(fields, 'error', line) };
}

function whole(fields: Fields, name: string, line: number): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(line, `"${name}" is a whole number from 0`);
}

function finite(fields: Fields, name: string, line: number): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalid(line, `"${name}" is a number`);
}

function text(fields: Fields, name: string, line: number): string {
  const value = fields[name];
  if (typeof value === 'string') return value;
  throw invalid(line, `"${name}" is a text`);
}

function invalid(line: number, message: string): TranscriptError {
  return new TranscriptError('STOMP_TRANSCRIPT_INVALID', line, message);
}
