import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Frame, FrameError, FrameParser } from '../../src/frame/index.js';

type Seen = Array<[command: string, raw: string, body: string, offset: number, byteLength: number] | string>;

function record(seen: Seen): (frame: Frame) => void {
  return ({ command, headers, body, offset, byteLength }) =>
    void seen.push([command, headers.raw.toString('latin1'), body.toString('latin1'), offset, byteLength]);
}

function guarded(seen: Seen, work: () => void): Seen {
  try {
    work();
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    seen.push(`${error.code} ${error.offset}`);
  }
  return seen;
}

function plainly(wire: Buffer): Seen {
  const seen: Seen = [];
  const parser = new FrameParser(record(seen), { learnLayouts: false });
  return guarded(seen, () => parser.push(wire));
}

/** As a socket does it: reads to where the parser says, or else into one buffer that is used again. */
function inPlace(wire: Buffer, sizes: readonly number[]): { seen: Seen; direct: number; reads: number } {
  const seen: Seen = [];
  const shared = Buffer.alloc(65_536);
  const parser = new FrameParser(record(seen));
  let direct = 0;
  let turn = 0;
  guarded(seen, () => {
    for (let at = 0; at < wire.length; turn++) {
      const { target } = parser;
      const buffer = target ?? shared;
      const size = Math.min(sizes[turn % sizes.length]!, buffer.length, wire.length - at);
      wire.copy(buffer, 0, at, at + size);
      if (target !== undefined) direct += size;
      if (target === undefined) parser.push(shared.subarray(0, size));
      else parser.filled(size);
      at += size;
    }
  });
  return { seen, direct, reads: turn };
}

const letters = (size: number) => Buffer.alloc(size, 'abcdefghijklmnopqrstuvwxyz').toString();
const counted = (size: number) => `MESSAGE\ncontent-length:${size}\n\n${letters(size)}\0\n`;

describe('bodies that are read into their place', () => {
  test.each([
    ['one of 64 KiB', counted(65_536), [1_000, 65_536]],
    ['three of 1 MiB and a little', counted(1_048_579).repeat(3), [65_536]],
    ['one of 5 MiB, which grows', counted(5_242_880), [65_536]],
    ['a head that ends with its chunk', counted(100_000), [32]],
    [
      'small and large in turn',
      (counted(10) + counted(9_000) + counted(0) + counted(70_000)).repeat(5),
      [4_096, 65_536],
    ],
    ['a NUL that comes alone', counted(8_192), [1_000, 30 + 7_191, 1]],
    ['large ones of one kind', counted(40_000).repeat(9), [65_536]],
    ['heads that grow', [40_000, 400_000, 40_000, 1_100_000].map(counted).join(''), [200_000]],
    [
      'small ones behind a large one',
      (counted(40_000) + counted(1) + counted(0) + counted(3)).repeat(4),
      [65_536],
    ],
    ['many EOLs before large ones', `${'\n'.repeat(300)}${counted(40_000)}`.repeat(4), [65_536, 700, 40_000]],
    ['heads too long to be read ahead', `${'\n'.repeat(2_000)}${counted(40_000)}`.repeat(4), [65_536]],
    ['a bad frame behind a large one', `${counted(40_000).repeat(2)}message\n\n\0`, [65_536]],
    ['no NUL behind the second large one', counted(40_000) + counted(40_000).replace('\0', 'x'), [65_536]],
    ['no NUL where it should be', `MESSAGE\ncontent-length:8000\n\n${letters(8_001)}\0`, [100, 65_536]],
  ])('%s', (_, wire, sizes) => {
    const bytes = Buffer.from(wire);
    const { seen, direct } = inPlace(bytes, sizes);
    expect(seen).toEqual(plainly(bytes));
    expect(direct).toBeGreaterThan(0);
  });

  test.each([
    ['small and middle', 150, fc.oneof(fc.nat(100), fc.nat(20_000), fc.integer({ min: 4_000, max: 4_200 }))],
    ['small and large', 40, fc.oneof(fc.nat(100), fc.integer({ min: 32_700, max: 90_000 }))],
  ])('random bodies, %s, read in random pieces', (_, numRuns, length) => {
    const bodies = fc.array(length, { minLength: 1, maxLength: 8 });
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 65_536 })), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(bodies, sizes, (lengths, pieces) => {
        const wire = Buffer.from(lengths.map(counted).join(''));
        expect(inPlace(wire, pieces).seen).toEqual(plainly(wire));
      }),
      { numRuns },
    );
  });

  test('what is behind a large body comes in the same read', () => {
    const wire = Buffer.from(counted(40_000).repeat(10));
    // The first head; then a body and the next head each time.
    expect(inPlace(wire, [1_024, ...Array(10).fill(65_536)]).reads).toBe(11);
  });

  test('a body is not changed by what is read after it', () => {
    const kept: Buffer[] = [];
    const parser = new FrameParser((frame) => kept.push(frame.body));
    const owned = Buffer.from(counted(3_000) + counted(200));
    parser.take(owned, true);
    expect(kept[0]!.buffer).toBe(owned.buffer); // left where it was: nobody uses that memory again
    expect(kept[1]!.buffer).not.toBe(owned.buffer); // copied: a small body must not keep a large chunk alive
    expect(kept.map((body) => body.toString())).toEqual([letters(3_000), letters(200)]);
  });
});

