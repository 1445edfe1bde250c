import { describe, expect, test } from 'vitest';
import { FrameParser } from '../../src/frame/index.js';
import { countBytes, type Tally } from './counting.js';

/** How much a count for each byte may differ between one size and another. */
const FLAT = 1.1;
const KIB = 1024;
const MIB = 1024 * KIB;
/** Every chunk size up to a hundred, and then some. */
const CHUNKS = [...Array.from({ length: 100 }, (_, i) => i + 1), 255, 256, 1000, 1024, 4096, 10_000, 65_536];

interface Options {
  readonly chunk?: number;
  readonly plain?: boolean;
}

function tallyOf(wire: Buffer, { chunk = wire.length, plain = false }: Options = {}): Tally {
  let frames = 0;
  const parser = new FrameParser(() => frames++, { learnLayouts: !plain });
  const chunks: Buffer[] = [];
  for (let at = 0; at < wire.length; at += chunk) chunks.push(Buffer.from(wire.subarray(at, at + chunk)));
  const tally = countBytes(() => {
    for (const bytes of chunks) parser.push(bytes);
    parser.end();
  });
  expect(frames).toBeGreaterThan(0);
  return tally;
}

/** Searched, for each byte of the stream. */
function searchedOf(wire: Buffer, options?: Options): number {
  return tallyOf(wire, options).searched / wire.length;
}

function spread(values: readonly number[]): number {
  return Math.max(...values) / Math.min(...values);
}

const line = (i: number) => `x-header-${i}:${'v'.repeat(60)}\n`;
const block = (lines: number) =>
  Buffer.from(`MESSAGE\n${Array.from({ length: lines }, (_, i) => line(i)).join('')}\n\0`);
const longLine = (bytes: number) => Buffer.from(`MESSAGE\nk:${'v'.repeat(bytes - 2)}\n\n\0`);
const head = 'MESSAGE\ndestination:/queue/a\nmessage-id:ID:broker-1:1\n';
const counted = (bytes: number) =>
  Buffer.concat([
    Buffer.from(`${head}content-length:${bytes}\n\n`),
    Buffer.alloc(bytes, 'b'),
    Buffer.alloc(1),
  ]);
const toNul = (bytes: number) =>
  Buffer.concat([Buffer.from(`${head}\n`), Buffer.alloc(bytes, 'b'), Buffer.alloc(1)]);

describe('P1 bytes searched for each byte of the stream', { timeout: 120_000 }, () => {
  const many = Buffer.from(`${head}content-length:5\n\nhello\0\n`.repeat(200));
  const streams: ReadonlyArray<readonly [string, Buffer]> = [
    ['many small frames', many],
    ['a long block of headers', block(200)],
    ['a long header line', longLine(20_000)],
    ['a body ended by NUL', toNul(20_000)],
  ];

  test.each(streams)('%s: flat for every chunk size from 1 byte up', (_, wire) => {
    const whole = searchedOf(wire, { plain: true });
    for (const chunk of CHUNKS) {
      expect(searchedOf(wire, { chunk, plain: true }), `chunks of ${chunk}`).toBeLessThan(whole * FLAT);
      expect(searchedOf(wire, { chunk }), `chunks of ${chunk}, layouts learnt`).toBeLessThan(whole * FLAT);
    }
  });

  test('a counted body: none of it, for every chunk size', () => {
    const wire = counted(20_000);
    const whole = tallyOf(counted(0)).searched;
    for (const chunk of CHUNKS) expect(tallyOf(wire, { chunk }).searched).toBeLessThan(whole * 1.25);
  });

  test('header blocks: flat from ten lines to as many as there may be', () => {
    for (const chunk of [1, 7, 1000, MIB]) {
      const searched = [10, 30, 100, 300, 1000].map((lines) => searchedOf(block(lines), { chunk }));
      expect(spread(searched), `chunks of ${chunk}`).toBeLessThan(FLAT);
    }
    expect(() => tallyOf(block(1001))).toThrow(/maxHeaders/);
  });

  test('header lines: flat from 100 bytes to as many as there may be', () => {
    for (const chunk of [1, 7, 1000, MIB]) {
      const searched = [100, 1000, 10_000, 65_536].map((bytes) => searchedOf(longLine(bytes), { chunk }));
      expect(spread(searched), `chunks of ${chunk}`).toBeLessThan(FLAT);
    }
    expect(() => tallyOf(longLine(65_537))).toThrow(/maxHeaderLineBytes/);
  });
});

describe('P13 bytes searched and copied for each byte of a body', { timeout: 120_000 }, () => {
  const rows: Array<[bytes: number, chunks: number[]]> = [
    [1, [1, 4096]],
    [100, [1, 7, 4096]],
    [4 * KIB, [1, 7, 1000, 65_536]],
    [64 * KIB, [1, 7, 1000, 65_536]],
    [MIB, [1000, 65_536, 2 * MIB]],
    [16 * MIB, [4096, 65_536]],
    [64 * MIB, [65_536, 65 * MIB]],
  ];

  test.each(rows)('%i bytes, counted: never searched, copied twice at most', (bytes, chunks) => {
    const empty = tallyOf(counted(0), { plain: true });
    for (const chunk of chunks) {
      const { searched, copied } = tallyOf(counted(bytes), { chunk });
      // The head, which has some digits more.
      expect(searched, `chunks of ${chunk}`).toBeLessThan(empty.searched * 2);
      expect(copied - 2 * bytes, `chunks of ${chunk}`).toBeLessThanOrEqual(200);
    }
  });

  test.each(rows)('%i bytes up to a NUL: searched once, copied three times at most', (bytes, chunks) => {
    for (const chunk of chunks) {
      const empty = tallyOf(toNul(0), { chunk, plain: true }).searched;
      const { searched, copied } = tallyOf(toNul(bytes), { chunk });
      expect(searched - empty, `chunks of ${chunk}`).toBeLessThanOrEqual(bytes * FLAT);
      expect(searched - empty, `chunks of ${chunk}`).toBeGreaterThanOrEqual(bytes - 1);
      expect(copied - 3 * bytes, `chunks of ${chunk}`).toBeLessThanOrEqual(200);
    }
  });
});
