import type { FrameLimits } from '../frame/index.js';
import { excerptOf } from './excerpt.js';
import { Conversation } from './rules/conversation.js';
import { History } from './rules/history.js';
import { RULES } from './rules/index.js';
import { frameStep, goesWrongWay, isBytes, senderOf } from './rules/make-step.js';
import type { Rule, Told } from './rules/rule.js';
import type { BytesStep, FrameRef, Step } from './rules/step.js';
import { type StreamItem, StreamReader } from './stream.js';
import type {
  BytesRecord,
  Direction,
  Finding,
  RecordSink,
  Severity,
  Side,
  TranscriptRecord,
} from './types.js';

/** How an auditor looks. */
export interface AuditorOptions {
  /** Default: all of them. */
  readonly rules?: readonly Rule[] | undefined;
  /** Called for each finding as it is made. */
  readonly onFinding?: ((finding: Finding) => void) | undefined;
  /** Findings that are kept; the others are counted only. Default 10,000. */
  readonly maxFindings?: number | undefined;
  /** What a frame may measure before it is a finding. */
  readonly limits?: Partial<FrameLimits> | undefined;
}

/** What was seen, in numbers. */
export interface AuditSummary {
  readonly connections: number;
  readonly records: number;
  readonly frames: number;
  readonly bytes: number;
  readonly findings: Readonly<Record<Severity, number>>;
  /** How many findings each rule has made. */
  readonly byRule: Readonly<Record<string, number>>;
  /** Findings that were made and not kept. */
  readonly dropped: number;
}

interface Live {
  readonly talk: Conversation;
  readonly readers: Readonly<Record<Direction, StreamReader>>;
  /** Rules that tell a thing once, and have. */
  readonly told: Set<string>;
}

/** Bytes of a frame in the making that are kept for excerpts. */
const KEEP_BYTES = 65_536;
/** Commands whose rules are looked up once; a peer may make up others without end. */
const MAX_COMMANDS = 100;
const MAX_CONNECTIONS = 10_000;

/** Holds records against the rules. Never throws for what they say, and never for a rule that does. */
export class Auditor implements RecordSink {
  readonly transient = true;
  readonly #options: AuditorOptions;
  readonly #byKind: Readonly<Record<Step['kind'], readonly Rule[]>>;
  /** Those of frames, by direction and command; filled as commands come. */
  readonly #byCommand = new Map<string, readonly Rule[]>();
  readonly #history = new History();
  readonly #live = new Map<number, Live>();
  readonly #findings: Finding[] = [];
  readonly #severities: Record<Severity, number> = { violation: 0, deviation: 0, dialect: 0, advice: 0 };
  readonly #byRule = new Map<string, number>();
  #connections = 0;
  #records = 0;
  #frames = 0;
  #bytes = 0;
  #dropped = 0;
  #lastAtMs = 0;

