import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameError, FrameParser, type Headers, type ParserOptions } from '../../src/frame/index.js';
import { Layouts } from '../../src/frame/layouts.js';

/** What came of a stream: frames with all they hold, and the error that ended it. */
function read(wire: Buffer, cuts: readonly number[], options: ParserOptions): unknown[] {
  const seen: unknown[] = [];
  const parser = new FrameParser((frame) => {
    const { command, headers, body, offset, byteLength } = frame;
    const raw = headers.raw.toString('latin1');
    const asked = ['content-length', 'message-id', 'subscription', 'x', 'absent'].map((name) =>
      headers.get(name),
    );
    seen.push([command, raw, [...headers], asked, body.toString('latin1'), offset, byteLength]);
  }, options);
  try {
    let from = 0;
    for (const to of [...cuts, wire.length]) {
      // One buffer for all, overwritten after use, as a socket does it.
      const chunk = Buffer.from(wire.subarray(from, to));
      parser.push(chunk);
      chunk.fill(0x21);
      from = to;
    }
    parser.end();
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    seen.push([error.code, error.offset, error.state]);
  }
  return seen;
}

function agree(wire: Buffer, cuts: readonly number[] = [], options: ParserOptions = {}): unknown[] {
  const plain = read(wire, cuts, { ...options, learnLayouts: false });
  expect(read(wire, cuts, options)).toEqual(plain);
  return plain;
}

const latin1 = (text: string) => Buffer.from(text, 'latin1');

