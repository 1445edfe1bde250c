import { bytes } from '../../support/frames.js';
/** The inputs on which clients and brokers differ, each named by its content. */
export const GREY_AREAS = [
  {
    name: '`foo: bar `: blanks around a value',
    point: 'P6',
    wire: 'MESSAGE\nfoo: bar \n\n\0',
    frames: [{ command: 'MESSAGE', headers: [['foo', 'bar']], get: [['foo', 'bar']], raw: 'foo: bar \n' }],
  },
  {
    name: '`foo :bar`: blanks around a name',
    point: 'P7',
    wire: 'MESSAGE\nfoo :bar\n\n\0',
    frames: [{ command: 'MESSAGE', headers: [['foo', 'bar']], get: [['foo', 'bar']], raw: 'foo :bar\n' }],
  },
  {
    name: 'a repeated header: the first counts',
    point: 'P8',
    wire: 'MESSAGE\nfoo:first\nbar:x\nfoo:last\n\n\0',
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['foo', 'first'],
          ['bar', 'x'],
          ['foo', 'last'],
        ],
        get: [['foo', 'first']],
      },
    ],
  },
  {
    name: '`\\n`, `\\c` and `\\\\` in a value stay as they stand',
    point: 'P9',
    wire: 'MESSAGE\nfoo:a\\nb\\cc\\\\d\n\n\0',
    frames: [{ command: 'MESSAGE', headers: [['foo', 'a\\nb\\cc\\\\d']] }],
  },
  {
    name: '`\\n`, `\\c` and `\\\\` in a value, unescaped on request',
    point: 'P9',
    wire: 'MESSAGE\nfoo:a\\nb\\cc\\\\d\n\n\0',
    options: { unescapeHeaders: true },
    frames: [
      {
        command: 'MESSAGE',
        headers: [['foo', 'a\nb:c\\d']],
        get: [['foo', 'a\nb:c\\d']],
        raw: 'foo:a\\nb\\cc\\\\d\n',
      },
    ],
  },
  {
    name: 'CRLF lines',
    point: 'P5',
    wire: 'MESSAGE\r\nfoo:bar\r\n\r\nbody\r\n\0',
    frames: [{ command: 'MESSAGE', headers: [['foo', 'bar']], get: [['foo', 'bar']], body: 'body\r\n' }],
  },
  {
    name: 'leading LFs, and several EOLs between frames',
    point: 'P4',
    wire: '\n\nRECEIPT\nreceipt-id:1\n\n\0\n\n\nMESSAGE\n\nx\0\n',
    frames: [
      { command: 'RECEIPT', headers: [['receipt-id', '1']], offset: 2, byteLength: 23 },
      { command: 'MESSAGE', body: 'x', offset: 28, byteLength: 11 },
    ],
  },
  {
    name: 'leading CRLF',
    point: 'P4',
    wire: '\r\n\r\nRECEIPT\nreceipt-id:1\n\n\0\r\nMESSAGE\n\nx\0\r\n',
    frames: [
      { command: 'RECEIPT', headers: [['receipt-id', '1']], offset: 4, byteLength: 23 },
      { command: 'MESSAGE', body: 'x', offset: 29, byteLength: 11 },
    ],
  },
  {
    name: 'a leading NUL',
    point: 'P4',
    wire: '\0MESSAGE\n\nx\0',
    code: 'STOMP_FRAME_BAD_COMMAND',
    offset: 0,
  },
  {
    name: '`Content-Length:` is another header; the desync after it is an error',
    point: 'P7',
    wire: 'MESSAGE\nContent-Length:7\n\na\0b\0\0c\n\0',
    frames: [{ command: 'MESSAGE', headers: [['Content-Length', '7']], body: 'a', byteLength: 28 }],
    code: 'STOMP_FRAME_BAD_COMMAND',
    offset: 28,
  },
  {
    name: '`content-length: 3 `: blanks around the digits',
    point: 'P14',
    wire: 'MESSAGE\ncontent-length: 3 \n\na\0b\0',
    frames: [{ command: 'MESSAGE', headers: [['content-length', '3']], body: 'a\0b' }],
  },
  {
    name: '`content-length:+3`',
    point: 'P14',
    wire: 'MESSAGE\ncontent-length:+3\n\nabc\0',
    code: 'STOMP_FRAME_BAD_CONTENT_LENGTH',
    offset: 8,
  },
  {
    name: '`content-length:abc`',
    point: 'P14',
    wire: 'MESSAGE\ncontent-length:abc\n\nabc\0',
    code: 'STOMP_FRAME_BAD_CONTENT_LENGTH',
    offset: 8,
  },
  {
    name: '`content-length:-1`',
    point: 'P14',
    wire: 'MESSAGE\ncontent-length:-1\n\nabc\0',
    code: 'STOMP_FRAME_BAD_CONTENT_LENGTH',
    offset: 8,
  },
  {
    name: 'a content-length that is too short',
    point: 'P14',
    wire: 'MESSAGE\ncontent-length:3\n\nhello\0',
    code: 'STOMP_FRAME_MISSING_NUL',
    offset: 29,
  },
  {
    name: 'a content-length that is too long reaches into the next frame',
    point: 'P14',
    wire: 'MESSAGE\ncontent-length:9\n\nhello\0MESSAGE\n\nx\0',
    code: 'STOMP_FRAME_MISSING_NUL',
    offset: 35,
  },
  {
    name: 'a content-length that is too long for the stream',
    point: 'P14',
    wire: 'MESSAGE\ncontent-length:9\n\nhello\0',
    code: 'STOMP_FRAME_TRUNCATED',
    offset: 32,
  },
  {
    name: 'two content-lengths that differ (3, 5)',
    point: 'P14',
    wire: 'MESSAGE\ncontent-length:3\ncontent-length:5\n\nabc\0',
    code: 'STOMP_FRAME_BAD_CONTENT_LENGTH',
    offset: 8,
  },
  {
    name: '`x-content-length:1` is another header',
    point: 'P14',
    wire: 'MESSAGE\nx-content-length:1\n\nabc\0',
    frames: [{ command: 'MESSAGE', headers: [['x-content-length', '1']], body: 'abc' }],
  },
  {
    name: 'content-length 0',
    point: 'P13',
    wire: 'MESSAGE\ncontent-length:0\n\n\0',
    frames: [{ command: 'MESSAGE', headers: [['content-length', '0']] }],
  },
  {
    name: 'a binary body with its length',
    point: 'P13',
    wire: bytes('MESSAGE\ncontent-length:6\n\n\0\n\xff\r\n\0\0'),
    frames: [{ command: 'MESSAGE', headers: [['content-length', '6']], body: bytes('\0\n\xff\r\n\0') }],
  },
  {
    name: 'a line without a colon is a name with an empty value',
    point: 'P10',
    wire: 'MESSAGE\njusttext\nfoo:bar\n\n\0',
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['justtext', ''],
          ['foo', 'bar'],
        ],
        get: [
          ['justtext', ''],
          ['foo', 'bar'],
        ],
      },
    ],
  },
  {
    name: 'a line without a colon, strict',
    point: 'P10',
    wire: 'MESSAGE\nfoo:bar\njusttext\n\n\0',
    options: { strict: true },
    code: 'STOMP_FRAME_BAD_HEADER',
    offset: 16,
  },
  {
    name: '`:value`: an empty name',
    point: 'P11',
    wire: 'MESSAGE\n:value\nfoo:bar\n\n\0',
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['', 'value'],
          ['foo', 'bar'],
        ],
        get: [
          ['', undefined],
          ['foo', 'bar'],
        ],
      },
    ],
  },
  {
    name: '`:value`, strict',
    point: 'P11',
    wire: 'MESSAGE\nfoo:bar\n:value\n\n\0',
    options: { strict: true },
    code: 'STOMP_FRAME_BAD_HEADER',
    offset: 16,
  },
  {
    name: '`foo:`: an empty value',
    point: 'P6',
    wire: 'MESSAGE\nfoo:\n\n\0',
    options: { strict: true },
    frames: [{ command: 'MESSAGE', headers: [['foo', '']], get: [['foo', '']] }],
  },
  {
    name: 'no headers at all',
    point: 'P1',
    wire: 'MESSAGE\n\nhello\0',
    frames: [{ command: 'MESSAGE', body: 'hello', raw: '' }],
  },
  {
    name: 'a line of one blank is a header line, not the end of the headers',
    point: 'P10',
    wire: 'MESSAGE\n \nfoo:bar\n\n\0',
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['', ''],
          ['foo', 'bar'],
        ],
        get: [['foo', 'bar']],
      },
    ],
  },
  {
    name: 'a line of one blank, strict',
    point: 'P10',
    wire: 'MESSAGE\n \nfoo:bar\n\n\0',
    options: { strict: true },
    code: 'STOMP_FRAME_BAD_HEADER',
    offset: 8,
  },
  {
    name: 'a NUL inside a body without content-length cuts it; the rest is an error',
    point: 'P15',
    wire: 'MESSAGE\n\na\0\0c\n\0',
    frames: [{ command: 'MESSAGE', body: 'a', byteLength: 11 }],
    code: 'STOMP_FRAME_BAD_COMMAND',
    offset: 11,
  },
  {
    name: 'an unknown command is delivered',
    point: 'P3',
    wire: 'FROB\nfoo:bar\n\nx\0',
    frames: [{ command: 'FROB', headers: [['foo', 'bar']], body: 'x' }],
  },
  {
    name: 'a lower-case command is delivered as it stands',
    point: 'P3',
    wire: 'message\nfoo:bar\n\nx\0',
    frames: [{ command: 'message', headers: [['foo', 'bar']], body: 'x' }],
  },
  {
    // Every vector is run this way; this row is what one client lost its bodies on.
    name: 'one byte at a time: a body behind its length',
    point: 'P1',
    wire: 'MESSAGE\ncontent-length:5\n\nhello\0\n',
    frames: [{ command: 'MESSAGE', headers: [['content-length', '5']], body: 'hello' }],
  },
  {
    name: 'UTF-8 in a header, cut inside its characters',
    point: 'P16',
    wire: 'MESSAGE\ngrün:né €\u{1f600}\n\n\0',
    frames: [{ command: 'MESSAGE', headers: [['grün', 'né €\u{1f600}']], get: [['grün', 'né €\u{1f600}']] }],
  },
  {
    name: '`JMS.type` as a name',
    point: 'P7',
    wire: 'MESSAGE\nJMS.type:x\n\n\0',
    frames: [{ command: 'MESSAGE', headers: [['JMS.type', 'x']], get: [['JMS.type', 'x']] }],
  },
  {
    name: 'a CR inside a value stays',
    point: 'P5',
    wire: 'MESSAGE\nfoo:a\rb\r\r\n\n\0',
    frames: [{ command: 'MESSAGE', headers: [['foo', 'a\rb\r']], raw: 'foo:a\rb\r\r\n' }],
  },
  {
    name: 'a header of more than 1 KiB',
    point: 'P17',
    wire: `MESSAGE\nfoo:${'v'.repeat(1500)}\n\n\0`,
    frames: [{ command: 'MESSAGE', headers: [['foo', 'v'.repeat(1500)]] }],
  },
  {
    name: 'more than 64 headers',
    point: 'P17',
    wire: `MESSAGE\n${'k:v\n'.repeat(65)}\n\0`,
    frames: [{ command: 'MESSAGE', headers: Array.from({ length: 65 }, () => ['k', 'v']) }],
  },
  {
    name: '`__proto__` and `hasOwnProperty` followed by another header',
    point: 'P7',
    wire: 'MESSAGE\n__proto__:x\nhasOwnProperty:y\nconstructor:z\nfoo:bar\n\n\0',
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['__proto__', 'x'],
          ['hasOwnProperty', 'y'],
          ['constructor', 'z'],
          ['foo', 'bar'],
        ],
        get: [
          ['__proto__', 'x'],
          ['hasOwnProperty', 'y'],
          ['constructor', 'z'],
          ['toString', undefined],
          ['foo', 'bar'],
        ],
      },
    ],
  },
];
