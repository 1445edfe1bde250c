import type { Seen } from '../seen.js';
import { dialect, type Judgement, notSupported } from '../verdict.js';
import { headerOf } from '../wire.js';
import {
  answer,
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

/** Sends one message with these header lines to ourselves. */
const carried = (headers: string) => [
  ...reading('a'),
  write('a', `SEND\ndestination:{q}\nreceipt:r1\n${headers}\nm\0`),
  answer('a', 'r1'),
  quiet('a', 0.5),
  probe('a'),
];

/** The value of this header in the message, or what became of it. */
const value =
  (name: string) =>
  (seen: Seen): Judgement => {
    const [message] = seen.messages('a');
    if (message === undefined) return dialect(`no message: ${seen.fate('a')}`);
    const found = headerOf(message, name);
    return dialect(found === undefined ? 'no header' : `${name}:${found.replace(/gen-.*/, 'gen-...')}`);
  };

/** How the bodies came, highest priority first where it counts. */
function ordered(found: readonly string[]): Judgement {
  const all = { '1,9,4': 'not ordered', '9,4,1': 'ordered' }[found.join()];
  return all === 'ordered' ? dialect(all) : dialect(all ?? `came as ${found.join()}`);
}

function vanished(seen: Seen): Judgement {
  return dialect(seen.bodies('a').length > 0 ? 'delivered' : `not delivered: ${seen.fate('a')}`);
}

/** How many of three messages come before one of them is acknowledged. */
function prefetched(seen: Seen): Judgement {
  const count = seen.bodies('a').length;
  if (count === 1) return dialect('one message at a time');
  return count === 3 ? notSupported('ignored') : dialect(`${count} messages`);
}

const prefetch = (headers: string) => [
  login('a'),
  ...subscribed('a', `destination:{q}\nid:s1\n${headers}`),
  ...filled('a', '{q}', 'm1', 'm2', 'm3'),
  quiet('a'),
];

/** A queue of its own kind, which goes away by itself where the broker knows how. */
const DECLARED = 'destination:{q}.declared\nx-expires:60000\n';

const PAST = 'expires:1000000000000\n';

const extra = (
  id: string,
  title: string,
  steps: Parameters<typeof section>[1][number]['steps'],
  judge: (seen: Seen) => Judgement,
) => ({
  ...{ id, title, steps, judge },
  point: 'P22',
  expected: 'open',
});

export const extensionCases = section('Extensions', [
  extra('priority.kept', 'priority:7', carried('priority:7\n'), value('priority')),
  extra('priority.default', 'the priority of a message without one', carried(''), value('priority')),
  extra('priority.too-high', 'priority:99', carried('priority:99\n'), value('priority')),
  extra('priority.negative', 'priority:-1', carried('priority:-1\n'), value('priority')),
  extra('priority.word', 'priority:high', carried('priority:high\n'), value('priority')),
  extra(
    'priority.order',
    'messages of the priorities 1, 9 and 4 that wait in a queue',
    [
      login('a'),
      write(
        'a',
        ['1', '9', '4'].map((text) => `SEND\ndestination:{q}\npriority:${text}\n\n${text}\0`).join(''),
      ),
      write('a', 'SEND\ndestination:{nowhere}\nreceipt:r1\n\nx\0'),
      receipt('a', 'r1'),
      pause(),
      ...remaining('b'),
    ],
    (seen) => ordered(seen.bodies('b').filter((text) => text !== 'end')),
  ),
  extra(
    'priority.order-declared',
    'the same in a queue that is declared with x-max-priority',
    [
      login('a'),
      write(
        'a',
        ['1', '9', '4']
          .map((text) => `SEND\n${DECLARED}x-max-priority:10\npriority:${text}\n\n${text}\0`)
          .join(''),
      ),
      write('a', 'SEND\ndestination:{nowhere}\nreceipt:r1\n\nx\0'),
      receipt('a', 'r1'),
      pause(),
      login('b'),
      write('b', `SUBSCRIBE\n${DECLARED}x-max-priority:10\nid:s1\nack:auto\n\n\0`),
      messages('b', 3),
    ],
    (seen) => ordered(seen.bodies('b')),
  ),
  extra('persistent.true', 'persistent:true', carried('persistent:true\n'), value('persistent')),
  extra('persistent.false', 'persistent:false', carried('persistent:false\n'), value('persistent')),
  extra('expires.past', 'expires in the past', carried(PAST), vanished),
  extra('expires.word', 'expires:soon', carried('expires:soon\n'), vanished),
  extra('expires.none', 'the expires of a message without one', carried(''), value('expires')),
  extra(
    'expires.expiration',
    'expiration:50 in a queue that nobody reads for longer',
    [
      login('a'),
      write('a', 'SEND\ndestination:{q}\nexpiration:50\nreceipt:r1\n\nold\0'),
      answer('a', 'r1'),
      pause(2),
      ...remaining('b'),
    ],
    (seen) => dialect(seen.bodies('b').includes('old') ? 'ignored' : 'the message is gone'),
  ),
  extra('reply-to.queue', 'reply-to of a queue', carried('reply-to:/queue/answers\n'), value('reply-to')),
  extra('reply-to.word', 'reply-to:whatever', carried('reply-to:whatever\n'), value('reply-to')),
  extra(
    'reply-to.temporary',
    'reply-to:/temp-queue/foo',
    carried('reply-to:/temp-queue/foo\n'),
    value('reply-to'),
  ),
  extra(
    'reply-to.answered',
    'an answer to reply-to:/temp-queue/foo comes without any SUBSCRIBE',
    [
      ...reading('b'),
      login('a'),
      write('a', 'SEND\ndestination:{q}\nreply-to:/temp-queue/foo\n\nquestion\0'),
      messages('b', 1),
      write('b', 'SEND\ndestination:{header b reply-to}\n\nanswer\0'),
      body('a', 'answer'),
    ],
    (seen) => {
      const [message] = seen.messages('a');
      if (message === undefined) return notSupported('no answer');
      const [name, id] = ['destination', 'subscription'].map((one) => headerOf(message, one) ?? 'none');
      return dialect(`destination:${name!.replace(/gen-.*/, 'gen-...')}, subscription:${id}`);
    },
  ),
  extra(
    'prefetch.rabbitmq',
    'prefetch-count:1 with ack:client',
    prefetch('ack:client\nprefetch-count:1\n'),
    prefetched,
  ),
  extra(
    'prefetch.activemq',
    'activemq.prefetchSize:1 with ack:client',
    prefetch('ack:client\nactivemq.prefetchSize:1\n'),
    prefetched,
  ),
  extra('prefetch.default', 'ack:client without prefetch', prefetch('ack:client\n'), (seen) =>
    dialect(seen.bodies('a').length === 1 ? 'one message at a time' : 'many'),
  ),
  extra(
    'prefetch.limit',
    '1,100 messages for ack:client without prefetch',
    [
      login('a'),
      ...subscribed('a', 'destination:{q}\nid:s1\nack:client\n'),
      write('a', `${'SEND\ndestination:{q}\n\nm\0'.repeat(1_099)}SEND\ndestination:{q}\nreceipt:r1\n\nm\0`),
      receipt('a', 'r1'),
      messages('a', 1_100),
    ],
    (seen) => {
      const count = seen.bodies('a').length;
      return dialect(count === 1_100 ? 'all of them come' : `${count} of them come`);
    },
  ),
  extra(
    'prefetch.auto',
    'both prefetch headers with ack:auto',
    prefetch('ack:auto\nprefetch-count:1\nactivemq.prefetchSize:1\n'),
    (seen) => dialect(seen.bodies('a').length === 3 ? 'no effect' : `${seen.bodies('a').length} messages`),
  ),
  extra(
    'queue.slash-in-name',
    'a destination of /exchange/... that means nothing here',
    [
      login('a'),
      write('a', 'SEND\ndestination:/exchange/{r}-none/key\nreceipt:r1\n\nm\0'),
      answer('a', 'r1'),
      ...subscribed('a', 'destination:/exchange/{r}-none/key\nid:s1\nack:auto\n'),
      quiet('a'),
      probe('a'),
    ],
    (seen) => {
      const [message] = seen.messages('a');
      if (message === undefined) return dialect(seen.fate('a'));
      const name = headerOf(message, 'destination') ?? '';
      return dialect(`arrives as ${name.replace(seen.fill('{r}'), '...')}`);
    },
  ),
]);
