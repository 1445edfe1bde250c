import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/** The rooms each room may import from, besides itself. `index` is src/index.ts. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  frame: ['errors'],
  transport: ['errors', 'frame'],
  pool: ['errors', 'frame', 'transport'],
  connector: ['errors', 'frame', 'transport', 'pool'],
  broker: ['errors', 'frame'],
  audit: ['errors', 'frame'],
  index: ['errors', 'frame', 'transport', 'pool', 'connector', 'broker', 'audit'],
  cli: ['errors', 'frame', 'transport', 'pool', 'connector', 'broker', 'audit', 'index'],
};

const SOCKET_FILES = ['transport/socket.ts', 'broker/socket.ts', 'audit/socket.ts'];
const SOCKET_MODULES = ['node:net', 'node:tls'];
const MAX_LINES = 300;

/** Path below src, with `/`, and text. */
type Sources = ReadonlyMap<string, string>;

interface Import {
  /** As written; undefined where it is computed. */
  readonly from: string | undefined;
  /** `import type` and `export type`: gone when the file is compiled. */
  readonly typeOnly: boolean;
}

const STATEMENT = /^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s*)?(['"])([^'"\n]+)\2/gm;
const CALL = /\b(?:import|require)\s*\(\s*(?:(['"`])([^'"`\n]*)\1)?/g;

/** A comment may say what it likes. Only whole comment lines and `//` behind a blank are left out. */
function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  const statements = [...code.matchAll(STATEMENT)].map((m) => ({ from: m[3], typeOnly: m[1] !== undefined }));
  const calls = [...code.matchAll(CALL)].map((m) => ({ from: m[2], typeOnly: false }));
  return [...statements, ...calls];
}

function roomOf(path: string): string {
  const [first = ''] = path.split('/');
  return first.replace(/\.ts$/, '');
}

/** The file below src that a relative import names. */
function targetOf(path: string, from: string): string {
  return posix.join(posix.dirname(path), from).replace(/\.js$/, '.ts');
}

function checkImport(path: string, { from, typeOnly }: Import): string | undefined {
  const room = roomOf(path);
  if (from === undefined) return `${path} computes what it imports`;
  if (!from.startsWith('.')) {
    if (typeOnly && from.startsWith('node:')) return undefined;
    if (SOCKET_MODULES.includes(from) && SOCKET_FILES.includes(path)) return undefined;
    if (room === 'cli' && from.startsWith('node:')) return undefined;
    return `${path} imports ${from}`;
  }
  if (!from.endsWith('.js')) return `${path} imports ${from} without its extension`;
  const target = targetOf(path, from);
  const allowed = ARROWS[room];
  if (allowed === undefined) return `${path} stands in no room`;
  const other = roomOf(target);
  if (target.startsWith('..')) return `${path} imports ${from} from outside src`;
  return other === room || allowed.includes(other) ? undefined : `${path} imports ${target}`;
}

function checkText(path: string, text: string): string[] {
  const faults: string[] = [];
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (lines > MAX_LINES) faults.push(`${path} has ${lines} lines`);
  if (!(roomOf(path) in ARROWS)) faults.push(`${path} stands in no room`);
  if (roomOf(path) === 'cli') return faults;
  const code = withoutComments(text);
  if (/\bconsole\s*[.[]/.test(code)) faults.push(`${path} uses console`);
  if (/\bprocess\s*\.\s*exit\b/.test(code)) faults.push(`${path} uses process.exit`);
  return faults;
}

/** One line for each import, type-only ones too, that closes a circle. */
function findCycles(sources: Sources): string[] {
  const faults: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const again = way.indexOf(path);
    if (again >= 0) {
      faults.push([...way.slice(again), path].join(' -> '));
      return;
    }
    if (done.has(path)) return;
    for (const { from } of importsOf(sources.get(path) ?? '')) {
      if (from?.startsWith('.')) visit(targetOf(path, from), [...way, path]);
    }
    done.add(path);
  };
  for (const path of sources.keys()) visit(path, []);
  return faults;
}

function check(sources: Sources): string[] {
  const faults: string[] = [];
  for (const [path, text] of sources) {
    faults.push(...checkText(path, text));
    faults.push(...importsOf(text).flatMap((found) => checkImport(path, found) ?? []));
  }
  return [...faults, ...findCycles(sources)];
}

function readSources(): Sources {
  const root = fileURLToPath(new URL('../src/', import.meta.url));
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((p) => p.replaceAll('\\', '/'));
  const files = paths.filter((path) => path.endsWith('.ts')).sort();
  return new Map(files.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

describe('src', () => {
  const sources = readSources();

  test('is read', () => {
    expect(sources.size).toBeGreaterThan(10);
    expect(importsOf(sources.get('frame/parser.ts')!).map(({ from }) => from)).toContain('../errors.js');
  });

  test('keeps to its arrows, its built-ins, its ceiling and its silence, without a circle', () => {
    expect(check(sources)).toEqual([]);
  });
});

describe('package.json', () => {
  const root = new URL('../package.json', import.meta.url);

  test('has no run-time dependency', () => {
    expect(existsSync(root)).toBe(true);
    const {
      dependencies = {},
      peerDependencies,
      optionalDependencies,
    } = JSON.parse(readFileSync(root, 'utf8'));
    expect({ dependencies, peerDependencies, optionalDependencies }).toEqual({ dependencies: {} });
  });
});

describe('the checker', () => {
  const one = (path: string, text: string) => check(new Map([[path, text]]));

  test.each([
    ['errors.ts', "import { Frame } from './frame/frame.js';", 'errors.ts imports frame/frame.ts'],
    ['frame/a.ts', "import { a } from '../transport/a.js';", 'frame/a.ts imports transport/a.ts'],
    ['transport/a.ts', "import type { a } from '../pool/a.js';", 'transport/a.ts imports pool/a.ts'],
    ['pool/a.ts', "export { a } from '../connector/a.js';", 'pool/a.ts imports connector/a.ts'],
    ['connector/a.ts', "import '../cli/a.js';", 'connector/a.ts imports cli/a.ts'],
    ['broker/a.ts', "import { a } from '../transport/a.js';", 'broker/a.ts imports transport/a.ts'],
    ['audit/a.ts', "import { a } from '../broker/a.js';", 'audit/a.ts imports broker/a.ts'],
    ['frame/a.ts', "import { a } from '../index.js';", 'frame/a.ts imports index.ts'],
    ['index.ts', "export * from './cli/main.js';", 'index.ts imports cli/main.ts'],
    ['frame/a.ts', "import {\n  a,\n  b,\n} from '../pool/a.js';", 'frame/a.ts imports pool/a.ts'],
    ['frame/a.ts', "const a = await import('../pool/a.js');", 'frame/a.ts imports pool/a.ts'],
    ['frame/a.ts', 'const a = await import(name);', 'frame/a.ts computes what it imports'],
    ['frame/a.ts', "const a = require('fs');", 'frame/a.ts imports fs'],
    [
      'frame/a.ts',
      "import { a } from '../../scripts/a.js';",
      'frame/a.ts imports ../../scripts/a.js from outside src',
    ],
    ['frame/a.ts', "import { a } from './b';", 'frame/a.ts imports ./b without its extension'],
    ['frame/a.ts', "import { readFileSync } from 'node:fs';", 'frame/a.ts imports node:fs'],
    ['frame/a.ts', 'import * as net from "node:net";', 'frame/a.ts imports node:net'],
    ['frame/a.ts', "import { type Socket } from 'node:net';", 'frame/a.ts imports node:net'],
    ['transport/a.ts', "import { connect } from 'node:tls';", 'transport/a.ts imports node:tls'],
    ['transport/socket.ts', "import { lookup } from 'node:dns';", 'transport/socket.ts imports node:dns'],
    ['pool/a.ts', "import ws from 'ws';", 'pool/a.ts imports ws'],
    ['cli/a.ts', "import ws from 'ws';", 'cli/a.ts imports ws'],
    ['tools/a.ts', 'export const a = 1;', 'tools/a.ts stands in no room'],
    ['frame/a.ts', "console.log('a');", 'frame/a.ts uses console'],
    ['frame/a.ts', 'process.exit(1);', 'frame/a.ts uses process.exit'],
    ['cli/a.ts', '\n'.repeat(301), 'cli/a.ts has 301 lines'],
  ])('finds the fault in %s: %j', (path, text, fault) => {
    expect(one(path, text)).toContain(fault);
  });

  test.each([
    ['frame/a.ts', "import { FrameError } from '../errors.js';"],
    ['frame/a.ts', "import { b } from './b.js';\nexport type { C } from './c.js';"],
    ['frame/a.ts', "import type { Socket } from 'node:net';"],
    ['transport/socket.ts', "import * as net from 'node:net';\nimport * as tls from 'node:tls';"],
    ['broker/socket.ts', "import { createServer } from 'node:net';"],
    ['connector/a.ts', "import { a } from '../pool/a.js';"],
    ['index.ts', "export { a } from './audit/a.js';"],
    ['cli/a.ts', "import { readFile } from 'node:fs/promises';\nconsole.log(1);\nprocess.exit(0);"],
    ['frame/a.ts', "// import { a } from '../pool/a.js';\n/**\n * console.log(import('x'))\n */"],
    ['frame/a.ts', "export const url = 'stomp://host';\nexport const text = 'a word from elsewhere';"],
    ['frame/a.ts', '\n'.repeat(300)],
  ])('finds none in %s: %j', (path, text) => {
    expect(one(path, text)).toEqual([]);
  });

  test('finds a circle, also one of types', () => {
    const sources = new Map([
      ['frame/a.ts', "import { b } from './b.js';"],
      ['frame/b.ts', "import type { c } from './c.js';"],
      ['frame/c.ts', "import { b } from './b.js';"],
    ]);
    expect(check(sources)).toEqual(['frame/b.ts -> frame/c.ts -> frame/b.ts']);
  });
});
