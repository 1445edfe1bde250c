import { afterEach, describe, expect, test, vi } from 'vitest';
import { FrameParser } from '../../src/frame/index.js';

/**
 * Cost by counting, not by time: every byte that the parser has a Buffer or a string method look at, copy or
 * decode is counted. What is read by index is not; the parser does that a fixed number of times a line.
 */
const SIZES = [1, 2, 7, 64, 4096, 65_536];
/** Search, gather, grow by doubling, decode, look for content-length: about one each, and the growth up to two. */
const MOST = 6;
class Counter {
  bytes = 0;
  #on = false;
  during(action) {
    this.#on = true;
    try {
      action();
    } finally {
      this.#on = false;
    }
  }
  add(bytes) {
    if (this.#on) this.bytes += bytes;
  }
}
/** How far a search looked. */
function searched(length, from, result) {
  return (result < 0 ? length : result + 1) - Math.max(from, 0);
}
function install(counter) {
  const { indexOf, copy, toString: decode } = Buffer.prototype;
  const stringIndexOf = String.prototype.indexOf;
  vi.spyOn(Buffer.prototype, 'indexOf').mockImplementation(function (...args) {
    const result = Reflect.apply(indexOf, this, args);
    counter.add(searched(this.length, Number(args[1] ?? 0), result));
    return result;
  });
  vi.spyOn(Buffer.prototype, 'copy').mockImplementation(function (...args) {
    const result = Reflect.apply(copy, this, args);
    counter.add(result);
    return result;
  });
  vi.spyOn(Buffer.prototype, 'toString').mockImplementation(function (...args) {
    const result = Reflect.apply(decode, this, args);
    counter.add(result.length);
    return result;
  });
  vi.spyOn(String.prototype, 'indexOf').mockImplementation(function (...args) {
    const result = Reflect.apply(stringIndexOf, this, args);
    counter.add(searched(this.length, Number(args[1] ?? 0), result));
    return result;
  });
}
function costOf(wire, size, bodyViews = false) {
  const counter = new Counter();
  let frames = 0;
  const parser = new FrameParser(() => frames++, { bodyViews, limits: { maxHeaders: 100_000 } });
  const chunks = [];
  for (let at = 0; at < wire.length; at += size) chunks.push(Buffer.from(wire.subarray(at, at + size)));
  install(counter);
  counter.during(() => {
    for (const chunk of chunks) parser.push(chunk);
    parser.end();
  });
  vi.restoreAllMocks();
  return { perByte: counter.bytes / wire.length, frames };
}
const KIB = 1024;
const line = `name-of-a-header:${'v'.repeat(47)}\n`;
const STREAMS = [
  ['a long block of headers', (kib) => `MESSAGE\n${line.repeat(kib * 15)}\n\0`],
  ['one long header line', (kib) => `MESSAGE\nk:${'v'.repeat(kib * KIB)}\n\n\0`],
  ['a header line of blanks', (kib) => `MESSAGE\nk:${' '.repeat(kib * KIB)}\n\n\0`],
  [
    'many lines with the name of the length in it',
    (kib) => `MESSAGE\n${'xcontent-length:1\n'.repeat(kib * 50)}\n\0`,
  ],
  ['a long body to NUL', (kib) => `MESSAGE\n\n${'b'.repeat(kib * KIB)}\0`],
  ['a long counted body', (kib) => `MESSAGE\ncontent-length:${kib * KIB}\n\n${'b'.repeat(kib * KIB)}\0`],
  ['many small frames', (kib) => `MESSAGE\ndestination:/queue/a\nmessage-id:1\n\nhello\0\n`.repeat(kib * 20)],
  ['line ends between frames', (kib) => '\n'.repeat(kib * KIB)],
];
afterEach(() => {
  vi.restoreAllMocks();
});
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
    const counter = new Counter();
    const chunks = Array.from({ length: 1000 }, () => Buffer.from('x'));
    install(counter);
    counter.during(() => {
      let held = Buffer.alloc(0);
      for (const chunk of chunks) {
        held = Buffer.concat([held, chunk]);
        held.indexOf(0);
      }
    });
    vi.restoreAllMocks();
    expect(counter.bytes / 1000).toBeGreaterThan(100);
  });
  test.each(STREAMS.slice(0, 7))('P1 %s: not none, so the count sees the parser at work', (_what, make) => {
    const cost = costOf(Buffer.from(make(15)), 4096);
    expect(cost.perByte).toBeGreaterThanOrEqual(1);
    expect(cost.frames).toBeGreaterThanOrEqual(1);
  });
  test('P1 a body in one chunk is copied once, and with bodyViews not at all', () => {
    const wire = Buffer.from(`MESSAGE\ncontent-length:60000\n\n${'b'.repeat(60_000)}\0`);
    expect(costOf(wire, 65_536).perByte).toBeCloseTo(1, 1);
    expect(costOf(wire, 65_536, true).perByte).toBeLessThan(0.1);
  });
});
