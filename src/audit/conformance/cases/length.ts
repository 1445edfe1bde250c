import type { Seen } from '../seen.js';
import { dialect, fail, type Judgement } from '../verdict.js';
import { show } from '../wire.js';
import { answer, messages, probe, quiet, reading, section, write } from './steps.js';

const lost = (seen: Seen): string => `no message: ${seen.fate('a')}`;

const echoed = (headers: string, text: string) => [
  ...reading('a'),
  write('a', `SEND\ndestination:{q}\nreceipt:r1\n${headers}\n${text}\0`),
  answer('a', 'r1'),
  messages('a', 1),
];

/** A length that may be wrong, and a frame behind it: what the broker makes of them, and of the connection. */
const wrongLength = (headers: string, text: string) => [
  ...reading('a'),
  write('a', `SEND\ndestination:{q}\nreceipt:r1\n${headers}\n${text}\0SEND\ndestination:{nowhere}\n\nx\0`),
  quiet('a'),
  probe('a'),
];

function readLength(seen: Seen): Judgement {
  const [found] = seen.bodies('a');
  const further = found?.startsWith('hello\0')
    ? 'a body that reaches into the next frame'
    : `body ${show(found ?? '')}`;
  const text = found === undefined ? 'no message' : further;
  return dialect(`${text}: ${seen.fate('a')}`);
}

function lengthHeader(seen: Seen): Judgement {
  const [message] = seen.messages('a');
  if (message === undefined) return fail(lost(seen));
  const length = seen.header(message, 'content-length');
  if (length !== undefined && length.trim() !== '5') return fail(`content-length:${length} for 5 bytes`);
  return dialect(length === undefined ? 'MESSAGE has none' : 'MESSAGE has it');
}

export const lengthCases = section('SEND', [
  {
    id: 'send.length-passed-on',
    point: 'P13',
    title: 'whether MESSAGE has content-length when SEND had it',
    expected: 'open',
    steps: echoed('content-length:5\n', 'hello'),
    judge: lengthHeader,
  },
  {
    id: 'send.length-added',
    point: 'P13',
    title: 'whether MESSAGE has content-length when SEND had none',
    expected: 'open',
    steps: echoed('', 'hello'),
    judge: lengthHeader,
  },
  {
    id: 'send.length-added-to-nothing',
    point: 'P13',
    title: 'whether MESSAGE has content-length when SEND had none, and no body',
    expected: 'open',
    steps: echoed('', ''),
    judge: (seen) => {
      const [message] = seen.messages('a');
      if (message === undefined) return fail(lost(seen));
      const length = seen.header(message, 'content-length');
      return dialect(length === undefined ? 'MESSAGE has none' : `content-length:${length.trim()}`);
    },
  },
  {
    id: 'send.length-too-small',
    point: 'P14',
    title: 'a content-length that is too small',
    expected: 'open',
    steps: wrongLength('content-length:2\n', 'hello'),
    judge: readLength,
  },
  {
    id: 'send.length-too-large',
    point: 'P14',
    title: 'a content-length that reaches into the next frame',
    expected: 'open',
    steps: wrongLength('content-length:9\n', 'hello'),
    judge: readLength,
  },
  {
    id: 'send.length-word',
    point: 'P14',
    title: 'a content-length that is a word',
    expected: 'open',
    steps: wrongLength('content-length:five\n', 'hello'),
    judge: readLength,
  },
  {
    id: 'send.length-negative',
    point: 'P14',
    title: 'content-length:-1',
    expected: 'open',
    steps: wrongLength('content-length:-1\n', 'hello'),
    judge: readLength,
  },
  {
    id: 'send.length-blank',
    point: 'P14',
    title: 'a blank before the digits of content-length',
    expected: 'open',
    steps: wrongLength('content-length: 5\n', 'hello'),
    judge: readLength,
  },
  {
    id: 'send.length-twice',
    point: 'P14',
    title: 'two lengths that differ',
    expected: 'open',
    steps: wrongLength('content-length:5\ncontent-length:3\n', 'hello'),
    judge: readLength,
  },
]);
