import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTranscript } from '../../src/audit/index.js';
import { Broker, BrokerStore } from '../../src/broker/index.js';
import { COMMANDS } from '../../src/cli/program.js';
import { parseConfig } from '../../src/connector/index.js';
import { type Block, blocksOf, documents, ROOT, readText } from './markdown.js';

const PRODUCTION = 'docs/production.md';
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');
const {
  scripts,
  exports: entries,
  name: PACKAGE,
} = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

const blocks = documents().flatMap((file) => blocksOf(file));
const samples = blocks.filter(({ language }) => language === 'ts');
const runnable = samples.filter(({ mark }) => mark === 'run');
const testFiles = blocks.filter(({ language, mark }) => language === 'js' && mark.startsWith('test '));
const configs = blocks.filter(({ language }) => language === 'ini');
const examples = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.mjs'));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder in which `import 'stompwire'` finds what these sources come to, as a user's does. */
let work: string;

function run(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
  timeout = 15_000,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, env: { ...process.env, ...env }, timeout });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

async function compile(project: string): Promise<string> {
  const { code, stdout, stderr } = await run([TSC, '-p', project], work);
  return code === 0 ? '' : stdout + stderr;
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, JSON.stringify(value, null, 2));
}

const nameOf = ({ file, line }: Block) => `${file}:${line}`;
const moduleOf = ({ file, line }: Block) => `${file.replaceAll(/[^\w]/g, '-')}-${line}`;

beforeAll(async () => {
  const cache = join(ROOT, 'node_modules/.cache/stompwire');
  mkdirSync(cache, { recursive: true });
  work = mkdtempSync(join(cache, 'docs-'));
  const installed = join(work, 'node_modules', PACKAGE);
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, 'package.json'), readFileSync(join(ROOT, 'package.json')));
  writeJson(join(work, 'package.json'), { type: 'module' });
  writeJson(join(work, 'library.json'), {
    extends: join(ROOT, 'tsconfig.build.json'),
    compilerOptions: { rootDir: join(ROOT, 'src'), outDir: join(installed, 'dist') },
    include: [],
    files: Object.values<{ default: string }>(entries)
      .map((entry) => entry.default)
      .filter(Boolean)
      .map((path) => join(ROOT, path.replace('./dist/', 'src/').replace(/\.js$/, '.ts'))),
  });
  writeJson(join(work, 'samples.json'), {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: { noUnusedLocals: false },
    include: [],
    files: samples.map((block) => `${moduleOf(block)}.ts`),
  });
  cpSync(join(ROOT, 'examples'), join(work, 'examples'), { recursive: true });
  // Each is a module of its own, also one without an import.
  for (const block of samples)
    writeFileSync(join(work, `${moduleOf(block)}.ts`), `${block.text}export {};\n`);
  // Faults of the sources are told by `npm run typecheck`; here only what comes of them counts.
  await compile('library.json');
}, 60_000);

afterAll(() => rmSync(work, { recursive: true, force: true }));

test('there are samples to look at', () => {
  expect(samples.length).toBeGreaterThan(5);
  expect(runnable.length).toBeGreaterThan(5);
});

describe('TypeScript samples', () => {
  let faults: string;
  const brokers: Broker[] = [];

  beforeAll(async () => {
    faults = await compile('samples.json');
  }, 60_000);

  afterAll(() => Promise.all(brokers.map((broker) => broker.stop())));

  test('compile against the published types', () => {
    expect(faults).toBe('');
  });

  /** A pair of brokers in place of the two that the documents speak of, and the files that a sample reads. */
  async function stage(block: Block): Promise<{
    readonly cwd: string;
    readonly env: Record<string, string>;
    readonly program: string;
    readonly promised: readonly string[];
  }> {
    const store = new BrokerStore();
    const logins = { me: 'secret' };
    const [first, second] = await Promise.all([
      Broker.start({ store, logins }),
      Broker.start({ store, logins }),
    ]);
    brokers.push(first, second);
    const withPorts = (text: string) =>
      text
        .replaceAll('stomp1.example.net:61613', '127.0.0.1:61613')
        .replaceAll(/stomp[23]\.example\.net:61613/g, '127.0.0.1:61614')
        .replaceAll('61613', String(first.port))
        .replaceAll('61614', String(second.port));
    const cwd = mkdtempSync(join(work, 'run-'));
    for (const { mark, text } of configs.filter(({ file }) => file === block.file)) {
      if (mark !== '') writeFileSync(join(cwd, mark), withPorts(text));
    }
    // As it stands, not compiled: a reader's Node takes no types.
    const program = join(cwd, 'sample.mjs');
    writeFileSync(program, withPorts(block.text));
    const env = { STOMP_SERVER: '127.0.0.1', STOMP_PORT: String(first.port) };
    return {
      cwd,
      env: { ...env, STOMP_USER: 'me', STOMP_PASSWORD: 'secret' },
      program,
      promised: promisedBy(withPorts(block.text)),
    };
  }

  test.concurrent.each(runnable.map((block) => [nameOf(block), block] as const))(
    '%s runs, and prints what it says',
    async (_, block) => {
      const { cwd, env, program, promised } = await stage(block);
      const { code, stdout, stderr } = await run([program], cwd, env);
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      expect(stdout.split('\n').filter(Boolean)).toEqual(promised);
    },
  );
});

