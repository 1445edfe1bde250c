/** One memory case of stompwire: `node --expose-gc memory-case.mjs CASE JSON`; see ../memory.mjs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../dist/index.js';

const DESTINATION = '/queue/bench.messages';
const MIB = 2 ** 20;
const [which, json] = process.argv.slice(2);
const job = JSON.parse(json);
const body = 'x'.repeat(job.size);

const cases = { stalledPolite, stalledRude, stuckHandler, unreadIterator, received, sent, growth };
const stomp = await connect(`stomp://bench:bench@127.0.0.1:${job.port}`);
await sleep(100);
globalThis.gc();
const before = process.memoryUsage.rss();
let peak = before;
const sample = () => {
  peak = Math.max(peak, process.memoryUsage.rss());
};
const timer = setInterval(sample, 20);
const { note, ...more } = await cases[which]();
clearInterval(timer);
sample();
const result = {
  grownMiB: (process.memoryUsage.rss() - before) / MIB,
  peakMiB: (peak - before) / MIB,
  note,
  ...more,
};
console.log(JSON.stringify(result));
process.exit(0);

async function stalledPolite() {
  let sent = 0;
  for (; sent < job.count; sent++) {
    if (sent % 1000 === 0) sample();
    if (stomp.send(DESTINATION, body)) continue;
    if (!(await Promise.race([stomp.drain().then(() => true), sleep(3_000, false)]))) break;
  }
  return { note: `${sent} taken, then drain() waited` };
}

async function stalledRude() {
  let taken = 0;
  const refused = new Map();
  for (let offered = 0; offered < job.count; offered++) {
    if (offered % 1000 === 0) {
      sample();
      await new Promise(setImmediate);
    }
    try {
      stomp.send(DESTINATION, body);
      taken++;
    } catch (error) {
      refused.set(error.code, (refused.get(error.code) ?? 0) + 1);
    }
  }
  const reasons = [...refused].map(([code, count]) => `${count} refused with ${code}`);
  return { note: [`${taken} taken`, ...reasons].join(', ') };
}

async function stuckHandler() {
  let got = 0;
  stomp.subscribe(DESTINATION, { ack: 'auto' }, () => {
    got++;
    return new Promise(() => {});
  });
  await sleep(5_000);
  return { note: `${got} handed over` };
}

async function unreadIterator() {
  stomp.subscribe(DESTINATION, { ack: 'auto' });
  await sleep(5_000);
  return { note: 'nothing read' };
}

async function received() {
  let got = 0;
  await new Promise((resolve) => {
    stomp.subscribe(DESTINATION, { ack: 'auto' }, (message) => {
      if (message.body.length === job.size && ++got === job.count) resolve();
    });
  });
  return { note: `${got} received` };
}

async function sent() {
  for (let i = 0; i < job.count; i++) if (!stomp.send(DESTINATION, body)) await stomp.drain();
  await stomp.publish(DESTINATION, body);
  return { note: `${job.count} sent and confirmed` };
}

async function growth() {
  const out = await connect(`stomp://bench:bench@127.0.0.1:${job.sinkPort}`);
  const until = performance.now() + job.seconds * 1000;
  const counts = { received: 0, sent: 0, confirmed: 0 };
  stomp.subscribe(DESTINATION, { ack: 'auto' }, async (message) => {
    counts.received++;
    if (message.headers.get('message-id') === undefined) throw new Error('no message-id');
    if (counts.received % 256 === 0) await new Promise(setImmediate);
  });
  const sending = (async () => {
    while (performance.now() < until) {
      for (let i = 0; i < 256; i++, counts.sent++) if (!out.send(DESTINATION, body)) await out.drain();
      await Promise.all(Array.from({ length: 64 }, () => out.publish(DESTINATION, body)));
      counts.confirmed += 64;
      await new Promise(setImmediate);
    }
  })();
  const samples = [];
  const watching = (async () => {
    while (performance.now() < until) {
      await sleep(1_000);
      globalThis.gc();
      const { rss, heapUsed, external } = process.memoryUsage();
      samples.push({ rss, used: heapUsed + external });
    }
  })();
  await Promise.all([sending, watching]);
  const settled = samples.slice(Math.min(10, samples.length >> 2));
  const perMinute = (of) => (slope(settled.map(of)) * 60) / MIB;
  const growth = { rss: perMinute((it) => it.rss), used: perMinute((it) => it.used) };
  const note =
    `MiB a minute: RSS ${growth.rss.toFixed(2)}, heap and external ${growth.used.toFixed(2)}; ` +
    `${counts.received} received, ${counts.sent} sent, ${counts.confirmed} confirmed`;
  return { note, mibPerMinute: growth };
}

/** Least squares, per sample. */
function slope(values) {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let above = 0;
  let below = 0;
  values.forEach((value, i) => {
    above += (i - middle) * (value - mean);
    below += (i - middle) ** 2;
  });
  return above / below;
}
