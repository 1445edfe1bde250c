import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeadText } from '../../src/frame/head-text.js';

const bytes = (size: number) =>
  Buffer.from(Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 0xff));

/** What stands in the text for a head, and how much was decoded for it. */
function decoded(
  text: HeadText,
  from: number,
  to: number,
  gap: number,
): [head: string, start: number, all: number] {
  text.decode(from, to, gap);
  return [text.text.slice(from - text.start, to - text.start), text.start, text.text.length];
}

describe('how far heads are decoded ahead', () => {
  const chunk = bytes(5_000);
  const plain = (from: number, to: number) => chunk.toString('latin1', from, to);
  const using = () => {
    const text = new HeadText();
    text.use(chunk);
    return text;
  };

  test('2 KiB, when the next head ends within them', () => {
    expect(decoded(using(), 10, 110, 1_848)).toEqual([plain(10, 110), 10, 2_048]);
  });

  test('nothing, when it does not', () => {
    expect(decoded(using(), 10, 110, 1_849)).toEqual([plain(10, 110), 10, 100]);
  });

  test('up to the end of the chunk, when the next head ends within it', () => {
    expect(decoded(using(), 4_700, 4_800, 100)).toEqual([plain(4_700, 4_800), 4_700, 300]);
    expect(decoded(using(), 4_700, 4_800, 101)).toEqual([plain(4_700, 4_800), 4_700, 100]);
  });

  test('what was decoded ahead is not decoded again, up to its last byte', () => {
    const text = using();
    decoded(text, 10, 110, 0);
    expect(decoded(text, 1_900, 2_058, 0)).toEqual([plain(1_900, 2_058), 10, 2_048]);
    expect(decoded(text, 1_901, 2_059, 0)).toEqual([plain(1_901, 2_059), 1_901, 2_048]);
  });

  test('another chunk in the same place is decoded anew', () => {
    const text = using();
    decoded(text, 0, 100, 0);
    const view = text.view;
    expect(text.view).toBe(view);
    const other = Buffer.from(bytes(3_000).map((byte) => byte ^ 0xff));
    text.use(other);
    expect(decoded(text, 0, 100, 0)).toEqual([other.toString('latin1', 0, 100), 0, 2_048]);
    expect(text.view).not.toBe(view);
  });

  test('the view is over the bytes of the chunk', () => {
    const text = new HeadText();
    const part = chunk.subarray(100, 200);
    text.use(part);
    expect(text.view.byteLength).toBe(100);
    expect(text.view.getUint8(3)).toBe(part[3]);
  });

  test('any heads, one behind the other', () => {
    const steps = fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 700 }), fc.nat(3_000)));
    fc.assert(
      fc.property(steps, (heads) => {
        const text = using();
        let at = 0;
        for (const [between, length, gap] of heads) {
          const from = at + between;
          at = from + length;
          if (at > chunk.length) break;
          expect(decoded(text, from, at, gap)[0]).toBe(plain(from, at));
        }
      }),
    );
  });
});
