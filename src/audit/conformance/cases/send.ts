import type { Seen } from '../seen.js';
import { demand, dialect, fail, type Judgement, pass } from '../verdict.js';
import {
  answer,
  asked,
  body,
  filled,
  login,
  messages,
  pause,
  probe,
  quiet,
  reading,
  receipt,
  remaining,
  section,
  subscribed,
  write,
} from './steps.js';

const EVERY_BYTE = String.fromCharCode(...Array.from({ length: 256 }, (_, index) => index));
const MIB = 'stompwire'.repeat(116_509).slice(0, 1_048_576);
const HUNDRED = Array.from({ length: 100 }, (_, index) => `m${index}`);

const lost = (seen: Seen): string => `no message: ${seen.fate('a')}`;
const open = (seen: Seen): Judgement => dialect(seen.fate('a'));

/** Passes when exactly this body came. */
const exactly =
  (text: string) =>
  (seen: Seen): Judgement => {
    const [found] = seen.bodies('a');
    if (found === undefined) return fail(lost(seen));
    return found === text ? pass('unchanged') : fail(`${found.length} bytes in place of ${text.length}`);
  };

const echoed = (headers: string, text: string) => [
  ...reading('a'),
  write('a', `SEND\ndestination:{q}\nreceipt:r1\n${headers}\n${text}\0`),
  answer('a', 'r1'),
  messages('a', 1),
];

