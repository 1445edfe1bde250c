#!/usr/bin/env node
// Runs the simulation of test/simulation over many seeds, on all cores.
//
// usage: node scripts/simulate.mjs [--seeds N] [--from N] [--processes N]     default: 200000 seeds, from 1
//        node scripts/simulate.mjs --seed N [--trace]                          one seed, with its event log

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { compileSimulation, root } from './simulation-build.mjs';

const options = new Map();
for (let i = 2; i < process.argv.length; i++) {
  const name = process.argv[i];
  if (name === '--trace') options.set('trace', true);
  else if (['--seeds', '--seed', '--from', '--processes'].includes(name) && /^\d+$/.test(process.argv[i + 1]))
    options.set(name.slice(2), Number(process.argv[++i]));
  else {
    console.error('usage: simulate [--seeds N] [--from N] [--processes N] | --seed N [--trace]');
    process.exit(2);
  }
}

const built = compileSimulation(root, join(root, 'node_modules/.cache/stompwire'));
process.on('exit', () => rmSync(built.directory, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** One process; gives what it says at the end. */
function runPart(from, step, count) {
  return new Promise((resolve, reject) => {
    const args = ['--from', from, '--step', step, '--count', count].map(String);
    if (options.get('trace')) args.push('--trace');
    const child = spawn(process.execPath, [built.main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let summary;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line);
      if (said.trace !== undefined) console.log(said.trace);
      else if (said.faults !== undefined) report(said);
      else summary = said;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (summary === undefined) reject(new Error(`a part ended with ${code} and without a result`));
      else resolve(summary);
    });
  });
}

let reported = 0;
function report({ seed, faults }) {
  if (++reported > 20) return;
  console.log(`seed ${seed} fails:`);
  for (const fault of faults.slice(0, 5)) console.log(`  ${fault}`);
  if (!options.get('trace'))
    console.log(`  once more, with its event log: npm run simulate -- --seed ${seed} --trace`);
}

const single = options.get('seed');
const seeds = single === undefined ? (options.get('seeds') ?? 200_000) : 1;
const from = single ?? options.get('from') ?? 1;
const processes = Math.min(options.get('processes') ?? availableParallelism(), seeds);
const startedAt = performance.now();
const parts = await Promise.all(
  Array.from({ length: processes }, (_, i) =>
    runPart(from + i, processes, Math.ceil((seeds - i) / processes)),
  ),
);
const total = (name) => parts.reduce((sum, part) => sum + part[name], 0);
const counts = {};
for (const part of parts)
  for (const [name, count] of Object.entries(part.counts)) counts[name] = (counts[name] ?? 0) + count;
for (const name of Object.keys(counts).sort()) console.log(`${String(counts[name]).padStart(10)}  ${name}`);
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
console.log(`${total('seeds')} seeds, ${total('events')} events, ${total('failed')} failed, ${seconds} s`);
process.exitCode = total('failed') === 0 ? 0 : 1;