describe('where the rest of a body is best read to', () => {
  const KIB = 1_024;
  const MIB = 1_048_576;

  /** The room that is offered once a head that announces `length`, `head` bytes long, and `got` of its body are there. */
  function roomFor(length: number, got = 0, head = 64): number | undefined {
    const parser = new FrameParser(() => {});
    const lines = `MESSAGE\ncontent-length:${length}\nx:`;
    parser.push(Buffer.from(`${lines}${'x'.repeat(head - lines.length - 2)}\n\n${letters(got)}`));
    return parser.target?.length;
  }

  test.each([
    ['less than 4 KiB is not worth it', 4_095, 0, undefined],
    ['4 KiB and the NUL', 4_096, 0, 4_097],
    ['4 KiB are missing', 2 * 4_096, 4_096, 4_097],
    ['less than 4 KiB are missing', 2 * 4_096, 4_097, undefined],
    ['nothing but the NUL is missing', 2 * 4_096, 2 * 4_096, undefined],
    ['not yet large', 32 * KIB - 1, 0, 32 * KIB],
    ['large: with room for a head like the last, and a little', 32 * KIB, 0, 32 * KIB + 1 + 64 + 32],
    ['large, and a part is there', 40_000, 1_000, 39_000 + 1 + 64 + 32],
    ['1 MiB at first, whatever is announced', 8 * MIB, 0, MIB],
    ['what is left of that', 8 * MIB, 1_000, MIB - 1_000],
    ['twice as much when that is full', 8 * MIB, MIB, MIB],
    ['no more than is announced', MIB + 8_000, MIB, 8_000 + 1 + 64 + 32],
  ])('%s', (_, length, got, room) => expect(roomFor(length, got)).toBe(room));

  test('a head of 1 KiB is read ahead, a longer one is not', () => {
    expect(roomFor(40_000, 0, 1_024)).toBe(40_000 + 1 + 1_024 + 32);
    expect(roomFor(40_000, 0, 1_025)).toBe(40_000 + 1);
  });

  test('nowhere between frames, within a head, and where the end is not known', () => {
    const parser = new FrameParser(() => {});
    expect(parser.target).toBeUndefined();
    parser.push(Buffer.from('MESSAGE\ncontent-length:99999\n'));
    expect(parser.target).toBeUndefined();
    parser.push(Buffer.from(`\n${letters(99_999)}\0MESSAGE\n\n${letters(9_000)}`));
    expect(parser.target).toBeUndefined();
  });

  test('one that was read before leaves no room behind', () => {
    const parser = new FrameParser(() => {});
    parser.push(Buffer.from(`${counted(40_000)}MESSAGE\ncontent-length:5000\n\n`));
    expect(parser.target?.length).toBe(5_001);
    expect(parser.lastBodyBytes).toBe(40_000);
  });
});
