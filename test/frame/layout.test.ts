import { describe, expect, test } from 'vitest';
import { Layout, Layouts } from '../../src/frame/layouts.js';

const START = 'MESSAGE\n'.length;

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const viewOf = (bytes: Buffer) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

function layoutOf(text: string, digits?: string): Layout {
  const at = digits === undefined ? -1 : text.indexOf(digits) - START;
  return new Layout(
    'MESSAGE',
    latin1(text),
    START,
    digits === undefined ? undefined : { start: at, end: at + digits.length },
  );
}

const fits = (layout: Layout, bytes: Buffer, at = 0) => layout.fits(bytes, viewOf(bytes), at);
const isVisible = (byte: number) => byte > 0x20 && byte < 0x7f;

/** Changes each byte to each other value, and looks which heads fit: only those that differ in an open, visible byte. */
function expectOpen(layout: Layout, text: string, open: readonly number[]): void {
  const head = latin1(text);
  const wrong: string[] = [];
  for (let i = 0; i < head.length; i++) {
    const own = head[i]!;
    for (let byte = 0; byte < 256; byte++) {
      head[i] = byte;
      const expected = byte === own || (open.includes(i) && isVisible(byte));
      if (fits(layout, head) !== expected) wrong.push(`byte ${i} as ${byte}`);
    }
    head[i] = own;
  }
  expect(wrong).toEqual([]);
}

const HEADS = {
  plain: 'MESSAGE\ndestination:/queue/a\nmessage-id:12345\n\n',
  'of one word': 'AB\nx:1\n\n',
  'of no headers': 'MESSAGE\n\n',
  'with bytes beyond ASCII, which make a number that is none': `MESSAGE\nx:abcde${'\xff'.repeat(16)}\n\n`,
  'with zeros, which make a number with two signs': `MESSAGE\nx:abcde${'\0'.repeat(16)}\n\n`,
};

describe('a head fits', () => {
  test.each(Object.entries(HEADS))('the layout that was made of it, and no other does: %s', (_, text) => {
    expect(fits(layoutOf(text), latin1(text))).toBe(true);
    expectOpen(layoutOf(text), text, []);
  });

  test.each(Object.values(HEADS))('wherever it stands, but whole: %j', (text) => {
    const layout = layoutOf(text);
    for (let at = 0; at < 20; at++) {
      const bytes = latin1(`${'x'.repeat(at)}${text}`);
      expect(fits(layout, bytes, at)).toBe(true);
      expect(fits(layout, Buffer.concat([bytes, latin1('more')]), at)).toBe(true);
      expect(fits(layout, bytes.subarray(0, -1), at)).toBe(false);
      if (at > 0) expect(fits(layout, bytes, at - 1)).toBe(false);
    }
  });

  test('with any visible characters where heads have differed', () => {
    const layout = layoutOf(HEADS.plain);
    const at = HEADS.plain.indexOf('12345');
    expect(layout.absorb(latin1(HEADS.plain.replace('12345', '12399')))).toBe(true);
    expectOpen(layout, HEADS.plain, [at + 3, at + 4]);
    expect(layout.absorb(latin1(HEADS.plain.replace('12345', '92345')))).toBe(true);
    expectOpen(layout, HEADS.plain, [at, at + 3, at + 4]);
  });
});

describe('a head that differs is taken in', () => {
  const TEXT = 'MESS:AGE\na:b:c\nd: e\n\n';
  const start = 'MESS:AGE\n'.length;

  test.each([
    ['after the colon', 'a:b', 'a:x', true],
    ['after a second colon', ':c', ':x', true],
    ['in a colon that is part of a value', 'b:c', 'bxc', true],
    ['in a name', 'a:b', 'x:b', false],
    ['in the colon behind a name', 'a:b', 'axb', false],
    ['in the name of the next line', 'd:', 'x:', false],
    ['in the command, behind a colon', 'AGE', 'AGX', false],
    ['in the end of a line', 'c\n', 'cx', false],
    ['in a blank', ': e', ':xe', false],
    ['by a blank', 'b:c', 'b:\t', false],
    ['by DEL', 'b:c', 'b:\x7f', false],
    ['by a byte beyond ASCII', 'b:c', 'b:\x80', false],
    ['by an end of line', 'b:c', 'b:\n', false],
    ['in its length', 'e', 'ee', false],
    ['in nothing', 'e', 'e', true],
  ])('%s: %j as %j is %j', (_, from, to, expected) => {
    const layout = new Layout('MESS:AGE', latin1(TEXT), start, undefined);
    const other = TEXT.replace(from, to);
    expect(layout.absorb(latin1(other))).toBe(expected);
    const open = [...latin1(other)].flatMap((byte, i) => (byte === latin1(TEXT)[i] ? [] : [i]));
    expectOpen(layout, TEXT, expected ? open : []);
  });

  test('up to 128 bytes in all, each counted once', () => {
    const text = (from: number, size: number, letter: string) =>
      latin1(`MESSAGE\nx:${'a'.repeat(from)}${letter.repeat(size)}${'a'.repeat(200 - from - size)}\n\n`);
    const layout = new Layout('MESSAGE', text(0, 0, ''), START, undefined);
    expect(layout.absorb(text(0, 129, 'b'))).toBe(false);
    expect(layout.absorb(text(0, 100, 'b'))).toBe(true);
    expect(layout.absorb(text(0, 100, 'c'))).toBe(true);
    expect(layout.absorb(text(100, 29, 'b'))).toBe(false);
    expect(layout.absorb(text(90, 38, 'b'))).toBe(true);
    expect(layout.absorb(text(150, 1, 'b'))).toBe(false);
    expect(fits(layout, text(0, 128, 'd'))).toBe(true);
  });
});