/** What the comments behind `console.log` promise, line for line. */
function promisedBy(text: string): string[] {
  return [...text.matchAll(/\/\/ prints: (.*)$/gm)].map(([, line]) => line!.trim());
}

describe('examples', () => {
  test('are five, and README.md names each', () => {
    expect(examples).toHaveLength(5);
    const readme = readText('README.md');
    expect(examples.filter((name) => !readme.includes(`(examples/${name})`))).toEqual([]);
  });

  test.concurrent.each(examples)('%s uses public names, and prints what it says', async (name) => {
    const text = readText(`examples/${name}`);
    const imported = [...text.matchAll(/from '([^']+)'/g)].map(([, from]) => from!);
    expect(imported).toContain(`${PACKAGE}/broker`);
    expect(imported.filter((from) => !from.startsWith('node:') && !isEntry(from))).toEqual([]);
    const promised = promisedBy(text);
    expect(promised).not.toEqual([]);
    const { code, stdout, stderr } = await run([join(work, 'examples', name)], work);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout.split('\n').filter(Boolean)).toEqual(promised);
  });

  const isEntry = (from: string) => Object.hasOwn(entries, from.replace(PACKAGE, '.'));
});

/** How each runner is started; the Jest style, with global functions, is one that Vitest knows as well. */
const RUNNERS: Readonly<Record<string, (file: string) => string[]>> = {
  node: (file) => [file],
  vitest: () => [VITEST, 'run', '--testTimeout', '30000'],
  jest: () => [VITEST, 'run', '--testTimeout', '30000', '--globals'],
};

