import { HELLO, type RuleCase, session, times } from './talk.js';

const SUB = '> SUBSCRIBE\nid:1\ndestination:/queue/a\n\n\0';
const CLIENT = '> SUBSCRIBE\nid:1\ndestination:/queue/a\nack:client\n\n\0';
const UNSUB = '> UNSUBSCRIBE\nid:1\ndestination:/queue/a\n';
const BEGIN = '> BEGIN\ntransaction:t1\n\n\0';
const COMMIT = '> COMMIT\ntransaction:t1\n\n\0';
const ABORT = '> ABORT\ntransaction:t1\n\n\0';
const send = (rest = ''): string => `> SEND\ndestination:/queue/a\n${rest}\n\0`;
const receipt = (id: string | number): string => `< RECEIPT\nreceipt-id:${id}\n\n\0`;
const message = (n: number, rest = ''): string =>
  `< MESSAGE\ndestination:/queue/a\nsubscription:1\nmessage-id:m${n}\n${rest}\n\0`;
const ack = (n: number | string, rest = ''): string => `> ACK\nmessage-id:${n}\n${rest}\n\0`;

/** Rules about subscriptions, ACKs and transactions. */
export const MESSAGE_CASES: readonly RuleCase[] = [
  {
    rule: 'subscription-id-in-use',
    fault: 'client',
    breaks: session(SUB, '> SUBSCRIBE\nid:1\ndestination:/queue/b\n\n\0'),
    clean: session(SUB, '> SUBSCRIBE\nid:2\ndestination:/queue/b\n\n\0'),
    shows: 'id:1',
  },
  {
    rule: 'subscribed-twice',
    fault: 'client',
    breaks: session('> SUBSCRIBE\ndestination:/queue/a\n\n\0', '> SUBSCRIBE\ndestination:/queue/a\n\n\0'),
    clean: session(SUB, '> SUBSCRIBE\nid:2\ndestination:/queue/a\n\n\0'),
  },
  {
    rule: 'subscription-without-id',
    fault: 'client',
    breaks: session(SUB, ...times(2, (n) => `> SUBSCRIBE\ndestination:/queue/${n}\n\n\0`)),
    clean: session('> SUBSCRIBE\ndestination:/queue/a\n\n\0'),
  },
  {
    rule: 'ack-mode-unknown',
    fault: 'client',
    breaks: session('> SUBSCRIBE\nid:1\ndestination:/queue/a\nack:manual\n\n\0'),
    clean: session(CLIENT),
    shows: 'ack:manual',
  },
  {
    rule: 'ack-mode-of-later-version',
    fault: 'client',
    breaks: session('> SUBSCRIBE\nid:1\ndestination:/queue/a\nack:client-individual\n\n\0'),
    clean: session(CLIENT),
  },
  {
    rule: 'unsubscribe-unknown',
    fault: 'client',
    breaks: session(SUB, '> UNSUBSCRIBE\nid:2\ndestination:/queue/a\n\n\0'),
    clean: session(SUB, `${UNSUB}\n\0`, SUB, `${UNSUB}\n\0`),
  },
  {
    rule: 'unsubscribe-by-one-name',
    fault: 'client',
    breaks: session(SUB, '> UNSUBSCRIBE\nid:1\n\n\0'),
    clean: session('> SUBSCRIBE\ndestination:/queue/a\n\n\0', '> UNSUBSCRIBE\ndestination:/queue/a\n\n\0'),
  },
  {
    rule: 'message-for-no-subscription',
    fault: 'broker',
    breaks: session('> SUBSCRIBE\nid:2\ndestination:/queue/b\n\n\0', message(1)),
    clean: session(
      '> SUBSCRIBE\ndestination:/topic/>\n\n\0',
      '< MESSAGE\ndestination:/topic/x\nmessage-id:1\n\n\0',
      '< MESSAGE\ndestination:/queue/g\nsubscription:/temp-queue/r\nmessage-id:2\n\n\0',
    ),
  },
  {
    rule: 'message-after-unsubscribe',
    fault: 'broker',
    breaks: session(SUB, `${UNSUB}receipt:u\n\n\0`, receipt('u'), message(1)),
    clean: session(SUB, `${UNSUB}receipt:u\n\n\0`, message(1), receipt('u')),
  },
  {
    rule: 'subscription-header-missing',
    fault: 'broker',
    breaks: session(SUB, ...times(2, (n) => `< MESSAGE\ndestination:/queue/a\nmessage-id:${n}\n\n\0`)),
    clean: session(
      '> SUBSCRIBE\ndestination:/queue/a\n\n\0',
      '< MESSAGE\ndestination:/queue/a\nmessage-id:1\n\n\0',
    ),
  },
  {
    rule: 'subscription-header-wrong',
    fault: 'broker',
    breaks: session(SUB, message(1).replace('subscription:1', 'subscription:9')),
    clean: session(SUB, message(1)),
    shows: 'subscription:9',
  },
  {
    rule: 'destination-differs',
    fault: 'broker',
    breaks: session(SUB, ...times(2, (n) => message(n).replace('/queue/a', '/queue//a'))),
    clean: session(
      '> SUBSCRIBE\nid:1\ndestination:/topic/*\n\n\0',
      message(1).replace('/queue/a', '/topic/x'),
    ),
  },
  {
    rule: 'ack-of-nothing',
    fault: 'client',
    breaks: session(CLIENT, message(1), ack('m2')),
    clean: session(CLIENT, message(1), ack('m1')),
    shows: 'message-id:m2',
  },
  {
    rule: 'ack-id-changed',
    fault: 'client',
    breaks: session(CLIENT, message(1), ack('M1')),
    clean: session(CLIENT, message(1), ack('m1')),
  },
  {
    rule: 'ack-on-other-connection',
    fault: 'client',
    breaks: [
      'open stomp://127.0.0.1:1',
      ...HELLO,
      CLIENT,
      message(1),
      'close broker',
      '+1000',
      'open stomp://127.0.0.1:1',
      ...session(CLIENT, ack('m1')),
    ],
    clean: [
      'open stomp://127.0.0.1:1',
      ...HELLO,
      CLIENT,
      message(1),
      'close broker',
      '+1000',
      'open stomp://127.0.0.1:1',
      ...session(CLIENT, message(1, 'redelivered:true\n'), ack('m1')),
    ],
  },
  {
    rule: 'ack-twice',
    fault: 'client',
    breaks: session(CLIENT, message(1), ack('m1'), ack('m1')),
    clean: session(CLIENT, message(1), BEGIN, ack('m1', 'transaction:t1\n'), ABORT, ack('m1')),
  },
  {
    rule: 'ack-in-auto-mode',
    fault: 'client',
    breaks: session(SUB, message(1), message(2), ack('m1'), ack('m2')),
    clean: session(CLIENT, message(1), message(2), ack('m1'), ack('m2')),
  },
  {
    rule: 'ack-out-of-order',
    fault: 'client',
    breaks: session(CLIENT, message(1), message(2), ack('m2'), ack('m1')),
    clean: session(CLIENT, message(1), message(2), message(3), ack('m2'), ack('m3')),
  },
  {
    rule: 'ack-after-unsubscribe',
    fault: 'client',
    breaks: session(CLIENT, message(1), `${UNSUB}\n\0`, ack('m1')),
    clean: session(CLIENT, message(1), ack('m1'), `${UNSUB}\n\0`),
  },
  {
    rule: 'ack-names-other-subscription',
    fault: 'client',
    breaks: session(CLIENT, message(1), ack('m1', 'subscription:2\n')),
    clean: session(CLIENT, message(1), ack('m1', 'subscription:1\n')),
  },
  {
    rule: 'message-id-in-use',
    fault: 'broker',
    breaks: session(CLIENT, message(1), message(1), ack('m1')),
    clean: session(CLIENT, message(1), message(1, 'redelivered:true\n'), ack('m1')),
  },
  {
    rule: 'never-acknowledged',
    fault: 'client',
    breaks: session(CLIENT, ...times(10, (n) => message(n))),
    clean: session(CLIENT, ...times(10, (n) => message(n)), ack('m10')),
  },
  {
    rule: 'send-in-unknown-transaction',
    fault: 'client',
    breaks: session(send('transaction:t1\n')),
    clean: session(BEGIN, send('transaction:t1\n'), COMMIT),
    shows: 'transaction:t1',
  },
  {
    rule: 'ack-in-unknown-transaction',
    fault: 'client',
    breaks: session(CLIENT, message(1), ack('m1', 'transaction:t1\n')),
    clean: session(CLIENT, message(1), BEGIN, ack('m1', 'transaction:t1\n'), COMMIT),
  },
  {
    rule: 'commit-in-unknown-transaction',
    fault: 'client',
    breaks: session(COMMIT),
    clean: session(BEGIN, send('transaction:t1\n'), COMMIT),
  },
  {
    rule: 'abort-in-unknown-transaction',
    fault: 'client',
    breaks: session(ABORT),
    clean: session(BEGIN, ABORT),
  },
  {
    rule: 'transaction-begun-twice',
    fault: 'client',
    breaks: session(BEGIN, BEGIN, ABORT),
    clean: session(BEGIN, ABORT, BEGIN, ABORT),
  },
  {
    rule: 'transaction-ended-twice',
    fault: 'client',
    breaks: session(BEGIN, send('transaction:t1\n'), COMMIT, ABORT),
    clean: session(BEGIN, send('transaction:t1\n'), COMMIT),
  },
  {
    rule: 'transaction-used-after-end',
    fault: 'client',
    breaks: session(BEGIN, ABORT, send('transaction:t1\n')),
    clean: session(BEGIN, send('transaction:t1\n'), ABORT),
  },
  {
    rule: 'transaction-left-open',
    fault: 'client',
    breaks: session(BEGIN, send('transaction:t1\n')),
    clean: session(BEGIN, send('transaction:t1\n'), ABORT),
  },
  {
    rule: 'transaction-empty',
    fault: 'client',
    breaks: session(BEGIN, COMMIT, BEGIN, COMMIT),
    clean: session(BEGIN, ABORT),
  },
  {
    rule: 'transactions-of-one',
    fault: 'client',
    breaks: session(...times(25, () => [BEGIN, send('transaction:t1\n'), COMMIT])),
    clean: session(...times(25, () => [BEGIN, send('transaction:t1\n'), send('transaction:t1\n'), COMMIT])),
  },
  {
    rule: 'transaction-header-in-message',
    fault: 'broker',
    breaks: session(SUB, message(1, 'transaction:t\n'), message(2, 'transaction:t\n')),
    clean: session(SUB, message(1)),
  },
];
