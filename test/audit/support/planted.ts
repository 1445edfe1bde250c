/** One turn of a conversation: what is said, and a name by which a fault finds it. */
export interface Turn {
  readonly name: string;
  readonly line: string;
}

const turn = (name: string, line: string): Turn => ({ name, line });
const sub = 'subscription:7\n';

/** A conversation that keeps all rules and has something of everything. */
export function cleanTurns(): Turn[] {
  const body = 'h\xc3\xa9llo';
  return [
    turn('connect', '> CONNECT\nlogin:me\npasscode:x\n\n\0'),
    turn('connected', '< CONNECTED\nsession:s1\n\n\0\n'),
    turn('subscribe', '> SUBSCRIBE\nid:7\ndestination:/queue/a\nack:client\nreceipt:r1\n\n\0'),
    turn('subscribed', '< RECEIPT\nreceipt-id:r1\n\n\0\n'),
    turn('send', `> SEND\ndestination:/queue/a\nreceipt:r2\ncontent-length:6\n\n${body}\0`),
    turn('sent', '< RECEIPT\nreceipt-id:r2\n\n\0\n'),
    turn('message', `< MESSAGE\ndestination:/queue/a\n${sub}message-id:m1\ncontent-length:6\n\n${body}\0\n`),
    turn('begin', '> BEGIN\ntransaction:t1\n\n\0'),
    turn('ack', '> ACK\nmessage-id:m1\ntransaction:t1\n\n\0'),
    turn('reply', '> SEND\ndestination:/queue/b\ntransaction:t1\ncontent-length:2\n\nok\0'),
    turn('commit', '> COMMIT\ntransaction:t1\nreceipt:r3\n\n\0'),
    turn('committed', '< RECEIPT\nreceipt-id:r3\n\n\0\n'),
    turn('message2', `< MESSAGE\ndestination:/queue/a\n${sub}message-id:m2\n\n\0\n`),
    turn('message3', `< MESSAGE\ndestination:/queue/a\n${sub}message-id:m3\n\n\0\n`),
    turn('ack2', '> ACK\nmessage-id:m2\n\n\0'),
    turn('ack3', '> ACK\nmessage-id:m3\n\n\0'),
    turn('unsubscribe', '> UNSUBSCRIBE\nid:7\ndestination:/queue/a\nreceipt:r4\n\n\0'),
    turn('unsubscribed', '< RECEIPT\nreceipt-id:r4\n\n\0\n'),
    turn('disconnect', '> DISCONNECT\nreceipt:r5\n\n\0'),
    turn('bye', '< RECEIPT\nreceipt-id:r5\n\n\0\n'),
    turn('end', 'close broker'),
  ];
}

type Change = (turns: Turn[]) => Turn[];

const edit =
  (name: string, from: string, to: string): Change =>
  (turns) =>
    turns.map((one) => (one.name === name ? { name, line: one.line.replace(from, to) } : one));
const drop =
  (...names: string[]): Change =>
  (turns) =>
    turns.filter((one) => !names.includes(one.name));
const repeat =
  (name: string): Change =>
  (turns) =>
    turns.flatMap((one) => (one.name === name ? [one, one] : [one]));
const swap =
  (a: string, b: string): Change =>
  (turns) => {
    const at = (name: string): Turn => turns.find((one) => one.name === name)!;
    return turns.map((one) => (one.name === a ? at(b) : one.name === b ? at(a) : one));
  };
const behind =
  (name: string, line: string): Change =>
  (turns) =>
    turns.flatMap((one) => (one.name === name ? [one, turn('planted', line)] : [one]));
/** The other side gives up at once, as it does when it cannot read what came. */
const endAfter =
  (name: string, change: Change): Change =>
  (turns) => {
    const changed = change(turns);
    const end = changed.findIndex((one) => one.name === name);
    return [...changed.slice(0, end + 1), turn('end', 'close broker')];
  };
const both =
  (...changes: Change[]): Change =>
  (turns) =>
    changes.reduce((done, change) => change(done), turns);

