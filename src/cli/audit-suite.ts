import {
  type BrokerCaseResult,
  type ClientCaseResult,
  type JunitCase,
  renderJunitSuites,
  type Verdict,
} from '../audit/index.js';
import { type ReportFile, reportFile } from './audit-files.js';
import { type Command, EXIT, flag, type Invocation, text, UsageError } from './command.js';
import { printable, type Style, type Terminal } from './terminal.js';

type Case = Pick<BrokerCaseResult, 'id' | 'point' | 'section' | 'title' | 'expected'>;
type Result = BrokerCaseResult | ClientCaseResult;

export const SUITE_OPTIONS = {
  case: { type: 'string', multiple: true },
  list: { type: 'boolean' },
  junit: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies Command['options'];

const STYLES: Readonly<Record<Verdict, Style>> = {
  pass: 'green',
  fail: 'red',
  dialect: 'yellow',
  'not-supported': 'dim',
};
const ID_WIDTH = 28;
/** Bytes are shown up to here; --json has them all. */
const SHOWN = 300;

/** The ids that --case gives, or undefined for all. */
export function readCases(values: Invocation['values'], all: readonly Case[]): readonly string[] | undefined {
  const given = values['case'] as readonly string[] | undefined;
  const unknown = given?.find(
    (name) => !all.some(({ id }) => id === name || (name.endsWith('.') && id.startsWith(name))),
  );
  if (unknown === undefined) return given;
  throw new UsageError(
    `--case: there is no case "${unknown}"; --list has them, and "receipt." means a group`,
  );
}

export function countCases(all: readonly Case[], wanted: readonly string[] | undefined): number {
  if (wanted === undefined) return all.length;
  return all.filter(({ id }) =>
    wanted.some((name) => id === name || (name.endsWith('.') && id.startsWith(name))),
  ).length;
}

/** --list. */
export function listCases(terminal: Terminal, json: boolean, all: readonly Case[]): number {
  let last: string | undefined;
  for (const { id, point, section, title, expected } of all) {
    if (json) terminal.json({ id, point, section, title, expected });
    else {
      if (section !== last)
        terminal.line(`${last === undefined ? '' : '\n'}${terminal.paint('bold', section)}`);
      terminal.line(`  ${id.padEnd(ID_WIDTH)} ${point.padEnd(4)} ${title}`);
    }
    last = section;
  }
  return EXIT.ok;
}

/** Says each result as it comes, and all in short at the end. */
export class SuiteReport {
  readonly #terminal: Terminal;
  readonly #signal: AbortSignal;
  readonly #json: boolean;
  readonly #junit: ReportFile | undefined;
  readonly #name: string;
  readonly #total: number;
  readonly #results: Result[] = [];
  #section: string | undefined;

  constructor(
    values: Invocation['values'],
    options: { readonly name: string; readonly total: number; readonly signal: AbortSignal },
    terminal: Terminal,
  ) {
    this.#terminal = terminal;
    this.#signal = options.signal;
    this.#name = options.name;
    this.#total = options.total;
    this.#json = flag(values, 'json');
    this.#junit = reportFile(text(values, 'junit'));
  }

  /** What is under way when we leave has no result. */
  add(result: Result): void {
    if (this.#signal.aborted) return;
    this.#results.push(result);
    if (this.#json) this.#terminal.json(toJson(result));
    else this.#print(result);
    this.#terminal.status(`${this.#results.length} of ${this.#total} cases`);
  }

  get isComplete(): boolean {
    return this.#results.length === this.#total;
  }

  /** Gives the exit code. */
  end(more: Readonly<Record<string, unknown>> = {}): number {
    const counts: Record<Verdict, number> = { pass: 0, fail: 0, dialect: 0, 'not-supported': 0 };
    for (const { verdict } of this.#results) counts[verdict]++;
    const left = this.#total - this.#results.length;
    this.#junit?.write([toJunit(this.#name, this.#results)]);
    if (this.#json) this.#terminal.json({ event: 'end', ...more, cases: this.#total, left, counts });
    else {
      const words = Object.entries(counts).map(([verdict, count]) =>
        this.#terminal.paint(count === 0 ? 'dim' : STYLES[verdict as Verdict], `${count} ${verdict}`),
      );
      this.#terminal.line(`\n${this.#results.length} of ${this.#total} cases: ${words.join(', ')}`);
    }
    return counts.fail > 0 ? EXIT.findings : EXIT.ok;
  }

  #print({ id, section, verdict, observed, title, expected, received }: Result): void {
    const terminal = this.#terminal;
    if (section !== this.#section) {
      terminal.line(`${this.#section === undefined ? '' : '\n'}${terminal.paint('bold', section)}`);
      this.#section = section;
    }
    const mark = terminal.paint(STYLES[verdict], verdict.padEnd(13));
    if (verdict === 'pass') {
      terminal.line(`  ${mark} ${id}`);
      return;
    }
    terminal.line(`  ${mark} ${id.padEnd(ID_WIDTH)} ${printable(observed)}`);
    const row = (name: string, value: string) => terminal.line(`    ${name.padEnd(11)} ${short(value)}`);
    row('asked', title);
    row('expected', expected === '' ? 'nothing' : expected);
    row('received', received === '' ? 'nothing' : received);
  }
}

function short(value: string): string {
  const line = printable(value.replaceAll('\n', '\\n'));
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}...` : line;
}

/** The bytes of what passed, for all but what is as it should be. */
function toJson({ transcript, ...result }: Result): object {
  if (result.verdict === 'pass') return { event: 'case', ...result };
  const bytes = transcript.map(({ connection, passed }) => ({
    connection,
    passed: passed.map((one) => ({ direction: one.direction, base64: one.bytes.toString('base64') })),
  }));
  return { event: 'case', ...result, transcript: bytes };
}

function toJunit(name: string, results: readonly Result[]): string {
  const sections = [...new Set(results.map(({ section }) => section))];
  return renderJunitSuites(
    sections.map((section) => ({
      name: `${name}: ${section}`,
      cases: results.filter((one) => one.section === section).map(junitCase),
    })),
  );
}

function junitCase({
  id,
  point,
  verdict,
  observed,
  title,
  expected,
  received,
  durationMs,
}: Result): JunitCase {
  const told = `${title}\nexpected: ${expected}\nreceived: ${received}`;
  return {
    ...{ name: id, classname: `stompwire.${point}`, timeMs: durationMs },
    failure: verdict === 'fail' ? { message: observed, text: told } : undefined,
    skipped: verdict === 'not-supported' ? observed : undefined,
    output: verdict === 'dialect' ? `${observed}\n${told}` : undefined,
  };
}
