import type { Seen } from '../seen.js';
import { demand, dialect, fail, type Judgement, notSupported, pass } from '../verdict.js';
import {
  asked,
  body,
  cut,
  filled,
  login,
  messages,
  pause,
  probe,
  receipt,
  remaining,
  section,
  subscribed,
  write,
} from './steps.js';

const client = (id = 's1') => `destination:{q}\nid:${id}\nack:client\n`;

/** One subscription, messages in it, and one ACK at the end. */
const acknowledging = (headers: string, bodies: readonly string[], ack: string) => [
  login('a'),
  ...subscribed('a', headers),
  ...filled('a', '{q}', ...bodies),
  messages('a', bodies.length),
  ...asked('a', ack),
];

const ACK_FIRST = 'ACK\nmessage-id:{id a 0}\nreceipt:r1\n\n\0';
const ACK_LAST = 'ACK\nmessage-id:{id a last}\nreceipt:r1\n\n\0';

/** What the consumer that came later found. */
function left(seen: Seen, as = 'b'): readonly string[] | undefined {
  if (seen.isEnded(as)) return undefined;
  return seen.bodies(as).filter((text) => text !== 'end');
}

const NOBODY = 'the next SUBSCRIBE ends the connection';

/** Passes when exactly these are left. */
const leaves =
  (...wanted: readonly string[]) =>
  (seen: Seen): Judgement => {
    const found = left(seen);
    if (found === undefined) return fail(NOBODY);
    const order = [...found].sort().join();
    return demand(order === wanted.join(), order === '' ? 'lost' : `left: ${order}`);
  };

function scope(seen: Seen): Judgement {
  const [one, two] = [left(seen, 'b'), left(seen, 'c')];
  if (one === undefined || two === undefined) return fail(NOBODY);
  const acknowledged = ['a0', 'a1', 'a2', 'b0', 'b1', 'b2'].filter(
    (text) => ![...one, ...two].includes(text),
  );
  if (acknowledged.length === 6) return dialect('cumulative over the connection');
  if (acknowledged.join() === 'b0,b1,b2') return dialect('cumulative over the subscription');
  return acknowledged.length === 1
    ? dialect('one message')
    : fail(`acknowledged: ${acknowledged.join() || 'none'}`);
}

function individual(seen: Seen): Judgement {
  const found = left(seen)?.join();
  if (found === 'm0,m2') return dialect('one message');
  if (found === '') return notSupported('taken for auto');
  return found === 'm2' ? dialect('as client') : dialect(found === undefined ? NOBODY : `left: ${found}`);
}

const open = (seen: Seen): Judgement => dialect(seen.fate('a'));

