import { describe, expect, test } from 'vitest';
import { bodies, join, messages, newCore, type Peer, send, subscribe } from './support/peer.js';

function filled(count: number) {
  const core = newCore();
  const numbers = Array.from({ length: count }, (_, i) => send('/queue/a', `${i + 1}`));
  join(core).say(numbers.join(''));
  return core;
}

const ack = (id: string, headers = ''): string => `ACK\nmessage-id:${id}\n${headers}\n\0`;
const ids = (peer: Peer): string[] => messages(peer.frames()).map(([id]) => id);

describe('mode auto', () => {
  test('a message is gone when it is sent', () => {
    const core = filled(2);
    join(core).say(subscribe('/queue/a')).session.closed();
    expect(core.store.peek('/queue/a')).toEqual([]);
  });

  test('an ACK is refused, and the connection stays open', () => {
    const peer = join(filled(1)).say(subscribe('/queue/a'));
    const [id] = ids(peer);
    peer.say(ack(id!, 'receipt:r\n'));
    expect(peer.heard()).toMatch(/^ERROR\nmessage:unexpected ACK: .*\nreceipt-id:r\n/);
    expect(peer.ended).toBeUndefined();
  });
});

describe('mode client', () => {
  test('an ACK covers all before it, of its subscription only', () => {
    const core = filled(4);
    join(core).say(send('/queue/b', 'other'));
    const peer = join(core).say(
      subscribe('/queue/a', 'id:1\nack:client\n') + subscribe('/queue/b', 'id:2\nack:client\n'),
    );
    const got = ids(peer);
    peer.say(ack(got[2]!, 'receipt:r\n'));
    expect(peer.heard()).toBe('RECEIPT\nreceipt-id:r\n\n^@\n');
    peer.session.closed();
    expect(bodies(join(core).say(subscribe('/queue/a') + subscribe('/queue/b')))).toEqual(['!4', '!other']);
  });

  test('acknowledging what is covered is refused', () => {
    const peer = join(filled(2)).say(subscribe('/queue/a', 'ack:client\n'));
    const [first, second] = ids(peer);
    peer.say(ack(second!) + ack(first!));
    expect(peer.heard()).toContain('unexpected ACK');
  });

  test('the subscription header has to fit', () => {
    const core = filled(1);
    const peer = join(core).say(subscribe('/queue/a', 'id:1\nack:client\n'));
    const [id] = ids(peer);
    peer.say(ack(id!, 'subscription:2\n'));
    expect(peer.heard()).toContain('unexpected ACK');
    peer.say(ack(id!, 'subscription:1\nreceipt:r\n'));
    expect(peer.heard()).toBe('RECEIPT\nreceipt-id:r\n\n^@\n');
  });

  test.each(['prefetch-count', 'activemq.prefetchSize'])('%s bounds what is unacknowledged', (name) => {
    const peer = join(filled(5)).say(subscribe('/queue/a', `ack:client\n${name}:2\n`));
    const first = messages(peer.frames());
    expect(first.map(([, body]) => body)).toEqual(['1', '2']);
    peer.say(ack(first[0]![0]));
    expect(bodies(peer)).toEqual(['3']);
  });

  test('a prefetch that is no number is refused', () => {
    const peer = join(filled(1)).say(subscribe('/queue/a', 'ack:client\nprefetch-count:many\n'));
    expect(peer.heard()).toContain('message:the prefetch is not a whole number\n');
  });

  test('1,000 are out by default, and no more', () => {
    const peer = join(filled(1_100)).say(subscribe('/queue/a', 'ack:client\n'));
    expect(peer.frames()).toHaveLength(1_000);
    expect(peer.session.subscriptions).toEqual([
      { destination: '/queue/a', ack: 'client', unacknowledged: 1_000 },
    ]);
  });
});

test('mode client-individual: an ACK covers one', () => {
  const core = filled(3);
  const peer = join(core).say(subscribe('/queue/a', 'ack:client-individual\n'));
  const got = ids(peer);
  peer.say(ack(got[1]!));
  peer.session.closed();
  expect(bodies(join(core).say(subscribe('/queue/a')))).toEqual(['!1', '!3']);
});

describe('what is unacknowledged goes back, in order and before what waits', () => {
  test('when the connection ends', () => {
    const core = filled(5);
    const peer = join(core).say(subscribe('/queue/a', 'ack:client\nprefetch-count:3\n'));
    peer.session.end();
    expect(bodies(join(core).say(subscribe('/queue/a')))).toEqual(['!1', '!2', '!3', '4', '5']);
  });

  test('at DISCONNECT', () => {
    const core = filled(1);
    join(core).say(`${subscribe('/queue/a', 'ack:client\n')}DISCONNECT\n\n\0`);
    expect(core.store.peek('/queue/a')).toMatchObject([{ redelivered: true }]);
  });

  test('at UNSUBSCRIBE, to another consumer at once', () => {
    const core = filled(2);
    const peer = join(core).say(subscribe('/queue/a', 'ack:client\nid:1\n'));
    const other = join(core).say(subscribe('/queue/a'));
    expect(bodies(other)).toEqual([]);
    peer.say('UNSUBSCRIBE\nid:1\n\n\0');
    expect(bodies(other)).toEqual(['!1', '!2']);
  });

  test('of two consumers that go one after the other', () => {
    const core = filled(4);
    const [one, two] = [join(core), join(core)];
    core.store.quietly(() => {
      one.say(subscribe('/queue/a', 'ack:client\n'));
      two.say(subscribe('/queue/a', 'ack:client\n'));
    });
    expect([bodies(one), bodies(two)]).toEqual([
      ['1', '3'],
      ['2', '4'],
    ]);
    core.cut();
    expect([one.ended, two.ended]).toEqual(['cut', 'cut']);
    expect(bodies(join(core).say(subscribe('/queue/a')))).toEqual(['!1', '!2', '!3', '!4']);
  });
});
