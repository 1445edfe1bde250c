import type { FrameParser } from '../frame/index.js';
import { type StreamItem, StreamReader } from './stream.js';
import type { BytesRecord, Direction, RecordSink, TranscriptRecord } from './types.js';

/** What to keep of a transcript; what is left out does not matter. */
export interface TranscriptFilter {
  readonly connections?: readonly number[] | undefined;
  readonly direction?: Direction | undefined;
  /** By the monotonic clock, both included. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** Frames of these commands alone: then each record that is kept holds one frame. */
  readonly commands?: readonly string[] | undefined;
}

/** Where something was read: one record, or the last of those it came in. */
export interface ReadItem {
  readonly record: BytesRecord;
  /** Of that record, 0-based. */
  readonly index: number;
  readonly item: StreamItem;
}

interface Readers {
  readonly 'to-broker': StreamReader;
  readonly 'to-client': StreamReader;
}

/** The frames of a transcript in the order in which they were complete, and all bytes that are none. */
export function* readItems(records: Iterable<TranscriptRecord>): Generator<ReadItem, void, undefined> {
  const connections = new Map<number, Readers>();
  const last = new Map<StreamReader, { record: BytesRecord; index: number }>();
  let index = -1;
  for (const record of records) {
    index++;
    if (record.kind === 'open') connections.delete(record.connection);
    if (record.kind === 'bytes') {
      const reader = readerOf(connections, record);
      last.set(reader, { record, index });
      for (const item of reader.push(record)) yield { record, index, item };
    }
  }
  for (const [reader, where] of last) for (const item of reader.end()) yield { ...where, item };
}

function readerOf(connections: Map<number, Readers>, { connection, direction }: BytesRecord): StreamReader {
  let readers = connections.get(connection);
  if (readers === undefined) {
    readers = { 'to-broker': new StreamReader(), 'to-client': new StreamReader() };
    connections.set(connection, readers);
  }
  return readers[direction];
}

/** The same records, cut so that each one of bytes holds one frame, or nothing of one. */
export function* cutIntoFrames(
  records: Iterable<TranscriptRecord>,
): Generator<TranscriptRecord, void, undefined> {
  const connections = new Map<number, Readers>();
  const last = new Map<number, BytesRecord[]>();
  for (const record of records) {
    if (record.kind === 'bytes') {
      const others = last.get(record.connection)?.filter((one) => one.direction !== record.direction) ?? [];
      last.set(record.connection, [...others, record]);
      const items = readerOf(connections, record).push(record);
      for (const item of items) yield toRecord(record, item);
    } else {
      if (record.kind !== 'note') yield* finish(connections, last, record.connection);
      yield record;
    }
  }
  for (const connection of [...connections.keys()]) yield* finish(connections, last, connection);
}

function* finish(
  connections: Map<number, Readers>,
  last: Map<number, BytesRecord[]>,
  connection: number,
): Generator<TranscriptRecord, void, undefined> {
  const readers = connections.get(connection);
  for (const record of last.get(connection) ?? [])
    for (const item of readers?.[record.direction].end() ?? []) yield toRecord(record, item);
  connections.delete(connection);
  last.delete(connection);
}

function toRecord(record: BytesRecord, { bytes, offset, masked }: StreamItem): BytesRecord {
  return { ...record, bytes, offset, masked };
}

/** The records that a filter keeps. Those of its connections that say when they began and ended are kept too. */
export function* filterTranscript(
  records: Iterable<TranscriptRecord>,
  filter: TranscriptFilter,
): Generator<TranscriptRecord, void, undefined> {
  const { connections, direction, commands, fromMs, toMs } = filter;
  const isKept = (record: TranscriptRecord): boolean => {
    if (connections !== undefined && !connections.includes(record.connection)) return false;
    if (record.kind !== 'bytes') return true;
    if (direction !== undefined && record.direction !== direction) return false;
    if (record.atMs < (fromMs ?? Number.NEGATIVE_INFINITY)) return false;
    if (record.atMs > (toMs ?? Number.POSITIVE_INFINITY)) return false;
    return commands === undefined || commands.includes(commandOf(record.bytes));
  };
  for (const record of commands === undefined ? records : cutIntoFrames(records))
    if (isKept(record)) yield record;
}

function commandOf(bytes: Buffer): string {
  const lf = bytes.indexOf(0x0a);
  return bytes.toString('latin1', 0, Math.max(0, lf)).replace(/\r$/, '');
}

/** Hands all records to a sink, such as an Auditor. */
export function replay(records: Iterable<TranscriptRecord>, sink: RecordSink): void {
  for (const record of records) sink.record(record);
}

/** Pushes the bytes of one direction of one connection into a parser, in the pieces in which they came. */
export function replayInto(
  parser: FrameParser,
  records: Iterable<TranscriptRecord>,
  from: { readonly connection: number; readonly direction: Direction },
): void {
  for (const record of records)
    if (
      record.kind === 'bytes' &&
      record.connection === from.connection &&
      record.direction === from.direction
    )
      parser.push(record.bytes);
}
