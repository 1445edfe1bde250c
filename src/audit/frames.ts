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

/** A record and its place, 0-based; with what was read when it came, if it is one of bytes. */
export interface Walked {
  readonly record: TranscriptRecord;
  readonly index: number;
  readonly item: StreamItem | undefined;
}

/** Something that was read from bytes. `record` is the last of those it came in. */
export interface ReadItem extends Walked {
  readonly record: BytesRecord;
  readonly item: StreamItem;
}

interface Stream {
  readonly reader: StreamReader;
  last: { readonly record: BytesRecord; readonly index: number };
}

/** All records in order; those of bytes as the frames they completed, and all bytes that are no frame. */
export function* walk(records: Iterable<TranscriptRecord>): Generator<Walked, void, undefined> {
  const streams = new Map<string, Stream>();
  let index = -1;
  for (const record of records) {
    index++;
    if (record.kind === 'bytes') {
      const stream = streamOf(streams, record, index);
      for (const item of stream.reader.push(record)) yield { record, index, item };
    } else {
      if (record.kind !== 'note') yield* finish(streams, record.connection);
      yield { record, index, item: undefined };
    }
  }
  for (const { last } of [...streams.values()]) yield* finish(streams, last.record.connection);
}

function streamOf(streams: Map<string, Stream>, record: BytesRecord, index: number): Stream {
  const key = `${record.connection} ${record.direction}`;
  const last = { record, index };
  const known = streams.get(key);
  if (known !== undefined) {
    known.last = last;
    return known;
  }
  const fresh = { reader: new StreamReader(), last };
  streams.set(key, fresh);
  return fresh;
}

function* finish(streams: Map<string, Stream>, connection: number): Generator<ReadItem, void, undefined> {
  for (const direction of ['to-broker', 'to-client']) {
    const stream = streams.get(`${connection} ${direction}`);
    for (const item of stream?.reader.end() ?? []) yield { ...stream!.last, item };
    streams.delete(`${connection} ${direction}`);
  }
}

/** The frames of a transcript in the order in which they were complete, and all bytes that are none. */
export function* readItems(records: Iterable<TranscriptRecord>): Generator<ReadItem, void, undefined> {
  for (const { record, index, item } of walk(records))
    if (record.kind === 'bytes' && item !== undefined) yield { record, index, item };
}

/** The same records, cut so that each one of bytes holds one frame, or nothing of one. */
export function* cutIntoFrames(
  records: Iterable<TranscriptRecord>,
): Generator<TranscriptRecord, void, undefined> {
  for (const { record, item } of walk(records)) {
    if (record.kind !== 'bytes') yield record;
    else if (item !== undefined) {
      const { bytes, offset, masked } = item;
      yield { ...record, bytes, offset, masked };
    }
  }
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
