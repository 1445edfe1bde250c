#!/usr/bin/env node
// Changes the sources one small thing at a time and looks whether a test notices: Stryker, with the tests of the
// same room. README.md has what came of it.
//
// usage: npm run mutate [-- PART...]    a part is one of PARTS; without one all are run, which takes a quarter of an hour
//
// Installs its tools in this folder first. Says each survivor, and ends with 1 where fewer than 85 % were noticed.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..');
const LEAST = 85;

const frame = (...names) => names.map((name) => `test/frame/${name}.test.ts`);
const pool = (...names) => names.map((name) => `test/pool/${name}.test.ts`);
const QUICK = frame(
  'command',
  'command-line',
  'text',
  'headers',
  'limits',
  'serializer',
  'parser',
  'in-place',
  'chunk',
  'shape',
  'known-heads',
  'buffers',
);
const SLOW = frame('vectors', 'layouts', 'properties');

/**
 * What is changed, the tests that should notice, and the slow ones that are asked about what they did not; not about
 * what acts while the files are loaded, for which Stryker would have to run them all, each time.
 */
const PARTS = {
  backoff: { sources: ['src/pool/backoff.ts'], tests: pool('backoff') },
  failures: { sources: ['src/pool/failures.ts'], tests: pool('failures') },
  rotation: { sources: ['src/pool/rotation.ts'], tests: pool('rotation') },
  retry: { sources: ['src/pool/retry.ts'], tests: pool('retry') },
  url: { sources: ['src/pool/url.ts', 'src/pool/failover-options.ts'], tests: pool('url') },
  resolve: { sources: ['src/pool/resolve.ts', 'src/pool/options.ts'], tests: pool('resolve') },
  fifo: { sources: ['src/pool/fifo.ts'], tests: pool('fifo') },
  waiting: { sources: ['src/pool/waiting.ts'], tests: pool('waiting') },
  layouts: {
    sources: ['src/frame/layouts.ts'],
    tests: frame('layout', 'layouts'),
    slow: [...QUICK, ...frame('vectors', 'properties')],
  },
  parser: {
    sources: ['src/frame/parser.ts', 'src/frame/body-reader.ts', 'src/frame/buffers.ts'],
    tests: QUICK,
    slow: SLOW,
  },
  head: {
    sources: [
      'src/frame/head-reader.ts',
      'src/frame/headers.ts',
      'src/frame/command-line.ts',
      'src/frame/content-length.ts',
    ],
    tests: QUICK,
    slow: SLOW,
  },
  ahead: {
    sources: ['src/frame/known-heads.ts', 'src/frame/shape.ts', 'src/frame/chunk.ts'],
    tests: frame('known-heads', 'shape', 'chunk', 'layout', 'bodies', 'headers'),
    slow: SLOW,
  },
  bodies: { sources: ['src/frame/bodies.ts'], tests: frame('bodies', 'in-place') },
  writing: {
    sources: [
      'src/frame/serializer.ts',
      'src/frame/command.ts',
      'src/frame/block.ts',
      'src/frame/bytes.ts',
      'src/frame/limits.ts',
    ],
    tests: QUICK,
    slow: SLOW,
  },
};

function fail(text) {
  console.error(`mutate: ${text}`);
  process.exit(2);
}

function install() {
  if (existsSync(join(here, 'node_modules/@stryker-mutator/core'))) return;
  console.log('installing Stryker');
  const { status } = spawnSync('npm', ['ci'], {
    cwd: here,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) fail('npm ci failed');
}

function stryker(name, places, tests) {
  const report = join(here, 'reports', `${name}.json`);
  mkdirSync(dirname(report), { recursive: true });
  const program = join(here, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const args = [program, 'run', 'mutation/stryker.config.mjs', '--mutate', places.join(',')];
  const env = {
    ...process.env,
    STOMPWIRE_MUTATION_TESTS: tests.join(' '),
    STOMPWIRE_MUTATION_REPORT: report,
  };
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
  if (status !== 0) fail(`${name} ended with ${status}\n${stdout}`);
  return JSON.parse(readFileSync(report, 'utf8')).files;
}

const isLeft = ({ status }) => status === 'Survived' || status === 'NoCoverage';
const keyOf = ({ location, replacement }) => JSON.stringify([location, replacement]);

function mutate(name) {
  const { sources, tests, slow } = PARTS[name];
  const files = stryker(name, sources, tests);
  if (slow === undefined) return files;
  const left = Object.entries(files).flatMap(([file, { mutants }]) =>
    mutants
      .filter((mutant) => isLeft(mutant) && !mutant.static)
      .map(({ location: { start, end } }) => {
        return `${file}:${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`;
      }),
  );
  if (left.length === 0) return files;
  const again = stryker(`${name}-slow`, [...new Set(left)], [...tests, ...slow]);
  for (const [file, { mutants }] of Object.entries(files)) {
    const seen = new Map((again[file]?.mutants ?? []).map((mutant) => [keyOf(mutant), mutant.status]));
    for (const mutant of mutants)
      if (isLeft(mutant)) mutant.status = seen.get(keyOf(mutant)) ?? mutant.status;
  }
  return files;
}

/** The text at a place, up to the end of its first line. */
function textAt(source, { start, end }) {
  const line = source.split('\n')[start.line - 1];
  return line.slice(start.column - 1, end.line === start.line ? end.column - 1 : undefined);
}

const oneLine = (text) => text.replace(/\s+/g, ' ').slice(0, 70);

/** Prints the survivors of a file, and gives how many were noticed of how many. */
function tell(file, { source, mutants }) {
  const noticed = mutants.filter(({ status }) => status === 'Killed' || status === 'Timeout');
  const survived = mutants.filter(isLeft);
  const all = noticed.length + survived.length;
  if (all === 0) return { noticed: 0, all: 0 };
  console.log(`${file}: ${noticed.length} of ${all}, ${((100 * noticed.length) / all).toFixed(1)} %`);
  for (const { location, replacement } of survived) {
    const [before, after] = [textAt(source, location), replacement].map(oneLine);
    console.log(`  ${location.start.line}: ${before} => ${after}`);
  }
  return { noticed: noticed.length, all };
}

const wanted = process.argv.slice(2);
for (const name of wanted)
  if (!Object.hasOwn(PARTS, name)) fail(`a part is one of ${Object.keys(PARTS).join(', ')}`);
install();
const sum = { noticed: 0, all: 0 };
for (const name of wanted.length > 0 ? wanted : Object.keys(PARTS)) {
  for (const [file, result] of Object.entries(mutate(name))) {
    const { noticed, all } = tell(file, result);
    sum.noticed += noticed;
    sum.all += all;
  }
}
const score = (100 * sum.noticed) / sum.all;
console.log(`all: ${sum.noticed} of ${sum.all}, ${score.toFixed(1)} %`);
if (score < LEAST) process.exitCode = 1;
