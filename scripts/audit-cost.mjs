#!/usr/bin/env node
// What watching costs: messages received without a tap, with one whose records or transcript go nowhere, and with an
// auditor behind it. Also what it costs that a connection might be watched: a copy of the library in which nothing asks
// for an observer takes turns with the real one. They take turns in one run, so that what else the machine does meets all alike. Processor time is what
// to look at where other programs are busy: it is that of this process, and the server is another one. Where they are
// very busy even that sways; the time spent in the tap itself, as its calls take it, sways least.
//
// usage: npm run build && node scripts/audit-cost.mjs [--rounds=31] [--messages=40000] [--body=200] [--only=WORD]

import { fork } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const DESTINATION = '/queue/cost';

function message(number, body) {
  const head = `MESSAGE\ndestination:${DESTINATION}\nsubscription:s1\nmessage-id:ID-${String(number).padStart(6, '0')}\n`;
  return `${head}content-length:${body}\n\n${'x'.repeat(body)}\0\n`;
}

/** Answers CONNECT, and SUBSCRIBE with all the messages at once. */
function serve({ messages, body }) {
  const block = Buffer.from(Array.from({ length: 1000 }, (_, n) => message(n, body)).join(''), 'latin1');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      if (text.includes('CONNECT\n')) socket.write('CONNECTED\nsession:cost\n\n\0\n');
      if (!text.includes('SUBSCRIBE\n')) return;
      for (let sent = 0; sent < messages; sent += 1000) socket.write(block);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
  process.on('disconnect', () => process.exit());
}

/** The observer with each call timed; `times` gets the microseconds. */
function timed(observer, times) {
  if (observer === undefined) return undefined;
  const { onBytesIn } = observer;
  return {
    ...observer,
    onBytesIn(event) {
      const start = performance.now();
      onBytesIn(event);
      times.push((performance.now() - start) * 1000);
    },
  };
}

/** A copy of the library in which nobody can watch: the question whether anybody does is answered in the code. */
async function withoutTap() {
  const folder = mkdtempSync(join(tmpdir(), 'stompwire-cost-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const root = fileURLToPath(new URL('..', import.meta.url));
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  const names = readdirSync(join(folder, 'dist'), { recursive: true }).filter((name) => name.endsWith('.js'));
  let changed = 0;
  for (const name of names) {
    const file = join(folder, 'dist', name);
    const text = readFileSync(file, 'utf8');
    const silent = text.replace(/\bwants\(name\) \{\s*return [^;]*;\s*\}/g, () => {
      changed++;
      return 'wants(name) { return false; }';
    });
    if (silent !== text) writeFileSync(file, silent);
  }
  if (changed !== 1) throw new Error(`expected one place that asks for an observer, found ${changed}`);
  return import(pathToFileURL(join(folder, 'dist', 'index.js')));
}

async function receive({ connect }, port, messages, observer) {
  const times = [];
  const options = observer === undefined ? {} : { observer: timed(observer, times) };
  const pool = await connect(`stomp://127.0.0.1:${port}`, options);
  let count = 0;
  const start = performance.now();
  const cpu = process.cpuUsage();
  await new Promise((resolve) => {
    pool.subscribe(DESTINATION, { id: 's1' }, () => {
      if (++count === messages) resolve();
    });
  });
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  pool.destroy();
  const tapNs = times.length === 0 ? 0 : (median(times) * times.length * 1000) / messages;
  return { rate: (messages / ms) * 1000, cpuNs: ((user + system) * 1000) / messages, tapNs };
}

/** The value that this part of all is below. */
function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

const median = (values) => quantile(values, 0.5);

async function main() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '31' },
      messages: { type: 'string', default: '40000' },
      body: { type: 'string', default: '200' },
      only: { type: 'string', default: '' },
    },
  });
  const [rounds, messages, body] = [values.rounds, values.messages, values.body].map(Number);
  const stompwire = await import('../dist/index.js');
  const silent = await withoutTap();
  const { Auditor, RecordList, Tap, TranscriptWriter } = await import('../dist/audit/index.js');
  const server = fork(fileURLToPath(import.meta.url), ['serve', String(messages), String(body)]);
  const port = await new Promise((resolve) => server.once('message', resolve));
  const nowhere = { write: () => true };
  const cases = {
    'no tap': () => undefined,
    'no tap, and none possible': () => undefined,
    'tap, records to a null sink': () => new Tap({ sink: { transient: true, record: () => {} } }).observer(),
    'tap, records kept in memory': () => new Tap({ sink: new RecordList() }).observer(),
    'tap, transcript to a null sink': () =>
      new Tap({ sink: new TranscriptWriter({ sink: nowhere }) }).observer(),
    'tap, text transcript to a null sink': () =>
      new Tap({ sink: new TranscriptWriter({ sink: nowhere, encoding: 'text' }) }).observer(),
    'tap, all rules': () => new Tap({ sink: new Auditor() }).observer(),
  };
  console.log(
    `${messages} messages with ${body} bytes each, ${rounds} rounds after three to warm up; the quicker quarter`,
  );
  const [plain, ...others] = Object.keys(cases);
  for (const other of others.filter((name) => name.includes(values.only))) {
    const runs = { [plain]: [], [other]: [] };
    // What takes ten times as long need not be seen as often.
    const enough = /text|rules/.test(other) ? Math.ceil(rounds / 5) : rounds;
    for (let round = -3; round < enough; round++) {
      for (const name of round % 2 === 0 ? [plain, other] : [other, plain]) {
        const library = name.endsWith('possible') ? silent : stompwire;
        const run = await receive(library, port, messages, cases[name]());
        if (round >= 0) runs[name].push(run);
      }
    }
    tell(runs[plain], plain);
    tell(runs[other], other, runs[plain]);
  }
  server.disconnect();
}

const count = (number) => Math.round(number).toLocaleString('en-US');
const percent = (part) => `${(part * 100).toFixed(1)} %`;

/** What else runs only ever adds to a round, so that the quicker quarter of them is what the code itself takes. */
function tell(runs, name, plain) {
  const rate = (all) =>
    quantile(
      all.map((run) => run.rate),
      0.75,
    );
  const cpuNs = (all) =>
    quantile(
      all.map((run) => run.cpuNs),
      0.25,
    );
  const figures = `${count(rate(runs)).padStart(9)} messages/s, ${count(cpuNs(runs)).padStart(6)} ns of processor time each`;
  console.log(`${name.padEnd(36)} ${figures}`);
  if (plain === undefined) return;
  const less = 1 - rate(runs) / rate(plain);
  const more = cpuNs(runs) / cpuNs(plain) - 1;
  const pairs = runs.map((run, round) => run.cpuNs / plain[round].cpuNs - 1);
  const spread = [0.25, 0.5, 0.75].map((part) => percent(quantile(pairs, part))).join(', ');
  console.log(
    `    ${percent(less)} slower, ${percent(more)} more time; by pairs, quartiles: ${spread} more time`,
  );
  const tapNs = median(runs.map((run) => run.tapNs));
  if (tapNs > 0) console.log(`    in the tap ${count(tapNs)} ns, ${percent(tapNs / cpuNs(plain))}`);
}

const [, , role, messages, body] = process.argv;
if (role === 'serve') serve({ messages: Number(messages), body: Number(body) });
else await main();
