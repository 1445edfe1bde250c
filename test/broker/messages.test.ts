import { describe, expect, test } from 'vitest';
import { BrokerStore } from '../../src/broker/index.js';
import { bodies, join, newCore, send, subscribe } from './support/peer.js';

describe('a MESSAGE', () => {
  test('has what the SEND had, a message-id, and NUL LF at its end', () => {
    const core = newCore();
    const consumer = join(core).say('SUBSCRIBE\ndestination:/queue/a\nid:7\n\n\0');
    join(core).say('SEND\ndestination:/queue/a\nk: a:b \npersistent:true\n\nhello\0');
    expect(consumer.heard()).toBe(
      'MESSAGE\ndestination:/queue/a\nk: a:b \npersistent:true\nmessage-id:ID:b-1:1\nsubscription:7\n\nhello^@\n',
    );
  });

  test('has content-length exactly where the SEND had one', () => {
    const core = newCore();
    const consumer = join(core).say('SUBSCRIBE\ndestination:/queue/a\n\n\0');
    join(core).say('SEND\ndestination:/queue/a\ncontent-length:3\n\na\0b\0');
    expect(consumer.heard()).toBe(
      'MESSAGE\ndestination:/queue/a\ncontent-length:3\nmessage-id:ID:b-1:1\n\na^@b^@\n',
    );
  });

  test('has none of the headers that are between the sender and the broker', () => {
    const core = newCore();
    const consumer = join(core).say('SUBSCRIBE\ndestination:/queue/a\n\n\0');
    join(core).say(
      'BEGIN\ntransaction:t\n\n\0' +
        'SEND\nreceipt:r\ndestination:/queue/a\ntransaction:t\nmessage-id:mine\nsubscription:mine\nredelivered:true\n\n\0' +
        'COMMIT\ntransaction:t\n\n\0',
    );
    expect(consumer.heard()).toBe('MESSAGE\ndestination:/queue/a\nmessage-id:ID:b-1:1\n\n^@\n');
  });

  test('keeps the bytes of headers that are not UTF-8, and repeated ones', () => {
    const core = newCore();
    const consumer = join(core).say('SUBSCRIBE\ndestination:/queue/a\n\n\0');
    let got = Buffer.alloc(0);
    consumer.write = (bytes) => {
      got = Buffer.concat([got, bytes]);
      return true;
    };
    const bytes = Buffer.from(
      'SEND\r\ndestination:/queue/a\r\nk:\xff\xe9\r\nk:2\r\njust text\r\n\r\n\0',
      'latin1',
    );
    join(core).session.receive(bytes);
    expect(got.toString('latin1')).toBe(
      'MESSAGE\ndestination:/queue/a\nk:\xff\xe9\nk:2\njust text:\nmessage-id:ID:b-1:1\n\n\0\n',
    );
  });

  test('has a message-id of its own in every delivery', () => {
    const core = newCore();
    const consumer = join(core).say(subscribe('/topic/a', 'id:1\n') + subscribe('/topic/a', 'id:2\n'));
    join(core).say(send('/topic/a', 'x'));
    expect(consumer.heard().match(/message-id:.*/g)).toEqual(['message-id:ID:b-1:1', 'message-id:ID:b-1:2']);
  });
});

