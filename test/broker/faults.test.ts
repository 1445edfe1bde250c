import { describe, expect, test } from 'vitest';
import type { Fault } from '../../src/broker/index.js';
import { TestClock } from './support/clock.js';
import { bodies, CONNECT, join, newCore, Peer, send, subscribe } from './support/peer.js';

const CONNECTED = 'CONNECTED\nserver:stompwire-broker/0.1.0\nsession:b-1\nversion:1.0\n\n^@\n';
const BEGIN = 'BEGIN\ntransaction:t\nreceipt:r\n\n\0';
const RECEIPT = 'RECEIPT\nreceipt-id:r\n\n^@\n';

function troubled(faults: Fault) {
  const clock = new TestClock();
  const core = newCore({ faults, clock });
  return { clock, core, peer: new Peer(core) };
}

test('refuse: closes at the door', () => {
  const { peer } = troubled({ refuse: true });
  expect([peer.ended, peer.say(CONNECT).heard()]).toEqual(['closed', '']);
});

describe('silent', () => {
  test('from the start: nothing is answered, all is recorded', () => {
    const { core, peer } = troubled({ silent: 'start' });
    expect(peer.say(CONNECT + send('a', 'x')).heard()).toBe('');
    expect(peer.ended).toBeUndefined();
    expect(core.record.list().map(({ command }) => command)).toEqual(['CONNECT', 'SEND']);
    expect(core.store.queues()).toEqual({});
  });

  test('and nobody is sent away for not having connected', () => {
    const { clock, peer } = troubled({ silent: 'start' });
    clock.advance(100_000);
    expect(peer.ended).toBeUndefined();
  });

  test('after CONNECTED: nothing is carried out or delivered', () => {
    const { core, peer } = troubled({ silent: 'connected' });
    expect(peer.say(CONNECT).heard()).toBe(CONNECTED);
    core.publish('a', 'x');
    expect(peer.say(subscribe('a') + BEGIN).heard()).toBe('');
  });

  test('switched on and off under a subscription', () => {
    const { core, peer } = troubled({});
    peer.say(CONNECT + subscribe('a')).heard();
    core.faults.all({ silent: 'connected' });
    core.publish('a', 'x');
    expect(peer.heard()).toBe('');
    core.faults.clear();
    expect(bodies(peer)).toEqual(['x']);
  });
});

test('errorOnConnect', () => {
  const { peer } = troubled({ errorOnConnect: 'go away' });
  expect(peer.say(CONNECT).heard()).toMatch(/^ERROR\nmessage:go away\n/);
  expect(peer.ended).toBe('closed');
});

describe('errorOn', () => {
  test('answers that command with an ERROR and does not carry it out', () => {
    const { core, peer } = troubled({ errorOn: { command: 'SEND', message: 'no room' } });
    peer.say(CONNECT).heard();
    expect(peer.say(send('a', 'x', 'receipt:r\n')).heard()).toMatch(
      /^ERROR\nmessage:no room\nreceipt-id:r\n/,
    );
    expect(peer.say(BEGIN).heard()).toBe(RECEIPT);
    expect(core.store.queues()).toEqual({});
  });

  test('after some have passed, and closes', () => {
    const { peer } = troubled({ errorOn: { command: 'SEND', message: 'enough', close: true, after: 2 } });
    peer.say(CONNECT).heard();
    expect(peer.say(send('a', '1') + send('a', '2')).heard()).toBe('');
    expect(peer.say(send('a', '3')).heard()).toContain('message:enough\n');
    expect(peer.ended).toBe('closed');
  });
});

describe('cutAfterBytes', () => {
  test('out: exactly so many bytes are sent, then the stream ends', () => {
    for (const out of [0, 1, CONNECTED.length - 1, CONNECTED.length + 5]) {
      const { peer } = troubled({ cutAfterBytes: { out } });
      const heard = peer.say(CONNECT + BEGIN).heard();
      const all = (CONNECTED + RECEIPT).replaceAll('^@', '\0');
      expect(heard.replaceAll('^@', '\0')).toBe(all.slice(0, out));
      expect(peer.ended).toBe('closed');
    }
  });

  test('out: an unacknowledged MESSAGE that was cut goes to another', () => {
    const core = newCore();
    core.faults.next({ cutAfterBytes: { out: CONNECTED.length + 10 } });
    const peer = new Peer(core).say(CONNECT + subscribe('a', 'ack:client\n'));
    const other = join(core).say(subscribe('a'));
    core.publish('a', 'x');
    expect([peer.heard().slice(CONNECTED.length), peer.ended]).toEqual(['MESSAGE\ndes', 'closed']);
    expect(bodies(other)).toEqual(['!x']);
    core.publish('a', 'y');
    expect(bodies(other)).toEqual(['y']);
  });

  test('in: so many bytes are read, then a reset', () => {
    const { core, peer } = troubled({ cutAfterBytes: { in: CONNECT.length + BEGIN.length } });
    peer.say(CONNECT + BEGIN.slice(0, -1));
    expect([peer.heard(), peer.ended]).toEqual([CONNECTED, undefined]);
    peer.say('\0BEGIN\n');
    expect([peer.heard(), peer.ended]).toEqual([RECEIPT, 'cut']);
    expect(core.stats().connections).toBe(0);
  });

  test('ordered for an open connection beyond the count: cut at once', () => {
    const { core, peer } = troubled({});
    peer.say(CONNECT);
    core.faults.all({ cutAfterBytes: { out: 1 } });
    expect(peer.ended).toBe('closed');
  });
});