export const sendCases = section('SEND', [
  {
    id: 'send.every-byte',
    point: 'P13',
    title: 'a body of all 256 bytes with content-length',
    expected: 'MESSAGE\n...\n\n<the same 256 bytes>\\0',
    steps: echoed('content-length:256\n', EVERY_BYTE),
    judge: exactly(EVERY_BYTE),
  },
  {
    id: 'send.only-nuls',
    point: 'P13',
    title: 'a body of NULs with content-length',
    expected: 'MESSAGE\n...\n\n\\0\\0\\0\\0',
    steps: echoed('content-length:3\n', '\0\0\0'),
    judge: exactly('\0\0\0'),
  },
  {
    id: 'send.looks-like-a-frame',
    point: 'P13',
    title: 'a body that looks like frames stays a body',
    expected: 'MESSAGE\n...\n\n\\0\nDISCONNECT\n\n\\0',
    steps: echoed('content-length:15\n', '\0\nDISCONNECT\n\n\0'),
    judge: exactly('\0\nDISCONNECT\n\n\0'),
  },
  {
    id: 'send.empty-body',
    point: 'P22',
    title: 'an empty body',
    expected: 'MESSAGE\n...\n\n\\0',
    steps: echoed('', ''),
    judge: exactly(''),
  },
  {
    id: 'send.zero-length',
    point: 'P13',
    title: 'content-length:0',
    expected: 'MESSAGE\n...\n\n\\0',
    steps: echoed('content-length:0\n', ''),
    judge: exactly(''),
  },
  {
    id: 'send.text-without-length',
    point: 'P15',
    title: 'a body without content-length',
    expected: 'MESSAGE\n...\n\nhello\\0',
    steps: echoed('', 'hello'),
    judge: exactly('hello'),
  },
  {
    id: 'send.utf8-body',
    point: 'P16',
    title: 'a body of UTF-8 without content-length',
    expected: 'MESSAGE\n...\n\n\\xc3\\xa4\\xe2\\x82\\xac\\0',
    steps: echoed('', '\xc3\xa4\xe2\x82\xac'),
    judge: exactly('\xc3\xa4\xe2\x82\xac'),
  },
  {
    id: 'send.not-utf8-body',
    point: 'P16',
    title: 'a body that is not UTF-8, without content-length',
    expected: 'MESSAGE\n...\n\na\\xe9b\\0',
    steps: echoed('', 'a\xe9b'),
    judge: exactly('a\xe9b'),
  },
  {
    id: 'send.colon-in-destination',
    point: 'P7',
    title: 'a destination with a colon',
    expected: 'MESSAGE\ndestination:{q}:9\n...',
    steps: [
      login('a'),
      ...subscribed('a', 'destination:{q}:9\nid:s1\nack:auto\n'),
      write('a', 'SEND\ndestination:{q}:9\nreceipt:r1\n\nm\0'),
      answer('a', 'r1'),
      messages('a', 1),
    ],
    judge: exactly('m'),
  },
  {
    id: 'send.one-mebibyte',
    point: 'P17',
    title: 'a body of 1 MiB',
    expected: 'MESSAGE\n...\n\n<the same bytes>\\0',
    steps: echoed('content-length:1048576\n', MIB),
    judge: exactly(MIB),
  },
  {
    id: 'send.no-destination',
    point: 'P20',
    title: 'SEND without destination',
    expected: 'open',
    steps: [login('a'), ...asked('a', 'SEND\nreceipt:r1\n\nhello\0')],
    judge: open,
  },
  {
    id: 'send.plain-destination',
    point: 'P22',
    title: 'a destination that does not begin with a slash',
    expected: 'open',
    steps: [
      login('a'),
      ...subscribed('a', 'destination:{r}.plain\nid:s1\nack:auto\n'),
      write('a', 'SEND\ndestination:{r}.plain\nreceipt:r1\n\nhello\0'),
      answer('a', 'r1'),
      pause(0.5),
      probe('a'),
    ],
    judge: (seen) => dialect(seen.bodies('a').length > 0 ? 'a destination like others' : seen.fate('a')),
  },
  {
    id: 'send.message-id',
    point: 'P22',
    title: 'message-id in SEND',
    expected: 'open',
    steps: [...echoed('message-id:own-id\n', 'hello'), probe('a')],
    judge: (seen) => {
      const [message] = seen.messages('a');
      if (message === undefined) return dialect(seen.fate('a'));
      const id = seen.header(message, 'message-id');
      return dialect(id === 'own-id' ? 'passed on' : 'replaced');
    },
  },
  {
    id: 'send.order',
    point: 'P22',
    title: 'a hundred messages to one queue come in the order in which they were sent',
    expected: 'MESSAGE\n...\n\nm0\\0MESSAGE\n...\n\nm1\\0...',
    steps: [
      ...reading('a'),
      write('a', HUNDRED.map((text) => `SEND\ndestination:{q}\n\n${text}\0`).join('')),
      messages('a', 100),
    ],
    judge: (seen) =>
      demand(seen.bodies('a').join() === HUNDRED.join(), `${seen.bodies('a').length} messages`),
  },
  {
    id: 'send.queue-keeps',
    point: 'P22',
    title: 'a queue keeps a message until somebody subscribes',
    expected: 'MESSAGE\n...\n\nkept\\0',
    steps: [login('a'), ...filled('a', '{q}', 'kept'), ...remaining('b')],
    judge: (seen) => demand(seen.bodies('b')[0] === 'kept', 'lost'),
  },
  {
    id: 'send.queue-shares',
    point: 'P22',
    title: 'a message of a queue goes to one of two subscribers',
    expected: 'one MESSAGE',
    steps: [
      ...reading('a'),
      ...reading('b'),
      write('a', 'SEND\ndestination:{q}\n\none\0'),
      pause(),
      probe('a'),
      probe('b'),
    ],
    judge: (seen) => {
      const count = seen.bodies('a').length + seen.bodies('b').length;
      return demand(count === 1, `${count} messages`);
    },
  },
  {
    id: 'send.topic-copies',
    point: 'P22',
    title: 'a message of a topic goes to each of two subscribers',
    expected: 'one MESSAGE each',
    steps: [
      login('a'),
      ...subscribed('a', 'destination:{t}\nid:s1\nack:auto\n'),
      login('b'),
      ...subscribed('b', 'destination:{t}\nid:s1\nack:auto\n'),
      write('a', 'SEND\ndestination:{t}\n\nnews\0'),
      body('a', 'news'),
      body('b', 'news'),
    ],
    judge: (seen) => {
      const counts = ['a', 'b'].map((as) => seen.bodies(as).length).join(' and ');
      return demand(counts === '1 and 1', `${counts} messages`);
    },
  },
  {
    id: 'send.topic-forgets',
    point: 'P22',
    title: 'a message to a topic without subscribers is gone',
    expected: 'open',
    steps: [
      login('a'),
      write('a', 'SEND\ndestination:{t}\nreceipt:r1\n\nnews\0'),
      receipt('a', 'r1'),
      ...subscribed('a', 'destination:{t}\nid:s1\nack:auto\n'),
      quiet('a'),
    ],
    judge: (seen) => dialect(seen.bodies('a').length === 0 ? 'gone' : 'kept'),
  },
  {
    id: 'send.slow-consumer',
    point: 'P22',
    title: '400 messages of 4 kB while the consumer does not read',
    expected: 'open',
    steps: [
      ...reading('a'),
      { do: 'hold', as: 'a' },
      login('b'),
      write('b', `SEND\ndestination:{q}\n\n${'x'.repeat(4096)}\0`.repeat(400)),
      write('b', 'SEND\ndestination:{q}\nreceipt:r1\n\nlast\0'),
      receipt('b', 'r1'),
      { do: 'release', as: 'a' },
      body('a', 'last'),
    ],
    judge: (seen) => {
      if (seen.receipts('b', 'r1') === 0) return dialect('the sender is slowed down');
      const count = seen.bodies('a').length;
      return count === 401
        ? dialect('the sender is not slowed down, all arrive')
        : fail(`${count} of 401 arrive`);
    },
  },
]);