describe('the length of the body', () => {
  test('is in the digits, wherever the head stands', () => {
    const layout = layoutOf('MESSAGE\ncontent-length:0190\n\n', '0190');
    for (const at of [0, 1, 9]) {
      const bytes = latin1(`${'\n'.repeat(at)}MESSAGE\ncontent-length:0190\n\n77`);
      expect(layout.bodyLength(bytes, at)).toBe(190);
    }
    expect(layout.bodyLength(latin1('MESSAGE\ncontent-length:9876\n\n'), 0)).toBe(9_876);
  });

  test.each(['/190', '0:90', '01a0', '019+'])('is not known of %j', (digits) => {
    const layout = layoutOf('MESSAGE\ncontent-length:0190\n\n', '0190');
    expect(layout.bodyLength(latin1(`MESSAGE\ncontent-length:${digits}\n\n`), 0)).toBeUndefined();
  });

  test('is -1 without a content-length', () => {
    expect(layoutOf(HEADS.plain).bodyLength(latin1(HEADS.plain), 0)).toBe(-1);
  });
});

describe('the shape of a layout', () => {
  const TEXT = 'MESSAGE\na:one\nb:two\nc:xyz\nd:4\n\n';

  test('tells its head, and no line that differs at first', () => {
    const { command, length, block, from, to } = layoutOf(TEXT).shape;
    expect([command, length, block]).toEqual(['MESSAGE', TEXT.length, TEXT.slice(START, -1)]);
    expect([from, to]).toEqual([0, 0]);
  });

  test('is another once a byte more differs; the old one stays as it was', () => {
    const layout = layoutOf(TEXT);
    const first = layout.shape;
    expect(layout.absorb(latin1(TEXT.replace('two', 'twa')))).toBe(true);
    const second = layout.shape;
    expect(layout.absorb(latin1(TEXT.replace('4', '5')))).toBe(true);
    const third = layout.shape;
    const lines = [first, second, third].map(({ block, from, to }) => block.slice(from, to));
    expect(lines).toEqual(['', 'b:two\n', 'b:two\nc:xyz\nd:4\n']);
    const constants = (name: string) => [first, second, third].map((shape) => shape.value(name).constant);
    expect(constants('b')).toEqual(['two', undefined, undefined]);
    expect(constants('c')).toEqual(['xyz', 'xyz', 'xyz']);
    expect(constants('d')).toEqual(['4', '4', undefined]);
    expect(layout.shape).toBe(third);
  });
});

describe('the layouts of a stream', () => {
  const headOf = (size: number) => latin1(`MESSAGE\nx:${'a'.repeat(size)}\n\n`);
  const isKnown = (layouts: Layouts, head: Buffer) => layouts.match(head, viewOf(head), 0) !== undefined;
  const learn = (layouts: Layouts, head: Buffer) => layouts.learn('MESSAGE', head, START, undefined);

  test('a head of 2,048 bytes is learnt, a longer one is not', () => {
    const layouts = new Layouts();
    const [most, more] = [headOf(2_048 - 12), headOf(2_049 - 12)];
    for (const head of [most, more]) learn(layouts, head);
    expect([most.length, isKnown(layouts, most), isKnown(layouts, more)]).toEqual([2_048, true, false]);
  });

  test('one that is met goes one place forward, and the last makes way', () => {
    const layouts = new Layouts();
    const heads = Array.from({ length: 18 }, (_, i) => headOf(i));
    for (const head of heads.slice(0, 16)) learn(layouts, head);
    expect(isKnown(layouts, heads[15]!)).toBe(true); // now before the 15th
    learn(layouts, heads[16]!);
    const order = [0, 13, 14, 15, 16].map((i) => isKnown(layouts, heads[i]!));
    expect(order).toEqual([true, true, false, true, true]);
  });

  test('one that differs in a value is taken in by the first that can', () => {
    const layouts = new Layouts();
    learn(layouts, latin1('MESSAGE\nx:ab\n\n'));
    learn(layouts, latin1('MESSAGE\nx:cd\n\n'));
    expect(isKnown(layouts, latin1('MESSAGE\nx:yz\n\n'))).toBe(true);
  });
});
