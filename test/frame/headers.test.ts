import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { encodeFrame, FrameError, FrameParser, type Headers } from '../../src/frame/index.js';
import { bytes, faultOf, readFrame } from '../support/frames.js';

function headers(lines: string | Buffer, options?: { unescapeHeaders?: boolean }): Headers {
  const block = typeof lines === 'string' ? Buffer.from(lines) : lines;
  return readFrame(Buffer.concat([Buffer.from('MESSAGE\n'), block, Buffer.from('\n\0')]), options).headers;
}

describe('get, has and getAll', () => {
  test('P8 get gives the first, getAll gives all in order', () => {
    const found = headers('foo: 1\nbar:x\nfoo:2 \n foo :3\nfoo\n');
    expect(found.get('foo')).toBe('1');
    expect(found.getAll('foo')).toEqual(['1', '2', '3', '']);
  });

  test('P7 a header that is not there', () => {
    const found = headers('foo:bar\n');
    expect(found.get('Foo')).toBeUndefined();
    expect(found.has('Foo')).toBe(false);
    expect(found.getAll('Foo')).toEqual([]);
    expect(found.get('fo')).toBeUndefined();
    expect(found.get('bar')).toBeUndefined();
    expect(found.get('oo')).toBeUndefined();
  });

  test('P7 of no headers at all', () => {
    const found = headers('');
    expect(found.get('foo')).toBeUndefined();
    expect([...found]).toEqual([]);
    expect(found.raw).toHaveLength(0);
  });

  test.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'get', 'length'])(
    'P7 the name %s is a name like any other',
    (name) => {
      expect(headers('foo:bar\n').get(name)).toBeUndefined();
      expect(headers('foo:bar\n').has(name)).toBe(false);
      const found = headers(`${name}:x\nfoo:bar\n`);
      expect(found.get(name)).toBe('x');
      expect(found.getAll(name)).toEqual(['x']);
      expect(found.get('foo')).toBe('bar');
      expect(Object.entries(inspectedObject(found))).toContainEqual([name, 'x']);
    },
  );

  test('P7 reading __proto__ changes no prototype', () => {
    const found = headers('__proto__:x\nconstructor:y\n');
    JSON.stringify(found);
    expect(Object.getPrototypeOf(inspectedObject(found))).toBe(Object.prototype);
    expect('x' in {}).toBe(false);
  });

  test('P16 names and values are UTF-8', () => {
    const found = headers('grün:né €\u{1f600}\n');
    expect(found.get('grün')).toBe('né €\u{1f600}');
    expect(found.getAll('grün')).toEqual(['né €\u{1f600}']);
    expect(found.has('gr\u00c3\u00bcn')).toBe(false);
  });

  test('P9 getAll unescapes as get does', () => {
    const found = headers('foo:a\\nb\nfoo:a\\\\nb\n', { unescapeHeaders: true });
    expect(found.get('foo')).toBe('a\nb');
    expect(found.getAll('foo')).toEqual(['a\nb', 'a\\nb']);
    expect([...found]).toEqual([
      ['foo', 'a\nb'],
      ['foo', 'a\\nb'],
    ]);
  });
});

describe('raw', () => {
  test('P5 P6 holds the lines as they came, with blanks and line ends', () => {
    const lines = ' foo : bar \r\nx\n:\ny:\t1\n';
    expect(headers(lines).raw.toString()).toBe(lines);
  });

  test('P16 holds bytes that are not UTF-8', () => {
    const lines = bytes('foo:\xff\xfe\xc3(\n\xe9:1\n');
    const found = headers(lines);
    expect(found.get('foo')).toBe('\ufffd\ufffd\ufffd(');
    expect(found.raw).toEqual(lines);
  });

  test('P1 is a copy: changing it changes no header', () => {
    const found = headers('foo:bar\n');
    found.raw.fill(0);
    expect(found.get('foo')).toBe('bar');
  });
});

