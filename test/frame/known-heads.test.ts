import { describe, expect, test } from 'vitest';
import { Chunk } from '../../src/frame/chunk.js';
import { Headers } from '../../src/frame/headers.js';
import { giveKnownHeads, KnownHeads, takeKnownHeads } from '../../src/frame/known-heads.js';
import { Layouts } from '../../src/frame/layouts.js';

const START = 'MESSAGE\n'.length;
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const headOf = (id: string, size: number) => `MESSAGE\nid:${id}\ncontent-length:${size}\nx:yz\n\n`;
const frameOf = (id: string, size = 4) => `${headOf(id, size)}${'b'.repeat(size)}\0`;

/** That know heads with any id of three digits and any length of the same number of digits as `sizes`. */
function layoutsFor(sizes: readonly number[] = [4, 5]): Layouts {
  const layouts = new Layouts();
  for (const [i, size] of sizes.entries()) {
    const head = headOf(`${i}${i}${i}`, size);
    const start = head.indexOf(String(size)) - START;
    layouts.learn('MESSAGE', latin1(head), START, { start, end: start + String(size).length });
  }
  return layouts;
}

/** Reads ahead from the first byte, wherever the chunk stands in its memory and wherever that ends. */
function read(text: string, layouts = layoutsFor(), lead = 0, behind = 16): KnownHeads {
  const memory = Buffer.from(new ArrayBuffer(lead + text.length + behind)).fill(0x2a);
  memory.write(text, lead, 'latin1');
  const chunk = new Chunk();
  chunk.use(memory.subarray(lead, lead + text.length));
  const heads = new KnownHeads();
  heads.read(chunk, 0, layouts);
  memory.fill(0x21); // it will be read into again
  return heads;
}

/** The header lines of each. */
function blocksOf({ count, text, shapes, shifts }: KnownHeads): string[] {
  return Array.from({ length: count }, (_, i) =>
    new Headers(text, false, shapes[i], shifts[i]).raw.toString('latin1'),
  );
}

const linesOf = (head: string) => head.slice(START, -1);
const ids = (count: number) => Array.from({ length: count }, (_, i) => String(i + 100));

