/** Who sent the bytes is who they do not go to. */
export type Direction = 'to-broker' | 'to-client';

/** Who a finding is about. */
export type Side = 'client' | 'broker';

/** A run of bytes: `[start, end)`. */
export type ByteRange = readonly [start: number, end: number];

interface RecordBase {
  /** Which connection, counted from 1 in the order in which they were opened. */
  readonly connection: number;
  /** Milliseconds of a clock that never goes back; only differences mean something. */
  readonly atMs: number;
  /** Milliseconds since 1970. */
  readonly wallMs: number;
}

/** A connection is being made. */
export interface OpenRecord extends RecordBase {
  readonly kind: 'open';
  /** Where it leads, without credentials: `stomp://host:port` or `stomp+ssl://host:port`. */
  readonly endpoint: string;
}

/** Bytes as they passed: whole frames, parts of them, or what never became a frame. */
export interface BytesRecord extends RecordBase {
  readonly kind: 'bytes';
  readonly direction: Direction;
  /** Where the first of these bytes stands in the stream of its direction, 0-based. */
  readonly offset: number;
  readonly bytes: Buffer;
  /** Which of these bytes were replaced by `*`: positions in `bytes`. */
  readonly masked: readonly ByteRange[];
}

/** A connection has ended, or could not be made. */
export interface CloseRecord extends RecordBase {
  readonly kind: 'close';
  /** Who ended it, where that is known. */
  readonly by: Side | undefined;
  /** The code of the error it ended with. */
  readonly error: string | undefined;
}

/** Something to be known when the transcript is read. Says nothing to the rules. */
export interface NoteRecord extends RecordBase {
  readonly kind: 'note';
  readonly text: string;
}

/** One line of a transcript. */
export type TranscriptRecord = OpenRecord | BytesRecord | CloseRecord | NoteRecord;

/** Takes records as they come: a writer of transcripts, an auditor, or both behind one function. */
export interface RecordSink {
  /** True of a sink that is done with the bytes of a record when `record` returns: then they need not be copied. */
  readonly transient?: boolean | undefined;
  /** Takes the next one, in the order in which they happened. */
  record(record: TranscriptRecord): void;
}

/** Both clocks of a recorder, so that tests own theirs. */
export interface AuditClock {
  /** Milliseconds from any fixed point, never going back. */
  now(): number;
  /** Milliseconds since 1970. */
  wall(): number;
}

/**
 * - `violation`: against what the specification says.
 * - `deviation`: not against its letter, but some broker or client breaks on it.
 * - `dialect`: a habit of one broker, or of a later version, that the other side has to know.
 * - `advice`: allowed, and wasteful or dangerous.
 */
export type Severity = 'violation' | 'deviation' | 'dialect' | 'advice';

/** The bytes that show a finding, passcodes masked. */
export interface Excerpt {
  /** At most the first few hundred bytes of the frame, or those around the offending ones. */
  readonly bytes: Buffer;
  /** Stream offset of the first of them. */
  readonly offset: number;
  /** The offending ones: positions in `bytes`. */
  readonly mark: ByteRange | undefined;
}

/** One fault that a rule has found. */
export interface Finding {
  /** The rule's id, or `internal` for a rule that failed itself. */
  readonly rule: string;
  /** Of docs/protocol.md. */
  readonly point: string;
  readonly severity: Severity;
  /** Who has to change. */
  readonly fault: Side;
  readonly connection: number;
  /** Which record of the audited ones showed it, 0-based. */
  readonly record: number;
  readonly atMs: number;
  /** Undefined where it is no matter of bytes: a close, the end, something that did not come. */
  readonly direction: Direction | undefined;
  /** Stream offset of what shows it. */
  readonly offset: number | undefined;
  readonly excerpt: Excerpt | undefined;
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
}
