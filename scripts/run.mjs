#!/usr/bin/env node
// What stands behind `npm start`, `npm test`, `npm run test:brokers`, `npm run build` and `npm run check`, which is
// what .ci/run does without brokers, with a shorter run of mutated frames. Each of them works as
// the first command after a clone: this script installs and builds what is missing or stale, and then runs it.
//
// usage: node scripts/run.mjs start|test|brokers|build|check [arguments]

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const inRoot = (...parts) => join(root, ...parts);
const tsc = inRoot('node_modules/typescript/bin/tsc');
const vitest = inRoot('node_modules/vitest/vitest.mjs');
const dist = inRoot('dist');
// Not in dist, which is what gets published.
const stamp = inRoot('node_modules/.cache/stompwire/build');

const say = (text) => console.error(`> ${text}`);

/** Runs Node with these arguments, passes signals on and gives how it ended. */
function node(args, env = process.env) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env });
    // A terminal sends Ctrl-C to the child as well.
    const forwarded = process.stdin.isTTY ? ['SIGTERM', 'SIGHUP'] : ['SIGTERM', 'SIGHUP', 'SIGINT'];
    const handlers = ['SIGTERM', 'SIGHUP', 'SIGINT'].map((signal) => {
      const handler = () => forwarded.includes(signal) && child.kill(signal);
      process.on(signal, handler);
      return () => process.off(signal, handler);
    });
    const done = (code, signal) => {
      for (const remove of handlers) remove();
      resolve({ code, signal });
    };
    child.once('error', (error) => {
      console.error(error.message);
      done(1, null);
    });
    child.once('exit', done);
  });
}

/** Ends this process the way the child ended. */
function endLike({ code, signal }) {
  if (signal) {
    // Runs on past the signal only where something ignores it.
    setTimeout(() => process.exit(1), 1_000);
    process.kill(process.pid, signal);
    return;
  }
  process.exit(code ?? 1);
}

async function must(args, env) {
  const end = await node(args, env);
  if (end.code === 0) return;
  endLike(end);
  await new Promise(() => {});
}

/** The program of npm itself, so that no shell and no PATH is needed. */
function npmProgram() {
  const candidates = [
    process.env.npm_execpath ?? '',
    join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js'),
    join(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js'),
    '/usr/share/nodejs/npm/bin/npm-cli.js',
  ];
  const found = candidates.find((file) => file.endsWith('npm-cli.js') && existsSync(file));
  if (found) return found;
  console.error('npm was not found; run `npm ci --include=dev` and try again');
  process.exit(1);
}

const modified = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

async function install() {
  const installed = modified(inRoot('node_modules/.package-lock.json'));
  if (installed >= modified(inRoot('package-lock.json')) && existsSync(tsc) && existsSync(vitest)) return;
  say(
    installed === 0 ? 'installing the development packages' : 'bringing the development packages up to date',
  );
  // --include wins over NODE_ENV=production and over `omit` in any npm configuration.
  await must([npmProgram(), 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund']);
}

function filesUnder(directory) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function digest(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(`${relative(root, file)}\0`);
    hash.update(createHash('sha256').update(readFileSync(file)).digest());
  }
  return hash.digest('hex');
}

/** What the build was made of and what it made: if both are as noted in the stamp, there is nothing to do. */
function buildState() {
  const settings = [
    'scripts/bundle.mjs',
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'node_modules/typescript/package.json',
  ].map((f) => inRoot(f));
  const inputs = digest([...settings.filter((file) => existsSync(file)), ...filesUnder(inRoot('src'))]);
  return `${inputs} ${digest(filesUnder(dist))}\n`;
}

async function build() {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === buildState()) return;
  say('building dist');
  rmSync(dist, { recursive: true, force: true });
  await must([tsc, '-p', 'tsconfig.build.json']);
  await must([inRoot('scripts/bundle.mjs')]);
  const program = join(dist, 'cli/main.js');
  if (existsSync(program)) chmodSync(program, 0o755);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, buildState());
}

/** With STOMPWIRE_TEST_REPORT=FILE the results are also written to FILE, as JSON. */
function report(readable) {
  const file = process.env.STOMPWIRE_TEST_REPORT;
  return file ? [`--reporter=${readable}`, '--reporter=json', `--outputFile.json=${file}`] : [];
}

const [command, ...args] = process.argv.slice(2);
const commands = {
  start: () => [join(dist, 'cli/main.js'), 'demo', ...args],
  test: () => [vitest, 'run', '--config', 'vitest.config.ts', '--coverage', ...report('default'), ...args],
  brokers: () => [vitest, 'run', '--config', 'vitest.brokers.config.ts', ...report('verbose'), ...args],
  build: undefined,
  check: undefined,
};

if (!command || !Object.hasOwn(commands, command)) {
  console.error(`usage: node scripts/run.mjs ${Object.keys(commands).join('|')} [arguments]`);
  process.exit(2);
}
await install();
if (command === 'check') {
  await must([inRoot('node_modules/@biomejs/biome/bin/biome'), 'ci', '.']);
  await must([tsc, '-p', 'tsconfig.json', '--noEmit']);
  await must([tsc, '-p', 'tsconfig.examples.json']);
}
await build();
if (command === 'check') {
  await must([inRoot('scripts/check-pack.mjs')]);
  // .ci/run goes on for a minute.
  await must([inRoot('scripts/fuzz.mjs'), '--seconds', '6', '--seed', '20261123']);
}
const run = command === 'check' ? commands.test : commands[command];
if (run) {
  // What a figure of coverage costs is left to .ci/run.
  const parts = run().filter((part) => command !== 'check' || part !== '--coverage');
  say(['node', ...parts.map((part) => (part.startsWith(root) ? relative(root, part) : part))].join(' '));
  endLike(await node(parts));
}
