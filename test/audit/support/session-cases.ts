import { BYE, HELLO, type RuleCase, session, times } from './talk.js';

const [CONNECT = '', CONNECTED = ''] = HELLO;
const REMOTE = 'stomp://mq.example.com:61613';
const PLAIN = '> CONNECT\n\n\0';
const SUB = '> SUBSCRIBE\nid:1\ndestination:/queue/a\n\n\0';
const UNSUB = '> UNSUBSCRIBE\nid:1\ndestination:/queue/a\n';
const send = (rest = ''): string => `> SEND\ndestination:/queue/a\n${rest}\n\0`;
const receipt = (id: string | number): string => `< RECEIPT\nreceipt-id:${id}\n\n\0`;
const message = (n: number, rest = ''): string =>
  `< MESSAGE\ndestination:/queue/a\nsubscription:1\nmessage-id:m${n}\n${rest}\n\0`;

/** Rules about CONNECT, the end, and receipts. */
export const SESSION_CASES: readonly RuleCase[] = [
  {
    rule: 'frame-before-connect',
    fault: 'client',
    breaks: [send(), send(), ...session()],
    clean: session(send()),
  },
  {
    rule: 'frame-before-connected',
    fault: 'client',
    breaks: [CONNECT, SUB, CONNECTED, ...BYE],
    clean: session(SUB),
  },
  { rule: 'second-connect', fault: 'client', breaks: session(CONNECT), clean: session() },
  {
    rule: 'receipt-on-connect',
    fault: 'client',
    breaks: ['> CONNECT\nreceipt:c\n\n\0', CONNECTED, ...BYE],
    clean: session(),
    shows: 'receipt:c',
  },
  {
    rule: 'accept-version-in-connect',
    fault: 'client',
    breaks: ['> CONNECT\naccept-version:1.0,1.1\n\n\0', CONNECTED, ...BYE],
    clean: ['> CONNECT\naccept-version:1.0\n\n\0', CONNECTED, ...BYE],
    shows: 'accept-version:1.0,1.1',
  },
  {
    rule: 'heart-beat-asked',
    fault: 'client',
    breaks: ['> CONNECT\nheart-beat:500,500\n\n\0', CONNECTED, ...BYE],
    clean: ['> CONNECT\nheart-beat:0,0\n\n\0', CONNECTED, ...BYE],
  },
  {
    rule: 'passcode-in-clear',
    fault: 'client',
    breaks: [`open ${REMOTE}`, ...session()],
    clean: ['open stomp+ssl://mq.example.com:61614', ...session()],
    shows: 'passcode:*',
  },
  {
    rule: 'passcode-without-login',
    fault: 'client',
    breaks: ['> CONNECT\npasscode:x\n\n\0', CONNECTED, ...BYE],
    clean: session(),
  },
  {
    rule: 'connected-unasked',
    fault: 'broker',
    breaks: [CONNECTED, CONNECT, CONNECTED, ...BYE],
    clean: session(),
  },
  { rule: 'second-connected', fault: 'broker', breaks: session(CONNECTED), clean: session() },
  {
    rule: 'connected-without-session',
    fault: 'broker',
    breaks: [CONNECT, '< CONNECTED\n\n\0', ...BYE],
    clean: session(),
  },
  {
    rule: 'connected-with-later-version',
    fault: 'broker',
    breaks: [CONNECT, '< CONNECTED\nsession:1\nversion:1.2\n\n\0', ...BYE],
    clean: [CONNECT, '< CONNECTED\nsession:1\nversion:1.0\nheart-beat:0,0\n\n\0', ...BYE],
  },
  {
    rule: 'heart-beat-promised',
    fault: 'broker',
    breaks: [CONNECT, '< CONNECTED\nsession:1\nheart-beat:1000,1000\n\n\0', ...BYE],
    clean: session(),
  },
  {
    rule: 'server-frame-before-connected',
    fault: 'broker',
    breaks: [CONNECT, message(1), message(2), CONNECTED, ...BYE],
    clean: session(SUB, message(1)),
  },
  {
    rule: 'connect-not-answered',
    fault: 'broker',
    breaks: [CONNECT, '+10000', 'close client'],
    clean: [CONNECT, '+100', 'close client'],
  },
  {
    rule: 'goes-on-after-refusal',
    fault: 'client',
    breaks: [CONNECT, '< ERROR\nmessage:no\n\n\0', SUB, send(), 'close broker'],
    clean: [CONNECT, '< ERROR\nmessage:no\n\n\0', 'close client'],
  },
  {
    rule: 'refused-and-left-open',
    fault: 'broker',
    breaks: [CONNECT, '< ERROR\nmessage:no\n\n\0', '+9600', 'close broker'],
    clean: [CONNECT, '< ERROR\nmessage:no\n\n\0', 'close broker'],
  },
  {
    rule: 'frame-after-disconnect',
    fault: 'client',
    breaks: [...HELLO, '> DISCONNECT\nreceipt:bye\n\n\0', send(), send(), receipt('bye'), 'close broker'],
    clean: session(send()),
  },
  {
    rule: 'frame-behind-farewell',
    fault: 'broker',
    breaks: [
      ...HELLO,
      SUB,
      '> DISCONNECT\nreceipt:bye\n\n\0',
      receipt('bye'),
      message(1),
      message(2),
      'close broker',
    ],
    clean: [...HELLO, SUB, '> DISCONNECT\nreceipt:bye\n\n\0', message(1), receipt('bye'), 'close broker'],
  },
  {
    rule: 'disconnect-not-answered',
    fault: 'broker',
    breaks: [...HELLO, '> DISCONNECT\nreceipt:bye\n\n\0', 'close broker'],
    clean: [...HELLO, '> DISCONNECT\n\n\0', 'close broker'],
  },
  {
    rule: 'closed-without-disconnect',
    fault: 'client',
    breaks: [...HELLO, 'close client'],
    clean: [...HELLO, 'close broker'],
  },
  {
    rule: 'receipt-unasked',
    fault: 'broker',
    breaks: session(receipt(1)),
    clean: session(send('receipt:1\n'), receipt(1)),
  },
  {
    rule: 'receipt-twice',
    fault: 'broker',
    breaks: session(send('receipt:1\n'), receipt(1), receipt(1)),
    clean: session(send('receipt:1\n'), receipt(1), send('receipt:1\n'), receipt(1)),
    shows: 'receipt-id:1',
  },
  {
    rule: 'receipt-and-error',
    fault: 'broker',
    breaks: session(send('receipt:1\n'), '< ERROR\nmessage:no\nreceipt-id:1\n\n\0', receipt(1)),
    clean: session(send('receipt:1\n'), '< ERROR\nmessage:no\nreceipt-id:1\n\n\0'),
  },
  {
    rule: 'error-names-no-frame',
    fault: 'broker',
    breaks: session('< ERROR\nmessage:no\nreceipt-id:1\n\n\0'),
    clean: session('< ERROR\nmessage:no\n\n\0'),
  },
  {
    rule: 'receipt-not-answered',
    fault: 'broker',
    breaks: session(send('receipt:1\n'), send('receipt:2\n'), receipt(2)),
    clean: session(send('receipt:1\n'), send('receipt:2\n'), receipt(2), receipt(1)),
    shows: undefined!,
  },
  {
    rule: 'receipt-id-reused',
    fault: 'client',
    breaks: session(send('receipt:1\n'), send('receipt:1\n'), receipt(1)),
    clean: session(send('receipt:1\n'), send('receipt:2\n'), receipt(1), receipt(2)),
  },
  {
    rule: 'receipts-never-awaited',
    fault: 'client',
    breaks: [...HELLO, send('receipt:1\n'), '> DISCONNECT\n\n\0', 'close client'],
    clean: [...HELLO, send('receipt:1\n'), receipt(1), '> DISCONNECT\nreceipt:bye\n\n\0', 'close client'],
  },
  {
    rule: 'receipts-one-by-one',
    fault: 'client',
    breaks: session(...times(60, (n) => [send(`receipt:${n}\n`), receipt(n)])),
    clean: session(...times(60, (n) => send(`receipt:${n}\n`)), ...times(60, (n) => receipt(n))),
  },
  {
    rule: 'receipt-header-in-message',
    fault: 'broker',
    breaks: session(SUB, message(1, 'receipt:abc\n'), message(2, 'receipt:abc\n')),
    clean: session(SUB, message(1)),
  },
  {
    rule: 'subscription-churn',
    fault: 'client',
    breaks: session(...times(12, () => [SUB, `${UNSUB}\n\0`, '+100'])),
    clean: session(...times(9, () => [SUB, `${UNSUB}\n\0`, '+100'])),
  },
  {
    rule: 'subscribe-storm',
    fault: 'client',
    breaks: session(...times(60, (n) => `> SUBSCRIBE\nid:${n}\ndestination:/queue/${n}\n\n\0`)),
    clean: session(...times(60, (n) => [`> SUBSCRIBE\nid:${n}\ndestination:/queue/${n}\n\n\0`, '+20'])),
  },
  {
    rule: 'reconnect-without-back-off',
    fault: 'client',
    breaks: times(8, () => ['open stomp://127.0.0.1:1', PLAIN, '< ERROR\nmessage:no\n\n\0', 'close broker']),
    clean: times(8, (n) => [
      'open stomp://127.0.0.1:1',
      PLAIN,
      '< ERROR\nmessage:no\n\n\0',
      'close broker',
      `+${100 * n}`,
    ]),
  },
  {
    rule: 'connection-for-each-message',
    fault: 'client',
    breaks: times(8, () => ['open stomp://127.0.0.1:1', ...session(send()), '+5000']),
    clean: times(8, () => ['open stomp://127.0.0.1:1', ...session(send(), send()), '+5000']),
  },
  {
    rule: 'frames-in-pieces',
    fault: 'client',
    breaks: session(...times(25, () => ['> SEND\n', '> destination', '> :/queue/a\n', '> \n', '> \0'])),
    clean: session(...times(25, () => send())),
  },
];
