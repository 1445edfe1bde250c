/**
 * How the cost grows, by time: `node scaling.mjs` prints one line of JSON. No socket. Every figure is the least of several
 * rounds in turns, since what disturbs a round only ever makes it slower.
 */
import { FrameParser } from '../../dist/frame/index.js';
import { connect } from '../../dist/index.js';
import { openPool } from '../pipe.mjs';

const ROUNDS = 7;
const turn = () => new Promise(setImmediate);

/** Seconds of the fastest round of each. */
async function race(entries) {
  const best = new Map(entries.map(({ name }) => [name, Number.POSITIVE_INFINITY]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { name, run } of entries) {
      const started = process.hrtime.bigint();
      await run();
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      if (round > 0) best.set(name, Math.min(best.get(name), seconds));
    }
  }
  return entries.map(({ name }) => ({ name, seconds: best.get(name) }));
}

const head = 'MESSAGE\ndestination:/queue/a\nsubscription:1\nmessage-id:ID:broker-1:1\n';
const counted = (size) => `${head}content-length:${size}\n\n${'b'.repeat(size)}\0\n`;
const STREAMS = {
  'frames of 256 B': counted(256).repeat(2_000),
  'a body of 1 MiB, counted': counted(2 ** 20),
  'a body of 1 MiB, ended by NUL': `${head}\n${'b'.repeat(2 ** 20)}\0\n`,
  '1,000 headers': `MESSAGE\n${`x-property:${'v'.repeat(53)}\n`.repeat(1_000)}\n\0\n`.repeat(8),
};
const CHUNKS = [1, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144];

async function chunks() {
  const rows = [];
  for (const [stream, text] of Object.entries(STREAMS)) {
    const wire = Buffer.from(text);
    const entries = CHUNKS.map((size) => {
      const cut = [];
      // A chunk of one byte costs a push: a part of the stream is enough to tell how much.
      const length = Math.min(wire.length, size < 64 ? 40_000 * size : wire.length);
      for (let at = 0; at < length; at += size) cut.push(wire.subarray(at, Math.min(at + size, length)));
      return {
        name: size,
        pushes: cut.length,
        bytes: length,
        run() {
          const parser = new FrameParser(() => {}, {});
          for (const chunk of cut) parser.push(chunk);
        },
      };
    });
    const times = await race(entries);
    for (const [i, { name: chunk, seconds }] of times.entries()) {
      const { pushes, bytes } = entries[i];
      rows.push({ stream, chunk, nsPerByte: (seconds * 1e9) / bytes, nsPerPush: (seconds * 1e9) / pushes });
    }
  }
  return rows;
}

const MESSAGES = 20_000;
const makeMessage = (i, at, id) =>
  `MESSAGE\ncontent-length:16\nexpires:0\ndestination:/queue/${at}\nsubscription:${id}\npriority:4\nmessage-id:ID:broker-1:1:${String(i).padStart(8, '0')}\ntimestamp:1700000000000\n\n0123456789abcdef\0\n`;

async function subscriptions() {
  const entries = [];
  for (const count of [1, 10, 100, 1_000, 10_000]) {
    const wire = await openPool(connect);
    let written = '';
    wire.onWrite = (bytes) => {
      written += bytes.toString('latin1');
    };
    let got = 0;
    const onMessage = ({ headers, body }) => {
      if (headers.get('message-id').length > 0 && body.length === 16) got++;
    };
    for (let i = 0; i < count; i++) wire.stomp.subscribe(`/queue/${i}`, { ack: 'auto' }, onMessage);
    while (written.split('SUBSCRIBE\n').length <= count) await turn();
    const ids = [...written.matchAll(/\nid:(.*)\n/g)].map(([, id]) => id);
    const all = Array.from({ length: MESSAGES }, (_, i) => {
      const at = (i * 7919) % count;
      return makeMessage(i, at, ids[at]);
    });
    const pushed = [];
    for (let i = 0; i < MESSAGES; i += 200) pushed.push(Buffer.from(all.slice(i, i + 200).join('')));
    const run = () => {
      got = 0;
      for (const chunk of pushed) wire.push(chunk);
      if (got !== MESSAGES) throw new Error(`${got} of ${MESSAGES} came`);
    };
    entries.push({ name: count, run });
  }
  return perMessage(await race(entries));
}

async function receipts() {
  const entries = [];
  for (const count of [1, 10, 100, 1_000, 10_000, 100_000]) {
    const wire = await openPool(connect);
    let next = 1;
    let confirmed = 0;
    const confirm = () => confirmed++;
    const publish = () => wire.stomp.publish('/queue/a', '0123456789abcdef').then(confirm, () => {});
    for (let i = 0; i < count; i++) publish();
    while (wire.sends < count) await turn();
    const batch = Math.min(count, 100);
    const run = async () => {
      confirmed = 0;
      while (confirmed < MESSAGES) {
        let answers = '';
        for (let i = 0; i < batch; i++) answers += `RECEIPT\nreceipt-id:${next++}\n\n\0\n`;
        wire.push(answers);
        for (let i = 0; i < batch; i++) publish();
        await turn();
      }
    };
    entries.push({ name: count, run });
  }
  return perMessage(await race(entries));
}

/** The limit: as many promises in flight, each with its `then`, and nothing else of a client. */
async function promises() {
  const entries = [10, 100, 1_000, 10_000, 100_000].map((count) => {
    const waiting = new Array(131_072).fill(undefined);
    let [first, next, confirmed] = [0, 0, 0];
    const place = (id) => id & (waiting.length - 1);
    const confirm = () => confirmed++;
    const publish = () =>
      new Promise((resolve) => {
        waiting[place(next++)] = resolve;
      }).then(confirm, () => {});
    for (let i = 0; i < count; i++) publish();
    const batch = Math.min(count, 100);
    const run = async () => {
      confirmed = 0;
      while (confirmed < MESSAGES) {
        for (let i = 0; i < batch; i++) waiting[place(first++)]();
        for (let i = 0; i < batch; i++) publish();
        await turn();
      }
    };
    return { name: count, run };
  });
  return perMessage(await race(entries));
}

function perMessage(times) {
  return times.map(({ name: count, seconds }) => ({ count, nsPerMessage: (seconds * 1e9) / MESSAGES }));
}

const result = {
  chunks: await chunks(),
  subscriptions: await subscriptions(),
  receipts: await receipts(),
  promises: await promises(),
};
console.log(JSON.stringify(result));
process.exit(0);
