import type { Seen } from '../seen.js';
import { demand, dialect, fail, type Judgement } from '../verdict.js';
import {
  answer,
  cut,
  filled,
  hold,
  login,
  messages,
  pause,
  quiet,
  remaining,
  section,
  subscribed,
  write,
} from './steps.js';

/** Kept on several nodes where the broker knows how, and gone by itself. */
const QUORUM =
  'destination:{q}.quorum\nx-queue-type:quorum\nx-expires:60000\ndurable:true\nauto-delete:false\n';

const client = (id = 's1') => `destination:{q}\nid:${id}\nack:client\n`;

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

function flagged(seen: Seen): Judgement {
  const again = seen.messages('b').find((frame) => frame.body.toString() === 'm1');
  if (again === undefined) return fail(left(seen) === undefined ? NOBODY : 'not delivered again');
  const flag = seen.header(again, 'redelivered');
  return dialect(flag === undefined ? 'no header' : `redelivered:${flag}`);
}

export const redeliveryCases = section('ACK', [
  {
    id: 'ack.missing',
    point: 'P34',
    title: 'an unacknowledged message comes again when the connection was cut',
    expected: 'MESSAGE\n...\n\nm1\\0',
    steps: [
      login('a'),
      ...subscribed('a', client()),
      ...filled('a', '{q}', 'm1', 'm2'),
      messages('a', 1),
      cut('a'),
      ...remaining('b'),
    ],
    judge: leaves('m1', 'm2'),
  },
  {
    id: 'ack.missing-only-one',
    point: 'P34',
    title: 'the same where it was the only message of the queue',
    expected: 'MESSAGE\n...\n\nm1\\0',
    steps: [
      login('a'),
      ...subscribed('a', client()),
      ...filled('a', '{q}', 'm1'),
      messages('a', 1),
      cut('a'),
      ...remaining('b'),
    ],
    judge: leaves('m1'),
  },
  {
    id: 'ack.missing-disconnect',
    point: 'P34',
    title: 'the same where the connection ended with DISCONNECT',
    expected: 'MESSAGE\n...\n\nm1\\0',
    steps: [
      login('a'),
      ...subscribed('a', client()),
      ...filled('a', '{q}', 'm1', 'm2'),
      messages('a', 1),
      write('a', 'DISCONNECT\n\n\0'),
      quiet('a'),
      ...remaining('b'),
    ],
    judge: leaves('m1', 'm2'),
  },
  {
    id: 'ack.redelivered-flag',
    point: 'P34',
    title: 'how a message is marked that comes again',
    expected: 'open',
    steps: [
      login('a'),
      ...subscribed('a', client()),
      ...filled('a', '{q}', 'm1', 'm2'),
      messages('a', 1),
      cut('a'),
      ...remaining('b'),
    ],
    judge: flagged,
  },
  {
    id: 'ack.delivery-count',
    point: 'P34',
    title: 'how a message is marked that comes again from a queue declared with x-queue-type:quorum',
    expected: 'open',
    steps: [
      login('a'),
      ...subscribed('a', `${QUORUM}id:s1\nack:client\n`),
      write('a', `SEND\n${QUORUM}receipt:r1\n\nm1\0`),
      answer('a', 'r1'),
      messages('a', 1),
      cut('a'),
      pause(2),
      login('b'),
      ...subscribed('b', `${QUORUM}id:s1\nack:auto\n`),
      messages('b', 1),
    ],
    judge: (seen) => {
      const [message] = seen.messages('b');
      if (message === undefined) return dialect(seen.isEnded('b') ? NOBODY : 'does not come again');
      const count = seen.header(message, 'x-delivery-count');
      return dialect(count === undefined ? 'no header' : `x-delivery-count:${count}`);
    },
  },
  {
    id: 'ack.first-delivery-flag',
    point: 'P34',
    title: 'how a message is marked that comes for the first time',
    expected: 'open',
    steps: [login('a'), ...subscribed('a', client()), ...filled('a', '{q}', 'm1'), messages('a', 1)],
    judge: (seen) => {
      const flag = seen.header(seen.messages('a')[0], 'redelivered');
      return dialect(flag === undefined ? 'no header' : `redelivered:${flag}`);
    },
  },
  {
    id: 'ack.auto-cut',
    point: 'P34',
    title:
      'what becomes of a message without acknowledgement that was on its way when the connection was cut',
    expected: 'open',
    steps: [
      login('a'),
      ...subscribed('a', 'destination:{q}\nid:s1\nack:auto\n'),
      hold('a'),
      login('c'),
      ...filled('c', '{q}', 'm1'),
      pause(),
      cut('a'),
      ...remaining('b'),
    ],
    judge: (seen) => {
      const found = left(seen);
      return dialect(found === undefined ? NOBODY : found.length === 0 ? 'lost' : 'comes again');
    },
  },
]);
