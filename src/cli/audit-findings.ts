import {
  Auditor,
  type AuditSummary,
  type Finding,
  type Report,
  type Severity,
  type TranscriptRecord,
} from '../audit/index.js';
import { EXIT, type Invocation, text, UsageError } from './command.js';

/** Worst first. */
const SEVERITIES: readonly Severity[] = ['violation', 'deviation', 'dialect', 'advice'];
/** Findings that are kept for the report; the others are counted. */
const MOST_KEPT = 10_000;

export const FINDINGS_OPTIONS = { severity: { type: 'string' }, 'fail-on': { type: 'string' } } as const;

export interface Choice {
  /** What is told. */
  readonly severities: ReadonlySet<Severity>;
  /** What makes the exit code 1. */
  readonly failOn: readonly Severity[];
  readonly connections?: ReadonlySet<number> | undefined;
}

export function readChoice(values: Invocation['values']): Choice {
  const least = severity(values, 'severity') ?? 'advice';
  const failing = text(values, 'fail-on') === 'never' ? [] : from(severity(values, 'fail-on') ?? 'deviation');
  return { severities: new Set(from(least)), failOn: failing };
}

function severity(values: Invocation['values'], name: string): Severity | undefined {
  const given = text(values, name);
  if (given === undefined) return undefined;
  const known = SEVERITIES.find((one) => one === given);
  if (known !== undefined) return known;
  const never = name === 'fail-on' ? ', never' : '';
  throw new UsageError(`--${name}: expected ${SEVERITIES.join(', ')}${never}, received "${given}"`);
}

/** These and worse. */
function from(least: Severity): readonly Severity[] {
  return SEVERITIES.slice(0, SEVERITIES.indexOf(least) + 1);
}

const NOTHING: AuditSummary = {
  ...{ connections: 0, records: 0, frames: 0, bytes: 0, byRule: {}, dropped: 0 },
  findings: { violation: 0, deviation: 0, dialect: 0, advice: 0 },
};

/**
 * The findings that were asked for, of one transcript or of several one behind the other: each has an auditor of its
 * own, and its connections are numbered on from those before.
 */
export class Findings {
  readonly #choice: Choice;
  readonly #onFinding: ((finding: Finding) => void) | undefined;
  readonly #kept: Finding[] = [];
  readonly #severities: Record<Severity, number> = { ...NOTHING.findings };
  readonly #byRule = new Map<string, number>();
  #dropped = 0;
  /** Of the transcripts before this one. */
  #before = NOTHING;
  #firstConnection = 0;
  #lastConnection = 0;
  #auditor: Auditor | undefined;

  constructor(choice: Choice, onFinding?: (finding: Finding) => void) {
    this.#choice = choice;
    this.#onFinding = onFinding;
  }

  /** Gives the record as it is numbered here. */
  record(record: TranscriptRecord): TranscriptRecord {
    this.#auditor ??= new Auditor({ maxFindings: 0, onFinding: (finding) => this.#take(finding) });
    this.#auditor.record(record);
    const connection = this.#firstConnection + record.connection;
    this.#lastConnection = Math.max(this.#lastConnection, connection);
    return this.#firstConnection === 0 ? record : { ...record, connection };
  }

  /** The end of a transcript; another may follow. */
  end(): void {
    if (this.#auditor === undefined) return;
    this.#auditor.end();
    this.#before = this.#traffic();
    this.#auditor = undefined;
    this.#firstConnection = this.#lastConnection;
  }

  report(title: string): Report {
    const summary: AuditSummary = {
      ...this.#traffic(),
      findings: { ...this.#severities },
      byRule: Object.fromEntries(this.#byRule),
      dropped: this.#dropped,
    };
    return { title, summary, findings: this.#kept };
  }

  get exitCode(): number {
    return this.#choice.failOn.some((one) => this.#severities[one] > 0) ? EXIT.findings : EXIT.ok;
  }

  isAsked(connection: number): boolean {
    return this.#choice.connections?.has(connection) ?? true;
  }

  #take(found: Finding): void {
    const connection = this.#firstConnection + found.connection;
    if (!this.#choice.severities.has(found.severity) || !this.isAsked(connection)) return;
    const finding = { ...found, connection, record: this.#before.records + found.record };
    this.#severities[finding.severity]++;
    this.#byRule.set(finding.rule, (this.#byRule.get(finding.rule) ?? 0) + 1);
    if (this.#kept.length < MOST_KEPT) this.#kept.push(finding);
    else this.#dropped++;
    this.#onFinding?.(finding);
  }

  #traffic(): AuditSummary {
    const [one, other] = [this.#before, this.#auditor?.summary ?? NOTHING];
    const sum = (name: 'connections' | 'records' | 'frames' | 'bytes') => one[name] + other[name];
    return {
      ...NOTHING,
      ...{ connections: sum('connections'), records: sum('records') },
      ...{ frames: sum('frames'), bytes: sum('bytes') },
    };
  }
}
