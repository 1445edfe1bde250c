/**
 * Counts what the library does, in a process of its own, and prints one line of JSON:
 * `node --expose-gc --min-semi-space-size=256 --max-semi-space-size=256 counts.mjs BUNDLE TASK`.
 * No count depends on how fast the machine is. The new space is large enough for nothing to be collected while the
 * bytes of the heap are counted.
 */
import { once } from 'node:events';
import { Session } from 'node:inspector/promises';
import net from 'node:net';
import { pathToFileURL } from 'node:url';
import { openPool } from '../../bench/pipe.mjs';

const [bundle, task] = process.argv.slice(2);
const url = pathToFileURL(bundle).href;
const { connect } = await import(url);

const open = () => openPool(connect);

const turn = () => new Promise(setImmediate);

// ---- steps ----

const session = new Session();
let elements = 0;

/** Array methods that look at many entries in one call: each entry is a step. */
function countElements() {
  const names = [
    'indexOf',
    'includes',
    'find',
    'findIndex',
    'findLast',
    'filter',
    'map',
    'some',
    'every',
    'forEach',
  ];
  for (const name of [
    ...names,
    'reduce',
    'shift',
    'unshift',
    'splice',
    'slice',
    'concat',
    'sort',
    'reverse',
  ]) {
    const original = Array.prototype[name];
    Array.prototype[name] = function (...args) {
      elements += this.length;
      return Reflect.apply(original, this, args);
    };
  }
}

/**
 * Characters of the library's source that were run, each as often as it was, and the array entries that were looked at:
 * since the last call.
 */
async function takeSteps() {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const script = result.find((it) => it.url === url);
  const run = script?.functions.reduce((sum, { ranges }) => sum + charactersRun(ranges), 0) ?? 0;
  const steps = run + elements;
  elements = 0;
  return steps;
}

/** A range counts for what lies in it and in no range within it. The outer ones come first. */
function charactersRun(ranges) {
  let sum = 0;
  const open = [];
  const close = () => {
    const { own, count } = open.pop();
    sum += own * count;
  };
  for (const { startOffset, endOffset, count } of ranges) {
    while (open.length > 0 && open.at(-1).endOffset <= startOffset) close();
    const own = endOffset - startOffset;
    if (open.length > 0) open.at(-1).own -= own;
    open.push({ endOffset, count, own });
  }
  while (open.length > 0) close();
  return sum;
}

async function startSteps() {
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  countElements();
}

const MESSAGES = 10_000;
const BODY = '0123456789abcdef';

const makeMessage = (i, destination, subscription) => `MESSAGE
content-length:${BODY.length}
expires:0
destination:${destination}
subscription:${subscription}
priority:4
message-id:ID:broker-1:1:${String(i).padStart(8, '0')}
timestamp:1700000000000

${BODY}\0
`;

/** Chunks of 200 messages, each time for another subscription. */
function makeChunks(subscribed) {
  const chunks = [];
  let chunk = '';
  for (let i = 0; i < 2 * MESSAGES; i++) {
    const at = (i * 7919) % subscribed.length;
    chunk += makeMessage(i, `/queue/${at}`, subscribed[at]);
    if (i % 200 !== 199) continue;
    chunks.push(Buffer.from(chunk));
    chunk = '';
  }
  return chunks;
}

async function subscriptions() {
  await startSteps();
  const rows = [];
  for (const count of [1, 10, 100, 1_000, 10_000]) {
    const wire = await open();
    let got = 0;
    let written = '';
    wire.onWrite = (bytes) => {
      written += bytes.toString('latin1');
    };
    for (let i = 0; i < count; i++)
      wire.stomp.subscribe(`/queue/${i}`, { ack: 'auto' }, ({ headers, body }) => {
        if (headers.get('message-id').length > 0 && body.length === BODY.length) got++;
      });
    while (written.split('SUBSCRIBE\n').length <= count) await turn();
    const chunks = makeChunks([...written.matchAll(/\nid:(.*)\n/g)].map(([, id]) => id));
    const half = chunks.length / 2;
    for (const chunk of chunks.slice(0, half)) wire.push(chunk);
    await takeSteps();
    got = 0;
    for (const chunk of chunks.slice(half)) wire.push(chunk);
    rows.push({ count, done: got, steps: (await takeSteps()) / MESSAGES });
    wire.stomp.destroy();
  }
  return rows;
}

