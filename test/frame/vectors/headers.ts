import { bytes } from '../../support/frames.js';
import type { Vector } from './vector.js';

const message = (
  point: Vector['point'],
  name: string,
  line: string,
  header: readonly [string, string],
  options?: Vector['options'],
): Vector => ({
  name,
  point,
  wire: `MESSAGE\n${line}\n\n\0`,
  frames: [{ command: 'MESSAGE', headers: [header], get: [header], raw: `${line}\n` }],
  ...(options && { options }),
});

const UNESCAPE = { unescapeHeaders: true };

export const HEADERS: readonly Vector[] = [
  message('P6', 'TABs and blanks around a value', 'foo:\t bar\t ', ['foo', 'bar']),
  message('P6', 'blanks inside a value stay', 'foo:a  b', ['foo', 'a  b']),
  message('P6', 'a value of blanks is empty', 'foo:  ', ['foo', '']),
  message('P6', 'a no-break space is not a blank', 'foo:\u00a0x', ['foo', '\u00a0x']),
  message('P6', 'colons in a value', 'foo:a:b::c', ['foo', 'a:b::c']),
  message('P6', 'a value of a colon', 'foo::', ['foo', ':']),
  message('P5', 'a blank before the CR of a line end', 'foo:bar \r', ['foo', 'bar']),
  message('P5', 'a value of a CR alone, with an LF line end', 'foo:\r\r', ['foo', '\r']),
  message('P7', 'blanks before a name', ' \tfoo:bar', ['foo', 'bar']),
  message('P7', 'blanks inside a name stay', 'my key:v', ['my key', 'v']),
  message('P7', 'a name of one character', 'a:b', ['a', 'b']),
  message('P9', 'an unknown escape stays as it stands', 'foo:a\\tb\\', ['foo', 'a\\tb\\'], UNESCAPE),
  message('P9', 'unescaped in one pass', 'foo:\\\\n\\\\\\n', ['foo', '\\n\\\n'], UNESCAPE),
  message('P9', 'an escaped CR', 'foo:a\\rb', ['foo', 'a\rb'], UNESCAPE),
  message('P9', 'blanks are trimmed before unescaping', 'foo: \\n ', ['foo', '\n'], UNESCAPE),
  message('P9', 'capital letters are no escapes', 'foo:\\N\\C', ['foo', '\\N\\C'], UNESCAPE),
  {
    name: 'an escaped colon in a name, unescaped',
    point: 'P9',
    wire: 'MESSAGE\na\\cb:v\n\n\0',
    options: UNESCAPE,
    frames: [{ command: 'MESSAGE', headers: [['a:b', 'v']], get: [['a:b', 'v']] }],
  },
  {
    name: 'names in another case are other names',
    point: 'P7',
    wire: 'MESSAGE\nFoo:1\nfoo:2\nFOO:3\n\n\0',
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['Foo', '1'],
          ['foo', '2'],
          ['FOO', '3'],
        ],
        get: [
          ['foo', '2'],
          ['FOO', '3'],
          ['fOO', undefined],
        ],
      },
    ],
  },
  {
    name: 'a name inside other names and values is not found there',
    point: 'P7',
    wire: 'MESSAGE\nxid:1\nidx:2\nk:id:3\nk:id\nid:4\n\n\0',
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['xid', '1'],
          ['idx', '2'],
          ['k', 'id:3'],
          ['k', 'id'],
          ['id', '4'],
        ],
        get: [['id', '4']],
      },
    ],
  },
  {
    name: 'a name and a value are not a name',
    point: 'P7',
    wire: 'MESSAGE\nfoo:bar:baz\n\n\0',
    frames: [
      {
        command: 'MESSAGE',
        headers: [['foo', 'bar:baz']],
        get: [
          ['foo', 'bar:baz'],
          ['foo:bar', undefined],
          ['foo:bar:baz', undefined],
        ],
      },
    ],
  },
  {
    name: 'the first of repeated headers, with blanks and CRLF',
    point: 'P8',
    wire: 'MESSAGE\r\n id : 1 \r\nid:2\r\n\r\n\0',
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['id', '1'],
          ['id', '2'],
        ],
        get: [['id', '1']],
        raw: ' id : 1 \r\nid:2\r\n',
      },
    ],
  },
  {
    name: 'the first of repeated headers, when it has no colon',
    point: 'P8',
    wire: 'MESSAGE\nid\nid:2\n\n\0',
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['id', ''],
          ['id', '2'],
        ],
        get: [['id', '']],
      },
    ],
  },
  {
    name: 'a line without a colon, CRLF',
    point: 'P10',
    wire: 'MESSAGE\r\njust text \r\n\r\n\0',
    frames: [{ command: 'MESSAGE', headers: [['just text', '']], get: [['just text', '']] }],
  },
  {
    name: 'a colon alone is an empty name with an empty value',
    point: 'P11',
    wire: 'MESSAGE\n:\n\n\0',
    frames: [{ command: 'MESSAGE', headers: [['', '']] }],
  },
  {
    name: 'a name of blanks is empty',
    point: 'P11',
    wire: 'MESSAGE\n  :v\n\n\0',
    frames: [{ command: 'MESSAGE', headers: [['', 'v']] }],
  },
  {
    name: 'a name of blanks, strict',
    point: 'P11',
    wire: 'MESSAGE\n  :v\n\n\0',
    options: { strict: true },
    code: 'STOMP_FRAME_BAD_HEADER',
    offset: 8,
  },
  {
    name: 'strict takes what is in order',
    point: 'P11',
    wire: 'MESSAGE\r\na:1\r\n b : 2 \r\nc:\r\n\r\n\0',
    options: { strict: true },
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['a', '1'],
          ['b', '2'],
          ['c', ''],
        ],
      },
    ],
  },
  {
    name: 'a fault in the second frame keeps the first',
    point: 'P18',
    wire: 'RECEIPT\nreceipt-id:1\n\n\0\nERROR\nmessage:x\nfoo\n\n\0',
    options: { strict: true },
    frames: [{ command: 'RECEIPT', headers: [['receipt-id', '1']], byteLength: 23 }],
    code: 'STOMP_FRAME_BAD_HEADER',
    offset: 40,
  },
  {
    name: 'bytes that are not UTF-8 become U+FFFD and stay intact in raw',
    point: 'P16',
    wire: bytes('MESSAGE\nfoo:a\xff\xe9b\nbar:\xc3\n\n\0'),
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['foo', 'a\ufffd\ufffdb'],
          ['bar', '\ufffd'],
        ],
        raw: bytes('foo:a\xff\xe9b\nbar:\xc3\n'),
      },
    ],
  },
  {
    name: 'a NUL inside a header is part of it',
    point: 'P1',
    wire: 'MESSAGE\nfoo:a\0b\n\nx\0',
    frames: [{ command: 'MESSAGE', headers: [['foo', 'a\0b']], body: 'x' }],
  },
];
