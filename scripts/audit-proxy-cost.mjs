#!/usr/bin/env node
// What the proxy costs: the delay it adds at 1,000 frames a second, and the bytes it passes in a second.
// With and without it take turns.
//
// usage: npm run build && node scripts/audit-proxy-cost.mjs
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy } from '../dist/audit/index.js';

const listen = (onSocket) =>
  new Promise((resolve) => {
    const server = createServer({ noDelay: true }, onSocket);
    server.listen(0, '127.0.0.1', () =>
      resolve({ port: server.address().port, close: () => server.close() }),
    );
  });
const dial = (port) =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
  });
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

async function delays(port) {
  const socket = await dial(port);
  const frame = Buffer.from(`SEND\ndestination:/queue/x\n\n${'b'.repeat(200)}\0`);
  const found = [];
  let sent = 0n;
  let got = 0;
  socket.on('data', (chunk) => {
    got += chunk.length;
    if (got % frame.length === 0) found.push(Number(process.hrtime.bigint() - sent) / 1e6);
  });
  const start = performance.now();
  for (let count = 0; count < 1_500; count++) {
    while (performance.now() - start < count) await sleep(0);
    sent = process.hrtime.bigint();
    socket.write(frame);
    await new Promise((done) => socket.once('data', done));
  }
  socket.destroy();
  return median(found.slice(500));
}

async function throughput(port, counter) {
  const socket = await dial(port);
  const chunk = Buffer.alloc(65_536, 'x');
  const total = 500 * 1_048_576;
  const from = counter.bytes;
  const start = performance.now();
  for (let sent = 0; sent < total; sent += chunk.length)
    if (!socket.write(chunk)) await new Promise((done) => socket.once('drain', done));
  while (counter.bytes - from < total) await sleep(1);
  socket.destroy();
  return total / 1e6 / ((performance.now() - start) / 1_000);
}

const counter = { bytes: 0 };
const echo = await listen((socket) => socket.pipe(socket).on('error', () => undefined));
const sink = await listen((socket) =>
  socket
    .on('error', () => undefined)
    .on('data', (chunk) => {
      counter.bytes += chunk.length;
    }),
);
let records = 0;
const onRecord = () => records++;
const slow = await startProxy({ to: { port: echo.port }, onRecord });
const fast = await startProxy({ to: { port: sink.port }, onRecord });
const rounds = { bare: [], through: [], direct: [], passed: [] };
for (let round = 0; round < 3; round++) {
  rounds.bare.push(await delays(echo.port));
  rounds.through.push(await delays(slow.port));
  rounds.direct.push(await throughput(sink.port, counter));
  rounds.passed.push(await throughput(fast.port, counter));
}
const added = rounds.through.map((ms, round) => ms - rounds.bare[round]);
const tell = (what, unit, values, digits) => {
  const [from, mid, to] = [Math.min(...values), median(values), Math.max(...values)];
  console.log(`${what}: ${[mid, from, to].map((value) => value.toFixed(digits)).join(' ')} ${unit}`);
};
console.log('median, lowest and highest of three rounds; at 1,000 frames a second, recorded:');
tell('round trip without', 'ms', rounds.bare, 3);
tell('round trip with', 'ms', rounds.through, 3);
tell('added, for both ways', 'ms', added, 3);
console.log('as fast as it goes, recorded:');
tell('without', 'MB/s', rounds.direct, 0);
tell('with', 'MB/s', rounds.passed, 0);
console.log(`${records} records`);
await slow.close();
await fast.close();
echo.close();
sink.close();
