import { readFileSync, writeFileSync } from 'node:fs';

/** Tables in the documents that tests measured: what a test expects, and what a run with `--write` puts there. */

/** True where the tables are to be written and not compared. */
export const isWriting = process.env['STOMPWIRE_WRITE_TABLES'] === '1';

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

/** The cells of one line of a table. */
export function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split('|')
    .map((part) => unescaped(part.trim()));
}

/** One table of a document, columns by name, cells by the id in the first column. */
export class Table {
  readonly #file: URL;
  readonly #name: string;
  readonly #heads: readonly string[];
  readonly #cells = new Map<string, Map<string, string>>();

  /** `heads` stand over the first columns, which say what a row is about; the first of them is its id. */
  constructor(document: string, name: string, heads: readonly string[]) {
    this.#file = new URL(`../../docs/${document}`, import.meta.url);
    this.#name = name;
    this.#heads = heads;
    const [head = '', , ...rows] = this.#block(readFileSync(this.#file, 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('|'));
    const columns = cellsOf(head).slice(heads.length);
    for (const row of rows) {
      const [id = '', ...others] = cellsOf(row);
      const cells = others.slice(heads.length - 1);
      columns.forEach((column, at) => {
        if (id !== '' && cells[at] !== undefined) this.set(column, id, cells[at]);
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

  /** Each of `rows` has the cells under `heads`. Columns come in this order of their first words. */
  write(rows: readonly (readonly string[])[], order: readonly string[], note = ''): void {
    const text = readFileSync(this.#file, 'utf8');
    const rank = (name: string): number => order.indexOf(name.split(' ')[0]!);
    const columns = [...this.#cells.keys()].sort((one, other) => rank(one) - rank(other));
    const lines = [
      `| ${[...this.#heads, ...columns].join(' | ')} |`,
      `|${'---|'.repeat(this.#heads.length + columns.length)}`,
      ...rows.map(([id = '', ...about]) => {
        const cells = columns.map((column) => this.#cells.get(column)?.get(id) ?? '');
        return `| ${[id, ...[...about, ...cells].map(escaped)].join(' | ')} |`;
      }),
    ];
    const date = new Date().toISOString().slice(0, 10);
    const block = `${this.#begin}\n\nMeasured on ${date}${note && ` ${note}`}.\n\n${lines.join('\n')}\n\n${this.#end}`;
    writeFileSync(
      this.#file,
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
}
