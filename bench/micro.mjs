/**
 * The codec alone, in one process, to see what a change to the parser or the serializer does.
 *
 *   node bench/micro.mjs [--only TEXT] [--seconds S] [--rounds N]
 *   node --cpu-prof --cpu-prof-dir=bench/results bench/micro.mjs --only "chunks of 64 KiB"    where the time goes
 *
 * It measures what was built last: `npm run build` first. All cases take turns, and share one set of optimised
 * functions, as they do in a program that meets many kinds of frames.
 */
import { parseArgs } from 'node:util';
import { encodeFrame, FrameParser } from '../dist/frame/index.js';
import { makeBody, makeMessageId } from './bodies.mjs';
import { formatRate, formatTable } from './report.mjs';
import { spread } from './statistics.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '0.2' },
    rounds: { type: 'string', default: '7' },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);

const KIB = 1024;
const STREAM_BYTES = 4 << 20;
const USUAL = { size: 256, headers: 7, counted: true, chunk: 64 * KIB, views: true };

const CASES = [
  parse('chunks of 64 KiB', {}),
  parse('bodies copied', { views: false }),
  parse('no header read', { read: false }),
  parse('content-length absent', { counted: false }),
  ...[1, 64, 1460, 16 * KIB, 256 * KIB, STREAM_BYTES].map((chunk) =>
    parse(`chunks of ${bytes(chunk)}`, { chunk }),
  ),
  ...[2, 4, 16, 32].map((headers) => parse(`${headers} headers`, { headers })),
  ...[0, 16, 4 * KIB, 64 * KIB, 1024 * KIB].map((size) => parse(`body of ${bytes(size)}`, { size })),
  ...[4 * KIB, 64 * KIB].map((size) => parse(`body of ${bytes(size)} to NUL`, { size, counted: false })),
  parse('64 subscriptions in turn', { subscriptions: 64 }),
  ...[16, 256, 4 * KIB, 64 * KIB].map((size) => encode(`string of ${bytes(size)}`, 'x'.repeat(size))),
  ...[256, 64 * KIB].map((size) => encode(`Buffer of ${bytes(size)}`, Buffer.alloc(size, 'x'))),
  encode('utf-8 string of 256 characters', 'äö€.'.repeat(64)),
];

function bytes(count) {
  if (count >= 1024 * KIB) return `${count / KIB / KIB} MiB`;
  return count >= 16 * KIB || count === 4 * KIB ? `${count / KIB} KiB` : `${count} B`;
}

/** A case is a name and a function that does one pass and gives frames and bytes. */
function parse(title, changes) {
  const shape = { ...USUAL, read: true, subscriptions: 1, ...changes };
  return { name: `parse, ${title}`, prepare: () => preparePasses(shape) };
}

function preparePasses(shape) {
  const stream = makeStream(shape);
  const chunks = [];
  for (let at = 0; at < stream.bytes.length; at += shape.chunk)
    chunks.push(stream.bytes.subarray(at, at + shape.chunk));
  let got = 0;
  let read = 0;
  const onFrame = shape.read
    ? (frame) => {
        got++;
        read += frame.headers.get('message-id').length + frame.body.length;
      }
    : (frame) => {
        got++;
        read += frame.body.length;
      };
  const parser = new FrameParser(onFrame, { bodyViews: shape.views });
  return () => {
    got = 0;
    for (const chunk of chunks) parser.push(chunk);
    if (got !== stream.frames) throw new Error(`${got} frames of ${stream.frames}, ${read} characters read`);
    return { frames: got, bytes: stream.bytes.length };
  };
}

function makeStream({ size, headers, counted, subscriptions, chunk }) {
  const most = chunk === 1 ? STREAM_BYTES / 16 : STREAM_BYTES;
  const frames = Math.max(4, Math.ceil(most / (size + 40 * headers)));
  const all = Array.from({ length: frames }, (_, i) =>
    makeMessage(i, size, headers, counted, i % subscriptions),
  );
  return { frames, bytes: Buffer.concat(all) };
}

function makeMessage(index, size, headers, counted, subscription) {
  const lines = [
    `message-id:${makeMessageId(index)}`,
    'destination:/queue/bench.messages',
    `subscription:${subscription}`,
    'priority:4',
    'expires:0',
    'timestamp:1700000000000',
    ...Array.from({ length: 64 }, (_, i) => `x-property-${i}:value number ${i}`),
  ].slice(0, counted ? headers - 1 : headers);
  if (counted) lines.unshift(`content-length:${size}`);
  return Buffer.concat([
    Buffer.from(`MESSAGE\n${lines.join('\n')}\n\n`),
    size >= 8 ? makeBody('ascii', size, index) : Buffer.alloc(size),
    Buffer.from('\0\n'),
  ]);
}

function encode(title, body) {
  const prepare = () => () => {
    let length = 0;
    for (let i = 0; i < 256; i++) {
      const headers = { destination: '/queue/bench.messages', receipt: i };
      length += encodeFrame({ command: 'SEND', headers, body }).length;
    }
    return { frames: 256, bytes: length };
  };
  return { name: `encode, ${title}`, prepare };
}

function measure(pass) {
  const until = process.hrtime.bigint() + BigInt(Math.round(seconds * 1e9));
  const started = process.hrtime.bigint();
  let frames = 0;
  let read = 0;
  let now = started;
  while (now < until) {
    const done = pass();
    frames += done.frames;
    read += done.bytes;
    now = process.hrtime.bigint();
  }
  const took = Number(now - started) / 1e9;
  return { rate: frames / took, megabytes: read / took / 1e6 };
}

const chosen = CASES.filter(({ name }) => name.includes(values.only));
if (chosen.length === 0) throw new Error(`no case has "${values.only}" in its name`);
const running = chosen.map(({ name, prepare }) => ({ name, pass: prepare(), runs: [] }));
for (const { pass } of running) pass();
for (let round = 0; round < rounds; round++) for (const it of running) it.runs.push(measure(it.pass));

const rows = running.map(({ name, runs }) => {
  const { median, min, max } = spread(runs.map(({ rate }) => rate));
  const megabytes = spread(runs.map((run) => run.megabytes)).median;
  return [
    name,
    (1e9 / median).toFixed(0),
    formatRate(median),
    `${formatRate(min)}-${formatRate(max)}`,
    megabytes.toFixed(0),
    '',
  ];
});
console.log(formatTable(['case', 'ns/frame', 'frames/s', 'min-max', 'MB/s', ''], rows));
