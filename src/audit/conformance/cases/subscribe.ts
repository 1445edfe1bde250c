import type { Seen } from '../seen.js';
import { demand, dialect, fail, type Judgement, notSupported, pass } from '../verdict.js';
import {
  answer,
  asked,
  body,
  login,
  messages,
  pause,
  quiet,
  reading,
  section,
  subscribed,
  write,
} from './steps.js';

const open = (seen: Seen): Judgement => dialect(seen.fate('a'));

function named(seen: Seen): Judgement {
  const [message] = seen.messages('a');
  if (message === undefined) return fail(`no message: ${seen.fate('a')}`);
  const subscription = seen.header(message, 'subscription');
  if (subscription === undefined) return notSupported('no subscription header');
  return demand(subscription === 's-7', `subscription:${subscription}`);
}

function counted(seen: Seen): Judgement {
  const count = seen.bodies('a').length;
  return dialect(`${seen.fate('a')}, each message ${count === 1 ? 'once' : `${count} times`}`);
}

function selected(seen: Seen): Judgement {
  const bodies = seen.bodies('a').join();
  if (seen.party('a').conversation.frames.some(({ command }) => command === 'ERROR'))
    return notSupported('refused');
  if (bodies === 'red') return pass('works');
  return bodies === 'blue,red' ? notSupported('ignored') : fail(bodies || seen.fate('a'));
}

const twice = (place: string, ids: readonly string[]) => [
  login('a'),
  ...subscribed('a', `destination:${place}\n${ids[0]}`),
  ...asked('a', `SUBSCRIBE\ndestination:${place}\n${ids[1]}receipt:r1\n\n\0`),
  write('a', `SEND\ndestination:${place}\n\nm\0`),
  body('a', 'm'),
  quiet('a'),
];

export const subscribeCases = section('SUBSCRIBE', [
  {
    id: 'subscribe.id',
    point: 'P25',
    title: 'with id, MESSAGE has it as subscription',
    expected: 'MESSAGE\nsubscription:s-7\n...',
    steps: [
      login('a'),
      ...subscribed('a', 'destination:{q}\nid:s-7\nack:auto\n'),
      write('a', 'SEND\ndestination:{q}\n\nm\0'),
      messages('a', 1),
    ],
    judge: named,
  },
  {
    id: 'subscribe.no-id',
    point: 'P25',
    title: 'without id, MESSAGE has no subscription',
    expected: 'MESSAGE\ndestination:{q}\n...',
    steps: [
      login('a'),
      ...subscribed('a', 'destination:{q}\nack:auto\n'),
      write('a', 'SEND\ndestination:{q}\n\nm\0'),
      messages('a', 1),
    ],
    judge: (seen) => {
      const [message] = seen.messages('a');
      if (message === undefined) return fail(`no message: ${seen.fate('a')}`);
      const subscription = seen.header(message, 'subscription');
      return subscription === undefined ? pass('none') : dialect(`subscription:${subscription}`);
    },
  },
  {
    id: 'subscribe.default-ack',
    point: 'P32',
    title: 'without ack, nothing has to be acknowledged',
    expected: 'MESSAGE\n...',
    steps: [
      login('a'),
      ...subscribed('a', 'destination:{q}\nid:s1\n'),
      write('a', 'SEND\ndestination:{q}\n\nm1\0SEND\ndestination:{q}\n\nm2\0'),
      messages('a', 2),
    ],
    judge: (seen) => demand(seen.bodies('a').join() === 'm1,m2', seen.bodies('a').join() || seen.fate('a')),
  },
  {
    id: 'subscribe.two-destinations',
    point: 'P25',
    title: 'two subscriptions on one connection',
    expected: 'MESSAGE\ndestination:{q}\n...MESSAGE\ndestination:{q2}\n...',
    steps: [
      ...reading('a'),
      ...subscribed('a', 'destination:{q2}\nid:s2\nack:auto\n'),
      write('a', 'SEND\ndestination:{q}\n\none\0SEND\ndestination:{q2}\n\ntwo\0'),
      messages('a', 2),
    ],
    judge: (seen) => demand([...seen.bodies('a')].sort().join() === 'one,two', seen.bodies('a').join()),
  },
  {
    id: 'subscribe.twice-no-id',
    point: 'P25',
    title: 'the same topic twice, without id',
    expected: 'open',
    steps: twice('{t}', ['', '']),
    judge: counted,
  },
  {
    id: 'subscribe.twice-same-id',
    point: 'P25',
    title: 'the same topic twice, with the same id',
    expected: 'open',
    steps: twice('{t}', ['id:s1\n', 'id:s1\n']),
    judge: counted,
  },
  {
    id: 'subscribe.twice-other-id',
    point: 'P25',
    title: 'the same topic twice, with two ids',
    expected: 'open',
    steps: twice('{t}', ['id:s1\n', 'id:s2\n']),
    judge: counted,
  },
  {
    id: 'subscribe.wildcard',
    point: 'P30',
    title: 'a topic with * in place of its last word',
    expected: 'open',
    steps: [
      login('a'),
      ...subscribed('a', 'destination:{t}.*\nid:s1\nack:auto\n'),
      write('a', 'SEND\ndestination:{t}.word\nreceipt:r1\n\nm\0'),
      answer('a', 'r1'),
      quiet('a'),
    ],
    judge: (seen) => {
      const [message] = seen.messages('a');
      if (message === undefined) return notSupported('no wildcards');
      const name = seen.header(message, 'destination');
      return dialect(name === seen.fill('{t}.word') ? 'the concrete name' : 'another name');
    },
  },
  {
    id: 'subscribe.selector',
    point: 'P25',
    title: 'a selector, which a server may support',
    expected: 'MESSAGE\n...\n\nred\\0',
    steps: [
      login('a'),
      ...subscribed('a', "destination:{q}\nid:s1\nack:auto\nselector:colour = 'red'\n"),
      write('a', 'SEND\ndestination:{q}\ncolour:blue\n\nblue\0'),
      write('a', 'SEND\ndestination:{q}\ncolour:red\n\nred\0'),
      body('a', 'red'),
      pause(0.3),
    ],
    judge: selected,
  },
  {
    id: 'subscribe.bad-selector',
    point: 'P25',
    title: 'a selector that cannot be read',
    expected: 'open',
    steps: [
      login('a'),
      ...asked('a', 'SUBSCRIBE\ndestination:{q}\nid:s1\nselector:this is ( no selector\nreceipt:r1\n\n\0'),
    ],
    judge: open,
  },
  {
    id: 'subscribe.no-destination',
    point: 'P20',
    title: 'SUBSCRIBE without destination',
    expected: 'open',
    steps: [login('a'), ...asked('a', 'SUBSCRIBE\nid:s1\nreceipt:r1\n\n\0')],
    judge: open,
  },
  {
    id: 'subscribe.refused',
    point: 'P24',
    title: 'a destination of an exchange that does not exist, with a receipt',
    expected: 'open',
    steps: [
      login('a'),
      ...asked('a', 'SUBSCRIBE\ndestination:/exchange/{r}-none/key\nid:s1\nreceipt:r1\n\n\0'),
    ],
    judge: open,
  },
  {
    id: 'subscribe.unknown-ack',
    point: 'P32',
    title: 'an ack mode that does not exist',
    expected: 'open',
    steps: [login('a'), ...asked('a', 'SUBSCRIBE\ndestination:{t}\nid:s1\nack:perhaps\nreceipt:r1\n\n\0')],
    judge: open,
  },
]);
