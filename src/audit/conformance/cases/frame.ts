import type { Seen } from '../seen.js';
import { demand, dialect, type Judgement } from '../verdict.js';
import {
  answer,
  asked,
  body,
  login,
  mark,
  messages,
  pause,
  probe,
  quiet,
  reading,
  receipt,
  section,
  write,
} from './steps.js';

const PING = 'SEND\ndestination:{nowhere}\nreceipt:r1\n\nx\0';
const PONG = 'RECEIPT\nreceipt-id:r1\n\n\\0';

const open = (seen: Seen): Judgement => dialect(seen.fate('a'));
const answered = (seen: Seen): Judgement => demand(seen.fate('a') === 'RECEIPT, open', seen.fate('a'));

function behindNul(seen: Seen): Judgement {
  const gaps = seen
    .party('a')
    .conversation.frames.slice(1)
    .map((frame) => frame.before);
  const names: Record<string, string> = { '': 'nothing', '\n': 'one LF', '\n\n': 'two LFs' };
  const kinds = [...new Set(gaps)].map((gap) => names[gap] ?? JSON.stringify(gap));
  return gaps.every((gap) => /^\n*$/.test(gap))
    ? dialect(kinds.join(' or '))
    : demand(false, kinds.join(' or '));
}

const between = (bytes: string) => [
  login('a'),
  mark('a'),
  write('a', `${bytes}${PING}`),
  answer('a', 'r1'),
  probe('a'),
];
const word = (command: string, more = '') => [login('a'), ...asked('a', `${command}\n${more}\n\0`)];

export const frameCases = section('Augmented BNF', [
  {
    id: 'frame.shape',
    point: 'P1',
    title: 'a frame with a header and a body is understood',
    expected: PONG,
    steps: [login('a'), ...asked('a', PING)],
    judge: answered,
  },
  {
    id: 'frame.behind-nul',
    point: 'P2',
    title: 'what the broker writes behind the NUL of a frame',
    expected: 'any number of LFs',
    steps: [login('a'), write('a', PING), receipt('a', 'r1'), probe('a'), pause(0.3)],
    judge: behindNul,
  },
  {
    id: 'frame.in-pieces',
    point: 'P1',
    title: 'a frame in pieces, cut in its command, a header, the blank line and the body',
    expected: PONG,
    steps: [
      ...reading('a'),
      write('a', 'SEND\ndestination:{q}\nreceipt:r1\ncontent-length:4\n\nwell\0', [2, 9, 50]),
      answer('a', 'r1'),
      body('a', 'well'),
    ],
    judge: (seen) => demand(seen.bodies('a').join() === 'well', seen.fate('a')),
  },
  {
    id: 'frame.two-at-once',
    point: 'P1',
    title: 'two frames in one segment',
    expected: 'RECEIPT\nreceipt-id:r1\n\n\\0RECEIPT\nreceipt-id:r2\n\n\\0',
    steps: [
      login('a'),
      write('a', `${PING}${PING.replace('r1', 'r2')}`),
      receipt('a', 'r1'),
      receipt('a', 'r2'),
    ],
    judge: (seen) => demand(seen.receipts('a', 'r1') === 1 && seen.receipts('a', 'r2') === 1, seen.fate('a')),
  },
  {
    id: 'frame.lf-between',
    point: 'P4',
    title: 'an LF between frames',
    expected: PONG,
    steps: between('\n'),
    judge: answered,
  },
  {
    id: 'frame.many-lfs-between',
    point: 'P4',
    title: 'a thousand LFs between frames',
    expected: PONG,
    steps: between('\n'.repeat(1000)),
    judge: answered,
  },
  {
    id: 'frame.crlf-between',
    point: 'P4',
    title: 'CRLF between frames',
    expected: 'open',
    steps: between('\r\n'),
    judge: open,
  },
  {
    id: 'frame.nul-between',
    point: 'P4',
    title: 'a bare NUL between frames',
    expected: 'open',
    steps: between('\0'),
    judge: open,
  },
  {
    id: 'frame.crlf-lines',
    point: 'P5',
    title: 'lines that end with CRLF',
    expected: 'open',
    steps: [login('a'), mark('a'), write('a', PING.replaceAll('\n', '\r\n')), answer('a', 'r1'), quiet('a')],
    judge: (seen) => dialect(seen.fate('a') === 'open' ? 'such a frame never ends' : seen.fate('a')),
  },
  {
    id: 'frame.lower-case',
    point: 'P3',
    title: 'a command in lower case',
    expected: 'open',
    steps: [login('a'), ...asked('a', PING.replace('SEND', 'send'))],
    judge: open,
  },
  {
    id: 'frame.unknown-command',
    point: 'P3',
    title: 'a command that does not exist',
    expected: 'open',
    steps: word('FROB'),
    judge: open,
  },
  {
    id: 'frame.unknown-command-receipt',
    point: 'P3',
    title: 'a command that does not exist, with a receipt',
    expected: 'open',
    steps: word('FROB', 'receipt:r1\n'),
    judge: open,
  },
  {
    id: 'frame.no-headers',
    point: 'P20',
    title: 'SEND without any header',
    expected: 'open',
    steps: word('SEND'),
    judge: open,
  },
  {
    id: 'frame.body-ends-at-nul',
    point: 'P15',
    title: 'a body without content-length ends at its first NUL',
    expected: 'MESSAGE\n...\n\nab\\0',
    steps: [...reading('a'), write('a', 'SEND\ndestination:{q}\n\nab\0\n'), messages('a', 1)],
    judge: (seen) => demand(seen.bodies('a')[0] === 'ab', seen.bodies('a').join() || seen.fate('a')),
  },
  {
    id: 'frame.silence',
    point: 'P28',
    title: 'a connection on which nothing is said stays open, and the broker says nothing',
    expected: '',
    steps: [login('a'), mark('a'), quiet('a', 4), probe('a')],
    judge: (seen) => demand(seen.fate('a') === 'open', seen.fate('a')),
  },
]);