export const ackCases = section('ACK', [
  {
    id: 'ack.client',
    point: 'P32',
    title: 'an acknowledged message does not come again',
    expected: 'no MESSAGE',
    steps: [...acknowledging(client(), ['m1'], ACK_FIRST), cut('a'), ...remaining('b')],
    judge: leaves(),
  },
  {
    id: 'ack.scope',
    point: 'P32',
    title: 'what an ACK says about earlier messages of this and another subscription',
    expected: 'open',
    steps: [
      login('a'),
      ...subscribed('a', client()),
      ...subscribed('a', 'destination:{q2}\nid:s2\nack:client\n'),
      ...filled('a', '{q}', 'a0', 'a1', 'a2'),
      pause(0.3),
      ...filled('a', '{q2}', 'b0', 'b1', 'b2'),
      pause(0.3),
      ...asked('a', ACK_LAST),
      cut('a'),
      ...remaining('b'),
      ...remaining('c', '{q2}'),
    ],
    judge: scope,
  },
  {
    id: 'ack.covered',
    point: 'P33',
    title: 'an ACK of a message before one that was acknowledged',
    expected: 'open',
    steps: [
      login('a'),
      ...subscribed('a', client()),
      ...filled('a', '{q}', 'm0', 'm1'),
      pause(0.3),
      write('a', 'ACK\nmessage-id:{id a last}\nreceipt:r0\n\n\0'),
      receipt('a', 'r0'),
      ...asked('a', ACK_FIRST),
    ],
    judge: open,
  },
  {
    id: 'ack.twice',
    point: 'P33',
    title: 'the same ACK twice',
    expected: 'open',
    steps: [
      login('a'),
      ...subscribed('a', client()),
      ...filled('a', '{q}', 'm1'),
      messages('a', 1),
      write('a', 'ACK\nmessage-id:{id a 0}\nreceipt:r0\n\n\0'),
      receipt('a', 'r0'),
      ...asked('a', ACK_FIRST),
    ],
    judge: open,
  },
  {
    id: 'ack.individual',
    point: 'P32',
    title: 'client-individual, which came with 1.1',
    expected: 'open',
    steps: [
      ...acknowledging(
        'destination:{q}\nid:s1\nack:client-individual\n',
        ['m0', 'm1', 'm2'],
        'ACK\nmessage-id:{id a 1}\nsubscription:s1\nreceipt:r1\n\n\0',
      ),
      cut('a'),
      ...remaining('b'),
    ],
    judge: individual,
  },
  {
    id: 'ack.auto',
    point: 'P33',
    title: 'an ACK where none is needed',
    expected: 'open',
    steps: acknowledging('destination:{q}\nid:s1\nack:auto\n', ['m1'], ACK_FIRST),
    judge: open,
  },
  {
    id: 'ack.no-subscription',
    point: 'P31',
    title: 'without subscription, for a subscription that has an id',
    expected: 'RECEIPT\nreceipt-id:r1\n\n\\0',
    steps: acknowledging(client(), ['m1'], ACK_FIRST),
    judge: (seen) => demand(seen.fate('a') === 'RECEIPT, open', seen.fate('a')),
  },
  {
    id: 'ack.with-subscription',
    point: 'P31',
    title: 'with the id of the subscription, as many clients send it',
    expected: 'RECEIPT\nreceipt-id:r1\n\n\\0',
    steps: acknowledging(client(), ['m1'], 'ACK\nmessage-id:{id a 0}\nsubscription:s1\nreceipt:r1\n\n\0'),
    judge: (seen) => demand(seen.fate('a') === 'RECEIPT, open', seen.fate('a')),
  },
  {
    id: 'ack.wrong-subscription',
    point: 'P31',
    title: 'with the id of no subscription',
    expected: 'open',
    steps: acknowledging(client(), ['m1'], 'ACK\nmessage-id:{id a 0}\nsubscription:none\nreceipt:r1\n\n\0'),
    judge: open,
  },
  {
    id: 'ack.unknown',
    point: 'P33',
    title: 'of a message that never was',
    expected: 'open',
    steps: [
      login('a'),
      ...subscribed('a', client()),
      ...asked('a', 'ACK\nmessage-id:none\nsubscription:s1\nreceipt:r1\n\n\0'),
    ],
    judge: open,
  },
  {
    id: 'ack.no-message-id',
    point: 'P20',
    title: 'without message-id',
    expected: 'open',
    steps: [login('a'), ...subscribed('a', client()), ...asked('a', 'ACK\nreceipt:r1\n\n\0')],
    judge: open,
  },
  {
    id: 'ack.echo-backslash',
    point: 'P31',
    title: 'a message-id that may hold a backslash from the id of the subscription is echoed',
    expected: 'RECEIPT\nreceipt-id:r1\n\n\\0',
    steps: acknowledging(client('w\\\\x'), ['m1'], ACK_FIRST),
    judge: (seen) => demand(seen.fate('a') === 'RECEIPT, open', seen.fate('a')),
  },
  {
    id: 'ack.next-after',
    point: 'P32',
    title: 'messages go on coming behind an ACK',
    expected: 'MESSAGE\n...\n\nm2\\0',
    steps: [
      ...acknowledging(client(), ['m1'], ACK_FIRST),
      write('a', 'SEND\ndestination:{q}\n\nm2\0'),
      body('a', 'm2'),
    ],
    judge: (seen) => (seen.bodies('a').includes('m2') ? pass() : fail(seen.fate('a'))),
  },
  {
    id: 'ack.connection-lives',
    point: 'P32',
    title: 'an ACK without receipt is not answered',
    expected: '',
    steps: [
      login('a'),
      ...subscribed('a', client()),
      ...filled('a', '{q}', 'm1'),
      messages('a', 1),
      write('a', 'ACK\nmessage-id:{id a 0}\n\n\0'),
      probe('a'),
    ],
    judge: (seen) => demand(seen.fate('a') === 'open', seen.fate('a')),
  },
]);
