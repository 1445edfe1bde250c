#!/usr/bin/env node
// Sends mutated frames to the parser, to a connection and to the embedded broker, as they were built, and looks for
// anything that is not as promised: see test/fuzz. The first failure is shown as small as it could be made.
//
// usage: node scripts/fuzz.mjs [--seconds S | --frames N] [--seed N] [--case I] [--target parser|connection|broker]
//                              [--workers N]
//
// Without a length it goes on for 60 seconds. The same seed gives the same cases; --case runs one of them.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { readOptions } from './options.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const inRoot = (...parts) => join(root, ...parts);
const out = inRoot('node_modules/.cache/stompwire/fuzz');
const NAMES = ['parser', 'connection', 'broker'];
/** What the cases import of the sources, and where that is once it is built. */
const BUILT = [
  ['errors.js', 'index.js'],
  ['frame/index.js', 'frame/index.js'],
  ['transport/index.js', 'transport/index.js'],
  ['broker/index.js', 'broker/index.js'],
];
/** How long one case may take: it takes a few milliseconds. */
const HANG_MS = 30_000;

function wrong(what) {
  console.error(`fuzz: ${what}`);
  process.exit(2);
}

function readArguments() {
  const text = { type: 'string' };
  const options = {
    seconds: text,
    frames: text,
    seed: text,
    case: text,
    workers: text,
    target: { ...text, multiple: true },
  };
  const values = readOptions(import.meta.url, options);
  const number = (name, fallback) => {
    const value = Number(values[name] ?? fallback);
    return value >= 0 ? value : wrong(`--${name} is a number of 0 or more`);
  };
  const targets = values.target ?? NAMES;
  for (const name of targets) if (!NAMES.includes(name)) wrong(`--target is one of ${NAMES.join(', ')}`);
  const single = values.case !== undefined;
  const seconds = number('seconds', values.frames === undefined && !single ? 60 : Number.POSITIVE_INFINITY);
  return {
    targets,
    seconds,
    frames: number('frames', Number.POSITIVE_INFINITY),
    seed: number('seed', Date.now() % 4_294_967_296),
    first: number('case', 0),
    cases: single ? 1 : Number.POSITIVE_INFINITY,
    workers: single ? 1 : Math.max(1, Math.min(number('workers', 2), 16)),
  };
}

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** The cases are TypeScript beside the tests. Here they stand beside what was built, in place of the sources. */
function compileCases() {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'package.json'), '{"type":"module"}\n');
  writeFileSync(
    join(out, 'tsconfig.json'),
    JSON.stringify({
      extends: inRoot('tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        noCheck: true,
        rootDir: root,
        outDir: out,
        typeRoots: [inRoot('node_modules/@types')],
      },
      include: [],
      files: [inRoot('test/fuzz/worker.ts')],
    }),
  );
  run(inRoot('node_modules/typescript/bin/tsc'), '-p', join(out, 'tsconfig.json'));
  rmSync(join(out, 'src'), { recursive: true });
  for (const [source, built] of BUILT) {
    const file = join(out, 'src', source);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `export * from ${JSON.stringify(pathToFileURL(inRoot('dist', built)).href)};\n`);
  }
  const worker = join(out, 'test/fuzz/worker.js');
  if (!existsSync(worker)) wrong(`${worker} was not made`);
  return pathToFileURL(worker);
}

/** One worker: adds to `counts` what it has done, and resolves with its failure, if it finds one. */
function work(file, data, counts) {
  return new Promise((resolve) => {
    const at = new Float64Array(new SharedArrayBuffer(24));
    const worker = new Worker(file, {
      workerData: { ...data, at },
      resourceLimits: { maxOldGenerationSizeMb: 768 },
    });
    let last = -1;
    const hung = setInterval(() => {
      if (at[2] === last)
        end({ target: NAMES[at[0]], index: at[1], error: `no end within ${HANG_MS} ms`, shown: '' });
      last = at[2];
    }, HANG_MS);
    const end = (failure) => {
      clearInterval(hung);
      void worker.terminate();
      resolve(failure);
    };
    worker.on('message', (message) => {
      if (message.failure !== undefined) end(message.failure);
      else if (message.done) end(undefined);
      else counts.set(message.target, message);
    });
    worker.on('error', (error) =>
      end({ target: NAMES[at[0]], index: at[1], error: error.stack ?? `${error}`, shown: '' }),
    );
  });
}

const format = (number) => Math.round(number).toLocaleString('en');

function report(counts, seed) {
  let all = 0;
  for (const name of NAMES) {
    const parts = counts.map((each) => each.get(name)).filter((part) => part !== undefined);
    const frames = parts.reduce((sum, part) => sum + part.frames, 0);
    const rate = parts.reduce((sum, part) => sum + part.frames / (part.milliseconds / 1_000), 0);
    all += frames;
    if (parts.length > 0)
      console.log(`${name.padEnd(12)} ${format(frames).padStart(14)} frames ${format(rate).padStart(10)}/s`);
  }
  console.log(`${'all'.padEnd(12)} ${format(all).padStart(14)} frames, seed ${seed}`);
}

const { targets, seconds, frames, seed, first, cases, workers } = readArguments();
run(inRoot('scripts/run.mjs'), 'build');
const file = compileCases();
console.log(`seed ${seed}, ${targets.join(', ')}, ${workers} ${workers === 1 ? 'worker' : 'workers'}`);
const counts = Array.from({ length: workers }, () => new Map());
const progress = setInterval(() => report(counts, seed), 60_000);
const failures = await Promise.all(
  counts.map((own, index) => {
    const share = targets.length;
    return work(
      file,
      {
        targets,
        seed,
        first: first + index,
        step: workers,
        cases,
        milliseconds: (seconds * 1_000) / share,
        frames: Math.ceil(frames / workers / share),
      },
      own,
    );
  }),
);
clearInterval(progress);
report(counts, seed);
for (const failure of failures) {
  if (failure === undefined) continue;
  console.log(`\nFAILED: ${failure.error}`);
  console.log(
    `again: node scripts/fuzz.mjs --target ${failure.target} --seed ${seed} --case ${failure.index}\n`,
  );
  console.log(failure.shown);
  process.exitCode = 1;
}
