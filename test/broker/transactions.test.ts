import { describe, expect, test } from 'vitest';
import { bodies, join, messages, newCore, send, subscribe } from './support/peer.js';

const BEGIN = 'BEGIN\ntransaction:t\n\n\0';
const COMMIT = 'COMMIT\ntransaction:t\nreceipt:c\n\n\0';
const ABORT = 'ABORT\ntransaction:t\nreceipt:a\n\n\0';

describe('SEND in a transaction', () => {
  test('counts at COMMIT; its RECEIPT comes at once', () => {
    const core = newCore();
    const consumer = join(core).say(subscribe('/queue/a'));
    const sender = join(core).say(BEGIN + send('/queue/a', '1', 'transaction:t\nreceipt:s\n'));
    expect(sender.heard()).toBe('RECEIPT\nreceipt-id:s\n\n^@\n');
    sender.say(send('/queue/a', 'outside'));
    expect(bodies(consumer)).toEqual(['outside']);
    sender.say(COMMIT);
    expect(sender.heard()).toBe('RECEIPT\nreceipt-id:c\n\n^@\n');
    expect(bodies(consumer)).toEqual(['1']);
  });

  test('never was after ABORT, and after the connection ended', () => {
    const core = newCore();
    const sender = join(core).say(BEGIN + send('/queue/a', '1', 'transaction:t\n') + ABORT);
    expect(sender.heard()).toBe('RECEIPT\nreceipt-id:a\n\n^@\n');
    sender.say(BEGIN + send('/queue/a', '2', 'transaction:t\n'));
    sender.session.closed();
    expect(core.store.queues()).toEqual({});
  });

  test('is bounded', () => {
    const core = newCore({ limits: { maxQueueMessages: 1 } });
    const one = send('/queue/a', '1', 'transaction:t\n');
    expect(
      join(core)
        .say(BEGIN + one + one)
        .heard(),
    ).toContain('message:the transaction is full\n');
  });
});

describe('ACK in a transaction', () => {
  function reading(count: number) {
    const core = newCore();
    for (let i = 1; i <= count; i++) core.publish('/queue/a', `${i}`);
    const peer = join(core).say(BEGIN + subscribe('/queue/a', 'ack:client\nprefetch-count:2\n'));
    return { core, peer, ids: messages(peer.frames()).map(([id]) => id) };
  }
  const ack = (id: string | undefined): string => `ACK\nmessage-id:${id}\ntransaction:t\n\n\0`;

  test('gives credit at once and counts at COMMIT', () => {
    const { core, peer, ids } = reading(3);
    peer.say(ack(ids[1]));
    expect(bodies(peer)).toEqual(['3']);
    peer.say(COMMIT);
    peer.session.closed();
    expect(bodies(join(core).say(subscribe('/queue/a')))).toEqual(['!3']);
  });

  test('is undone by ABORT: the messages can be acknowledged again', () => {
    const { core, peer, ids } = reading(2);
    peer.say(ack(ids[1]) + ABORT);
    expect(peer.frames()).toEqual(['RECEIPT\nreceipt-id:a\n\n']);
    peer.say(`ACK\nmessage-id:${ids[0]}\n\n\0`);
    expect(peer.heard()).toBe('');
    peer.session.closed();
    expect(bodies(join(core).say(subscribe('/queue/a')))).toEqual(['!2']);
  });

  test('is undone when the connection ends, in order', () => {
    const { core, peer, ids } = reading(4);
    peer.say(ack(ids[0]));
    peer.session.closed();
    expect(bodies(join(core).say(subscribe('/queue/a')))).toEqual(['!1', '!2', '!3', '4']);
  });

  test('and UNSUBSCRIBE before ABORT: they go back to the queue', () => {
    const { core, peer, ids } = reading(2);
    peer.say(`${ack(ids[1])}UNSUBSCRIBE\ndestination:/queue/a\n\n\0`);
    expect(core.store.queues()).toEqual({ '/queue/a': { waiting: 0, unacknowledged: 2, consumers: 0 } });
    peer.say(ABORT);
    expect(core.store.peek('/queue/a').map(({ body }) => body.toString())).toEqual(['1', '2']);
  });
});

test.each([
  ['SEND', send('/queue/a', 'x', 'transaction:no\nreceipt:r\n')],
  ['ACK', 'ACK\nmessage-id:1\ntransaction:no\nreceipt:r\n\n\0'],
  ['COMMIT', 'COMMIT\ntransaction:no\nreceipt:r\n\n\0'],
  ['ABORT', 'ABORT\ntransaction:no\nreceipt:r\n\n\0'],
])('%s in a transaction that never began gets an ERROR', (_name, frame) => {
  const peer = join(newCore()).say(frame);
  expect(peer.heard()).toMatch(/^ERROR\nmessage:there is no transaction no\nreceipt-id:r\n/);
  expect(peer.ended).toBeUndefined();
});

test('BEGIN twice, and too many', () => {
  const peer = join(newCore({ limits: { maxTransactions: 1 } })).say(BEGIN + BEGIN);
  expect(peer.heard()).toContain('message:transaction t has already begun\n');
  peer.say('BEGIN\ntransaction:u\n\n\0');
  expect(peer.heard()).toContain('message:too many transactions\n');
});

test('a COMMIT that does not fit is refused as a whole', () => {
  const core = newCore({ limits: { maxQueueMessages: 2 } });
  const sender = join(core).say(BEGIN);
  for (const body of ['1', '2']) sender.say(send('/queue/a', body, 'transaction:t\n'));
  sender.say(send('/queue/a', 'outside') + COMMIT);
  expect(sender.heard()).toMatch(/^ERROR\nmessage:the queue \/queue\/a is full\nreceipt-id:c\n/);
  expect(core.store.peek('/queue/a')).toHaveLength(1);
});