describe('the fast path and the plain one agree', () => {
  test.each([
    ['digits that differ', 'MESSAGE\nmessage-id:1\nx:a\n\nb\0MESSAGE\nmessage-id:2\nx:a\n\nb\0'],
    [
      'an LF where a digit was',
      'MESSAGE\nmessage-id:1\nx:ab\n\nb\0MESSAGE\nmessage-id:2\nx:ab\n\nb\0MESSAGE\nmessage-id:3\nx:\nb\n\nb\0',
    ],
    [
      'a counted body that begins with NUL, and one without a length that is empty',
      ['1', '2', '3']
        .map((n) => `MESSAGE\ncontent-length:3\nx:${n}\n\n\0ab\0RECEIPT\nreceipt-id:${n}\n\n\0`)
        .join(''),
    ],
    ['a body without a length, empty and not', 'MESSAGE\nx:a\n\nb\0MESSAGE\nx:b\n\n\0MESSAGE\nx:c\n\ncd\0'],
    ['a head that ends earlier', 'MESSAGE\nx:abcd\n\n\0MESSAGE\nx:abce\n\n\0MESSAGE\nx:a\n\n\n\0'],
    ['a CR before the LF', 'MESSAGE\nx:ab\n\n\0MESSAGE\nx:ac\n\n\0MESSAGE\nx:a\r\n\n\0MESSAGE\nx:ad\n\n\0'],
    [
      'a blank at the end of a value',
      'MESSAGE\nx:ab\n\n\0MESSAGE\nx:ac\n\n\0MESSAGE\nx:a \n\n\0MESSAGE\nx: b\n\n\0',
    ],
    ['a colon in a value', 'MESSAGE\nx:ab\n\n\0MESSAGE\nx:ac\n\n\0MESSAGE\nx::c\n\n\0'],
    [
      'another name of the same length',
      'MESSAGE\nx:ab\ny:ab\n\n\0MESSAGE\nx:ac\ny:ab\n\n\0MESSAGE\nz:ab\nx:cd\n\n\0',
    ],
    [
      'names that change places',
      'MESSAGE\nx:ab\ny:cd\n\n\0MESSAGE\nx:ac\ny:cd\n\n\0MESSAGE\ny:ab\nx:cd\n\n\0',
    ],
    [
      'another command of the same length',
      'MESSAGE\nx:1\n\n\0MESSAGE\nx:2\n\n\0RECEIPT\nx:1\n\n\0RECEIPT\nx:2\n\n\0',
    ],
    [
      'a content-length that differs',
      'MESSAGE\ncontent-length:3\n\nabc\0MESSAGE\ncontent-length:4\n\nabcd\0MESSAGE\ncontent-length:2\n\nab\0',
    ],
    [
      'a content-length that is none',
      'MESSAGE\ncontent-length:3\n\nabc\0MESSAGE\ncontent-length:4\n\nabcd\0MESSAGE\ncontent-length:x\n\nab\0',
    ],
    [
      'a content-length of two digits',
      'MESSAGE\ncontent-length:03\n\nabc\0MESSAGE\ncontent-length:12\n\nabcdefghijkl\0MESSAGE\ncontent-length:-2\n\nab\0',
    ],
    [
      'a content-length that is not true',
      'MESSAGE\ncontent-length:3\n\nabc\0MESSAGE\ncontent-length:4\n\nabcd\0MESSAGE\ncontent-length:2\n\nabc\0',
    ],
    [
      'a second content-length',
      'MESSAGE\ncontent-length:1\nx-content-length:1\n\na\0MESSAGE\ncontent-length:1\nx-content-length:2\n\na\0',
    ],
    [
      'two content-lengths',
      'MESSAGE\ncontent-length:1\ncontent-length:1\n\na\0MESSAGE\ncontent-length:1\ncontent-length:2\n\na\0',
    ],
    [
      'bytes beyond ASCII',
      'MESSAGE\nx:aaaaaaaa\xff\xf8\n\n\0MESSAGE\nx:aaaaaaaa\xff\xf9\n\n\0MESSAGE\nx:\x7f\xf8aaaaaaaa\n\n\0MESSAGE\nx:\x7f\xf9aaaaaaaa\n\n\0',
    ],
    [
      'eight NULs in a value',
      `MESSAGE\nx:${'\0'.repeat(16)}\n\n\0MESSAGE\nx:${'\0'.repeat(16)}\n\n\0MESSAGE\nx:\x80${'\0'.repeat(15)}\n\n\0`,
    ],
    [
      'a name without a value',
      'MESSAGE\nx:1\njust text\n\n\0MESSAGE\nx:2\njust text\n\n\0MESSAGE\nx:3\njust:text\n\n\0',
    ],
    [
      'UTF-8 beside what differs',
      'MESSAGE\nx: \xc3\xa9\nmessage-id:1\n\n\0'.repeat(3).replace(/1(?!.*1)/s, '2'),
    ],
    ['short heads', 'A\n\n\0A\n\n\0B\n\n\0A\nx:\n\n\0A\nx:\n\n\0'],
  ])('%s', (_, wire) => {
    const bytes = latin1(wire);
    agree(bytes);
    agree(bytes, [], { strict: true });
    agree(bytes, [], { unescapeHeaders: true });
    for (let cut = 1; cut < bytes.length; cut++) agree(bytes, [cut]);
  });

  const digits = fc.integer({ min: 0, max: 99_999 }).map(String);
  const value = fc.oneof(
    { weight: 6, arbitrary: digits },
    { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
    { weight: 1, arbitrary: fc.constantFrom('', ' 1', '1 ', 'a:b', '1\r', '\\n', 'é', 'x\ny:z', '\0') },
  );
  const head = fc.record({ kind: fc.nat(3), id: value, sub: value, x: value }).map(({ kind, id, sub, x }) => {
    if (kind === 0) return `RECEIPT\nreceipt-id:${id}\n`;
    if (kind === 1) return `MESSAGE\nmessage-id:${id}\nsubscription:${sub}\n`;
    if (kind === 2) return `MESSAGE\nx:${x}\nsubscription:${sub}\nmessage-id:ID-${id}\n`;
    return `MESSAGE\ndestination:/queue/a\nmessage-id:${id}\nsubscription:${sub}\nx:${x}\n`;
  });
  const frame = fc
    .record({
      head,
      counted: fc.boolean(),
      body: fc.string({ maxLength: 40 }),
      eol: fc.constantFrom('', '\n', '\r\n'),
    })
    .map(({ head, counted, body, eol }) => {
      const bytes = Buffer.from(body.replaceAll('\0', '0')).toString('latin1');
      return `${head}${counted ? `content-length:${bytes.length}\n` : ''}\n${bytes}\0${eol}`;
    });

  test('random frames of few layouts, cut anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 30 }),
        fc.array(fc.nat(2_000), { maxLength: 4 }),
        (frames, cuts) => {
          const wire = Buffer.from(frames.join(''), 'utf8');
          agree(
            wire,
            [...new Set(cuts)].filter((cut) => cut < wire.length).sort((a, b) => a - b),
          );
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('the same with bytes changed', () => {
    const change = fc.record({
      at: fc.nat(3_000),
      byte: fc.constantFrom(0, 10, 13, 32, 58, 48, 0x41, 0x7f, 0x80, 0xff),
    });
    fc.assert(
      fc.property(
        fc.array(frame, { minLength: 3, maxLength: 30 }),
        fc.array(change, { maxLength: 3 }),
        (frames, changes) => {
          const wire = Buffer.from(frames.join(''), 'utf8');
          for (const { at, byte } of changes) if (at < wire.length) wire[at] = byte;
          agree(wire);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('a thousand subscriptions in turn, and counters that grow by a digit', () => {
    let wire = '';
    for (let i = 0; i < 3_000; i++) {
      wire += `MESSAGE\nsubscription:s${i % 1_000}\nmessage-id:${i}\ncontent-length:2\n\nab\0\n`;
    }
    expect(agree(latin1(wire), [1_000, 70_000])).toHaveLength(3_000);
  });

  test('limits hold on both', () => {
    const limits = { maxBodyBytes: 9 };
    agree(
      latin1(
        'MESSAGE\ncontent-length:08\n\nabcdefgh\0MESSAGE\ncontent-length:09\n\nabcdefghi\0MESSAGE\ncontent-length:10\n\nabcdefghij\0',
      ),
      [],
      { limits },
    );
  });
});

describe('headers that are read later', () => {
  test('are those of their own frame, whatever has differed since', () => {
    const values = ['a1', 'a1', 'a1', 'b1', 'a1', 'a2', 'c2', 'a1'];
    const kept: Headers[] = [];
    const parser = new FrameParser(({ headers }) => kept.push(headers));
    for (const [i, value] of values.entries()) {
      parser.push(latin1(`MESSAGE\nx:${value}\ny:z\n\n\0`));
      // Looked up in the middle too: what is the same in all frames so far need not be in those that follow.
      expect(kept.map((headers) => headers.get('x'))).toEqual(values.slice(0, i + 1));
      expect(kept.map((headers) => headers.wire('y'))).toEqual(values.slice(0, i + 1).map(() => 'z'));
    }
    expect(kept.map((headers) => headers.raw.toString())).toEqual(values.map((value) => `x:${value}\ny:z\n`));
  });
});

describe('a head is learnt', () => {
  /** What is learnt of heads in turn: whether each is known afterwards. */
  function learnAll(layouts: Layouts, heads: readonly string[]): boolean[] {
    return heads.map((text) => {
      const head = latin1(text);
      layouts.learn('MESSAGE', head, 'MESSAGE\n'.length, undefined);
      return layouts.match(head, new DataView(head.buffer, head.byteOffset, head.length), 0) !== undefined;
    });
  }

  test.each([
    ['128 bytes that differ', 128, 1],
    ['129: as another layout', 129, 2],
  ])('%s', (_, size, layouts) => {
    const learnt = new Layouts();
    const heads = ['a', 'b', 'c'].map((letter) => latin1(`MESSAGE\nx:${letter.repeat(size)}\n\n`));
    for (const head of heads.slice(0, 2)) learnt.learn('MESSAGE', head, 'MESSAGE\n'.length, undefined);
    const found = heads.map((head) =>
      learnt.match(head, new DataView(head.buffer, head.byteOffset, head.length), 0),
    );
    expect(new Set(found.slice(0, 2)).size).toBe(layouts);
    expect(found[2] !== undefined).toBe(layouts === 1);
  });

  test('not of heads shorter than a word of eight bytes', () => {
    const isLearnt = (text: string) => {
      const layouts = new Layouts();
      const head = latin1(text);
      layouts.learn('A', head, 2, undefined);
      return layouts.match(head, new DataView(head.buffer, head.byteOffset, head.length), 0) !== undefined;
    };
    expect(['A\nx:1\n\n', 'A\nx:12\n\n'].map(isLearnt)).toEqual([false, true]);
  });

  test('always, while what is learnt is met again', () => {
    const heads = Array.from({ length: 300 }, (_, i) => `MESSAGE\nx:${'a'.repeat(i)}\n\n`);
    expect(learnAll(new Layouts(), heads)).toEqual(heads.map(() => true));
  });

  test('now and then only, after 64 that were never met again', () => {
    const heads = Array.from({ length: 300 }, (_, i) => latin1(`MESSAGE\nx:${'a'.repeat(i)}\n\n`));
    const layouts = new Layouts();
    for (const head of heads) layouts.learn('MESSAGE', head, 'MESSAGE\n'.length, undefined);
    const isKnown = (head: Buffer) =>
      layouts.match(head, new DataView(head.buffer, head.byteOffset, head.length), 0) !== undefined;
    // There is room for 16: the first 15, and the one that was learnt last, which is the 256th.
    expect(heads.flatMap((head, i) => (isKnown(head) ? [i + 1] : []))).toEqual([
      ...Array.from({ length: 15 }, (_, i) => i + 1),
      256,
    ]);
  });

  test('names beyond those whose place is remembered are read all the same', () => {
    const names = Array.from({ length: 40 }, (_, i) => `name-${i}`);
    const lines = names.map((name, i) => `${name}:${i}\n`).join('');
    const seen: Headers[] = [];
    const parser = new FrameParser(({ headers }) => seen.push(headers));
    parser.push(latin1(`MESSAGE\n${lines}\n\0`.repeat(3)));
    for (const headers of seen)
      for (let turn = 0; turn < 2; turn++)
        expect(names.map((name) => headers.get(name))).toEqual(names.map((_, i) => `${i}`));
  });
});