async function receipts() {
  await startSteps();
  const rows = [];
  for (const count of [1, 10, 100, 1_000, 10_000, 100_000]) {
    const wire = await open();
    let next = 1;
    let confirmed = 0;
    const confirm = () => confirmed++;
    const publish = () => wire.stomp.publish('/queue/a', BODY).then(confirm, () => {});
    for (let i = 0; i < count; i++) publish();
    while (wire.sends < count) await turn();
    const batch = Math.min(count, 100);
    const round = async () => {
      let answers = '';
      for (let i = 0; i < batch; i++) answers += `RECEIPT\nreceipt-id:${next++}\n\n\0\n`;
      wire.push(answers);
      for (let i = 0; i < batch; i++) publish();
      await turn();
    };
    while (confirmed < 1_000) await round();
    await takeSteps();
    confirmed = 0;
    while (confirmed < MESSAGES) await round();
    rows.push({ count, done: confirmed, steps: (await takeSteps()) / confirmed });
    wire.stomp.destroy();
  }
  return rows;
}

async function writes() {
  const wire = await open();
  const rows = [];
  for (const size of [16, 256, 4096]) {
    const body = 'x'.repeat(size);
    const before = { ...wire };
    for (let i = 0; i < 1000; i++) if (!wire.stomp.send('/queue/a', body)) await wire.stomp.drain();
    await turn();
    rows.push({ size, sends: wire.sends - before.sends, writes: wire.writes - before.writes });
  }
  return rows;
}

/** Bytes of the heap that a frame takes, and bytes of Buffers beside it. */
async function allocations() {
  const wire = await open();
  let id;
  wire.onWrite = (bytes) => {
    id ??= /SUBSCRIBE\n(?:.*\n)*?id:(.*)\n/.exec(bytes.toString('latin1'))?.[1];
  };
  const counts = { received: 0, sent: 0 };
  wire.stomp.subscribe('/queue/0', { ack: 'auto' }, ({ headers, body }) => {
    if (headers.get('message-id').length > 0 && body.length === BODY.length) counts.received++;
  });
  while (id === undefined) await turn();
  wire.onWrite = () => {};
  const chunk = Buffer.from(Array.from({ length: 200 }, (_, i) => makeMessage(i, '/queue/0', id)).join(''));
  const receive = await countBytes(() => wire.push(chunk), 200);
  const send = await countBytes(() => {
    for (let i = 0; i < 200; i++, counts.sent++) wire.stomp.send('/queue/a', BODY);
  }, 200);
  return { receive, send, ...counts, arrived: wire.sends };
}

async function countBytes(work, frames) {
  const rounds = 100;
  for (let i = 0; i < rounds; i++) await turn(work());
  globalThis.gc();
  const before = process.memoryUsage();
  for (let i = 0; i < rounds; i++) await turn(work());
  const after = process.memoryUsage();
  const perFrame = (name) => (after[name] - before[name]) / (rounds * frames);
  return { heap: perFrame('heapUsed'), buffers: perFrame('arrayBuffers') };
}

/** What stays alive for one small body in each 256 KiB of traffic, over a socket. */
async function kept() {
  const rows = [];
  for (const size of [1, 16, 256, 1_000, 1_024, 1_025, 2_047]) {
    const frame = Buffer.from(
      `MESSAGE\nsubscription:1\nmessage-id:1\ncontent-length:${size}\n\n${'b'.repeat(size)}\0\n`,
    );
    const every = Math.ceil(262_144 / frame.length);
    const server = net.createServer((socket) => {
      socket.once('data', () => socket.write('CONNECTED\nsession:1\n\n\0\n'));
      socket.on('error', () => {});
      server.emit('peer', socket);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const peer = once(server, 'peer');
    const stomp = await connect(`stomp://127.0.0.1:${server.address().port}`);
    const [socket] = await peer;
    const bodies = [];
    let got = 0;
    let resolve;
    stomp.subscribe('/queue/a', { ack: 'auto', implicit: true, headers: { id: '1' } }, ({ body }) => {
      if (++got % every === 0) bodies.push(body);
      if (got % (every * 8) === 0) resolve();
    });
    const pass = async () => {
      const done = new Promise((it) => {
        resolve = it;
      });
      for (let i = 0; i < 8; i++) socket.write(Buffer.concat(Array(every).fill(frame)));
      await done;
    };
    await pass();
    const before = await settledBuffers();
    const had = bodies.length;
    for (let i = 0; i < 10; i++) await pass();
    const after = await settledBuffers();
    const wrong = bodies.filter((body) => body.length !== size || body.some((byte) => byte !== 98)).length;
    rows.push({ size, kept: bodies.length - had, wrong, bytes: (after - before) / (bodies.length - had) });
    stomp.destroy();
    socket.destroy();
    server.close();
  }
  return rows;
}

/** Bytes of all Buffers, once nothing is left to be collected. */
async function settledBuffers() {
  for (let i = 0; i < 3; i++) {
    await turn();
    globalThis.gc();
  }
  return process.memoryUsage().arrayBuffers;
}

const tasks = { subscriptions, receipts, writes, allocations, kept };
console.log(JSON.stringify(await tasks[task]()));
process.exit(0);
