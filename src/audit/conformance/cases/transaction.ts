import type { Seen } from '../seen.js';
import { demand, dialect, fail, type Judgement } from '../verdict.js';
import {
  answer,
  asked,
  body,
  cut,
  filled,
  login,
  messages,
  probe,
  quiet,
  reading,
  remaining,
  section,
  subscribed,
  write,
} from './steps.js';

const open = (seen: Seen): Judgement => dialect(seen.fate('a'));
const BEGIN = 'BEGIN\ntransaction:t1\n\n\0';
const IN_TX = 'SEND\ndestination:{q}\ntransaction:t1\n\ninside\0';
const refused = (bytes: string) => [login('a'), ...asked('a', bytes)];

/** `inside` was sent in a transaction, `after` behind its end: how they came. */
const comes =
  (...wanted: readonly string[]) =>
  (seen: Seen): Judgement => {
    const found = seen.bodies('a').join();
    return demand(found === wanted.join(), found || `nothing: ${seen.fate('a')}`);
  };

function rest(seen: Seen, ...wanted: readonly string[]): Judgement {
  if (seen.isEnded('b')) return fail('the next SUBSCRIBE ends the connection');
  const found = seen.bodies('b').filter((text) => text !== 'end');
  return demand(found.join() === wanted.join(), found.join() || 'nothing');
}

const ackInside = (end: string) => [
  login('a'),
  ...subscribed('a', 'destination:{q}\nid:s1\nack:client\n'),
  ...filled('a', '{q}', 'm1'),
  messages('a', 1),
  write(
    'a',
    `${BEGIN}ACK\nmessage-id:{id a 0}\ntransaction:t1\n\n\0${end}\ntransaction:t1\nreceipt:r1\n\n\0`,
  ),
  answer('a', 'r1'),
  cut('a'),
  ...remaining('b'),
];

export const transactionCases = [
  ...section('BEGIN', [
    {
      id: 'begin.holds-back',
      point: 'P35',
      title: 'what is sent in a transaction does not arrive before COMMIT',
      expected: 'no MESSAGE',
      steps: [...reading('a'), write('a', `${BEGIN}${IN_TX}`), quiet('a'), probe('a')],
      judge: (seen) =>
        demand(
          seen.bodies('a').length === 0 && !seen.isEnded('a'),
          seen.bodies('a').join() || seen.fate('a'),
        ),
    },
    {
      id: 'begin.twice',
      point: 'P35',
      title: 'the same transaction twice',
      expected: 'open',
      steps: [login('a'), write('a', BEGIN), ...asked('a', 'BEGIN\ntransaction:t1\nreceipt:r1\n\n\0')],
      judge: open,
    },
    {
      id: 'begin.no-transaction',
      point: 'P20',
      title: 'BEGIN without transaction',
      expected: 'open',
      steps: refused('BEGIN\nreceipt:r1\n\n\0'),
      judge: open,
    },
    {
      id: 'begin.two',
      point: 'P35',
      title: 'two transactions at a time, one committed and one aborted',
      expected: 'MESSAGE\n...\n\none\\0',
      steps: [
        ...reading('a'),
        write('a', 'BEGIN\ntransaction:t1\n\n\0BEGIN\ntransaction:t2\n\n\0'),
        write(
          'a',
          'SEND\ndestination:{q}\ntransaction:t1\n\none\0SEND\ndestination:{q}\ntransaction:t2\n\ntwo\0',
        ),
        write('a', 'COMMIT\ntransaction:t1\n\n\0ABORT\ntransaction:t2\n\n\0'),
        write('a', 'SEND\ndestination:{q}\n\nafter\0'),
        body('a', 'after'),
      ],
      judge: comes('one', 'after'),
    },
    {
      id: 'begin.cut',
      point: 'P35',
      title: 'an open transaction ends with its connection',
      expected: 'no MESSAGE',
      steps: [login('a'), write('a', `${BEGIN}${IN_TX}`), probe('a'), cut('a'), ...remaining('b')],
      judge: (seen) => rest(seen),
    },
  ]),
  ...section('COMMIT', [
    {
      id: 'commit.delivers',
      point: 'P35',
      title: 'what was sent in a transaction arrives behind COMMIT',
      expected: 'MESSAGE\n...\n\ninside\\0',
      steps: [
        ...reading('a'),
        write('a', `${BEGIN}${IN_TX}COMMIT\ntransaction:t1\n\n\0`),
        write('a', 'SEND\ndestination:{q}\n\nafter\0'),
        body('a', 'after'),
      ],
      judge: comes('inside', 'after'),
    },
    {
      id: 'commit.ack',
      point: 'P35',
      title: 'an ACK in a transaction counts behind COMMIT',
      expected: 'no MESSAGE',
      steps: ackInside('COMMIT'),
      judge: (seen) => rest(seen),
    },
    {
      id: 'commit.unknown',
      point: 'P35',
      title: 'COMMIT of a transaction that was not begun',
      expected: 'open',
      steps: refused('COMMIT\ntransaction:none\nreceipt:r1\n\n\0'),
      judge: open,
    },
    {
      id: 'commit.twice',
      point: 'P35',
      title: 'COMMIT twice',
      expected: 'open',
      steps: [
        login('a'),
        write('a', `${BEGIN}COMMIT\ntransaction:t1\n\n\0`),
        ...asked('a', 'COMMIT\ntransaction:t1\nreceipt:r1\n\n\0'),
      ],
      judge: open,
    },
    {
      id: 'commit.send-unknown',
      point: 'P35',
      title: 'SEND in a transaction that was not begun',
      expected: 'open',
      steps: refused('SEND\ndestination:{nowhere}\ntransaction:none\nreceipt:r1\n\nx\0'),
      judge: open,
    },
    {
      id: 'commit.order',
      point: 'P35',
      title: 'messages of a transaction keep their order',
      expected: 'MESSAGE\n...\n\ninside\\0MESSAGE\n...\n\nsecond\\0',
      steps: [
        ...reading('a'),
        write('a', `${BEGIN}${IN_TX}${IN_TX.replace('inside', 'second')}COMMIT\ntransaction:t1\n\n\0`),
        body('a', 'second'),
      ],
      judge: comes('inside', 'second'),
    },
  ]),
  ...section('ABORT', [
    {
      id: 'abort.discards',
      point: 'P35',
      title: 'what was sent in a transaction is gone behind ABORT',
      expected: 'no MESSAGE',
      steps: [
        ...reading('a'),
        write('a', `${BEGIN}${IN_TX}ABORT\ntransaction:t1\n\n\0`),
        write('a', 'SEND\ndestination:{q}\n\nafter\0'),
        body('a', 'after'),
      ],
      judge: comes('after'),
    },
    {
      id: 'abort.ack',
      point: 'P35',
      title: 'an ACK in a transaction does not count behind ABORT',
      expected: 'MESSAGE\n...\n\nm1\\0',
      steps: ackInside('ABORT'),
      judge: (seen) => rest(seen, 'm1'),
    },
    {
      id: 'abort.unknown',
      point: 'P35',
      title: 'ABORT of a transaction that was not begun',
      expected: 'open',
      steps: refused('ABORT\ntransaction:none\nreceipt:r1\n\n\0'),
      judge: open,
    },
  ]),
];
