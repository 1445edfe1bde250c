#!/usr/bin/env node
// Kills real brokers under load and counts what was confirmed, what is lost and what came twice (docs/delivery.md).
//
// usage: node scripts/kill.mjs [--runs N] [--case NAME] [--messages N] [--window N] [--seed N] [--quick] [--out FILE] [--docs]
//
//   --case NAME   the cases whose names begin so; may be given several times
//   --quick       one run of 2,000 messages of each case
//   --out FILE    where the outcomes go, one JSON object a line (test/kill/results/latest.jsonl)
//   --docs        put the tables into docs/delivery.md, and the short one into README.md
//   --tables      run nothing: tables from the file of --out

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readOptions } from './options.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const values = readOptions(import.meta.url, {
  runs: { type: 'string' },
  case: { type: 'string', multiple: true },
  messages: { type: 'string' },
  window: { type: 'string', default: '256' },
  seed: { type: 'string' },
  quick: { type: 'boolean', default: false },
  out: { type: 'string', default: join(root, 'test/kill/results/latest.jsonl') },
  docs: { type: 'boolean', default: false },
  tables: { type: 'boolean', default: false },
});

const count = (name, text) => {
  const n = Number(text);
  if (Number.isInteger(n) && n > 0) return n;
  console.error(`--${name}: expected a whole number of 1 or more, and not ${text}`);
  process.exit(2);
};

const file = resolve(values.out);
const wish = {
  runs: count('runs', values.runs ?? (values.quick ? 1 : 5)),
  messages: count('messages', values.messages ?? (values.quick ? 2_000 : 20_000)),
  window: count('window', values.window),
  seed: count('seed', values.seed ?? 1 + Math.floor(Math.random() * 1e6)),
  cases: values.case ?? [],
  file,
};

let code = 0;
if (!values.tables) {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  if (!existsSync(vitest)) {
    console.error('the development packages are missing; run `npm ci --include=dev` and try again');
    process.exit(1);
  }
  mkdirSync(dirname(file), { recursive: true });
  const about = {
    about: { date: new Date().toISOString().slice(0, 10), node: process.version, ...wish, file: undefined },
  };
  writeFileSync(file, `${JSON.stringify(about)}\n`);
  console.log(`seed ${wish.seed}`);
  code = await new Promise((done) => {
    const child = spawn(process.execPath, [vitest, 'run', '--config', 'vitest.kill.config.ts'], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, STOMPWIRE_KILL: JSON.stringify(wish) },
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.once('exit', (status) => done(status ?? 1));
  });
}

const lines = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));
const tables = render(lines);
console.log(`\n${tables}`);
if (values.docs) {
  put('docs/delivery.md', tables);
  put('README.md', renderShort(lines));
}
process.exitCode = code;

/** Between the marks of a document. */
function put(name, table) {
  const doc = join(root, name);
  const text = readFileSync(doc, 'utf8');
  const [begin, end] = ['<!-- kill:begin -->', '<!-- kill:end -->'];
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  writeFileSync(doc, `${text.slice(0, from)}\n\n${table}\n\n${text.slice(to)}`);
}

/** Median and range; `-` where nothing was measured. */
function spread(numbers) {
  const sorted = numbers.filter((n) => typeof n === 'number').sort((a, b) => a - b);
  if (sorted.length === 0) return '-';
  const median = Math.round(sorted[Math.floor((sorted.length - 1) / 2)]);
  const [low, high] = [Math.round(sorted[0]), Math.round(sorted.at(-1))];
  return low === high ? `${median}` : `${median} (${low}-${high})`;
}

function render([{ about }, ...rows]) {
  const skipped = rows.filter((row) => row.skipped !== undefined);
  const outcomes = rows.filter((row) => row.skipped === undefined);
  const groups = Map.groupBy ? Map.groupBy(outcomes, (row) => row.case) : group(outcomes);
  const head = [
    headline(about, outcomes),
    '',
    '| Case | Client | Runs | Messages | Confirmed | Confirmed and lost | Others lost | Twice | Losses | Longest gap, ms | Until seen | Broker | Ours | Ours, CPU | To the receipt |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|',
  ];
  const body = [...groups].map(([name, runs]) => {
    const parts = runs.flatMap((run) => run.parts);
    const of = (key) => spread(runs.map((run) => run[key]));
    const part = (key) => spread(parts.map((each) => each[key]));
    const cells = [
      name,
      runs[0].client,
      runs.length,
      runs[0].messages,
      of('confirmed'),
      of('lost'),
      of('unconfirmedLost'),
      of('duplicates'),
      of('losses'),
      of('longestGapMs'),
      part('seenMs'),
      part('brokerMs'),
      part('ownMs'),
      part('ownCpuMs'),
      part('receiptMs'),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const notes = skipped.map((row) => `- ${row.case}: not run, ${row.skipped}`);
  return [...head, ...body, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

/** The cases of the short table, in words. */
function shortCases() {
  const systems = [
    ['activemq', 'ActiveMQ, a pair on one store'],
    ['mirrored', 'RabbitMQ, three nodes, mirrored queue'],
    ['quorum', 'RabbitMQ, three nodes, quorum queue'],
  ];
  const kinds = [
    ['kill', 'kill -9'],
    ['kill-250', 'kill -9, `maxReconnectDelayMs: 250`'],
    ['backup', 'kill -9, `backup: true`'],
    ['three', 'three in a row'],
    ['ruby', 'kill -9, the stomp gem with receipts'],
    ['ruby-plain', 'kill -9, the stomp gem without'],
  ];
  return systems.flatMap(([prefix, system]) =>
    kinds.map(([suffix, kind]) => [`${prefix}-${suffix}`, system, kind]),
  );
}

function renderShort([{ about }, ...rows]) {
  const outcomes = rows.filter((row) => row.skipped === undefined);
  const head = [
    headline(about, outcomes),
    '',
    '| Brokers | Blow | Runs | Published | Confirmed and lost | Others lost | Longest gap, ms | Ours | The broker’s |',
    '|---|---|---|---|---|---|---|---|---|',
  ];
  const body = shortCases().flatMap(([name, system, kind]) => {
    const runs = outcomes.filter((row) => row.case === name);
    if (runs.length === 0) return [];
    const parts = runs.flatMap((run) => run.parts);
    const of = (key) => spread(runs.map((run) => run[key]));
    const others = parts.map(({ brokerMs, receiptMs }) => (brokerMs ?? 0) + (receiptMs ?? 0));
    const cells = [
      system,
      kind,
      runs.length,
      runs[0].messages,
      of('lost'),
      of('unconfirmedLost'),
      of('longestGapMs'),
      spread(parts.map(({ ownMs }) => ownMs)),
      spread(others),
    ];
    return [`| ${cells.join(' | ')} |`];
  });
  return [...head, ...body].join('\n');
}

function headline({ date, node, window }, outcomes) {
  const brokers = [...new Set(outcomes.map((row) => row.broker))].join(', ');
  const days = outcomes.map((row) => row.date ?? date).sort();
  const when = days[0] === days.at(-1) ? days[0] : `${days[0]} to ${days.at(-1)}`;
  return (
    `${when}, Node ${node.slice(1)}, ${brokers}; ${window} publishes in flight. ` +
    'Median, and the range over the runs; each with its day and its seed in test/kill/results.'
  );
}

function group(rows) {
  const groups = new Map();
  for (const row of rows) groups.set(row.case, [...(groups.get(row.case) ?? []), row]);
  return groups;
}