/** What each fault is called, what it does to the clean conversation, and the rule that has to find it. */
export const PLANTED: ReadonlyArray<readonly [fault: string, rule: string, change: Change]> = [
  ['client counts characters', 'content-length-in-characters', endAfter('send', edit('send', ':6', ':5'))],
  [
    'client counts too much',
    'content-length-mismatch',
    (turns) => cutBehind(edit('reply', ':2', ':1')(turns), 'reply'),
  ],
  [
    'broker writes a length in words',
    'content-length-not-a-number',
    endAfter('message', edit('message', ':6', ':six')),
  ],
  ['client forgets the length', 'body-without-content-length', edit('reply', 'content-length:2\n', '')],
  ['client writes CRLF', 'crlf-in-frame', edit('begin', 'transaction:t1\n\n', 'transaction:t1\r\n\r\n')],
  ['client writes two NULs', 'nul-between-frames', endAfter('ack3', edit('ack3', '\0', '\0\0'))],
  ['client repeats a header', 'repeated-header', edit('send', 'receipt:r2', 'receipt:r2\nreceipt:r9')],
  ['client drops a colon', 'header-without-colon', edit('send', 'receipt:r2', 'persistent\nreceipt:r2')],
  ['client escapes', 'escapes-from-client', edit('send', 'receipt:r2', 'k:a\\cb\nreceipt:r2')],
  ['broker escapes', 'escapes-from-broker', edit('message', sub, `${sub}k:a\\cb\n`)],
  ['client writes in lower case', 'lower-case-command', edit('reply', 'SEND', 'send')],
  ['client does not wait for CONNECTED', 'frame-before-connected', swap('connected', 'subscribe')],
  ['client connects twice', 'second-connect', repeat('connect')],
  ['broker connects twice', 'second-connected', repeat('connected')],
  ['broker forgets the session', 'connected-without-session', edit('connected', 'session:s1\n', '')],
  ['broker swallows a receipt', 'receipt-not-answered', drop('sent')],
  ['broker sends a receipt twice', 'receipt-twice', repeat('sent')],
  ['broker makes a receipt up', 'receipt-unasked', behind('sent', '< RECEIPT\nreceipt-id:r99\n\n\0')],
  ['client uses a receipt again', 'receipt-id-reused', both(edit('reply', 'content', 'receipt:r3\ncontent'))],
  [
    'broker leaves out message-id',
    'message-without-message-id',
    both(edit('message2', 'message-id:m2\n', ''), drop('ack2')),
  ],
  ['broker leaves out subscription', 'subscription-header-missing', edit('message', sub, '')],
  [
    'broker delivers to nobody',
    'message-for-no-subscription',
    behind('sent', '< MESSAGE\ndestination:/queue/z\nsubscription:8\nmessage-id:z\n\n\0'),
  ],
  [
    'broker delivers after the end',
    'message-after-unsubscribe',
    behind('unsubscribed', `< MESSAGE\ndestination:/queue/a\n${sub}message-id:m4\n\n\0`),
  ],
  ['broker uses a message-id again', 'message-id-in-use', both(edit('message3', 'm3', 'm2'), drop('ack3'))],
  ['client acknowledges twice', 'ack-twice', repeat('ack2')],
  ['client acknowledges out of order', 'ack-out-of-order', swap('ack2', 'ack3')],
  ['client acknowledges what never came', 'ack-of-nothing', edit('ack3', 'm3', 'm9')],
  [
    'client acknowledges too late',
    'ack-after-unsubscribe',
    both(drop('ack3'), behind('unsubscribed', '> ACK\nmessage-id:m3\n\n\0')),
  ],
  [
    'client subscribes in auto mode and acknowledges',
    'ack-in-auto-mode',
    edit('subscribe', 'ack:client\n', ''),
  ],
  [
    'client forgets BEGIN of an ABORT',
    'abort-in-unknown-transaction',
    behind('committed', '> ABORT\ntransaction:t2\n\n\0'),
  ],
  ['client begins twice', 'transaction-begun-twice', repeat('begin')],
  ['client commits twice', 'transaction-ended-twice', behind('committed', '> COMMIT\ntransaction:t1\n\n\0')],
  ['client forgets COMMIT', 'transaction-left-open', drop('commit', 'committed')],
  [
    'client ends a subscription twice',
    'unsubscribe-unknown',
    behind('unsubscribed', '> UNSUBSCRIBE\nid:7\ndestination:/queue/a\n\n\0'),
  ],
  [
    'client talks on behind DISCONNECT',
    'frame-after-disconnect',
    behind('disconnect', '> SEND\ndestination:/queue/b\n\n\0'),
  ],
  ['broker closes without a receipt', 'disconnect-not-answered', drop('bye')],
  [
    'client just closes',
    'closed-without-disconnect',
    both(drop('disconnect', 'bye'), edit('end', 'broker', 'client')),
  ],
  [
    'broker stops inside a frame',
    'truncated-frame',
    endAfter('message3', edit('message3', '\n\n\0\n', '\n')),
  ],
];

function cutBehind(turns: Turn[], name: string): Turn[] {
  return endAfter(name, (same) => same)(turns);
}
