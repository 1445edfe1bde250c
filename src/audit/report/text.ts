import { escapeBytes } from '../excerpt.js';
import type { Excerpt, Finding, Severity } from '../types.js';
import {
  countFindings,
  countTraffic,
  groupFindings,
  placeOf,
  plural,
  type Report,
  titleOf,
} from './report.js';

/** How a report is printed. */
export interface TextOptions {
  /** Default false: who prints knows whether a terminal reads it. */
  readonly color?: boolean | undefined;
  /** Rules that are told in full. Default 20. */
  readonly maxRules?: number | undefined;
}

const COLORS: Readonly<Record<Severity, string>> = {
  violation: '31',
  deviation: '33',
  dialect: '36',
  advice: '34',
};

const SHOWN_BYTES = 60;

/** A few lines for a terminal: each rule once, with its first finding. */
export function renderText(report: Report, options: TextOptions = {}): string {
  const { summary, findings } = report;
  const paint = (code: string, text: string): string =>
    options.color ? `\x1b[${code}m${text}\x1b[0m` : text;
  const groups = groupFindings(findings);
  const shown = groups.slice(0, options.maxRules ?? 20);
  const lines = [`${paint('1', titleOf(report))}: ${countTraffic(summary)}: ${countFindings(summary)}`];
  for (const [first, count] of shown) lines.push('', ...tell(first, count, paint));
  const hidden = groups.length - shown.length;
  if (hidden > 0) lines.push('', `... and ${plural(hidden, 'more rule')}`);
  return `${lines.join('\n')}\n`;
}

function tell(first: Finding, count: number, paint: (code: string, text: string) => string): string[] {
  const { severity, rule, point, fault, message, advice, excerpt } = first;
  const times = count === 1 ? '' : ` (${count} times)`;
  const lines = [
    `${paint(COLORS[severity], severity)} of the ${fault}: ${paint('1', rule)} ${point}${times}`,
    `  ${message}; ${placeOf(first)}`,
  ];
  if (excerpt !== undefined) lines.push(`  ${paint('2', showExcerpt(excerpt))}`);
  lines.push(`  ${advice}`);
  return lines;
}

/** The bytes as text, the offending ones between » and «. */
function showExcerpt({ bytes, mark }: Excerpt): string {
  const [start, end] = mark ?? [0, 0];
  const from = Math.max(0, Math.min(start - SHOWN_BYTES / 2, bytes.length - SHOWN_BYTES));
  const to = Math.min(bytes.length, Math.max(end, from + SHOWN_BYTES));
  const part = (a: number, b: number): string => escapeBytes(bytes.subarray(a, b));
  const text =
    mark === undefined ? part(from, to) : `${part(from, start)}»${part(start, end)}«${part(end, to)}`;
  return `${from > 0 ? '...' : ''}${text}${to < bytes.length ? '...' : ''}`;
}
