import type { Seen } from '../seen.js';
import { demand, dialect, fail, type Judgement, pass } from '../verdict.js';
import {
  answer,
  asked,
  body,
  filled,
  login,
  mark,
  messages,
  probe,
  quiet,
  reading,
  receipt,
  section,
  subscribed,
  write,
} from './steps.js';

const open = (seen: Seen): Judgement => dialect(seen.fate('a'));

/** Sends to a subscription that is over, and to one that is not, which tells that nothing is under way any more. */
const afterwards = (bytes: string) => [
  ...reading('a'),
  ...asked('a', bytes),
  write('a', 'SEND\ndestination:{q}\nreceipt:r2\n\nlate\0'),
  answer('a', 'r2'),
  quiet('a'),
];

function over(seen: Seen): Judgement {
  if (seen.bodies('a').includes('late')) return fail(`still subscribed: ${seen.fate('a')}`);
  return seen.isEnded('a') ? fail(seen.fate('a')) : pass();
}

export const unsubscribeCases = section('UNSUBSCRIBE', [
  {
    id: 'unsubscribe.destination',
    point: 'P26',
    title: 'by destination, for a subscription without id',
    expected: 'no MESSAGE',
    steps: [
      login('a'),
      ...subscribed('a', 'destination:{q}\nack:auto\n'),
      ...asked('a', 'UNSUBSCRIBE\ndestination:{q}\nreceipt:r1\n\n\0'),
      write('a', 'SEND\ndestination:{q}\nreceipt:r2\n\nlate\0'),
      answer('a', 'r2'),
      quiet('a'),
    ],
    judge: over,
  },
  {
    id: 'unsubscribe.id',
    point: 'P26',
    title: 'by id alone',
    expected: 'no MESSAGE',
    steps: afterwards('UNSUBSCRIBE\nid:s1\nreceipt:r1\n\n\0'),
    judge: over,
  },
  {
    id: 'unsubscribe.both',
    point: 'P26',
    title: 'by id and destination',
    expected: 'no MESSAGE',
    steps: afterwards('UNSUBSCRIBE\nid:s1\ndestination:{q}\nreceipt:r1\n\n\0'),
    judge: over,
  },
  {
    id: 'unsubscribe.destination-of-id',
    point: 'P26',
    title: 'by destination, for a subscription that has an id',
    expected: 'open',
    steps: afterwards('UNSUBSCRIBE\ndestination:{q}\nreceipt:r1\n\n\0'),
    judge: (seen) =>
      dialect(seen.bodies('a').includes('late') ? `still subscribed: ${seen.fate('a')}` : 'works'),
  },
  {
    id: 'unsubscribe.unknown',
    point: 'P26',
    title: 'of something that was never subscribed',
    expected: 'open',
    steps: [login('a'), ...asked('a', 'UNSUBSCRIBE\nid:none\ndestination:{q}\nreceipt:r1\n\n\0')],
    judge: open,
  },
  {
    id: 'unsubscribe.neither',
    point: 'P26',
    title: 'without id and destination',
    expected: 'open',
    steps: [login('a'), ...asked('a', 'UNSUBSCRIBE\nreceipt:r1\n\n\0')],
    judge: open,
  },
  {
    id: 'unsubscribe.leaves-others',
    point: 'P26',
    title: 'the other subscription goes on',
    expected: 'MESSAGE\ndestination:{q2}\n...',
    steps: [
      ...reading('a'),
      ...subscribed('a', 'destination:{q2}\nid:s2\nack:auto\n'),
      write('a', 'UNSUBSCRIBE\nid:s1\ndestination:{q}\nreceipt:r1\n\n\0'),
      receipt('a', 'r1'),
      write('a', 'SEND\ndestination:{q2}\n\nstill\0'),
      body('a', 'still'),
    ],
    judge: (seen) => demand(seen.bodies('a').includes('still'), seen.fate('a')),
  },
  {
    id: 'unsubscribe.unacknowledged',
    point: 'P34',
    title: 'when unacknowledged messages come back after it',
    expected: 'open',
    steps: [
      login('a'),
      ...subscribed('a', 'destination:{q}\nid:s1\nack:client\n'),
      ...filled('a', '{q}', 'm1'),
      messages('a', 1),
      mark('a'),
      write('a', 'UNSUBSCRIBE\nid:s1\ndestination:{q}\nreceipt:r1\n\n\0'),
      answer('a', 'r1'),
      login('b'),
      ...subscribed('b', 'destination:{q}\nid:s1\nack:auto\n'),
      quiet('b', 2),
      probe('b'),
    ],
    judge: (seen) => {
      if (seen.bodies('b').length > 0) return dialect('at once');
      return dialect(
        seen.isEnded('b') ? 'the next SUBSCRIBE ends the connection' : 'not while the connection lasts',
      );
    },
  },
]);
