import type { Seen } from '../seen.js';
import { demand, dialect, fail, type Judgement, notSupported, pass } from '../verdict.js';
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
  subscribed,
  write,
} from './steps.js';

const one = [...reading('a'), write('a', 'SEND\ndestination:{q}\n\nm\0'), messages('a', 1)];
/** Frames that may be refused, each on a connection of its own in its case. */
const BAD_COMMIT = 'COMMIT\ntransaction:none\nreceipt:r1\n\n\0';

function has(name: string, wanted: string | undefined) {
  return (seen: Seen): Judgement => {
    const [message] = seen.messages('a');
    if (message === undefined) return fail(`no message: ${seen.fate('a')}`);
    const value = headerOf(message, name);
    if (value === undefined) return fail(`no ${name}`);
    return wanted === undefined || value.trim() === seen.fill(wanted) ? pass() : fail(`${name}:${value}`);
  };
}

const errorOf =
  (judge: (seen: Seen, error: NonNullable<ReturnType<Seen['first']>>) => Judgement) => (seen: Seen) => {
    const error = seen.first('a', 'ERROR');
    return error === undefined ? notSupported(`no ERROR: ${seen.fate('a')}`) : judge(seen, error);
  };

export const serverCases = [
  ...section('MESSAGE', [
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
  ]),
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