describe('what an ACK echoes', () => {
  test.each([
    ['message-id:ID:vm-1:-1:1:2\n', 'ID:vm-1:-1:1:2'],
    ['message-id: \xff\xc3(\\c \t\n', ' \xff\xc3(\\c \t'],
    [' message-id : 1 \r\nmessage-id:2\r\n', ' 1 '],
    ['message-id:\n', ''],
    ['message-id\n', ''],
    ['xmessage-id:1\nk:message-id:2\nmessage-id:3\n', '3'],
  ])('P31 the bytes behind the colon of the first message-id, as they are: %j', (lines, echoed) => {
    for (const unescapeHeaders of [false, true]) {
      const found = headers(bytes(lines), { unescapeHeaders });
      expect(found.wire('message-id')).toBe(echoed);
      const ack = encodeFrame({ command: 'ACK', headers: { 'message-id': bytes(echoed) } });
      expect(ack.toString('latin1')).toBe(`ACK\nmessage-id:${echoed}\n\n\0`);
    }
  });
});

describe('iteration', () => {
  test('P6 P7 P10 P11 gives every line in order, trimmed', () => {
    expect([...headers(' a : 1 \nb\n:2\na:3:4\n')]).toEqual([
      ['a', '1'],
      ['b', ''],
      ['', '2'],
      ['a', '3:4'],
    ]);
  });

  test('P8 can be done again', () => {
    const found = headers('a:1\nb:2\n');
    expect([...found]).toEqual([...found]);
  });
});

describe('what is shown', () => {
  const SECRET = 'sw0rdf1sh';

  test('P8 JSON holds pairs, so that nothing is lost', () => {
    expect(JSON.parse(JSON.stringify(headers('a:1\nb:2\na:3\n')))).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ]);
  });

  test('inspect shows names and values', () => {
    expect(inspect(headers('foo:bar\nbaz:1\n'))).toBe("{ foo: 'bar', baz: '1' }");
  });

  test('P8 inspect shows the first of repeated headers, as get gives it', () => {
    expect(inspect(headers('foo:1\nfoo:2\n'))).toContain('1');
  });

  test.each([
    [`login:me\npasscode:${SECRET}\n`],
    [`login:me\n passcode : ${SECRET} \n`],
    [`passcode:${SECRET}\npasscode:${SECRET}2\n`],
  ])('a passcode is shown nowhere (%j)', (lines) => {
    const { frame, found } = connect(lines);
    const shown = [
      inspect(found, { showHidden: true, depth: null }),
      inspect(frame, { showHidden: true, depth: null }),
      JSON.stringify(found),
      JSON.stringify(frame),
      String(found),
      String(frame),
    ];
    for (const text of shown) expect(text).not.toContain(SECRET);
    expect(found.get('passcode')).toBe(SECRET);
  });
});

describe('the number in an id of ours', () => {
  /** Of a head whose layout is known: the third of its kind, after the value was looked for once. */
  function serialOf(value: string, name = 'x', letter = 's'): number {
    const others = ['a', 'b'].map((letter) => letter.repeat(value.length));
    const seen: Headers[] = [];
    const parser = new FrameParser((frame) => seen.push(frame.headers));
    const wire = [...others, value].map((text) => `MESSAGE\na:b\n${name}:${text}\n\n\0`).join('');
    parser.push(Buffer.from(wire, 'latin1'));
    for (const headers of seen) headers.get('x');
    return seen[2]!.serial('x', letter === '' ? undefined : letter.charCodeAt(0));
  }

  test.each([
    ['s1', 1],
    ['s9', 9],
    ['s10', 10],
    ['s908', 908],
    ['s999999', 999_999],
    ['s1000000', 1_000_000],
    ['s12345678901234', 12_345_678_901_234],
    ['s123456789012345', 0],
    ['s0', 0],
    ['s07', 0],
    ['t1', 0],
    ['11', 0],
    ['s1a', 0],
    ['s1/', 0],
    ['s1:', 0],
    ['sa', 0],
    ['s', 0],
  ])('%s: %i', (value, expected) => expect(serialOf(value)).toBe(expected));

  test.each([
    ['1', 1],
    ['1024', 1_024],
    ['123456789012345', 123_456_789_012_345],
    ['1234567890123456', 0],
    ['0', 0],
    ['01', 0],
    ['s1', 0],
    ['1-', 0],
  ])('%s without a letter: %i', (value, expected) => expect(serialOf(value, 'x', '')).toBe(expected));

  test('0 where there is no such header, and in headers without a shape', () => {
    expect(serialOf('s1', 'y')).toBe(0);
    expect(headers('x:s1\n').serial('x', 's'.charCodeAt(0))).toBe(0);
  });
});

