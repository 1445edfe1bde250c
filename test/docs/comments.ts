import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './markdown.js';

/** One exported name, and where it is declared. */
export interface Exported {
  readonly name: string;
  /** Below src. */
  readonly file: string;
}

type Read = (file: string) => string;

const readSource: Read = (file) => readFileSync(join(ROOT, 'src', file), 'utf8');

/** Every name that an entry point exports, at its declaration. */
export function exportsOf(entry: string, read: Read = readSource): Exported[] {
  return namesIn(read(entry)).map(({ name, from }) => declared(join(dirname(entry), from), name, read));
}

function namesIn(text: string): Array<{ name: string; from: string }> {
  const found: Array<{ name: string; from: string }> = [];
  for (const [, list = '', from = ''] of text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)';/gm)) {
    const names = list.split(',').map((part) => part.trim().replace(/^type /, ''));
    for (const name of names.filter(Boolean)) {
      if (name.includes(' as ')) throw new Error(`${name}: exported under another name`);
      found.push({ name, from: from.replace(/\.js$/, '.ts') });
    }
  }
  return found;
}

function declared(file: string, name: string, read: Read): Exported {
  const through = namesIn(read(file)).find((one) => one.name === name);
  return through === undefined ? { name, file } : declared(join(dirname(file), through.from), name, read);
}

/** What says for itself what it is, in every class. */
const COMMON = new Set(['constructor', 'toString', 'toJSON', 'ref', 'unref', 'state', 'stats']);

/** The exported thing, and its methods and accessors, that have no comment. */
export function uncommented({ name, file }: Exported, read: Read = readSource): string[] {
  const lines = read(file).split('\n');
  const keyword = '(?:abstract |async )*(?:class|function\\*?|const|interface|type)';
  const head = new RegExp(`^export ${keyword} ${name}\\b`);
  const at = lines.findIndex((line) => head.test(line));
  if (at < 0) return [`${file}: ${name} is not declared there`];
  const missing = hasComment(lines, at) ? [] : [`${file}: ${name}`];
  if (!/ (class|interface) /.test(lines[at]!)) return missing;
  const said = saidByInterfaces(file, lines, at, read);
  for (let i = at + 1; i < lines.length && lines[i] !== '}'; i++) {
    const [, member] =
      /^ {2}(?:static |async |abstract |get |\*)*(\w+)\??(?:<[^(]*>)?\(/.exec(lines[i]!) ?? [];
    if (member === undefined || COMMON.has(member) || said.has(member) || hasComment(lines, i)) continue;
    // An overload stands below the one with the comment.
    if (new RegExp(`^ {2}${member}\\??[<(]`).test(lines[i - 1]!)) continue;
    missing.push(`${file}: ${name}.${member}`);
  }
  return missing;
}

function hasComment(lines: readonly string[], at: number): boolean {
  const above = lines[at - 1] ?? '';
  return /^ *\/\/ biome-ignore/.test(above) ? hasComment(lines, at - 1) : /\*\/$/.test(above);
}

/** The members that an interface of the class has a comment for. */
function saidByInterfaces(file: string, lines: readonly string[], at: number, read: Read): Set<string> {
  const said = new Set<string>();
  const [, list = ''] = / implements ([\w, ]+) \{$/.exec(lines[at]!) ?? [];
  for (const name of list.split(', ').filter(Boolean)) {
    const from = lines.find((line) => new RegExp(`^import .*\\b${name}\\b.* from '\\.`).test(line));
    const [, path] = / from '(\..*)\.js';$/.exec(from ?? '') ?? [];
    const there = path === undefined ? lines : read(join(dirname(file), `${path}.ts`)).split('\n');
    let i = there.findIndex((line) => new RegExp(`^(export )?interface ${name}\\b`).test(line));
    while (i >= 0 && ++i < there.length && there[i] !== '}') {
      const [, member] = /^ {2}(?:readonly )?(\w+)\??[:(<]/.exec(there[i]!) ?? [];
      if (member !== undefined && hasComment(there, i)) said.add(member);
    }
  }
  return said;
}
