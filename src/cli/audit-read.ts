import {
  htmlParts,
  type Report,
  renderJunit,
  renderText,
  TranscriptError,
  TranscriptReader,
  type TranscriptRecord,
} from '../audit/index.js';
import { reportFile } from './audit-files.js';
import { FINDINGS_OPTIONS, Findings, readChoice } from './audit-findings.js';
import { findingJson } from './audit-show.js';
import {
  type Command,
  CommandError,
  exitOf,
  flag,
  type Invocation,
  text,
  UsageError,
  type World,
} from './command.js';
import { readInput, splitLines } from './input.js';
import { printable } from './terminal.js';

const HELP = `usage: stompwire audit read FILE... [options]

Holds transcripts against the rules. A FILE that begins with part 1 is another
transcript, and its connections are numbered on; other parts go on where the
FILE before ended. FILE - is standard input. A last line that was cut off is
left out, and told.

  --connection N[,N]  these connections alone
  --severity LEVEL    these findings and worse: violation, deviation, dialect,
                      advice (default)
  --fail-on LEVEL     exit with 1 for these and worse; default deviation; or
                      never
  --html FILE         findings and conversation as one page; as much of it as
                      64 MB of the transcript, in the order of the files
  --junit FILE        one test for each rule, as JUnit XML
  --json              one object: {"v", "title", "summary", "findings"}

What is told is the first of each rule, with its count; --json has them all, up
to 10000.

Exit codes: 0 clean, 1 findings, 2 a file cannot be read or is no transcript.`;

/** What is kept for the page. */
const MOST_BYTES = 67_108_864;
const RECORD_BYTES = 200;
const MOST_FILES = 10_000;
/** So many lines, and then others may have a word: Ctrl-C, say. */
const PAUSE_LINES = 2_000;

export const auditRead: Command = {
  name: 'audit read',
  summary: 'holds recorded transcripts against the rules',
  help: HELP,
  options: {
    connection: { type: 'string', multiple: true },
    ...FINDINGS_OPTIONS,
    html: { type: 'string' },
    junit: { type: 'string' },
    json: { type: 'boolean' },
  },
  args: { min: 1, max: MOST_FILES },
  run: async ({ values, args }, world) => {
    const { terminal, signal } = world;
    const choice = { ...readChoice(values), connections: readConnections(values) };
    const findings = new Findings(choice);
    const page = text(values, 'html') === undefined ? undefined : new Page(findings);
    const html = reportFile(text(values, 'html'));
    const junit = reportFile(text(values, 'junit'));
    const input = new Transcripts(findings, page, world);
    for (const path of args) await input.read(path);
    if (signal.aborted) return exitOf(signal);
    findings.end();
    const report = findings.report(`stompwire audit of ${args.map(printable).join(', ')}`);
    html?.write(page === undefined ? [] : htmlParts(page.report(report)));
    junit?.write([renderJunit(report, { failOn: choice.failOn })]);
    if (page?.isCut)
      terminal.note('stompwire: the page has the beginning of the conversation, not all of it');
    if (flag(values, 'json')) {
      const { title, summary, findings: found } = report;
      terminal.json({ v: 1, title, summary, findings: found.map(findingJson) });
    } else {
      void terminal.write(renderText(report, { color: terminal.isColoured, maxRules: 1_000 }));
    }
    return findings.exitCode;
  },
};

function readConnections(values: Invocation['values']): ReadonlySet<number> | undefined {
  const given = values['connection'] as readonly string[] | undefined;
  if (given === undefined) return undefined;
  const numbers = given.flatMap((one) => one.split(','));
  const wrong = numbers.find((one) => !/^[1-9]\d{0,14}$/.test(one));
  if (wrong === undefined) return new Set(numbers.map(Number));
  throw new UsageError(`--connection: expected numbers from 1, received "${wrong}"`);
}

/** The records that the page draws: those of the connections that were asked for, up to a limit. */
class Page {
  readonly #findings: Findings;
  readonly #records: TranscriptRecord[] = [];
  /** Where a record that is kept stood among all. */
  readonly #places = new Map<number, number>();
  #seen = 0;
  #bytes = 0;
  isCut = false;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  add(record: TranscriptRecord): void {
    const place = this.#seen++;
    if (this.isCut || !this.#findings.isAsked(record.connection)) return;
    this.#bytes += RECORD_BYTES + (record.kind === 'bytes' ? record.bytes.length : 0);
    this.isCut = this.#bytes > MOST_BYTES;
    if (this.isCut) return;
    this.#places.set(place, this.#records.length);
    this.#records.push(record);
  }

  report(report: Report): Report {
    const last = Math.max(0, this.#records.length - 1);
    const findings = report.findings.map((one) => ({ ...one, record: this.#places.get(one.record) ?? last }));
    return { ...report, findings, records: this.#records };
  }
}

class Transcripts {
  readonly #findings: Findings;
  readonly #page: Page | undefined;
  readonly #world: World;
  #reader = new TranscriptReader();

  constructor(findings: Findings, page: Page | undefined, world: World) {
    this.#findings = findings;
    this.#page = page;
    this.#world = world;
  }

  async read(path: string): Promise<void> {
    const { stdin, signal, terminal } = this.#world;
    let line = 0;
    let failed: TranscriptError | undefined;
    for await (const bytes of splitLines(readInput(path, stdin, signal))) {
      if (signal.aborted) return;
      const written = bytes.toString();
      if (failed !== undefined && written.trim() !== '') throw asCommandError(path, failed);
      if (++line === 1) this.#begin(written);
      failed ??= this.#line(path, line, written);
      if (line % PAUSE_LINES === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (line === 0 && !signal.aborted) throw new CommandError(`${path}: the file is empty`);
    if (failed !== undefined)
      terminal.note(`stompwire: ${printable(path)}, line ${line}: the last line is not whole, and left out`);
  }

  /** Part 1 is another transcript; so is what does not say. */
  #begin(first: string): void {
    const [, part = '1'] = /^\{"v":\d+,.*"part":(\d+)/.exec(first) ?? [];
    this.#reader = part === '1' ? new TranscriptReader() : this.#reader;
    if (part === '1') this.#findings.end();
  }

  /** Gives the error of a line that may be wrong when it is the last one. */
  #line(path: string, line: number, written: string): TranscriptError | undefined {
    try {
      const record = this.#reader.read(written);
      if (record === undefined) return undefined;
      const numbered = this.#findings.record(record);
      this.#page?.add(numbered);
    } catch (error) {
      if (!(error instanceof TranscriptError)) throw error;
      const own = new TranscriptError(error.code, line, error.message.replace(/^line \d+: /, ''), {
        cause: error.cause,
      });
      if (line > 1 && error.cause instanceof SyntaxError) return own;
      throw asCommandError(path, own);
    }
    return undefined;
  }
}

function asCommandError(path: string, { code, message }: TranscriptError): CommandError {
  return new CommandError(`${code}: ${path}, ${message}`);
}
