import { VECTORS } from '../frame/vectors/index.js';
import { toBuffer } from '../support/frames.js';
import type { Random } from './random.js';

/** One character stands for one byte, here and in all that is made of it. */
export type Wire = string;

const toWire = (bytes: string | Buffer): Wire => toBuffer(bytes).toString('latin1');

const ROWS = VECTORS.flatMap(([, rows]) => rows)
  .map(({ wire, code, options }) => ({
    text: toWire(wire),
    good: code === undefined && options === undefined,
  }))
  .filter(({ text }) => text.length > 0 && text.length < 2_000);

/** Streams written by hand or recorded, without the very long ones: those that can be read, and those that cannot. */
export const GOOD: readonly Wire[] = ROWS.filter(({ good }) => good).map(({ text }) => text);
export const BAD: readonly Wire[] = ROWS.filter(({ good }) => !good).map(({ text }) => text);

/** What servers say, where `$s` stands for a subscription, `$r` for a receipt, `$m` for a number. */
export const SERVER_FRAMES: readonly Wire[] = [
  'MESSAGE\nsubscription:$s\nmessage-id:$m\ndestination:/queue/a\n\nhello\0\n',
  'MESSAGE\nsubscription:$s\ndestination:/queue/a\nmessage-id:T_7@@session-dSu4@@$m\nredelivered:false\ncontent-length:7\n\na\0b\0\0c\n\0\n',
  'MESSAGE\nexpires:0\ndestination:/queue/a\nsubscription:$s\npriority:4\nmessage-id:ID:vm-41485-1795435601877-3:2:-1:1:$m\ntimestamp:1795435611639\n\nh\xc3\xa9llo\0\n',
  'MESSAGE\ndestination:/queue/b\nmessage-id:msg-$m\ncontent-length:5\n\nhello\0\n',
  'MESSAGE\r\nsubscription:$s\r\nmessage-id:$m\r\ndestination:/topic/t\r\n\r\nbody\r\n\0\r\n',
  'RECEIPT\nreceipt-id:$r\n\n\0\n',
  'RECEIPT\nreceipt-id:$r\ncontent-length:0\n\n\0\n',
  'ERROR\nmessage:Bad transaction\ncontent-type:text/plain\nversion:1.0,1.1,1.2\ncontent-length:4\n\nnope\0\n',
  'ERROR\ncontent-type:text/plain\nreceipt-id:$r\nmessage:Invalid transaction id\n\norg.example.ProtocolException\n\tat Thread.run\n\0\n',
  'ERROR\nmessage:See below\n\n\0\n',
  'CONNECTED\nserver:RabbitMQ/3.10.8\nsession:session-$m\nheart-beat:0,0\nversion:1.0\n\n\0\n',
  'CONNECTED\nsession:wow\n\n\0\n',
  'HEARTBEAT\nx:$m\n\n\0',
];

/** What clients say; `$s`, `$r` and `$m` as above, `$t` for a transaction, `$q` for a destination. */
export const CLIENT_FRAMES: readonly Wire[] = [
  'CONNECT\nlogin:me\npasscode:secret\n\n\0\n',
  'CONNECT\n\n\0',
  'CONNECT\naccept-version:1.0,1.1\nhost:/\n\n\0',
  'SEND\ndestination:$q\nreceipt:$r\ncontent-length:5\n\nhello\0\n',
  'SEND\ndestination:$q\npersistent:true\n\nbody $m\0',
  'SEND\ndestination:$q\ntransaction:$t\nk:v\n\nin a transaction\0',
  'SEND\r\ndestination:$q\r\ncontent-length:3\r\n\r\na\0b\0',
  'SUBSCRIBE\nid:$s\ndestination:$q\nack:auto\nreceipt:$r\n\n\0',
  'SUBSCRIBE\nid:$s\ndestination:$q\nack:client\nprefetch-count:3\n\n\0',
  'SUBSCRIBE\ndestination:$q\nack:client-individual\nactivemq.prefetchSize:2\n\n\0',
  'UNSUBSCRIBE\nid:$s\ndestination:$q\n\n\0',
  'UNSUBSCRIBE\ndestination:$q\n\n\0',
  'ACK\nmessage-id:$i\n\n\0',
  'ACK\nmessage-id:$i\nsubscription:$s\ntransaction:$t\nreceipt:$r\n\n\0',
  'BEGIN\ntransaction:$t\n\n\0',
  'COMMIT\ntransaction:$t\nreceipt:$r\n\n\0',
  'ABORT\ntransaction:$t\n\n\0',
  'DISCONNECT\nreceipt:$r\n\n\0',
  'NACK\nmessage-id:$i\n\n\0',
];

/** Puts something in for each of the signs that stand for a name. */
export function fill(random: Random, frame: Wire, names: Readonly<Record<string, readonly string[]>>): Wire {
  return frame.replace(/\$([a-z])/g, (_, sign: string) => {
    const known = names[sign];
    return known === undefined || known.length === 0 || random.oneIn(12)
      ? String(random.small(100_000))
      : random.pick(known);
  });
}