describe('a queue', () => {
  test('keeps messages in order until somebody subscribes, RECEIPT first', () => {
    const core = newCore();
    join(core).say(send('/queue/a', '1') + send('/queue/a', '2'));
    const consumer = join(core).say(subscribe('/queue/a', 'receipt:r\n'));
    expect(consumer.frames().map((frame) => frame.split('\n')[0])).toEqual(['RECEIPT', 'MESSAGE', 'MESSAGE']);
    expect(core.store.queues()).toEqual({ '/queue/a': { waiting: 0, unacknowledged: 0, consumers: 1 } });
  });

  test('gives each message to one consumer, in turns', () => {
    const core = newCore();
    const [one, two] = [join(core), join(core)];
    one.say(subscribe('/queue/a'));
    two.say(subscribe('/queue/a'));
    join(core).say([1, 2, 3, 4].map((n) => send('/queue/a', `${n}`)).join(''));
    expect([bodies(one), bodies(two)]).toEqual([
      ['1', '3'],
      ['2', '4'],
    ]);
  });

  test('passes over a consumer without credit', () => {
    const core = newCore();
    const [slow, quick] = [join(core), join(core)];
    slow.say(subscribe('/queue/a', 'ack:client\nprefetch-count:1\n'));
    quick.say(subscribe('/queue/a'));
    join(core).say([1, 2, 3, 4].map((n) => send('/queue/a', `${n}`)).join(''));
    expect([bodies(slow), bodies(quick)]).toEqual([['1'], ['2', '3', '4']]);
  });

  test('is whatever is no topic', () => {
    const core = newCore();
    join(core).say(send('plain', 'x'));
    expect(bodies(join(core).say(subscribe('plain')))).toEqual(['x']);
  });

  test('is forgotten when it is empty and unused', () => {
    const core = newCore();
    const peer = join(core).say(subscribe('/queue/a', 'ack:client\n') + send('/queue/a', 'x'));
    expect(core.store.queues()).toEqual({ '/queue/a': { waiting: 0, unacknowledged: 1, consumers: 1 } });
    peer.say('ACK\nmessage-id:ID:b-1:1\n\n\0UNSUBSCRIBE\ndestination:/queue/a\n\n\0');
    expect(core.store.queues()).toEqual({});
  });

  test('shows what waits in it, and can be emptied', () => {
    const core = newCore();
    join(core).say(send('/queue/a', 'x', 'k:v\n'));
    expect(core.store.peek('/queue/a')).toEqual([
      {
        destination: '/queue/a',
        head: 'destination:/queue/a\nk:v\n',
        body: Buffer.from('x'),
        redelivered: false,
      },
    ]);
    core.store.clear();
    expect(core.store.peek('/queue/a')).toEqual([]);
    expect(core.store.queues()).toEqual({});
  });

  test('takes messages from the broker itself', () => {
    const core = newCore();
    core.publish('/queue/a', 'né', { k: 'v' });
    expect(join(core).say(subscribe('/queue/a')).heard()).toBe(
      'MESSAGE\ndestination:/queue/a\nk:v\ncontent-length:3\nmessage-id:ID:b-1:1\n\nné^@\n',
    );
  });
});

describe('a topic', () => {
  test('gives each message to all who are subscribed now', () => {
    const core = newCore();
    const sender = join(core).say(send('/topic/a', 'early'));
    const [one, two] = [join(core), join(core)];
    one.say(subscribe('/topic/a'));
    two.say(subscribe('/topic/a', 'ack:client\n'));
    sender.say(send('/topic/a', 'x'));
    expect([bodies(one), bodies(two)]).toEqual([['x'], ['x']]);
    two.session.closed();
    sender.say(send('/topic/a', 'y'));
    expect([bodies(one), bodies(two)]).toEqual([['y'], []]);
    expect(core.store.queues()).toEqual({});
  });

  test('ends a subscriber for whom too much waits', () => {
    const core = newCore({ limits: { maxQueueMessages: 2 } });
    const slow = join(core).say(subscribe('/topic/a', 'ack:client\nprefetch-count:1\n'));
    const sender = join(core).say([1, 2, 3].map((n) => send('/topic/a', `${n}`)).join(''));
    expect(slow.ended).toBeUndefined();
    sender.say(send('/topic/a', '4'));
    expect(slow.heard()).toContain('ERROR\nmessage:slow consumer');
    expect(slow.ended).toBe('closed');
    expect(sender.heard()).toBe('');
  });
});

test('two brokers on one store at once serve each other', () => {
  const store = new BrokerStore();
  const [one, two] = [newCore({ store, name: 'one' }), newCore({ store, name: 'two' })];
  const queue = join(two).say(subscribe('/queue/a'));
  const topic = join(two).say(subscribe('/topic/a'));
  join(one).say(send('/queue/a', 'q') + send('/topic/a', 't'));
  expect([bodies(queue), bodies(topic)]).toEqual([['q'], ['t']]);
});
