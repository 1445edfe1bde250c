import { describe, expect, test } from 'vitest';
import { encodeFrame, type FrameInit } from '../../src/frame/index.js';
import { bytes, faultOf } from '../support/frames.js';

interface Row {
  readonly name: string;
  readonly frame: FrameInit;
  /** A string stands for its UTF-8 bytes. */
  readonly wire: string | Buffer;
}

const WRITTEN: readonly Row[] = [
  {
    name: 'P2 a command alone, ended by a bare NUL',
    frame: { command: 'DISCONNECT' },
    wire: 'DISCONNECT\n\n\0',
  },
  {
    name: 'P12 headers in the order given',
    frame: { command: 'SUBSCRIBE', headers: { destination: '/queue/a', ack: 'client', id: '1' } },
    wire: 'SUBSCRIBE\ndestination:/queue/a\nack:client\nid:1\n\n\0',
  },
  {
    name: 'P13 content-length behind the other headers',
    frame: { command: 'SEND', headers: { destination: '/queue/a' }, body: 'hello' },
    wire: 'SEND\ndestination:/queue/a\ncontent-length:5\n\nhello\0',
  },
  {
    name: 'P13 content-length counts bytes',
    frame: { command: 'SEND', body: 'né €\u{1f600}' },
    wire: 'SEND\ncontent-length:11\n\nné €\u{1f600}\0',
  },
  {
    name: 'P13 a lone surrogate is written as U+FFFD, and counted as that',
    frame: { command: 'SEND', body: 'a\ud800' },
    wire: bytes('SEND\ncontent-length:4\n\na\xef\xbf\xbd\0'),
  },
  { name: 'P13 an empty text has none', frame: { command: 'SEND', body: '' }, wire: 'SEND\n\n\0' },
  { name: 'P13 no bytes have none', frame: { command: 'SEND', body: new Uint8Array(0) }, wire: 'SEND\n\n\0' },
  { name: 'P13 an undefined body has none', frame: { command: 'SEND', body: undefined }, wire: 'SEND\n\n\0' },
  {
    name: 'P13 a body as bytes, NULs and all',
    frame: { command: 'SEND', body: new Uint8Array([0, 255, 10, 0]) },
    wire: bytes('SEND\ncontent-length:4\n\n\0\xff\n\0\0'),
  },
  {
    name: 'P13 a body as a part of a larger buffer',
    frame: { command: 'SEND', body: new Uint8Array([1, 2, 3, 4]).subarray(1, 3) },
    wire: bytes('SEND\ncontent-length:2\n\n\x02\x03\0'),
  },
  {
    name: 'P15 contentLength: false leaves it out',
    frame: { command: 'SEND', body: 'hello', contentLength: false },
    wire: 'SEND\n\nhello\0',
  },
  {
    name: 'P15 contentLength: false with bytes',
    frame: { command: 'SEND', body: new Uint8Array([255, 10]), contentLength: false },
    wire: bytes('SEND\n\n\xff\n\0'),
  },
  {
    name: 'P13 contentLength: true is the default',
    frame: { command: 'SEND', body: 'x', contentLength: true },
    wire: 'SEND\ncontent-length:1\n\nx\0',
  },
  {
    name: 'P12 numbers and booleans as text',
    frame: { command: 'SEND', headers: { priority: 4, expires: 0, persistent: true, x: false } },
    wire: 'SEND\npriority:4\nexpires:0\npersistent:true\nx:false\n\n\0',
  },
  {
    name: 'P12 an undefined value leaves the header out',
    frame: { command: 'SEND', headers: { a: '1', b: undefined, c: '3' } },
    wire: 'SEND\na:1\nc:3\n\n\0',
  },
  {
    name: 'P6 an empty value is written',
    frame: { command: 'SEND', headers: { a: '' } },
    wire: 'SEND\na:\n\n\0',
  },
  {
    name: 'P31 bytes as a value, as they are',
    frame: { command: 'ACK', headers: { 'message-id': bytes(' \xff\xc3a:b\\ ') } },
    wire: bytes('ACK\nmessage-id: \xff\xc3a:b\\ \n\n\0'),
  },
  {
    name: 'P8 pairs may repeat a name',
    frame: {
      command: 'SEND',
      headers: [
        ['a', '1'],
        ['b', 2],
        ['a', '3'],
      ],
    },
    wire: 'SEND\na:1\nb:2\na:3\n\n\0',
  },
  {
    name: 'P12 a Map of headers',
    frame: { command: 'SEND', headers: new Map([['a', '1']]) },
    wire: 'SEND\na:1\n\n\0',
  },
  {
    name: 'P12 colons in a value',
    frame: { command: 'SEND', headers: { a: 'b:c::' } },
    wire: 'SEND\na:b:c::\n\n\0',
  },
  {
    name: 'P9 a backslash in a value is not escaped',
    frame: { command: 'SEND', headers: { a: 'C:\\new' } },
    wire: 'SEND\na:C:\\new\n\n\0',
  },
  {
    name: 'P6 blanks around a value are written',
    frame: { command: 'SEND', headers: { a: ' b ' } },
    wire: 'SEND\na: b \n\n\0',
  },
  {
    name: 'P16 names and values as UTF-8',
    frame: { command: 'SEND', headers: { grün: 'né €\u{1f600}' } },
    wire: 'SEND\ngrün:né €\u{1f600}\n\n\0',
  },
  {
    name: 'P7 a name that every object has',
    frame: { command: 'SEND', headers: [['__proto__', 'x']] },
    wire: 'SEND\n__proto__:x\n\n\0',
  },
  { name: 'P3 a command of another dialect', frame: { command: 'x-My_cmd.2' }, wire: 'x-My_cmd.2\n\n\0' },
];

