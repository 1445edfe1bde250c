import { describe, expect, test } from 'vitest';
import { bodies, join, newCore, send, subscribe } from './support/peer.js';

describe('a sink that is full', () => {
  test('gets no MESSAGE before it has drained, and others go on', () => {
    const core = newCore();
    const [slow, quick] = [join(core), join(core)];
    slow.say(subscribe('/queue/a') + subscribe('/topic/t'));
    quick.say(subscribe('/topic/t'));
    slow.flowing = false;
    const sender = join(core).say([1, 2, 3].map((n) => send('/queue/a', `${n}`)).join(''));
    expect(bodies(slow)).toEqual(['1']); // the one that filled it
    sender.say(send('/topic/t', 'topic'));
    expect([bodies(slow), bodies(quick)]).toEqual([[], ['topic']]);
    expect(core.store.queues()['/queue/a']).toEqual({ waiting: 2, unacknowledged: 0, consumers: 1 });

    slow.flowing = true;
    slow.session.drained();
    expect(bodies(slow).sort()).toEqual(['2', '3', 'topic']);
  });

  test('still gets RECEIPTs', () => {
    const core = newCore();
    const peer = join(core).say(subscribe('/queue/a'));
    peer.flowing = false;
    peer.say(send('/queue/a', '1') + send('/queue/a', '2', 'receipt:r\n'));
    expect(peer.frames().map((frame) => frame.split('\n')[0])).toEqual(['MESSAGE', 'RECEIPT']);
  });

  test('that fills with every MESSAGE serves all its subscriptions in turn', () => {
    const core = newCore();
    const peer = join(core).say(subscribe('/queue/a') + subscribe('/queue/b'));
    peer.flowing = false;
    peer.say(send('/queue/a', 'first'));
    for (const n of [1, 2, 3]) peer.say(send('/queue/a', `a${n}`) + send('/queue/b', `b${n}`));
    for (let i = 0; i < 4; i++) peer.session.drained();
    expect(bodies(peer).slice(1).sort()).toEqual(['a1', 'a2', 'b1', 'b2']);
  });

  test('frees its messages for others when it goes', () => {
    const core = newCore();
    const peer = join(core).say(subscribe('/queue/a'));
    peer.flowing = false;
    peer.say(send('/queue/a', '1') + send('/queue/a', '2'));
    const other = join(core).say(subscribe('/queue/a'));
    expect(bodies(other)).toEqual(['2']);
  });
});
