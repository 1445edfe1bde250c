import type { Seen } from '../seen.js';
import { demand, dialect, fail, type Judgement, notSupported } from '../verdict.js';
import { headerOf } from '../wire.js';
import {
  answer,
  asked,
  first,
  login,
  mark,
  messages,
  pause,
  probe,
  reading,
  receipt,
  section,
  write,
} from './steps.js';

/** Frames that may be refused, each on a connection of its own in its case. */
const BAD_COMMIT = 'COMMIT\ntransaction:none\nreceipt:r1\n\n\0';

const errorOf =
  (judge: (seen: Seen, error: NonNullable<ReturnType<Seen['first']>>) => Judgement) => (seen: Seen) => {
    const error = seen.first('a', 'ERROR');
    return error === undefined ? notSupported(`no ERROR: ${seen.fate('a')}`) : judge(seen, error);
  };

export const serverCases = [
  ...section('RECEIPT', [
    {
      id: 'receipt-frame.id',
      point: 'P24',
      title: 'has the receipt-id that was asked for',
      expected: 'RECEIPT\nreceipt-id:r1\n\n\\0',
      steps: [
        login('a'),
        mark('a'),
        write('a', 'SEND\ndestination:{nowhere}\nreceipt:r1\n\nx\0'),
        first('a'),
      ],
      judge: (seen) => {
        const frame = seen.first('a', 'RECEIPT');
        return demand(headerOf(frame, 'receipt-id')?.trim() === 'r1', seen.received('a'));
      },
    },
    {
      id: 'receipt-frame.body',
      point: 'P24',
      title: 'has no body',
      expected: 'RECEIPT\nreceipt-id:r1\n\n\\0',
      steps: [
        login('a'),
        mark('a'),
        write('a', 'SEND\ndestination:{nowhere}\nreceipt:r1\n\nx\0'),
        first('a'),
      ],
      judge: (seen) => demand(seen.frames('a')[0]?.body.length === 0, seen.received('a')),
    },
    {
      id: 'receipt-frame.headers',
      point: 'P24',
      title: 'which headers it has',
      expected: 'RECEIPT\nreceipt-id:r1\n\n\\0',
      steps: [
        login('a'),
        mark('a'),
        write('a', 'SEND\ndestination:{nowhere}\nreceipt:r1\n\nx\0'),
        first('a'),
      ],
      judge: (seen) => {
        const names = seen.first('a', 'RECEIPT')?.lines.map((line) => line.split(':')[0]!);
        return names === undefined ? fail(seen.fate('a')) : dialect(names.sort().join(', '));
      },
    },
    {
      id: 'receipt-frame.behind-messages',
      point: 'P24',
      title: 'comes also while messages come',
      expected: 'RECEIPT\nreceipt-id:r1\n\n\\0',
      steps: [
        ...reading('a'),
        write('a', 'SEND\ndestination:{q}\n\nm\0'.repeat(50)),
        write('a', 'SEND\ndestination:{q}\nreceipt:r1\n\nm\0'),
        receipt('a', 'r1'),
        messages('a', 51),
      ],
      judge: (seen) => {
        const there = seen.receipts('a', 'r1') === 1 && seen.messages('a').length === 51;
        return demand(there, `${seen.receipts('a', 'r1')} RECEIPTs, ${seen.messages('a').length} messages`);
      },
    },
  ]),
  ...section('ERROR', [
    {
      id: 'error.message-header',
      point: 'P23',
      title: 'has a message header',
      expected: 'ERROR\nmessage:...\n\n...\\0',
      steps: [login('a'), ...asked('a', BAD_COMMIT)],
      judge: errorOf((_seen, error) => demand(headerOf(error, 'message') !== undefined, 'no message header')),
    },
    {
      id: 'error.content-length',
      point: 'P23',
      title: 'whether it has content-length',
      expected: 'open',
      steps: [login('a'), ...asked('a', BAD_COMMIT)],
      judge: errorOf((_seen, error) => {
        const length = headerOf(error, 'content-length');
        return dialect(length === undefined ? 'no' : error.broken ? 'yes, and it is wrong' : 'yes');
      }),
    },
    {
      id: 'error.message-value',
      point: 'P23',
      title: 'what the message header says of a transaction that was not begun',
      expected: 'open',
      steps: [login('a'), ...asked('a', BAD_COMMIT)],
      judge: errorOf((_seen, error) => dialect(headerOf(error, 'message')?.trim() ?? 'no message header')),
    },
    {
      id: 'error.body',
      point: 'P23',
      title: 'what the body is',
      expected: 'open',
      steps: [login('a'), ...asked('a', BAD_COMMIT)],
      judge: errorOf((_seen, { body }) => {
        const isTrace = body.includes('\n\tat ');
        return dialect(isTrace ? 'a stack trace' : body.length === 0 ? 'empty' : 'a text');
      }),
    },
    {
      id: 'error.names-receipt',
      point: 'P23',
      title: 'whether it names the receipt of the frame it is about',
      expected: 'open',
      steps: [login('a'), ...asked('a', BAD_COMMIT)],
      judge: errorOf((_seen, error) => {
        const id = headerOf(error, 'receipt-id');
        if (id === undefined) return dialect('no');
        return id.trim() === 'r1' ? dialect('yes') : fail(`receipt-id:${id}`);
      }),
    },
    {
      id: 'error.connection',
      point: 'P23',
      title: 'whether the connection lives on behind it',
      expected: 'open',
      steps: [login('a'), ...asked('a', BAD_COMMIT)],
      judge: errorOf((seen) => dialect(seen.isEnded('a') ? 'no' : 'yes')),
    },
  ]),
  ...section('DISCONNECT', [
    {
      id: 'disconnect.ends',
      point: 'P27',
      title: 'the broker ends the connection',
      expected: 'open',
      steps: [login('a'), mark('a'), write('a', 'DISCONNECT\n\n\0'), pause(2)],
      judge: (seen) => dialect(seen.fate('a')),
    },
    {
      id: 'disconnect.receipt',
      point: 'P27',
      title: 'with a receipt, the broker answers and ends the connection',
      expected: 'open',
      steps: [login('a'), mark('a'), write('a', 'DISCONNECT\nreceipt:r1\n\n\0'), answer('a', 'r1'), pause(2)],
      judge: (seen) => dialect(seen.fate('a')),
    },
    {
      id: 'disconnect.keeps-sent',
      point: 'P27',
      title: 'what was sent right before DISCONNECT is not lost',
      expected: 'MESSAGE\n...\n\nm\\0',
      steps: [
        login('a'),
        write('a', 'SEND\ndestination:{q}\n\nm\0DISCONNECT\n\n\0'),
        pause(),
        ...reading('b'),
        messages('b', 1),
        probe('b'),
      ],
      judge: (seen) => demand(seen.bodies('b').join() === 'm', 'lost'),
    },
  ]),
];