describe('encodeFrame', () => {
  for (const { name, frame, wire } of WRITTEN) {
    test(name, () => {
      const expected = typeof wire === 'string' ? Buffer.from(wire) : wire;
      expect(encodeFrame(frame).toString('latin1')).toBe(expected.toString('latin1'));
    });
  }

  test('P13 every length from 1 to 300, as text and as bytes', () => {
    for (let size = 1; size <= 300; size++) {
      const expected = `SEND\ncontent-length:${size}\n\n${'x'.repeat(size)}\0`;
      expect(encodeFrame({ command: 'SEND', body: 'x'.repeat(size) }).toString()).toBe(expected);
      expect(encodeFrame({ command: 'SEND', body: Buffer.alloc(size, 'x') }).toString()).toBe(expected);
    }
  });

  test('P12 does not keep the body', () => {
    const body = new Uint8Array([65]);
    const wire = encodeFrame({ command: 'SEND', body });
    body[0] = 66;
    expect(wire.toString()).toBe('SEND\ncontent-length:1\n\nA\0');
  });
});

const SECRET = 'sw0rdf1sh';
const BAD_NAMES = ['', 'a\rb', 'a\nb', 'a\0b', 'a:b', ':', '\n', 'a\r', '\0'];
const BAD_VALUES = ['a\rb', 'a\nb', 'a\0b', 'a\r\n', '\n', '\nb:c', 'a\n\n\0SEND\n\n\0'];
const BAD_COMMANDS = [
  '',
  ' ',
  ' SEND',
  'SEND ',
  'SE ND',
  'SEND\n',
  'SEND\r',
  'SEND\0',
  'SEND:',
  '1SEND',
  'SÉND',
  '\n',
];

describe('encodeFrame refuses', () => {
  test.each(BAD_NAMES)('P12 the name %j', (name) => {
    const error = faultOf(() => encodeFrame({ command: 'SEND', headers: { [name]: 'x' } }));
    expect(error).toMatchObject({ code: 'STOMP_FRAME_BAD_HEADER', offset: undefined });
  });

  test.each(BAD_VALUES)('P12 the value %j', (value) => {
    const error = faultOf(() => encodeFrame({ command: 'SEND', headers: { foo: value } }));
    expect(error).toMatchObject({ code: 'STOMP_FRAME_BAD_HEADER', offset: undefined });
    expect(error.message).toContain('foo');
  });

  test.each(BAD_VALUES)('P12 the value %j as bytes', (value) => {
    const error = faultOf(() => encodeFrame({ command: 'SEND', headers: { foo: Buffer.from(value) } }));
    expect(error.code).toBe('STOMP_FRAME_BAD_HEADER');
  });

  test('P12 a bad value in pairs', () => {
    const headers = [['a', '1'] as const, ['b', '\n'] as const];
    expect(faultOf(() => encodeFrame({ command: 'SEND', headers })).code).toBe('STOMP_FRAME_BAD_HEADER');
  });

  test('P12 and does not name the value: it may be a passcode', () => {
    const headers = { passcode: `${SECRET}\n` };
    expect(faultOf(() => encodeFrame({ command: 'CONNECT', headers })).message).not.toContain(SECRET);
  });

  test.each(BAD_COMMANDS)('P12 the command %j', (command) => {
    expect(faultOf(() => encodeFrame({ command })).code).toBe('STOMP_FRAME_BAD_COMMAND');
  });

  test.each([['a\0b'], [new Uint8Array([1, 0])]])('P15 a NUL in a body without its length (%#)', (body) => {
    const error = faultOf(() => encodeFrame({ command: 'SEND', body, contentLength: false }));
    expect(error.code).toBe('STOMP_FRAME_BAD_BODY');
  });

  // Not yet: it is written as it is, before the true one. Brokers take the first, and then the body is read as frames.
  test.each([
    ['a shorter one', { 'content-length': 0 }, '\0\nSEND\ndestination:/queue/b\n\n'],
    ['a longer one', { 'content-length': 99 }, 'hello'],
    ['one for an empty body', { 'content-length': 5 }, ''],
    ['one that is no number', { ' content-length ': 'abc' }, 'hello'],
  ])('P12 a content-length of the caller that is not that of the body: %s', (_what, headers, body) => {
    expect(faultOf(() => encodeFrame({ command: 'SEND', headers, body })).code).toMatch(
      /^STOMP_FRAME_BAD_(HEADER|CONTENT_LENGTH|BODY)$/,
    );
  });
});
