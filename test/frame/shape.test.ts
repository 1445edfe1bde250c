import { describe, expect, test } from 'vitest';
import { Headers } from '../../src/frame/headers.js';
import { Shape } from '../../src/frame/shape.js';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

/** A shape whose open bytes are those in which the second block differs. */
function shapeOf(text: string, other = text): Shape {
  const open = latin1(text).map((byte, i) => (byte === latin1(other)[i] ? 0 : 1));
  return new Shape('MESSAGE', text.length + 9, latin1(text), open);
}

describe('the place of a value', () => {
  const TEXT = 'a:one\nb: two \nc:\nd:  \ne:\xe9\n';

  test.each([
    ['a', 'one', 'one', 'one'],
    ['b', ' two ', 'two', 'two'],
    ['c', '', '', ''],
    ['d', '  ', '', ''],
    ['e', '\xe9', undefined, undefined],
    ['f', undefined, undefined, undefined],
  ])('of %s', (name, whole, trimmed, constant) => {
    const found = shapeOf(TEXT).value(name);
    const cut = (span: typeof found.span) => span && TEXT.slice(span.start, span.end);
    expect([cut(found.span), cut(found.trimmed), found.constant]).toEqual([whole, trimmed, constant]);
  });

  test('holds where bytes differ, but its value is not constant', () => {
    const shape = shapeOf(TEXT, TEXT.replace('two', 'twa'));
    const { trimmed } = shapeOf(TEXT).value('b');
    expect(shape.value('b')).toEqual({ span: expect.anything(), trimmed, constant: undefined });
    expect(shape.value('a').constant).toBe('one');
  });

  test('is remembered of 16 names', () => {
    const names = Array.from({ length: 17 }, (_, i) => `n${i}`);
    const shape = shapeOf(TEXT);
    const found = names.map((name) => shape.value(name));
    expect(names.filter((name, i) => shape.value(name) === found[i])).toEqual(names.slice(0, 16));
  });
});

describe('the lines that differ', () => {
  test.each([
    ['none', 'a:1\nb:2\n', 'a:1\nb:2\n', ''],
    ['the first', 'a:1\nb:2\n', 'a:9\nb:2\n', 'a:1\n'],
    ['the last', 'a:1\nb:2\n', 'a:1\nb:9\n', 'b:2\n'],
    ['one in the middle', 'a:1\nb:234\nc:5\n', 'a:1\nb:294\nc:5\n', 'b:234\n'],
    ['those between two, with them', 'a:1\nb:2\nc:3\nd:4\n', 'a:1\nb:9\nc:3\nd:9\n', 'b:2\nc:3\nd:4\n'],
    ['all', 'a:1\n', 'a:2\n', 'a:1\n'],
    ['one that begins with the byte that differs', ':1\nb:2\n', 'x1\nb:2\n', ':1\n'],
  ])('%s', (_, text, other, lines) => {
    const { from, to, block } = shapeOf(text, other);
    expect(block.slice(from, to)).toBe(lines);
  });
});

describe('headers that hold the lines that differ', () => {
  const FIRST = 'x:a\xe9c\nid: 1\nkey:v\ny:7\nz:\xe9\n';
  const SECOND = 'x:a\xe9c\nid: 2\nkey:v\ny:8\nz:\xe9\n';
  const shape = shapeOf(FIRST, SECOND);
  const lines = SECOND.slice(shape.from, shape.to);
  const headers = new Headers(`before${lines}after`, false, shape, 'before'.length - shape.from);
  const plain = new Headers(SECOND);

  test('are what those are that hold them all', () => {
    expect(headers.raw.equals(latin1(SECOND))).toBe(true);
    expect([...headers]).toEqual([...plain]);
    for (const name of ['x', 'id', 'key', 'y', 'z', 'absent']) {
      expect([name, headers.get(name), headers.wire(name)]).toEqual([
        name,
        plain.get(name),
        plain.wire(name),
      ]);
    }
  });

  test('tell a number that differs, and one that does not', () => {
    expect([headers.serial('id', undefined), headers.serial('y', undefined)]).toEqual([2, 8]);
    expect([headers.serial('key', 0x76), headers.serial('x', undefined)]).toEqual([0, 0]);
    const same = shapeOf('s:s12\nn:345\n');
    const numbers = new Headers('', false, same);
    expect([numbers.serial('s', 0x73), numbers.serial('n', undefined)]).toEqual([12, 345]);
    expect([numbers.serial('s', undefined), numbers.serial('n', 0x73)]).toEqual([0, 0]);
  });

  test.each([
    ['in a line that differs', 'a:\\n1\nb:2\n', 'a:\\n9\nb:2\n', 'a', '\n9'],
    ['in one that does not', 'a:1\nb:\\c2\n', 'a:9\nb:\\c2\n', 'b', ':2'],
    ['where the first frame had none', 'a:x1\nb:2\n', 'a:\\n\nb:2\n', 'a', '\n'],
    ['where only the first frame had one', 'a:\\n\nb:2\n', 'a:xn\nb:2\n', 'a', 'xn'],
  ])('undo an escape %s', (_, first, second, name, value) => {
    const other = shapeOf(first, second);
    const text = second.slice(other.from, other.to);
    expect(new Headers(text, true, other, -other.from).get(name)).toBe(value);
  });
});
