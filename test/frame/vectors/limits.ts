import type { FrameLimits } from '../../../src/frame/index.js';
import type { ExpectedFrame, Vector } from './vector.js';

const within = (
  limits: Partial<FrameLimits>,
  name: string,
  wire: string,
  frame: Partial<ExpectedFrame> = {},
): Vector => ({ name, point: 'P17', wire, options: { limits }, frames: [{ command: 'MESSAGE', ...frame }] });

const beyond = (
  limits: Partial<FrameLimits>,
  name: string,
  wire: string,
  offset: number,
  frames: readonly ExpectedFrame[] = [],
): Vector => ({
  name,
  point: 'P17',
  wire,
  options: { limits },
  frames,
  code: 'STOMP_FRAME_TOO_LARGE',
  offset,
});

const COMMAND = { maxCommandBytes: 7 };
const LINE = { maxHeaderLineBytes: 5 };
const COUNT = { maxHeaders: 2 };
const BODY = { maxBodyBytes: 3 };

/** Each limit at its value and one above it. */
export const LIMITS: readonly Vector[] = [
  within(COMMAND, 'a command at its limit', 'MESSAGE\n\n\0'),
  within(COMMAND, 'a command at its limit, CRLF', 'MESSAGE\r\n\r\n\0'),
  {
    ...beyond(COMMAND, 'a command one byte above its limit', 'MESSAGES\n\n\0', 7),
  },
  beyond(COMMAND, 'a command one byte above its limit, CRLF', 'MESSAGES\r\n\n\0', 7),
  beyond(COMMAND, 'a command that never ends', 'MESSAGESSSS', 7),
  within(LINE, 'a header line at its limit', 'MESSAGE\nfoo:b\n\n\0', { headers: [['foo', 'b']] }),
  within(LINE, 'a header line at its limit, CRLF', 'MESSAGE\r\nfoo:b\r\n\r\n\0', { headers: [['foo', 'b']] }),
  within(LINE, 'blanks count', 'MESSAGE\na: b \n\n\0', { headers: [['a', 'b']] }),
  beyond(LINE, 'a header line one byte above its limit', 'MESSAGE\nfoo:ba\n\n\0', 13),
  beyond(LINE, 'a header line one byte above its limit, CRLF', 'MESSAGE\r\nfoo:ba\r\n\r\n\0', 14),
  beyond(LINE, 'a CR that is not part of the line end counts', 'MESSAGE\nfoo:b\r\r\n\n\0', 13),
  beyond(LINE, 'a second header line one byte above its limit', 'MESSAGE\na:1\nfoo:ba\n\n\0', 17),
  beyond(LINE, 'a header line that never ends', 'MESSAGE\nfoo:barbarbar', 13),
  within(COUNT, 'as many headers as there may be', 'MESSAGE\na:1\nb:2\n\n\0', {
    headers: [
      ['a', '1'],
      ['b', '2'],
    ],
  }),
  beyond(COUNT, 'one header too many', 'MESSAGE\na:1\nb:2\nc:3\n\n\0', 16),
  beyond(COUNT, 'one header too many, without a colon', 'MESSAGE\na:1\nb:2\nc\n\n\0', 16),
  within(BODY, 'a counted body at its limit', 'MESSAGE\ncontent-length:3\n\na\0b\0', {
    headers: [['content-length', '3']],
    body: 'a\0b',
  }),
  beyond(BODY, 'a counted body one byte above its limit', 'MESSAGE\ncontent-length:4\n\na\0bc\0', 0),
  beyond(BODY, 'a counted body above its limit, before any of it came', 'MESSAGE\ncontent-length:4\n\n', 0),
  within(BODY, 'a body to NUL at its limit', 'MESSAGE\n\nabc\0', { body: 'abc' }),
  beyond(BODY, 'a body to NUL one byte above its limit', 'MESSAGE\n\nabcd\0', 0),
  beyond(BODY, 'a body to NUL that never ends', 'MESSAGE\n\nabcdefgh', 0),
  beyond(BODY, 'a second body above its limit', 'MESSAGE\n\nabc\0\nMESSAGE\n\nabcd\0', 14, [
    { command: 'MESSAGE', body: 'abc', byteLength: 13 },
  ]),
  within({ maxBodyBytes: 0 }, 'an empty body where none is allowed', 'MESSAGE\n\n\0'),
  within(
    { maxBodyBytes: 0 },
    'content-length 0 where no body is allowed',
    'MESSAGE\ncontent-length:0\n\n\0',
    {
      headers: [['content-length', '0']],
    },
  ),
  beyond({ maxBodyBytes: 0 }, 'a body of one byte where none is allowed', 'MESSAGE\n\nx\0', 0),
];
