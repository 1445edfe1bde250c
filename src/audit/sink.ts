import type { RecordSink, TranscriptRecord } from './types.js';

/** Hands each record to several sinks, in this order. */
export function teeRecords(...sinks: RecordSink[]): RecordSink {
  return {
    transient: sinks.every(({ transient }) => transient),
    record(record: TranscriptRecord): void {
      for (const sink of sinks) sink.record(record);
    },
  };
}

/** Keeps records in memory: for tests and short sessions. */
export class RecordList implements RecordSink {
  readonly records: TranscriptRecord[] = [];

  /** Keeps it. */
  record(record: TranscriptRecord): void {
    this.records.push(record);
  }
}