describe('test files', () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  test('there is one for each runner', () => {
    expect(testFiles.map(({ mark }) => mark.slice(5)).sort()).toEqual(Object.keys(RUNNERS).sort());
  });

  test.each(testFiles.map((block) => [block.mark, block] as const))(
    '%s passes',
    async (mark, block) => {
      const worker = samples.find(({ text }) => text.startsWith('// worker.ts\n'))!;
      // Vitest takes no tests from below a node_modules.
      const cwd = mkdtempSync(join(tmpdir(), 'stompwire-docs-'));
      folders.push(cwd);
      mkdirSync(join(cwd, 'node_modules'));
      symlinkSync(join(work, 'node_modules', PACKAGE), join(cwd, 'node_modules', PACKAGE));
      symlinkSync(join(ROOT, 'node_modules/vitest'), join(cwd, 'node_modules/vitest'));
      const { code: javascript } = await transform(worker.text, { loader: 'ts' });
      writeFileSync(join(cwd, 'worker.mjs'), javascript);
      const file = join(cwd, 'sample.test.mjs');
      writeFileSync(file, block.text);
      const { code, stdout, stderr } = await run(RUNNERS[mark.slice(5)]!(file), cwd, {}, 60_000);
      expect({ code, stdout, stderr }).toMatchObject({ code: 0, stderr: '' });
      expect(stdout.replaceAll(/\x1b\[\d*m/g, '')).toMatch(/# pass 1\b|Tests +1 passed/);
    },
    60_000,
  );
});

/** Whether a block is looked at, by its language: here, or in the file that is named. */
const LOOKED_AT: Readonly<Record<string, (block: Block) => boolean>> = {
  ts: () => true,
  sh: () => true,
  ini: () => true,
  js: (block) => testFiles.includes(block),
  // What brokers run with: test/brokers/production.test.ts holds that page and them together.
  xml: ({ file, text }) => file === PRODUCTION || readText(PRODUCTION).includes(text.trim()),
  // A session and an error are run by test/docs/sessions.test.ts, a help is compared by test/cli/docs.test.ts.
  text: ({ file, text }) =>
    /^(\$ |stompwire: STOMP_)/.test(text) || (file === 'docs/cli.md' && /^usage: /m.test(text)),
  jsonl: ({ text }) => [...readTranscript(text.trim().split('\n'))].length > 3,
};

test.each(blocks.map((block) => [nameOf(block), block] as const))('%s is looked at', (_, block) => {
  expect(Object.keys(LOOKED_AT)).toContain(block.language);
  expect(LOOKED_AT[block.language]!(block)).toBe(true);
});

describe('configuration samples', () => {
  test.each(configs.map((block) => [nameOf(block), block.text] as const))('%s can be read', (_, text) => {
    const { connect } = parseConfig(/host/.test(text) ? text : `plugin.stomp.host = localhost\n${text}`);
    expect(connect.hosts.length).toBeGreaterThan(0);
  });
});

describe('commands', () => {
  const lines = blocks
    .filter(({ language }) => language === 'sh')
    .flatMap((block) =>
      block.text
        .replaceAll('\\\n', ' ')
        .split(/\n|&&|\|/)
        .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
        .filter(Boolean)
        .map((line) => [nameOf(block), line] as const),
    );

  test.each(lines)('%s: %s', (_, line) => {
    expect(checkCommand(line)).toBe('');
  });

  test.each(COMMANDS.map(({ name }) => name))('README.md has a row for %s', (name) => {
    expect(readText('README.md')).toContain(`\n| \`${name}\` | `);
  });

  test('the checker finds what is not there', () => {
    expect(checkCommand('npm run nothing')).toBe('npm run nothing: no such script');
    expect(checkCommand('npx stompwire nothing')).toBe('no command nothing');
    expect(checkCommand('npx stompwire demo --nothing 1')).toBe('demo has no option --nothing');
    expect(checkCommand('node nothing.mjs')).toBe('no file nothing.mjs');
    expect(checkCommand('rm -rf nothing')).toBe('rm: not a command of this project');
  });
});

/** What is wrong with one command line; empty when nothing is. */
function checkCommand(line: string): string {
  const words = line.split(/\s+/).filter((word, i, all) => !isAssignment(word, i, all));
  const [program = '', first = '', second = ''] = words;
  if (['cd', 'git', 'export'].includes(program)) return '';
  if (program === 'npm') {
    if (['ci', 'install'].includes(first)) return '';
    const script = first === 'run' ? second : first;
    return Object.hasOwn(scripts, script) ? '' : `${line}: no such script`;
  }
  if (program === 'npx' && first === PACKAGE) return checkProgram(words.slice(2));
  if (program === PACKAGE) return checkProgram(words.slice(1));
  // What scripts/trial.mjs types.
  if (program === 'openssl' && readText('README.md').includes(line.slice(0, 40))) return '';
  if (program !== 'node') return `${program}: not a command of this project`;
  const file = words.slice(1).find((word) => !word.startsWith('-')) ?? '';
  if (file === 'dist/cli/main.js') return checkProgram(words.slice(words.indexOf(file) + 1));
  const named = blocks.some(({ language, text }) => language === 'ts' && text.startsWith(`// ${file}\n`));
  return named || existsSync(join(ROOT, file)) ? '' : `no file ${file}`;
}

function isAssignment(word: string, i: number, all: readonly string[]): boolean {
  return /^[A-Z_]+=/.test(word) && all.slice(0, i).every((before) => /^[A-Z_]+=/.test(before));
}

function checkProgram([name = '', ...args]: readonly string[]): string {
  if (name === '--help' || name === '--version') return '';
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) return `no command ${name}`;
  const unknown = args.find(
    (word) => word.startsWith('--') && !['help', ...Object.keys(command.options)].includes(word.slice(2)),
  );
  return unknown === undefined ? '' : `${name} has no option ${unknown}`;
}