describe('dribble', () => {
  test('so many bytes at a time; the end comes last', () => {
    const { clock, peer } = troubled({ dribble: { bytes: 30, everyMs: 10 } });
    peer.say(`${CONNECT}DISCONNECT\nreceipt:r\n\n\0`);
    let all = peer.heard();
    expect(all).toBe(CONNECTED.slice(0, 30));
    while (peer.ended === undefined) {
      clock.advance(10);
      const lot = peer.heard();
      expect(lot.replaceAll('^@', '\0').length).toBeLessThanOrEqual(30);
      all += lot;
    }
    expect(all).toBe(CONNECTED + RECEIPT);
    expect(peer.ended).toBe('closed');
  });

  test('switched off: the rest comes at once', () => {
    const { clock, core, peer } = troubled({ dribble: { bytes: 1, everyMs: 10 } });
    peer.say(CONNECT);
    core.faults.clear();
    expect(peer.heard()).toBe(CONNECTED);
    clock.advance(1_000);
    expect(peer.heard()).toBe('');
  });

  test('holds MESSAGEs back when much is pending, and goes on', () => {
    const { clock, core, peer } = troubled({ dribble: { bytes: 50_000, everyMs: 1 } });
    peer.say(CONNECT + subscribe('/queue/a'));
    for (let i = 0; i < 10; i++) core.publish('/queue/a', 'x'.repeat(30_000));
    expect(core.store.queues()['/queue/a']?.waiting).toBeGreaterThan(5);
    clock.advance(50);
    expect(bodies(peer)).toHaveLength(10);
  });
});

describe('receipts', () => {
  test('delayed, in order, and the end after the last', () => {
    const { clock, peer } = troubled({ delayReceiptsMs: 100 });
    peer.say(CONNECT).heard();
    peer.say(`${BEGIN}ABORT\ntransaction:t\nreceipt:s\n\n\0DISCONNECT\nreceipt:d\n\n\0`);
    clock.advance(99);
    expect([peer.heard(), peer.ended]).toEqual(['', undefined]);
    clock.advance(1);
    expect(peer.heard().match(/receipt-id:./g)).toEqual(['receipt-id:r', 'receipt-id:s', 'receipt-id:d']);
    expect(peer.ended).toBe('closed');
  });

  test('dropped, though all is carried out', () => {
    const { core, peer } = troubled({ dropReceipts: true });
    peer.say(CONNECT).heard();
    expect(peer.say(send('a', 'x', 'receipt:r\n')).heard()).toBe('');
    expect(core.store.peek('a')).toHaveLength(1);
    expect(peer.say('DISCONNECT\nreceipt:d\n\n\0').ended).toBe('closed');
  });
});

test('garbage: once, at that place', () => {
  const { peer } = troubled({ garbage: { bytes: 'HTTP/1.1 400\r\n', afterBytes: 3 } });
  expect(peer.say(CONNECT + BEGIN).heard()).toBe(`CONHTTP/1.1 400\r\n${CONNECTED.slice(3)}${RECEIPT}`);
  const bytes = new Uint8Array([0x15, 0x03, 0x01]);
  expect(troubled({ garbage: { bytes } }).peer.say(CONNECT).heard()).toMatch(/^\x15\x03\x01CONNECTED/);
});

describe('the script', () => {
  test('next: for so many connections, in the order given, over what is for all', () => {
    const core = newCore({ faults: { dropReceipts: true } });
    core.faults.next({ refuse: true }, 2);
    core.faults.next({ errorOnConnect: 'no' });
    const peers = [1, 2, 3, 4].map(() => new Peer(core).say(CONNECT));
    expect(peers.map((peer) => peer.heard().split('\n')[0])).toEqual(['', '', 'ERROR', 'CONNECTED']);
    expect(peers[3]!.say(BEGIN).heard()).toBe('');
  });

  test('next adds to what is for all', () => {
    const core = newCore({ faults: { dropReceipts: true } });
    core.faults.next({ errorOn: { command: 'SEND', message: 'no' } });
    const peer = join(core).say(BEGIN + send('a', 'x'));
    expect(peer.frames().map((frame) => frame.split('\n')[0])).toEqual(['ERROR']);
  });

  test('clear ends all of it', () => {
    const core = newCore();
    core.faults.next({ silent: 'connected' }, 2);
    const peer = join(core);
    core.faults.clear();
    expect(peer.say(BEGIN).heard()).toBe(RECEIPT);
    expect(join(core).say(BEGIN).heard()).toBe(RECEIPT);
  });

  test.each([
    [{ refused: true }, 'fault.refused'],
    [{ dribble: { bytes: 0, everyMs: 1 } }, 'fault.dribble.bytes'],
    [{ delayReceiptsMs: -1 }, 'fault.delayReceiptsMs'],
    [{ silent: 'always' }, 'fault.silent'],
  ])('%j is refused', (fault, option) => {
    expect(() => newCore().faults.all(fault as Fault)).toThrow(option);
    expect(() => newCore({ faults: fault as Fault })).toThrow(option);
  });

  test('an order for no connection at all is refused', () => {
    expect(() => newCore().faults.next({}, 0)).toThrow('faults.next times');
  });
});
