import { escapeBytes } from '../excerpt.js';
import { RULES } from '../rules/index.js';
import type { Finding, Severity } from '../types.js';
import { escapeMarkup } from './escape.js';
import { placeOf, type Report, titleOf } from './report.js';

/** One test of a JUnit file: of an audit, or of anything else that is reported that way. */
export interface JunitCase {
  readonly name: string;
  readonly classname: string;
  readonly timeMs?: number | undefined;
  readonly failure?: { readonly message: string; readonly text: string } | undefined;
  /** Why it did not run. */
  readonly skipped?: string | undefined;
  readonly output?: string | undefined;
}

/** One suite of a JUnit file. */
export interface JunitSuite {
  readonly name: string;
  readonly cases: readonly JunitCase[];
}

/** Suites as JUnit XML. */
export function renderJunitSuites(suites: readonly JunitSuite[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.map(suite).join('')}</testsuites>\n`;
}

function suite({ name, cases }: JunitSuite): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const skipped = cases.filter((one) => one.skipped !== undefined).length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}"`;
  return `  <testsuite name="${escapeMarkup(name)}" ${counts}>\n${cases.map(testcase).join('')}  </testsuite>\n`;
}

function testcase({ name, classname, timeMs = 0, failure, skipped, output }: JunitCase): string {
  const inner = [
    failure && `<failure message="${escapeMarkup(failure.message)}">${escapeMarkup(failure.text)}</failure>`,
    skipped !== undefined && `<skipped message="${escapeMarkup(skipped)}"/>`,
    output !== undefined && `<system-out>${escapeMarkup(output)}</system-out>`,
  ].filter((part) => typeof part === 'string');
  const time = (timeMs / 1000).toFixed(3);
  const open = `    <testcase name="${escapeMarkup(name)}" classname="${escapeMarkup(classname)}" time="${time}"`;
  return inner.length === 0 ? `${open}/>\n` : `${open}>${inner.join('')}</testcase>\n`;
}

/** What counts as a failure. */
export interface JunitOptions {
  /** Findings that fail their rule; the others are told in its output. Default `violation` alone. */
  readonly failOn?: readonly Severity[] | undefined;
}

/** One test for each rule. */
export function renderJunit(report: Report, options: JunitOptions = {}): string {
  const failOn = options.failOn ?? ['violation'];
  const byRule = new Map<string, Finding[]>();
  for (const finding of report.findings) {
    const known = byRule.get(finding.rule);
    if (known === undefined) byRule.set(finding.rule, [finding]);
    else known.push(finding);
  }
  const points = new Map(RULES.map(({ id, point }) => [id, point]));
  for (const [rule, [first]] of byRule) if (first !== undefined) points.set(rule, first.point);
  const cases = [...points].map(([name, point]) => ruleCase(name, point, byRule.get(name) ?? [], failOn));
  return renderJunitSuites([{ name: titleOf(report), cases }]);
}

const SHOWN = 20;

function ruleCase(
  name: string,
  point: string,
  findings: readonly Finding[],
  failOn: readonly Severity[],
): JunitCase {
  const classname = `stompwire.${point}`;
  const [first] = findings;
  if (first === undefined) return { name, classname };
  const text = `${findings.slice(0, SHOWN).map(tell).join('\n')}\n${first.advice}`;
  if (!failOn.includes(first.severity)) return { name, classname, output: text };
  const message = findings.length === 1 ? first.message : `${first.message} (${findings.length} times)`;
  return { name, classname, failure: { message, text } };
}

function tell(finding: Finding): string {
  const { severity, fault, message, excerpt } = finding;
  const bytes = excerpt === undefined ? '' : `\n  ${escapeBytes(excerpt.bytes)}`;
  return `${severity} of the ${fault}: ${message}; ${placeOf(finding)}${bytes}`;
}
