// What the proxy costs: the delay it adds at 1,000 frames a second, and the bytes it passes in a second.
// usage: npm run build && node test/audit/proxy-speed.mjs
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy } from '../../dist/audit/proxy.js';

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
  for (let count = 0; count < 3_000; count++) {
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
  const total = 1_000 * 1_048_576;
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
const [bare, through] = [await delays(echo.port), await delays(slow.port)];
console.log(
  `round trip at 1,000 frames a second: ${bare.toFixed(3)} ms without, ${through.toFixed(3)} ms with`,
);
console.log(`added: ${(through - bare).toFixed(3)} ms for both ways (median)`);
console.log(`throughput: ${(await throughput(sink.port, counter)).toFixed(0)} MB/s without`);
console.log(`throughput: ${(await throughput(fast.port, counter)).toFixed(0)} MB/s with, recorded`);
console.log(`${records} records`);
await slow.close();
await fast.close();
echo.close();
sink.close();