  constructor(options: AuditorOptions = {}) {
    this.#options = options;
    const rules = options.rules ?? RULES;
    const of = (kind: Step['kind']): readonly Rule[] => rules.filter((rule) => rule.on === kind);
    this.#byKind = {
      frame: of('frame'),
      gap: of('gap'),
      broken: of('broken'),
      open: of('open'),
      close: of('close'),
    };
  }

  /** In the order in which they were made. */
  get findings(): readonly Finding[] {
    return this.#findings;
  }

  /** Of what was recorded so far. */
  get summary(): AuditSummary {
    return {
      connections: this.#connections,
      records: this.#records,
      frames: this.#frames,
      bytes: this.#bytes,
      findings: { ...this.#severities },
      byRule: Object.fromEntries(this.#byRule),
      dropped: this.#dropped,
    };
  }

  /** Takes the next record; findings are told as they are made. */
  record(record: TranscriptRecord): void {
    const index = this.#records++;
    this.#lastAtMs = Math.max(this.#lastAtMs, record.atMs);
    try {
      this.#take(record, index);
    } catch (error) {
      this.#live.delete(record.connection);
      const { connection, atMs } = record;
      this.#internal('the auditor', 'P1', { record: index, atMs, connection }, error);
    }
  }

  #take(record: TranscriptRecord, index: number): void {
    if (record.kind === 'note') return;
    const live = this.#live.get(record.connection);
    if (record.kind === 'open') this.#open(record.connection, record.endpoint, record.atMs, index);
    else if (record.kind === 'bytes') this.#push(live ?? this.#unopened(record, index), record, index);
    else if (live !== undefined) this.#end(live, index, record.atMs, 'close', record.by);
  }

  /** There are no more records: says what did not come on connections that are still open. */
  end(): void {
    for (const live of [...this.#live.values()])
      this.#end(live, Math.max(0, this.#records - 1), this.#lastAtMs, 'end', undefined);
  }

  #open(connection: number, endpoint: string, atMs: number, index: number): Live {
    const talk = new Conversation(connection, endpoint, atMs, this.#history);
    const options = { limits: this.#options.limits, keepBytes: KEEP_BYTES };
    const readers = { 'to-broker': new StreamReader(options), 'to-client': new StreamReader(options) };
    const live: Live = { talk, readers, told: new Set() };
    this.#connections++;
    this.#live.set(connection, live);
    if (this.#live.size > MAX_CONNECTIONS) this.#live.delete(this.#live.keys().next().value!);
    this.#step(live, { kind: 'open', record: index, atMs });
    return live;
  }

  /** The transcript begins in the middle of a connection. */
  #unopened({ connection, atMs, direction, offset }: BytesRecord, index: number): Live {
    const live = this.#open(connection, 'unknown', atMs, index);
    live.talk.blind = true;
    if (direction === 'to-client' || offset > 0) live.talk.phase = 'connected';
    return live;
  }

  #push(live: Live, record: BytesRecord, index: number): void {
    this.#bytes += record.bytes.length;
    const reader = live.readers[record.direction];
    for (const item of reader.push(record)) this.#item(live, item, record.direction, index, record.atMs);
    if (!reader.readable) live.talk.blind = true;
  }

  #item(live: Live, item: StreamItem, direction: Direction, record: number, atMs: number): void {
    const { bytes, offset } = item;
    const base: BytesStep = { record, atMs, direction, bytes, offset };
    if (item.kind === 'frame') {
      this.#frames++;
      this.#step(live, frameStep(base, item));
    } else if (item.kind === 'gap') this.#step(live, { kind: 'gap', ...base });
    else if (item.kind === 'broken') this.#step(live, { kind: 'broken', ...base, error: item.error });
  }

  #end(live: Live, record: number, atMs: number, how: 'close' | 'end', by: Side | undefined): void {
    this.#live.delete(live.talk.connection);
    if (how === 'close')
      for (const direction of ['to-broker', 'to-client'] as const)
        for (const item of live.readers[direction].end()) this.#item(live, item, direction, record, atMs);
    this.#step(live, { kind: 'close', record, atMs, how, by });
  }

  #step(live: Live, step: Step): void {
    for (const rule of this.#rulesFor(step)) {
      if (rule.once && live.told.has(rule.id)) continue;
      const told = this.#ask(rule, step, live.talk);
      if (told !== undefined) this.#tell(rule, step, live, told);
    }
    live.talk.apply(step);
  }

  #rulesFor(step: Step): readonly Rule[] {
    if (step.kind !== 'frame') return this.#byKind[step.kind];
    const key = `${step.direction} ${step.command}`;
    const known = this.#byCommand.get(key);
    if (known !== undefined) return known;
    const wrongWay = goesWrongWay(step);
    const rules = this.#byKind.frame.filter(
      (rule) =>
        rule.on === 'frame' &&
        (rule.commands?.includes(step.command) ? !wrongWay : rule.commands === undefined),
    );
    if (this.#byCommand.size < MAX_COMMANDS) this.#byCommand.set(key, rules);
    return rules;
  }

  #ask(rule: Rule, step: Step, talk: Conversation): Told {
    try {
      return (rule.check as (step: Step, talk: Conversation) => Told)(step, talk);
    } catch (error) {
      const { record, atMs } = step;
      this.#internal(`the rule ${rule.id}`, rule.point, { record, atMs, connection: talk.connection }, error);
      return undefined;
    }
  }

  #tell(rule: Rule, step: Step, live: Live, told: Exclude<Told, undefined>): void {
    live.told.add(rule.id);
    const { message, mark, about } = typeof told === 'string' ? { message: told } : told;
    const source: FrameRef | BytesStep | undefined = about ?? (isBytes(step) ? step : undefined);
    this.#add({
      rule: rule.id,
      point: rule.point,
      severity: rule.severity,
      fault: rule.fault === 'sender' ? senderOf(source) : rule.fault,
      connection: live.talk.connection,
      record: source?.record ?? step.record,
      atMs: source?.atMs ?? step.atMs,
      direction: source?.direction,
      offset: source && source.offset + (mark?.[0] ?? 0),
      excerpt: source && excerptOf(source, mark),
      message,
      advice: rule.advice,
    });
  }

  #internal(
    what: string,
    point: string,
    where: { record: number; atMs: number; connection: number },
    error: unknown,
  ): void {
    const message = `${what} failed: ${error instanceof Error ? error.message : String(error)}`;
    this.#add({
      rule: 'internal',
      point,
      severity: 'advice',
      fault: 'client',
      ...where,
      direction: undefined,
      offset: undefined,
      excerpt: undefined,
      message,
      advice: 'Report this: it is a fault of the auditor, not of the connection.',
    });
  }

  #add(finding: Finding): void {
    this.#severities[finding.severity]++;
    this.#byRule.set(finding.rule, (this.#byRule.get(finding.rule) ?? 0) + 1);
    if (this.#findings.length < (this.#options.maxFindings ?? 10_000)) this.#findings.push(finding);
    else this.#dropped++;
    try {
      this.#options.onFinding?.(finding);
    } catch {
      // Whoever listens must not end the audit.
    }
  }
}

/** Holds a whole transcript against the rules. */
export function audit(records: Iterable<TranscriptRecord>, options: AuditorOptions = {}): Auditor {
  const auditor = new Auditor(options);
  for (const record of records) auditor.record(record);
  auditor.end();
  return auditor;
}
