import type { Seen } from '../seen.js';
import { demand, dialect, fail, type Judgement } from '../verdict.js';
import { headerOf } from '../wire.js';
import {
  answer,
  filled,
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

const RECEIPT = 'RECEIPT\nreceipt-id:r1\n\n\\0';
const once = (seen: Seen): Judgement => {
  const count = seen.receipts('a', 'r1');
  return demand(count === 1, count === 0 ? `no RECEIPT: ${seen.fate('a')}` : `${count} RECEIPTs`);
};

const BEGIN = 'BEGIN\ntransaction:t1\n\n\0';

/** One case for each command: the frame asks for a receipt, and gets it. */
const confirmed = (
  command: string,
  point: string,
  steps: Parameters<typeof section>[1][number]['steps'],
) => ({
  id: `receipt.${command.toLowerCase()}`,
  point,
  title: `of ${command}`,
  expected: RECEIPT,
  steps: [...steps, receipt('a', 'r1'), pause(0.2)],
  judge: once,
});

function orderOf(seen: Seen, wanted: number): Judgement {
  const ids = seen.receiptOrder('a').filter((id) => id.startsWith('o'));
  if (new Set(ids).size !== wanted) return fail(`${ids.length} of ${wanted} RECEIPTs`);
  return dialect(ids.every((id, index) => id === `o${index}`) ? 'in order' : 'not in order');
}

const MANY = Array.from({ length: 200 }, (_, at) => `SEND\ndestination:{q}\nreceipt:o${at}\n\nm\0`).join('');
const MIXED = Array.from({ length: 60 }, (_, at) => {
  const place = ['{nowhere}', '{q}\npersistent:true', '{q2}'][at % 3];
  return `SEND\ndestination:${place}\nreceipt:o${at}\n\nm\0`;
}).join('');

function inTransaction(seen: Seen): Judgement {
  const order = seen.receiptOrder('a').filter((id) => id === 's' || id === 'c');
  const behind = seen
    .all('a', 'RECEIPT')
    .filter((frame) => headerOf(frame, 'receipt-id')?.trim() === 's').length;
  const atOnce = order.filter((id) => id === 's').length > behind ? 'at once' : '';
  const again = {
    '0': '',
    '1': order.indexOf('c') < order.lastIndexOf('s') ? 'behind that of COMMIT' : 'at COMMIT',
  }[behind];
  if (again === undefined || order.length === 0) return fail(`${order.join() || 'none'}: ${seen.fate('a')}`);
  return dialect([atOnce, again].filter((text) => text !== '').join(', and again ') || 'never');
}

export const receiptCases = section('Receipt', [
  confirmed('SEND', 'P24', [login('a'), write('a', 'SEND\ndestination:{nowhere}\nreceipt:r1\n\nx\0')]),
  confirmed('SUBSCRIBE', 'P24', [
    login('a'),
    write('a', 'SUBSCRIBE\ndestination:{t}\nid:s1\nreceipt:r1\n\n\0'),
  ]),
  confirmed('UNSUBSCRIBE', 'P24', [
    login('a'),
    ...subscribed('a', 'destination:{t}\nid:s1\n'),
    write('a', 'UNSUBSCRIBE\ndestination:{t}\nid:s1\nreceipt:r1\n\n\0'),
  ]),
  confirmed('BEGIN', 'P24', [login('a'), write('a', 'BEGIN\ntransaction:t1\nreceipt:r1\n\n\0')]),
  confirmed('COMMIT', 'P24', [login('a'), write('a', `${BEGIN}COMMIT\ntransaction:t1\nreceipt:r1\n\n\0`)]),
  confirmed('ABORT', 'P24', [login('a'), write('a', `${BEGIN}ABORT\ntransaction:t1\nreceipt:r1\n\n\0`)]),
  confirmed('ACK', 'P24', [
    login('a'),
    ...subscribed('a', 'destination:{q}\nid:s1\nack:client\n'),
    ...filled('a', '{q}', 'm1'),
    messages('a', 1),
    write('a', 'ACK\nmessage-id:{id a 0}\nreceipt:r1\n\n\0'),
  ]),
  confirmed('DISCONNECT', 'P27', [login('a'), write('a', 'DISCONNECT\nreceipt:r1\n\n\0')]),
  {
    id: 'receipt.none',
    point: 'P24',
    title: 'a frame that asks for none gets none',
    expected: '',
    steps: [login('a'), mark('a'), write('a', 'SEND\ndestination:{nowhere}\n\nx\0'), probe('a')],
    judge: (seen) => demand(seen.fate('a') === 'open', seen.fate('a')),
  },
  {
    id: 'receipt.odd-id',
    point: 'P29',
    title: 'a receipt with a colon and a blank comes back as it was',
    expected: 'RECEIPT\nreceipt-id:a:b c\n\n\\0',
    steps: [
      login('a'),
      mark('a'),
      write('a', 'SEND\ndestination:{nowhere}\nreceipt:a:b c\n\nx\0'),
      first('a'),
      probe('a'),
    ],
    judge: (seen) => {
      const id = seen.header(seen.first('a', 'RECEIPT'), 'receipt-id');
      return demand(
        id === 'a:b c',
        id === undefined ? `no RECEIPT: ${seen.fate('a')}` : `comes back as ${id}`,
      );
    },
  },
  {
    id: 'receipt.order',
    point: 'P24',
    title: 'of 200 SENDs to one destination',
    expected: 'open',
    steps: [login('a'), write('a', MANY), receipt('a', 'o199'), probe('a')],
    judge: (seen) => orderOf(seen, 200),
  },
  {
    id: 'receipt.order-mixed',
    point: 'P24',
    title: 'of 60 SENDs to a topic, a queue, and a queue with persistent:true in turn',
    expected: 'open',
    steps: [
      login('a'),
      write('a', MIXED),
      receipt('a', 'o59'),
      receipt('a', 'o58'),
      receipt('a', 'o57'),
      pause(0.5),
    ],
    judge: (seen) => orderOf(seen, 60),
  },
  {
    id: 'receipt.in-transaction',
    point: 'P24',
    title: 'of a SEND in a transaction',
    expected: 'open',
    steps: [
      ...reading('a'),
      write('a', `${BEGIN}SEND\ndestination:{q}\ntransaction:t1\nreceipt:s\n\nm\0`),
      probe('a'),
      mark('a'),
      write('a', 'COMMIT\ntransaction:t1\nreceipt:c\n\n\0'),
      receipt('a', 'c'),
      receipt('a', 's'),
      pause(0.3),
    ],
    judge: inTransaction,
  },
  {
    id: 'receipt.visible',
    point: 'P24',
    title: 'whether a consumer sees receipt and transaction of the SEND',
    expected: 'open',
    steps: [
      ...reading('a'),
      write(
        'a',
        `${BEGIN}SEND\ndestination:{q}\ntransaction:t1\nreceipt:r1\n\nm\0COMMIT\ntransaction:t1\n\n\0`,
      ),
      messages('a', 1),
    ],
    judge: (seen) => {
      const [message] = seen.messages('a');
      if (message === undefined) return fail(`no message: ${seen.fate('a')}`);
      const names = ['receipt', 'transaction'].filter((name) => headerOf(message, name) !== undefined);
      return dialect(names.length === 0 ? 'neither' : `passed on: ${names.join(', ')}`);
    },
  },
  {
    id: 'receipt.dropped-send',
    point: 'P22',
    title: 'of a SEND to /amq/queue/... that nobody has made',
    expected: 'open',
    steps: [
      login('a'),
      write('a', 'SEND\ndestination:/amq/queue/{r}.none\nreceipt:r1\n\nm\0'),
      answer('a', 'r1'),
      mark('a'),
      write('a', 'SUBSCRIBE\ndestination:/amq/queue/{r}.none\nid:s1\nack:auto\nreceipt:r2\n\n\0'),
      answer('a', 'r2'),
      pause(),
      probe('a'),
    ],
    judge: (seen) => {
      const sent = seen.receipts('a', 'r1') > 0 ? 'RECEIPT' : 'no RECEIPT';
      return dialect(`${sent}, ${seen.bodies('a').length > 0 ? 'message kept' : 'message dropped'}`);
    },
  },
]);