describe('heads that are read ahead', () => {
  test('hold the lines of each, wherever the chunk stands', () => {
    const wanted = ids(5);
    for (let lead = 0; lead < 9; lead++) {
      for (let behind = 0; behind < 9; behind++) {
        const heads = read(wanted.map((id) => frameOf(id)).join(''), layoutsFor(), lead, behind);
        expect(blocksOf(heads)).toEqual(wanted.map((id) => linesOf(headOf(id, 4))));
      }
    }
  });

  test('tell where each begins, and how long its body is', () => {
    const heads = read(`${frameOf('100', 7)}\n\r\n${frameOf('101', 9)}${frameOf('102', 0)}`);
    const first = frameOf('100', 7).length + 3;
    const starts = [0, first, first + frameOf('101', 9).length];
    expect([...heads.starts.subarray(0, heads.count)]).toEqual(starts);
    expect([...heads.bodyLengths.subarray(0, heads.count)]).toEqual([7, 9, 0]);
  });

  test.each([
    ['a head that fits no layout', `${frameOf('100')}RECEIPT\nreceipt-id:1\n\n\0${frameOf('101')}`, 1],
    ['a length that is not digits', `${frameOf('100')}${frameOf('101').replace(':4', ':x')}`, 1],
    ['a head that is cut', `${frameOf('100')}${frameOf('101').slice(0, 20)}`, 1],
    ['what fits none at all', `x${frameOf('100')}`, 0],
  ])('end before %s', (_, text, count) => {
    expect(read(text).count).toBe(count);
  });

  test.each([
    ['whose body is cut', `${frameOf('100')}${frameOf('101').slice(0, -3)}`],
    ['whose NUL is missing at the end', `${frameOf('100')}${frameOf('101').slice(0, -1)}`],
    ['whose body ends elsewhere', `${frameOf('100')}${headOf('101', 3)}bbbx${frameOf('102')}`],
    ['whose length is beyond all', `${frameOf('100')}${headOf('101', 9)}b\0`],
  ])('end with one %s', (_, text) => {
    expect(blocksOf(read(text))[1]).toMatch('id:101');
    expect(read(text).count).toBe(2);
  });

  test('know a length of any size', () => {
    const layouts = layoutsFor([99_999_999_999, 11_111_111_111]);
    const heads = read(headOf('100', 88_888_888_888), layouts);
    expect([heads.count, heads.bodyLengths[0]]).toEqual([1, 88_888_888_888]);
  });

  test('do not take a length beyond 32 bits for a smaller one', () => {
    const layouts = layoutsFor([4_294_967_296, 4_294_967_301]);
    const text = `${headOf('100', 4_294_967_300)}bbbb\0${headOf('101', 4_294_967_300)}`;
    expect(read(text, layouts).count).toBe(1);
  });

  test('hold their lines also where the memory ends within a word', () => {
    const layouts = new Layouts();
    const receipt = (id: string) => `RECEIPT\nreceipt-id:${id}\n\n`;
    for (const id of ['10', '21']) layouts.learn('RECEIPT', latin1(receipt(id)), START, undefined);
    for (let lead = 0; lead < 9; lead++) {
      const heads = read(`${receipt('34')}\0\n${receipt('56')}\0`, layouts, lead, 0);
      expect(blocksOf(heads)).toEqual(['receipt-id:34\n', 'receipt-id:56\n']);
    }
  });

  test('are 16 at most', () => {
    expect(
      read(
        ids(17)
          .map((id) => frameOf(id))
          .join(''),
      ).count,
    ).toBe(16);
  });

  test('begin in the next 16 KiB', () => {
    const size = 5_000;
    const frames = ids(9).map((id) => frameOf(id, size));
    const heads = read(frames.join(''), layoutsFor([4_000, 5_111]));
    expect(heads.count).toBe(Math.ceil(16_384 / frames[0]!.length));
  });

  test('differ in 2,064 bytes at most, in words', () => {
    const layouts = new Layouts();
    const long = (letter: string) => `MESSAGE\nid:${letter}${'v'.repeat(1_000)}\n\n`;
    for (const letter of ['a', 'b']) layouts.learn('MESSAGE', latin1(long(letter)), START, undefined);
    const heads = read([...'cdef'].map((letter) => `${long(letter)}\0`).join(''), layouts);
    expect([heads.count, blocksOf(heads)]).toEqual([2, [...'cd'].map((letter) => linesOf(long(letter)))]);
  });

  test('of 2,048 bytes that all may differ, fit wherever they stand', () => {
    const size = 2_048 - 'MESSAGE\nid:\n\n'.length;
    const head = (first: string, last: string) => `MESSAGE\nid:${first}${'v'.repeat(size - 2)}${last}\n\n`;
    const layouts = new Layouts();
    for (const letter of ['a', 'b']) layouts.learn('MESSAGE', latin1(head(letter, letter)), START, undefined);
    for (let lead = 0; lead < 8; lead++) {
      expect(blocksOf(read(`${head('c', 'd')}\0`, layouts, lead))).toEqual([linesOf(head('c', 'd'))]);
    }
  });

  test('hold no text where nothing differs', () => {
    const layouts = new Layouts();
    layouts.learn('MESSAGE', latin1('MESSAGE\nx:y\n\n'), START, undefined);
    const heads = read('MESSAGE\nx:y\n\n\0'.repeat(3), layouts);
    expect([heads.count, heads.text, blocksOf(heads)]).toEqual([3, '', Array(3).fill('x:y\n')]);
  });
});

describe('the one that nobody uses', () => {
  test('is taken by one at a time, and keeps no text', () => {
    const first = takeKnownHeads();
    const second = takeKnownHeads();
    expect(second).not.toBe(first);
    first.text = 'kept';
    giveKnownHeads(first);
    expect(takeKnownHeads()).toBe(first);
    expect(first.text).toBe('');
  });
});
