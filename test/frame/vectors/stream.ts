import type { Vector } from './vector.js';

const truncated = (name: string, wire: string): Vector => ({
  name,
  point: 'P19',
  wire,
  code: 'STOMP_FRAME_TRUNCATED',
  offset: Buffer.byteLength(wire),
});

export const STREAM: readonly Vector[] = [
  { name: 'nothing at all', point: 'P19', wire: '' },
  { name: 'line ends alone', point: 'P4', wire: '\n\r\n\r\n\n' },
  {
    name: 'lone CRs between frames',
    point: 'P4',
    wire: '\r\rMESSAGE\n\nx\0\r\rMESSAGE\n\ny\0\r',
    frames: [
      { command: 'MESSAGE', body: 'x', offset: 2, byteLength: 11 },
      { command: 'MESSAGE', body: 'y', offset: 15, byteLength: 11 },
    ],
  },
  {
    name: 'a NUL between frames',
    point: 'P4',
    wire: 'MESSAGE\n\nx\0\n\0MESSAGE\n\ny\0',
    frames: [{ command: 'MESSAGE', body: 'x', byteLength: 11 }],
    code: 'STOMP_FRAME_BAD_COMMAND',
    offset: 12,
  },
  {
    name: 'a blank between frames',
    point: 'P4',
    wire: 'MESSAGE\n\nx\0 \nMESSAGE\n\ny\0',
    frames: [{ command: 'MESSAGE', body: 'x', byteLength: 11 }],
    code: 'STOMP_FRAME_BAD_COMMAND',
    offset: 11,
  },
  truncated('the end inside the command', 'MESS'),
  truncated('the end behind the command', 'MESSAGE\n'),
  truncated('the end inside the CRLF of the command', 'MESSAGE\r'),
  truncated('the end inside a header', 'MESSAGE\nfoo:b'),
  truncated('the end behind a header', 'MESSAGE\nfoo:bar\n'),
  truncated('the end before a body', 'MESSAGE\n\n'),
  truncated('the end inside a body', 'MESSAGE\n\nhel'),
  truncated('the end before a counted body', 'MESSAGE\ncontent-length:5\n\n'),
  truncated('the end inside a counted body', 'MESSAGE\ncontent-length:5\n\nhel'),
  truncated('the end before the NUL of a counted body', 'MESSAGE\ncontent-length:5\n\nhello'),
  truncated('the end before the NUL of an empty counted body', 'MESSAGE\ncontent-length:0\n\n'),
  {
    name: 'the end inside the second frame',
    point: 'P19',
    wire: 'MESSAGE\n\nx\0\nMESS',
    frames: [{ command: 'MESSAGE', body: 'x', byteLength: 11 }],
    code: 'STOMP_FRAME_TRUNCATED',
    offset: 16,
  },
  {
    name: 'a rest of a body without its length is no frame',
    point: 'P15',
    wire: 'MESSAGE\n\na\0b\0',
    frames: [{ command: 'MESSAGE', body: 'a', byteLength: 11 }],
    code: 'STOMP_FRAME_BAD_COMMAND',
    offset: 11,
  },
  {
    name: 'frame limits count one frame, not the stream',
    point: 'P17',
    wire: 'MESSAGE\na:1\nb:2\n\nxyz\0MESSAGE\na:1\nb:2\n\nxyz\0',
    options: { limits: { maxCommandBytes: 7, maxHeaderLineBytes: 3, maxHeaders: 2, maxBodyBytes: 3 } },
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['a', '1'],
          ['b', '2'],
        ],
        body: 'xyz',
        offset: 0,
        byteLength: 21,
      },
      {
        command: 'MESSAGE',
        headers: [
          ['a', '1'],
          ['b', '2'],
        ],
        body: 'xyz',
        offset: 21,
        byteLength: 21,
      },
    ],
  },
];
