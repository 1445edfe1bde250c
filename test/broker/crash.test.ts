import { describe, expect, test } from 'vitest';
import { BrokerStore } from '../../src/broker/index.js';
import { TestClock } from './support/clock.js';
import { bodies, join, newCore, send, subscribe } from './support/peer.js';

const persistent = (body: string, headers = ''): string =>
  send('/queue/a', body, `persistent:true\n${headers}`);

describe('a crash', () => {
  test('cuts all at once; what was unacknowledged is there in order for the next broker of the store', () => {
    const store = new BrokerStore();
    const core = newCore({ store });
    const consumer = join(core).say(subscribe('/queue/a', 'ack:client\nprefetch-count:2\n'));
    const sender = join(core).say(['1', '2', '3', '4'].map((body) => persistent(body)).join(''));
    sender.say(`BEGIN\ntransaction:t\n\n\0${persistent('open', 'transaction:t\n')}`);
    expect(bodies(consumer)).toEqual(['1', '2']);
    core.kill();
    expect([consumer.ended, sender.ended, core.stats().connections]).toEqual(['cut', 'cut', 0]);
    expect([consumer.heard(), sender.heard()]).toEqual(['', '']);

    const next = join(newCore({ store, name: 'next' })).say(subscribe('/queue/a'));
    expect(bodies(next)).toEqual(['!1', '!2', '3', '4']);
  });

  test('loses what was not persistent, waiting or delivered', () => {
    const store = new BrokerStore();
    const core = newCore({ store });
    join(core).say(subscribe('/queue/a', 'ack:client\nprefetch-count:1\n'));
    join(core).say(send('/queue/a', 'v1') + persistent('p') + send('/queue/a', 'v2'));
    core.kill();
    expect(store.peek('/queue/a').map(({ body }) => body.toString())).toEqual(['p']);
  });

  test("with volatile 'keep' loses nothing", () => {
    const store = new BrokerStore();
    const core = newCore({ store, volatile: 'keep' });
    join(core).say(send('/queue/a', 'v'));
    core.kill();
    expect(store.peek('/queue/a')).toHaveLength(1);
  });

  test('of one of two brokers leaves the volatile messages of the other, and serves its consumers in order', () => {
    const store = new BrokerStore();
    const [one, two] = [newCore({ store, name: 'one' }), newCore({ store, name: 'two' })];
    join(one).say(subscribe('/queue/a', 'ack:client\nprefetch-count:1\n'));
    join(one).say(persistent('1') + send('/queue/a', 'mine') + persistent('2'));
    join(two).say(send('/queue/a', 'yours'));
    const other = join(two).say(subscribe('/queue/b'));
    one.kill();
    other.say(subscribe('/queue/a'));
    expect(bodies(other)).toEqual(['!1', '2', 'yours']);
  });

  test('serves a consumer of the other broker that was there before, with nothing that is lost', () => {
    const store = new BrokerStore();
    const [one, two] = [newCore({ store, name: 'one' }), newCore({ store, name: 'two' })];
    const first = join(one).say(subscribe('/queue/a', 'ack:client\n'));
    const sender = join(one).say(persistent('1') + send('/queue/a', 'lost') + persistent('2'));
    const other = join(two).say(subscribe('/queue/a'));
    expect([bodies(first), bodies(other), sender.heard()]).toEqual([['1', 'lost', '2'], [], '']);
    one.kill();
    expect(bodies(other)).toEqual(['!1', '!2']);
  });
});

describe('with a store that takes its time', () => {
  function slow() {
    const clock = new TestClock();
    const store = new BrokerStore();
    return {
      clock,
      store,
      core: newCore({ store, clock, storeDelayMs: 5, limits: { connectTimeoutMs: Infinity } }),
    };
  }
  const waiting = (store: BrokerStore): string[] => store.peek('/queue/a').map(({ body }) => body.toString());

  test('RECEIPTs wait for it, in order', () => {
    const { clock, core } = slow();
    const sender = join(core).say(persistent('1', 'receipt:1\n') + send('/queue/a', '2', 'receipt:2\n'));
    clock.advance(4);
    expect(sender.heard()).toBe('');
    clock.advance(1);
    expect(sender.frames()).toEqual(['RECEIPT\nreceipt-id:1\n\n', 'RECEIPT\nreceipt-id:2\n\n']);
    sender.say('BEGIN\ntransaction:t\nreceipt:3\n\n\0');
    expect(sender.frames()).toHaveLength(1);
  });

  test('a crash loses what was not stored', () => {
    const { clock, store, core } = slow();
    const sender = join(core).say(persistent('1', 'receipt:1\n'));
    clock.advance(5);
    sender.say(persistent('2', 'receipt:2\n'));
    core.kill();
    clock.advance(5);
    expect(waiting(store)).toEqual(['1']);
    expect(sender.frames()).toEqual(['RECEIPT\nreceipt-id:1\n\n']);
  });

  test('a crash just after storing keeps it, and nobody was told', () => {
    const { clock, store, core } = slow();
    const sender = join(core).say(persistent('1', 'receipt:1\n'));
    core.kill({ unstored: 'keep' });
    clock.advance(5);
    expect([waiting(store), sender.heard()]).toEqual([['1'], '']);
  });

  test('an ACK that was not stored is forgotten', () => {
    const { clock, store, core } = slow();
    join(core).say(persistent('1') + persistent('2'));
    clock.advance(5);
    join(core).say(
      `${subscribe('/queue/a', 'ack:client\nprefetch-count:1\n')}ACK\nmessage-id:ID:b-2:1\n\n\0`,
    );
    core.kill();
    expect(store.peek('/queue/a')).toMatchObject([{ redelivered: true }, { redelivered: true }]);
    expect(waiting(store)).toEqual(['1', '2']);
  });

  test('what was taken and acknowledged before it was stored never was', () => {
    const { store, core } = slow();
    join(core).say(subscribe('/queue/a') + persistent('1'));
    core.kill();
    expect(store.queues()).toEqual({});
  });

  test('stopping in order stores all', () => {
    const { store, core } = slow();
    const sender = join(core).say(persistent('1', 'receipt:1\n'));
    core.close();
    expect([waiting(store), sender.frames(), sender.ended]).toEqual([
      ['1'],
      ['RECEIPT\nreceipt-id:1\n\n'],
      'closed',
    ]);
  });
});
