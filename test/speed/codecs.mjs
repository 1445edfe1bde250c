/**
 * Two parsers on the same bytes, in turns: `node codecs.mjs BUNDLE` prints the best rate of each, and how many frames
 * they gave. The best, since what disturbs a round only ever makes it slower.
 */
import { pathToFileURL } from 'node:url';
import { parser as openStompit } from '../../bench/drivers/stompit.mjs';

const { FrameParser } = await import(pathToFileURL(process.argv[2]).href);
const ROUNDS = 9;
const CHUNK_BYTES = 65_536;

const body = 'x'.repeat(256);
const message = (i) =>
  `MESSAGE\ncontent-length:${body.length}\nexpires:0\ndestination:/queue/a\nsubscription:1\npriority:4\nmessage-id:ID:broker-1:1:${String(i).padStart(8, '0')}\ntimestamp:1700000000000\n\n${body}\0\n`;

function makeChunks(frames) {
  const wire = Buffer.from(Array.from({ length: frames }, (_, i) => message(i)).join(''));
  const chunks = [];
  for (let at = 0; at < wire.length; at += CHUNK_BYTES) chunks.push(wire.subarray(at, at + CHUNK_BYTES));
  return chunks;
}

function competitor(frames, open) {
  const it = { chunks: makeChunks(frames), got: 0, bytes: 0, best: 0, push: undefined };
  it.push = open((id, { length }) => {
    it.got++;
    it.bytes += length + id.length;
  });
  return it;
}

const ours = competitor(12_000, (onFrame) => {
  const parser = new FrameParser(({ headers, body }) => onFrame(headers.get('message-id'), body), {
    bodyViews: true,
  });
  return (chunk) => parser.push(chunk);
});
const stompit = competitor(2_000, openStompit);

for (let round = 0; round <= ROUNDS; round++) {
  for (const it of [ours, stompit]) {
    const before = it.got;
    const started = process.hrtime.bigint();
    for (const chunk of it.chunks) await it.push(chunk);
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    if (round > 0) it.best = Math.max(it.best, (it.got - before) / seconds);
  }
}

const perFrame = (it) => it.bytes / it.got;
if (perFrame(ours) !== perFrame(stompit)) throw new Error('they did not give the same');
console.log(JSON.stringify({ ours: ours.best, stompit: stompit.best, frames: [ours.got, stompit.got] }));
process.exit(0);
