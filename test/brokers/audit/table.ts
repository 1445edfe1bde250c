import { readFileSync, writeFileSync } from 'node:fs';

/** The tables of docs/conformance.md: what the tests expect, and what a run with `--write` puts there. */

const FILE = new URL('../../../docs/conformance.md', import.meta.url);

/** True where the tables are to be written and not compared. */
export const isWriting = process.env['STOMPWIRE_WRITE_CONFORMANCE'] === '1';

interface Row {
  readonly id: string;
  readonly point: string;
  readonly section: string;
  readonly title: string;
}

interface Judged {
  readonly id: string;
  readonly verdict: string;
  readonly observed: string;
}

/** What stands in a column: `pass`, `FAIL: ...`, `not supported: ...`, or the name of the dialect. */
export function cell({ verdict, observed }: Judged): string {
  // Which of two good ways it was is not worth a word.
  if (verdict === 'pass') return 'pass';
  const text = observed.replaceAll('|', '/').replaceAll('<', '(').replaceAll('>', ')').trim();
  return { fail: `FAIL: ${text}`, 'not-supported': `not supported: ${text}` }[verdict] ?? text;
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('*', '\\*').replaceAll('_', '\\_');
const unescaped = (text: string): string => text.replace(/\\([\\*_])/g, '$1');

/** One table, columns by name, cells by case. */
export class Table {
  readonly #name: string;
  readonly #cells = new Map<string, Map<string, string>>();

  constructor(name: string) {
    this.#name = name;
    const [head = '', , ...rows] = this.#block(readFileSync(FILE, 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('|'));
    const columns = this.#split(head).slice(3);
    for (const row of rows) {
      const [id = '', , , ...cells] = this.#split(row);
      columns.forEach((column, at) => {
        if (id !== '' && cells[at] !== undefined) this.set(column, id, unescaped(cells[at]));
      });
    }
  }

  column(name: string): ReadonlyMap<string, string> | undefined {
    return this.#cells.get(name);
  }

  /** The column whose name begins like this, whatever the version behind it. */
  columnOf(start: string): ReadonlyMap<string, string> | undefined {
    const name = [...this.#cells.keys()].find((column) => column.startsWith(start));
    return name === undefined ? undefined : this.#cells.get(name);
  }

  set(column: string, id: string, text: string): void {
    const cells = this.#cells.get(column) ?? new Map<string, string>();
    this.#cells.set(column, cells.set(id, text));
  }

  /** Puts a column in place of the one whose name begins the same, up to its first blank. */
  replace(column: string, results: readonly Judged[]): void {
    const start = column.split(' ')[0]!;
    for (const name of [...this.#cells.keys()]) if (name.split(' ')[0] === start) this.#cells.delete(name);
    for (const result of results) this.set(column, result.id, cell(result));
  }

  write(rows: readonly Row[], order: readonly string[]): void {
    const text = readFileSync(FILE, 'utf8');
    const rank = (name: string): number => order.indexOf(name.split(' ')[0]!);
    const columns = [...this.#cells.keys()].sort((one, other) => rank(one) - rank(other));
    const lines = [
      `| case | point | what | ${columns.join(' | ')} |`,
      `|${'---|'.repeat(columns.length + 3)}`,
      ...rows.map(({ id, point, section, title }) => {
        const cells = columns.map((column) => escaped(this.#cells.get(column)?.get(id) ?? ''));
        return `| ${[id, point, escaped(`${section}: ${title}`), ...cells].join(' | ')} |`;
      }),
    ];
    const date = new Date().toISOString().slice(0, 10);
    const block = `${this.#begin}\n\nMeasured on ${date}.\n\n${lines.join('\n')}\n\n${this.#end}`;
    writeFileSync(
      FILE,
      text.replace(`${this.#begin}${this.#block(text)}${this.#end}`, () => block),
    );
  }

  get #begin(): string {
    return `<!-- ${this.#name}: begin -->`;
  }

  get #end(): string {
    return `<!-- ${this.#name}: end -->`;
  }

  #block(text: string): string {
    return text.slice(text.indexOf(this.#begin) + this.#begin.length, text.indexOf(this.#end));
  }

  #split(line: string): string[] {
    return line
      .slice(1, -1)
      .split('|')
      .map((part) => part.trim());
  }
}
