import type { Seen } from '../seen.js';
import { demand, dialect, fail, type Judgement, notSupported, pass } from '../verdict.js';
import { headerOf } from '../wire.js';
import { filled, login, messages, pause, reading, section, subscribed, write } from './steps.js';

const one = [...reading('a'), write('a', 'SEND\ndestination:{q}\n\nm\0'), messages('a', 1)];

function has(name: string, wanted: string | undefined) {
  return (seen: Seen): Judgement => {
    const [message] = seen.messages('a');
    if (message === undefined) return fail(`no message: ${seen.fate('a')}`);
    const value = headerOf(message, name);
    if (value === undefined) return fail(`no ${name}`);
    return wanted === undefined || value.trim() === seen.fill(wanted) ? pass() : fail(`${name}:${value}`);
  };
}

export const messageCases = section('MESSAGE', [
  {
    id: 'message.destination',
    point: 'P30',
    title: 'has the destination it was sent to',
    expected: 'MESSAGE\ndestination:{q}\n...',
    steps: one,
    judge: has('destination', '{q}'),
  },
  {
    id: 'message.id',
    point: 'P20',
    title: 'has a message-id',
    expected: 'MESSAGE\nmessage-id:...\n...',
    steps: one,
    judge: has('message-id', undefined),
  },
  {
    id: 'message.id-waiting',
    point: 'P20',
    title: 'has a message-id where it waited for its subscriber',
    expected: 'MESSAGE\nmessage-id:...\n...',
    steps: [
      login('a'),
      ...filled('a', '{q}', 'm'),
      ...subscribed('a', 'destination:{q}\nid:s1\n'),
      messages('a', 1),
    ],
    judge: has('message-id', undefined),
  },
  {
    id: 'message.id-client',
    point: 'P20',
    title: 'has a message-id where it has to be acknowledged',
    expected: 'MESSAGE\nmessage-id:...\n...',
    steps: [
      login('a'),
      ...subscribed('a', 'destination:{q}\nid:s1\nack:client\n'),
      write('a', 'SEND\ndestination:{q}\n\nm\0'),
      messages('a', 1),
    ],
    judge: has('message-id', undefined),
  },
  {
    id: 'message.id-unique',
    point: 'P31',
    title: 'each message has a message-id of its own',
    expected: 'MESSAGE\nmessage-id:1\n...MESSAGE\nmessage-id:2\n...',
    steps: [
      login('a'),
      ...subscribed('a', 'destination:{q}\nid:s1\nack:client\n'),
      write('a', 'SEND\ndestination:{q}\n\nm\0SEND\ndestination:{q}\n\nm\0'),
      messages('a', 1),
      write('a', 'ACK\nmessage-id:{id a 0}\n\n\0'),
      messages('a', 2),
    ],
    judge: (seen) => {
      const ids = seen.messages('a').map((frame) => headerOf(frame, 'message-id'));
      return demand(
        ids.length === 2 && ids[0] !== ids[1],
        `${new Set(ids).size} ids for ${ids.length} messages`,
      );
    },
  },
  {
    id: 'message.id-contents',
    point: 'P31',
    title: 'whether message-id holds the id of the subscription',
    expected: 'open',
    steps: [
      login('a'),
      ...subscribed('a', 'destination:{q}\nid:my-own-id\nack:client\n'),
      write('a', 'SEND\ndestination:{q}\n\nm\0'),
      messages('a', 1),
    ],
    judge: (seen) => {
      const id = headerOf(seen.messages('a')[0], 'message-id');
      if (id === undefined) return notSupported('no message-id');
      return dialect(id.includes('my-own-id') ? 'yes' : 'no');
    },
  },
  {
    id: 'message.first-header',
    point: 'P30',
    title: 'which header comes first, for a subscription without id',
    expected: 'open',
    steps: [
      login('a'),
      ...subscribed('a', 'destination:{q}\nack:client\n'),
      write('a', 'SEND\ndestination:{q}\n\nm\0'),
      messages('a', 1),
    ],
    judge: (seen) => {
      const line = seen.messages('a')[0]?.lines[0];
      return line === undefined ? fail(`no message: ${seen.fate('a')}`) : dialect(line.split(':')[0]!);
    },
  },
  {
    id: 'message.well-formed',
    point: 'P1',
    title: 'is a frame with a command, headers, a blank line, a body and a NUL',
    expected: 'MESSAGE\n<name>:<value>\n...\n\nm\\0',
    steps: one,
    judge: (seen) => {
      const [message] = seen.messages('a');
      if (message === undefined) return fail(`no message: ${seen.fate('a')}`);
      const sound = !message.broken && message.lines.every((line) => line.indexOf(':') > 0);
      return demand(sound, 'not well formed');
    },
  },
  {
    id: 'message.amq-queue',
    point: 'P30',
    title: 'the destination of a message of /amq/queue/...',
    expected: 'open',
    steps: [
      ...reading('a'),
      login('b'),
      ...subscribed('b', 'destination:/amq{q}\nid:s1\nack:auto\n'),
      write('b', 'SEND\ndestination:{q}\n\nm1\0SEND\ndestination:{q}\n\nm2\0'),
      pause(2),
    ],
    judge: (seen) => {
      const [message] = seen.messages('b');
      if (message === undefined) return notSupported('another destination');
      const name = headerOf(message, 'destination');
      return dialect(name === seen.fill('{q}') ? 'that of the queue' : 'the name that was subscribed');
    },
  },
]);
