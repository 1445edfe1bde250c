#!/usr/bin/env node
// How the memory of a publisher fares while its broker is away and it keeps publishing into a full outbox.
//
// usage: node scripts/outage.mjs [--seconds N] [--publishers N] [--bytes N] [--timeout MS]    default: 60, 2000, 16384, 2000
//
// A broker in this process, a publisher in another. The publishers each await their `publish` and go on with the next.
// The broker goes away, the outbox fills, and from then on the publisher's RSS is taken twice a second. At the end the
// broker comes back, and what was left arrives. Fails when the RSS spans more than 32 MB, or anything is amiss.

import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const MOST_MB = 32;
/** Of the 16 MiB that an outbox holds unless told otherwise. */
const FULL = 15.5 * 1_048_576;
const self = fileURLToPath(import.meta.url);
const root = join(dirname(self), '..');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const text = { type: 'string' };
const { values } = parseArgs({ options: { seconds: text, publishers: text, bytes: text, timeout: text } });
const wish = {
  seconds: Number(values.seconds ?? 60),
  publishers: Number(values.publishers ?? 2_000),
  bytes: Number(values.bytes ?? 16_384),
  timeoutMs: Number(values.timeout ?? 2_000),
};
if (!Object.values(wish).every((value) => value > 0)) {
  console.error(
    'usage: outage [--seconds N] [--publishers N] [--bytes N] [--timeout MS], each above 0, and MS perhaps Infinity',
  );
  process.exit(2);
}

/** The other process: publishes until it is told to stop, and tells how it stands. */
async function publish({ port, publishers, bytes, timeoutMs }) {
  const { connect } = await import('../dist/index.js');
  const pool = await connect(`stomp://127.0.0.1:${port}`, {
    timeoutMs: timeoutMs ?? Number.POSITIVE_INFINITY, // JSON has no Infinity
    maxReconnectDelayMs: 250,
  });
  const outcomes = {};
  let stopped = false;
  const one = async () => {
    while (!stopped) {
      const outcome = await pool.publish('/topic/a', Buffer.alloc(bytes, 'x')).then(
        () => 'resolved',
        ({ code }) => code,
      );
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  };
  const all = Array.from({ length: publishers }, one);
  process.on('message', async (word) => {
    if (word === 'look') {
      const { unconfirmedBytes, unconfirmed } = pool.stats();
      process.send({
        rss: process.memoryUsage.rss(),
        outcomes: { ...outcomes },
        unconfirmed,
        unconfirmedBytes,
      });
      return;
    }
    stopped = true;
    await Promise.all(all);
    await pool.disconnect();
    process.send({ outcomes });
    process.disconnect();
  });
  process.send({ connected: true });
}

async function measure() {
  const built = spawnSync(process.execPath, [join(root, 'scripts/run.mjs'), 'build'], { stdio: 'inherit' });
  if (built.status !== 0) process.exit(1);
  const { Broker } = await import('../dist/broker/index.js');
  let broker = await Broker.start();
  const { port } = broker;
  const child = fork(self, [], {
    env: { ...process.env, STOMPWIRE_OUTAGE: JSON.stringify({ ...wish, port }) },
  });
  const ask = async (word) => {
    child.send(word);
    return (await once(child, 'message'))[0];
  };
  await once(child, 'message');
  await sleep(500);
  const before = await ask('look');
  await broker.kill();
  for (let look = before; look.unconfirmedBytes < FULL; look = await ask('look')) await sleep(100);
  await sleep(5_000);
  const looks = [];
  const until = performance.now() + wish.seconds * 1_000;
  while (performance.now() < until) {
    looks.push(await ask('look'));
    await sleep(500);
  }
  broker = await Broker.start({ port });
  await sleep(3_000);
  const end = await ask('stop');
  await broker.stop();
  const rss = looks.map((look) => look.rss / 1_048_576);
  const span = Math.max(...rss) - Math.min(...rss);
  const mb = (bytes) => (bytes / 1_048_576).toFixed(1);
  console.log(`${wish.publishers} publishers of ${wish.bytes} bytes, timeoutMs ${wish.timeoutMs}`);
  console.log(`before the outage: RSS ${mb(before.rss)} MB`);
  console.log(
    `${wish.seconds} s without a broker: RSS ${Math.min(...rss).toFixed(1)} to ${Math.max(...rss).toFixed(1)} MB, ` +
      `a span of ${span.toFixed(1)}; first ${rss[0].toFixed(1)}, last ${rss.at(-1).toFixed(1)}`,
  );
  const held = looks.map((look) => look.unconfirmedBytes);
  const settled = (look) => Object.values(look.outcomes).reduce((sum, count) => sum + count, 0);
  const calls = settled(looks.at(-1)) - settled(looks[0]);
  console.log(
    `in the outbox: ${mb(Math.min(...held))} to ${mb(Math.max(...held))} MB; calls that gave up meanwhile: ${calls}`,
  );
  console.log(`in the end: ${JSON.stringify(end.outcomes)}`);
  const amiss = [];
  if (span > MOST_MB) amiss.push(`the RSS spans more than ${MOST_MB} MB`);
  if (Math.max(...held) < FULL) amiss.push('the outbox was not full');
  if (Math.max(...held) > 16_777_216) amiss.push('the outbox held more than its bound');
  if (!(end.outcomes.resolved > before.outcomes.resolved)) amiss.push('nothing arrived after the outage');
  for (const what of amiss) console.error(`FAILED: ${what}`);
  process.exitCode = amiss.length === 0 ? 0 : 1;
}

const order = process.env.STOMPWIRE_OUTAGE;
if (order === undefined) await measure();
else await publish(JSON.parse(order));
