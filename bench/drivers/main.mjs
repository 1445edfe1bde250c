/**
 * Runs one Node client through one scenario: `node main.mjs CLIENT JSON`, and prints one line of JSON.
 * The JSON in and out is described in README.md; the drivers in other languages speak the same.
 */
import { makeBody, makeMessageId } from '../bodies.mjs';

const DESTINATION = '/queue/bench.messages';
const BATCH_BYTES = 262_144;
const STALLED_MS = 5_000;

const [name, json] = process.argv.slice(2);
const job = JSON.parse(json);
const driver = await import(`./${name}.mjs`);

const modes = { receive, publish, confirm, codec };
const result = await modes[job.mode]();
console.log(JSON.stringify({ ...result, peakKiB: process.resourceUsage().maxRSS }));
process.exit(0);

/** Starts when it is called; gives seconds and CPU seconds when it is called again. */
function stopwatch() {
  const started = process.hrtime.bigint();
  const cpu = process.cpuUsage();
  return () => {
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    const used = process.cpuUsage(cpu);
    return { seconds, cpu: (used.user + used.system) / 1e6 };
  };
}

async function receive() {
  const { warm, count } = job;
  const total = warm + count;
  const client = await driver.open(job.port, job);
  const names = Array.from({ length: job.subs ?? 1 }, (_, i) =>
    i === 0 ? DESTINATION : `${DESTINATION}.${i}`,
  );
  return await new Promise((resolve) => {
    const { promise: ended, check } = job.verify ? checker(total) : { promise: undefined, check: undefined };
    let got = 0;
    let bytes = 0;
    let watch = warm === 0 ? stopwatch() : undefined;
    let last = '';
    const done = (stalled = false) =>
      resolve({
        ...watch?.(),
        frames: client.readThrough ? count : got - warm,
        bytes,
        last,
        stalled,
        ...ended?.(),
      });
    const onMessage = (id, body, destination, wanted) => {
      if (check) check(id, body, destination, wanted);
      bytes += body.length;
      last = id;
      if (++got === warm) watch = stopwatch();
      if (got === total) done();
    };
    let before = -1;
    setInterval(() => {
      if (got === before && !client.readThrough) done(true);
      before = got;
    }, job.stalledMs ?? STALLED_MS);
    if (client.readThrough) {
      client.readThrough(() => {
        watch = stopwatch();
      }, done);
    } else {
      client.subscribe(names, onMessage);
    }
  });
}

/** Compares ids, order, bodies and destinations with what the source is known to send. */
function checker(total) {
  const bodies = new Map();
  let next = 0;
  let wrong = 0;
  let skipped = 0;
  let misrouted = 0;
  const check = (id, body, destination, wanted) => {
    if (wanted !== undefined && destination !== wanted) misrouted++;
    const index = Number(id.slice(-8));
    if (id !== makeMessageId(next)) {
      skipped += Number.isInteger(index) ? (index - next + job.perBlock) % job.perBlock : 1;
      if (Number.isInteger(index)) next = index;
    }
    if (!bodies.has(next)) bodies.set(next, makeBody(job.body ?? 'ascii', job.size, next));
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    if (Buffer.compare(bytes, bodies.get(next)) !== 0) wrong++;
    next = (next + 1) % job.perBlock;
  };
  return { check, promise: () => ({ wrong, skipped, misrouted, wanted: total }) };
}

function publishBody() {
  const body = makeBody(job.body ?? 'ascii', job.size, 0);
  return job.bytes ? body : body.toString();
}

async function publish() {
  const client = await driver.open(job.port, job);
  const body = publishBody();
  const many = client.publishMany ?? publishInBatches;
  await many(DESTINATION, job.warm, body, client);
  const watch = stopwatch();
  await many(DESTINATION, job.count, body, client);
  return { ...watch(), frames: job.count };
}

/** 256 frames or 256 KiB, then room in the socket; the last frame asks for a receipt. */
async function publishInBatches(destination, count, body, client) {
  const batch = Math.max(1, Math.min(256, Math.floor(BATCH_BYTES / job.size)));
  for (let left = count - 1; left > 0; left -= batch) {
    for (let i = Math.min(batch, left); i > 0; i--) client.send(destination, body);
    await client.room();
  }
  await new Promise((resolve) => client.confirm(destination, body, resolve));
}

/** Keeps `window` messages in flight until all have their receipt. */
async function confirm() {
  const client = await driver.open(job.port, job);
  const body = publishBody();
  const many =
    client.confirmMany ??
    ((count) =>
      new Promise((resolve) => {
        let sent = 0;
        let got = 0;
        const next = () => {
          sent++;
          client.confirm(DESTINATION, body, () => {
            if (++got === count) resolve();
            else if (sent < count) next();
          });
        };
        for (let i = Math.min(job.window, count); i > 0; i--) next();
      }));
  await many(job.warm, DESTINATION, body, job.window);
  const watch = stopwatch();
  await many(job.count, DESTINATION, body, job.window);
  return { ...watch(), frames: job.count };
}

/** No socket: chunks of 64 KiB, cut wherever they fall, into the client's own parser. */
async function codec() {
  const frames = Math.ceil((4 << 20) / (job.size + 190));
  const stream = Buffer.concat(Array.from({ length: frames }, (_, i) => makeMessage(i)));
  const chunks = [];
  for (let at = 0; at < stream.length; at += job.chunk) chunks.push(stream.subarray(at, at + job.chunk));
  let got = 0;
  let bytes = 0;
  let last = '';
  const push = driver.parser((id, body) => {
    got++;
    last = id;
    bytes += body.length;
  });
  const passes = async (count) => {
    const until = got + count;
    while (got < until) {
      for (const chunk of chunks) {
        const wait = push(chunk);
        if (wait) await wait;
      }
    }
  };
  await passes(job.warm);
  const before = got;
  const bytesBefore = bytes;
  const watch = stopwatch();
  await passes(job.count);
  const time = watch();
  const counted = got - before;
  if (
    counted % frames !== 0 ||
    bytes - bytesBefore !== counted * job.size ||
    last !== makeMessageId(frames - 1)
  )
    throw new Error(`the parser gave ${counted} frames of ${frames} a pass, the last ${last}`);
  return { ...time, frames: counted };
}

function makeMessage(index) {
  const head = `MESSAGE
content-length:${job.size}
expires:0
destination:${DESTINATION}
subscription:1
priority:4
message-id:${makeMessageId(index)}
timestamp:1700000000000

`;
  return Buffer.concat([Buffer.from(head), makeBody('ascii', job.size, index), Buffer.from('\0\n')]);
}
