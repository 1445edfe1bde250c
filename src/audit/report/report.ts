import type { AuditSummary } from '../auditor.js';
import type { Finding, Severity, TranscriptRecord } from '../types.js';

/** What a report tells. An Auditor has summary and findings. */
export interface Report {
  /** Default `stompwire audit`. */
  readonly title?: string | undefined;
  readonly summary: AuditSummary;
  readonly findings: readonly Finding[];
  /** The audited records, from the first on: what the HTML draws. */
  readonly records?: Iterable<TranscriptRecord> | undefined;
}

export const SEVERITIES: readonly Severity[] = Object.freeze(['violation', 'deviation', 'dialect', 'advice']);

export function titleOf({ title = 'stompwire audit' }: Report): string {
  return title;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** The findings in words: `2 violations, 1 advice`. */
export function countFindings({ findings }: AuditSummary): string {
  const parts = SEVERITIES.filter((severity) => findings[severity] > 0).map((severity) =>
    plural(findings[severity], severity, severity === 'advice' ? severity : `${severity}s`),
  );
  return parts.length === 0 ? 'no findings' : parts.join(', ');
}

/** What was looked at, in words. */
export function countTraffic({ frames, connections, bytes }: AuditSummary): string {
  return `${plural(frames, 'frame')} on ${plural(connections, 'connection')}, ${plural(bytes, 'byte')}`;
}

const rank = ({ severity }: Finding): number => SEVERITIES.indexOf(severity);

/** The most severe first, each kind in the order in which they were made. */
export function worstFirst(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => rank(a) - rank(b));
}

/** Findings of one rule and one side together: most severe first, then the most frequent. */
export function groupFindings(findings: readonly Finding[]): Array<readonly [first: Finding, count: number]> {
  const groups = new Map<string, [Finding, number]>();
  for (const finding of findings) {
    const key = `${finding.rule} ${finding.fault}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [finding, 1]);
    else known[1]++;
  }
  return [...groups.values()].sort(([a, m], [b, n]) => rank(a) - rank(b) || n - m);
}

/** Where a finding is, in words. */
export function placeOf({ connection, direction, offset }: Finding): string {
  if (direction === undefined || offset === undefined) return `connection ${connection}`;
  return `connection ${connection}, byte ${offset} ${direction === 'to-broker' ? 'to the broker' : 'to the client'}`;
}