describe('P14 a content-length that is refused', () => {
  test.each([
    ['content-length:12x\n', 'content-length: digits expected, received "12x"', 8],
    ['content-length:\n', 'content-length: digits expected, received ""', 8],
    [`content-length:${'-'.repeat(50)}\n`, `received "${'-'.repeat(32)}"`, 8],
    ['a:b\ncontent-length:1\ncontent-length:2\n', 'content-length: two that differ: 1 and 2', 12],
  ])('%j: %s, at %i', (lines, message, offset) => {
    let refusal: unknown;
    try {
      headers(lines);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(FrameError);
    expect((refusal as FrameError).message).toContain(message);
    expect(refusal).toMatchObject({ offset, state: 'headers' });
  });
});

function connect(lines: string) {
  const frame = readFrame(`CONNECT\n${lines}\n\0`);
  return { frame, found: frame.headers };
}

function inspectedObject(found: Headers): Record<string, string> {
  const key = Symbol.for('nodejs.util.inspect.custom');
  return (found as unknown as Record<symbol, () => Record<string, string>>)[key]!();
}

describe('P9 escapes', () => {
  test.each([
    ['a\\nb', 'a\nb'],
    ['a\\rb', 'a\rb'],
    ['a\\cb', 'a:b'],
    ['a\\\\nb', 'a\\nb'],
    ['a\\tb', 'a\\tb'],
  ])('%j is %j where they are undone, and stays otherwise', (wire, value) => {
    expect(headers(`x:${wire}\n`, { unescapeHeaders: true }).get('x')).toBe(value);
    expect(headers(`x:${wire}\n`).get('x')).toBe(wire);
  });

  test('in a name, too', () => {
    expect(headers('a\\cb:1\n', { unescapeHeaders: true }).get('a:b')).toBe('1');
    expect([...headers('a\\cb:1\n')]).toEqual([['a\\cb', '1']]);
  });
});

describe('strict', () => {
  const strictly = (line: string) => () => readFrame(`MESSAGE\na:b\n${line}\n\n\0`, { strict: true });

  test.each([
    [':x', 'a header without a name'],
    [':x:y', 'a header without a name'],
    [' \t:x', 'a header without a name'],
    ['x', 'a header line without a colon'],
  ])('P10 P11 %j is refused: %s', (line, what) => {
    const error = faultOf(strictly(line));
    expect(error).toMatchObject({ code: 'STOMP_FRAME_BAD_HEADER', state: 'headers', offset: 12 });
    expect(error.message).toContain(what);
    readFrame(`MESSAGE\n${line}\n\n\0`);
  });

  test.each(['x:', ' x:y', 'x y:z', 'x::'])('P10 P11 %j is not', (line) => {
    expect(strictly(line)).not.toThrow();
  });
});

test('a passcode is never shown', () => {
  const shown = headers('login:me\npasscode:hunter2\n');
  expect(JSON.stringify(shown)).toBe('[["login","me"],["passcode","[secret]"]]');
  expect(inspect(shown)).toContain("passcode: '[secret]'");
});
