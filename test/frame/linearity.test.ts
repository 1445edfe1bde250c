import { describe, expect, test } from 'vitest';
import { FrameParser } from '../../src/frame/index.js';
import { countBytes } from './counting.js';

/**
 * Cost by counting, not by time: every byte that the parser has a Buffer or a string method look at, copy or
 * decode is counted. What is read by index is not; the parser does that a fixed number of times a line.
 */
const SIZES = [1, 2, 7, 64, 4096, 65_536];

/** Search, gather, grow by doubling, decode, look for content-length: about one each, and the growth up to two. */
const MOST = 6;

interface Cost {
  /** Looked at, copied or decoded, for each byte of the stream. */
  readonly perByte: number;
  readonly frames: number;
}

function costOf(wire: Buffer, size: number, bodyViews = false): Cost {
  let frames = 0;
  const parser = new FrameParser(() => frames++, { bodyViews, limits: { maxHeaders: 100_000 } });
  const chunks: Buffer[] = [];
  for (let at = 0; at < wire.length; at += size) chunks.push(Buffer.from(wire.subarray(at, at + size)));
  const { searched, copied, decoded } = countBytes(() => {
    for (const chunk of chunks) parser.push(chunk);
    parser.end();
  });
  return { perByte: (searched + copied + decoded) / wire.length, frames };
}

const KIB = 1024;
const line = `name-of-a-header:${'v'.repeat(47)}\n`;

const smallFrame = (i: number) =>
  `MESSAGE\ndestination:/queue/a\nmessage-id:${1_000 + (i % 1_000)}\n\nhello\0\n`;

const STREAMS: ReadonlyArray<readonly [what: string, make: (kib: number) => string]> = [
  ['a long block of headers', (kib) => `MESSAGE\n${line.repeat(kib * 15)}\n\0`],
  ['one long header line', (kib) => `MESSAGE\nk:${'v'.repeat(kib * KIB)}\n\n\0`],
  ['a header line of blanks', (kib) => `MESSAGE\nk:${' '.repeat(kib * KIB)}\n\n\0`],
  [
    'many lines with the name of the length in it',
    (kib) => `MESSAGE\n${'xcontent-length:1\n'.repeat(kib * 50)}\n\0`,
  ],
  ['a long body to NUL', (kib) => `MESSAGE\n\n${'b'.repeat(kib * KIB)}\0`],
  ['a long counted body', (kib) => `MESSAGE\ncontent-length:${kib * KIB}\n\n${'b'.repeat(kib * KIB)}\0`],
  ['many small frames', (kib) => Array.from({ length: kib * 20 }, (_, i) => smallFrame(i)).join('')],
  ['line ends between frames', (kib) => '\n'.repeat(kib * KIB)],
];

describe('bytes looked at for each byte of the stream', () => {
  test.each(STREAMS)('P1 %s: few, whatever the size of the chunks', (_what, make) => {
    const wire = Buffer.from(make(60));
    for (const size of SIZES) {
      const { perByte } = costOf(wire, size);
      expect(perByte, `in chunks of ${size}`).toBeLessThanOrEqual(MOST);
    }
  });

  test.each(STREAMS)('P1 %s: as many in a stream that is four times as long', (_what, make) => {
    for (const size of [1, 64, 4096]) {
      const short = costOf(Buffer.from(make(15)), size).perByte;
      const long = costOf(Buffer.from(make(60)), size).perByte;
      expect(long, `in chunks of ${size}`).toBeLessThanOrEqual(short + 1.5);
    }
  });

  test('P1 the count itself bites: a parser that scans again what it holds would not pass', () => {
    const chunks = Array.from({ length: 1000 }, () => Buffer.from('x'));
    const { searched } = countBytes(() => {
      let held = Buffer.alloc(0);
      for (const chunk of chunks) {
        held = Buffer.concat([held, chunk]);
        held.indexOf(0);
      }
    });
    expect(searched / 1000).toBeGreaterThan(100);
  });

  test.each(STREAMS.slice(0, 7))('P1 %s: not none, so the count sees the parser at work', (_what, make) => {
    const cost = costOf(Buffer.from(make(15)), 4096);
    // Of heads that are known, only what differs is decoded.
    expect(cost.perByte).toBeGreaterThan(0.2);
    expect(cost.frames).toBeGreaterThanOrEqual(1);
  });

  test('P1 a body in one chunk is copied once, and with bodyViews not at all', () => {
    const wire = Buffer.from(`MESSAGE\ncontent-length:60000\n\n${'b'.repeat(60_000)}\0`);
    expect(costOf(wire, 65_536).perByte).toBeCloseTo(1, 1);
    expect(costOf(wire, 65_536, true).perByte).toBeLessThan(0.1);
  });
});
