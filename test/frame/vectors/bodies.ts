import { bytes } from '../../support/frames.js';
import type { Vector } from './vector.js';

const badLength = (line: string, name = `\`${line}\``): Vector => ({
  name,
  point: 'P14',
  wire: `MESSAGE\n${line}\n\nabc\0`,
  code: 'STOMP_FRAME_BAD_CONTENT_LENGTH',
  offset: 8,
});

export const BODIES: readonly Vector[] = [
  badLength('content-length:', 'an empty content-length'),
  badLength('content-length', 'a content-length without a colon'),
  badLength('content-length:3.0'),
  badLength('content-length:3,3'),
  badLength('content-length:3 3'),
  badLength('content-length:0x3'),
  badLength('content-length:3e0'),
  badLength('content-length:3\r\r', 'a CR behind the digits'),
  badLength('content-length:\u0663', 'digits of another script'),
  badLength('content-length:3\ncontent-length:abc', 'the second of two is not a number'),
  {
    name: 'more digits than a number can hold',
    point: 'P14',
    wire: 'MESSAGE\ncontent-length:99999999999999999999\n\nabc\0',
    code: 'STOMP_FRAME_TOO_LARGE',
    offset: 0,
  },
  {
    name: 'the fault stands in the line of the content-length, not where the name is part of another',
    point: 'P18',
    wire: 'MESSAGE\nx-content-length:1\ncontent-length:abc\n\nabc\0',
    code: 'STOMP_FRAME_BAD_CONTENT_LENGTH',
    offset: 27,
  },
  {
    name: 'two content-lengths that agree, written differently',
    point: 'P14',
    wire: 'MESSAGE\ncontent-length:3\ncontent-length: 03\n\na\0b\0',
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['content-length', '3'],
          ['content-length', '03'],
        ],
        body: 'a\0b',
      },
    ],
  },
  {
    name: 'leading zeros',
    point: 'P14',
    wire: 'MESSAGE\ncontent-length:003\n\nabc\0',
    frames: [{ command: 'MESSAGE', headers: [['content-length', '003']], body: 'abc' }],
  },
  {
    name: 'blanks around the name of the content-length',
    point: 'P14',
    wire: 'MESSAGE\n content-length : 3\t\r\n\na\0b\0',
    frames: [{ command: 'MESSAGE', headers: [['content-length', '3']], body: 'a\0b' }],
  },
  {
    name: 'content-length 0 before a body',
    point: 'P14',
    wire: 'MESSAGE\ncontent-length:0\n\nx\0',
    code: 'STOMP_FRAME_MISSING_NUL',
    offset: 26,
  },
  {
    name: 'an LF instead of the NUL',
    point: 'P14',
    wire: 'MESSAGE\ncontent-length:3\n\nabc\n\0',
    code: 'STOMP_FRAME_MISSING_NUL',
    offset: 29,
  },
  {
    name: 'a content-length counts bytes, not characters',
    point: 'P13',
    wire: 'MESSAGE\ncontent-length:6\n\nhéllo\0',
    frames: [{ command: 'MESSAGE', headers: [['content-length', '6']], body: 'héllo' }],
  },
  {
    name: 'a content-length that counts characters is too short',
    point: 'P13',
    wire: 'MESSAGE\ncontent-length:5\n\nhéllo\0',
    code: 'STOMP_FRAME_MISSING_NUL',
    offset: 31,
  },
  {
    name: 'content-length in the body is body',
    point: 'P15',
    wire: 'MESSAGE\n\ncontent-length:3\n\nabc\0',
    frames: [{ command: 'MESSAGE', body: 'content-length:3\n\nabc' }],
  },
  {
    name: 'content-length in a value is a value',
    point: 'P14',
    wire: 'MESSAGE\nk:content-length:1\n\nabc\0',
    frames: [{ command: 'MESSAGE', headers: [['k', 'content-length:1']], body: 'abc' }],
  },
  {
    name: 'a body that looks like a frame',
    point: 'P13',
    wire: 'MESSAGE\ncontent-length:12\n\n\0\nMESSAGE\n\nx\0',
    frames: [{ command: 'MESSAGE', headers: [['content-length', '12']], body: '\0\nMESSAGE\n\nx' }],
  },
  {
    name: 'a body of line ends',
    point: 'P15',
    wire: 'MESSAGE\n\n\n\r\n\n\0',
    frames: [{ command: 'MESSAGE', body: '\n\r\n\n' }],
  },
  {
    name: 'a body of any bytes but NUL',
    point: 'P15',
    wire: bytes('MESSAGE\n\n\xff\x01\xc3\x28\0'),
    frames: [{ command: 'MESSAGE', body: bytes('\xff\x01\xc3\x28') }],
  },
  {
    name: 'frames back to back, each ended by a bare NUL',
    point: 'P2',
    wire: 'RECEIPT\nreceipt-id:1\n\n\0RECEIPT\nreceipt-id:2\n\n\0MESSAGE\n\nx\0',
    frames: [
      { command: 'RECEIPT', headers: [['receipt-id', '1']], offset: 0, byteLength: 23 },
      { command: 'RECEIPT', headers: [['receipt-id', '2']], offset: 23, byteLength: 23 },
      { command: 'MESSAGE', body: 'x', offset: 46, byteLength: 11 },
    ],
  },
  {
    name: 'frames ended by NUL LF: the LF belongs to neither',
    point: 'P2',
    wire: 'MESSAGE\n\na\0\nMESSAGE\n\nb\0\n',
    frames: [
      { command: 'MESSAGE', body: 'a', offset: 0, byteLength: 11 },
      { command: 'MESSAGE', body: 'b', offset: 12, byteLength: 11 },
    ],
  },
  {
    name: 'one frame of every kind of body after another: none leaks into the next',
    point: 'P1',
    wire: 'MESSAGE\ncontent-length:2\n\n\0a\0\nMESSAGE\n\nb\0MESSAGE\n\n\0',
    frames: [
      { command: 'MESSAGE', headers: [['content-length', '2']], body: '\0a', offset: 0, byteLength: 29 },
      { command: 'MESSAGE', body: 'b', offset: 30, byteLength: 11 },
      { command: 'MESSAGE', offset: 41, byteLength: 10 },
    ],
  },
];
