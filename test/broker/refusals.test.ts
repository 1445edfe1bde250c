import { describe, expect, test } from 'vitest';
import { TestClock } from './support/clock.js';
import { CONNECT, join, newCore, Peer, send, subscribe } from './support/peer.js';

describe('semantic errors leave the connection open', () => {
  test.each([
    ['an UNSUBSCRIBE of nothing', 'UNSUBSCRIBE\nid:9\n', 'there is no such subscription'],
    ['an UNSUBSCRIBE without a name', 'UNSUBSCRIBE\n', 'there is no such subscription'],
    [
      'an ACK of nothing',
      'ACK\nmessage-id:9\n',
      'unexpected ACK: no unacknowledged message has the message-id 9',
    ],
    ['an ACK without message-id', 'ACK\n', 'ACK without the header message-id'],
    ['a SEND without destination', 'SEND\n', 'SEND without the header destination'],
    ['a SEND with an empty destination', 'SEND\ndestination:\n', 'SEND without a destination'],
    [
      'an unknown ack mode',
      'SUBSCRIBE\ndestination:a\nack:maybe\n',
      'the ack mode is one of auto, client, client-individual',
    ],
    ['a selector', "SUBSCRIBE\ndestination:a\nselector:a = 'b'\n", 'this broker has no selectors'],
  ])('%s', (_name, head, reason) => {
    const peer = join(newCore()).say(`${head}receipt:r\n\n\0`);
    expect(peer.heard()).toBe(
      `ERROR\nmessage:${reason}\nreceipt-id:r\ncontent-type:text/plain\ncontent-length:${reason.length + 1}\n\n${reason}\n^@\n`,
    );
    expect(peer.ended).toBeUndefined();
  });
});

test('a long header that a reason quotes is cut short: it must pass as a header again', () => {
  const peer = join(newCore()).say(`ACK\nmessage-id:${'9'.repeat(60_000)}\n\n\0`);
  const [error] = peer.frames();
  expect(error).toMatch(/^ERROR\nmessage:unexpected ACK: no unacknowledged message has the message-id 9+\n/);
  expect(error!.length).toBeLessThan(3_000);
});

test('a reason that quotes other letters is a header of US-ASCII, and has them in the body', () => {
  const peer = join(newCore()).say('G\u00c4RBAGE\n\n\0');
  const [head, body] = peer.frames()[0]!.split('\n\n');
  expect(head).toMatch(/^ERROR\nmessage:"G\?+RBAGE" is not a command[ -~\n]*$/);
  expect(body).toMatch(/^"G[^?]+RBAGE" is not a command/);
});

describe('protocol errors close', () => {
  test.each([
    ['an unknown command', 'FROB\n\n\0', 'unknown command FROB'],
    ['a command in lower case', 'send\ndestination:a\n\n\0', 'unknown command send'],
    ['bytes that are no frame', '\x16\x03\x01', 'not STOMP but a TLS record'],
    [
      'a content-length that is too small',
      'SEND\ndestination:a\ncontent-length:1\n\nabc\0',
      'content-length says 1',
    ],
  ])('%s', (_name, bytes, reason) => {
    const peer = join(newCore()).say(bytes + CONNECT);
    const frames = peer.frames();
    expect(frames).toHaveLength(1);
    expect(frames[0]).toContain(`ERROR\nmessage:${reason}`);
    expect(peer.ended).toBe('closed');
  });
});

describe('SUBSCRIBE and UNSUBSCRIBE', () => {
  test('the same subscription twice is refused, the same destination under two ids is not', () => {
    const peer = join(newCore()).say(subscribe('a') + subscribe('a', 'id:1\n') + subscribe('a', 'id:2\n'));
    expect(peer.heard()).toBe('');
    peer.say(subscribe('a'));
    expect(peer.heard()).toContain('message:there is a subscription destination:a already\n');
    peer.say(subscribe('b', 'id:1\n'));
    expect(peer.heard()).toContain('message:there is a subscription id:1 already\n');
  });

  test('by destination ends the one without an id, then one with', () => {
    const peer = join(newCore()).say(subscribe('a', 'id:1\n') + subscribe('a'));
    const end = 'UNSUBSCRIBE\ndestination:a\nreceipt:r\n\n\0';
    peer.say(end + send('a', 'x'));
    expect(peer.heard()).toContain('subscription:1\n');
    peer.say(end + send('a', 'y'));
    expect(peer.frames()).toEqual(['RECEIPT\nreceipt-id:r\n\n']);
  });

  test('echoes an id byte for byte', () => {
    const peer = join(newCore()).say(`${subscribe('a', 'id: é\\c:1 \n')}${send('a', 'x')}`);
    expect(peer.heard()).toContain('\nsubscription:é\\c:1\n');
  });

  test('too many', () => {
    const core = newCore({ limits: { maxSubscriptions: 1 } });
    expect(
      join(core)
        .say(subscribe('a') + subscribe('b'))
        .heard(),
    ).toContain('message:too many subscriptions\n');
  });
});

describe('DISCONNECT', () => {
  test('gets its RECEIPT, then the end; what comes after is not read', () => {
    const core = newCore();
    const peer = join(core).say(`DISCONNECT\nreceipt:bye\n\n\0${send('a', 'late')}`);
    expect(peer.heard()).toBe('RECEIPT\nreceipt-id:bye\n\n^@\n');
    expect(peer.ended).toBe('closed');
    expect(core.store.queues()).toEqual({});
    peer.session.closed();
    expect(core.stats()).toMatchObject({ connections: 0, accepted: 1 });
  });

  test('without a receipt ends at once', () => {
    expect(join(newCore()).say('DISCONNECT\n\n\0').ended).toBe('closed');
  });
});

describe('logins', () => {
  const say = (logins: NonNullable<Parameters<typeof newCore>[0]>['logins'], head: string): string =>
    new Peer(newCore({ logins })).say(`CONNECT\n${head}\n\0`).heard();

  test.each([
    ['an object', { me: 'secret' }],
    ['a map', new Map([['me', 'secret']])],
    ['a function', (login?: string, passcode?: string) => login === 'me' && passcode === 'secret'],
  ])('%s', (_name, logins) => {
    expect(say(logins, 'login:me\npasscode: secret \n')).toMatch(/^CONNECTED\n/);
    const refused = /^ERROR\nmessage:login or passcode is wrong\n/;
    expect(say(logins, 'login:me\npasscode:wrong\n')).toMatch(refused);
    expect(say(logins, '')).toMatch(refused);
    expect(say(logins, 'login:toString\npasscode:x\n')).toMatch(refused);
  });

  test('a refusal closes', () => {
    expect(new Peer(newCore({ logins: {} })).say(CONNECT).ended).toBe('closed');
  });
});

describe('limits', () => {
  test('connections: at the limit, and one more', () => {
    const core = newCore({ limits: { maxConnections: 1 } });
    const first = join(core);
    const second = new Peer(core);
    expect(second.heard()).toContain('message:too many connections\n');
    expect(second.ended).toBe('closed');
    first.session.closed();
    second.session.closed();
    expect(new Peer(core).say(CONNECT).heard()).toMatch(/^CONNECTED/);
  });

  test('a full queue refuses a SEND, which stays open', () => {
    const core = newCore({ limits: { maxQueueMessages: 2 } });
    const peer = join(core).say(send('a', '1') + send('a', '2'));
    expect(peer.heard()).toBe('');
    peer.say(send('a', '3', 'receipt:r\n'));
    expect(peer.heard()).toMatch(/^ERROR\nmessage:the queue a is full\nreceipt-id:r\n/);
    expect(core.store.peek('a')).toHaveLength(2);
  });

  test('bytes of a queue', () => {
    const core = newCore({ limits: { maxQueueBytes: 20 } });
    const peer = join(core).say(send('a', '1234')); // destination:a and its LF are 14
    expect(peer.heard()).toBe('');
    peer.say(send('a', ''));
    expect(peer.heard()).toContain('is full');
  });

  test('a body', () => {
    const core = newCore({ limits: { maxBodyBytes: 3 } });
    expect(join(core).say(send('a', 'abc')).heard()).toBe('');
    expect(join(core).say(send('a', 'abcd')).heard()).toContain('maxBodyBytes is 3');
  });

  test('time to CONNECT', () => {
    const clock = new TestClock();
    const core = newCore({ clock, limits: { connectTimeoutMs: 100 } });
    const [mute, quick] = [new Peer(core), join(core)];
    clock.advance(99);
    expect(mute.ended).toBeUndefined();
    clock.advance(1);
    expect([mute.ended, quick.ended]).toEqual(['closed', undefined]);
    expect(clock.armed).toBe(0);
  });

  test.each([
    [{ limits: { maxConnections: 0 } }, 'limits.maxConnections'],
    [{ limits: { maxConections: 1 } }, 'limits.maxConections'],
    [{ limits: { maxBodyBytes: -1 } }, 'limits.maxBodyBytes'],
    [{ storeDelayMs: -1 }, 'storeDelayMs'],
    [{ volatile: 'maybe' }, 'volatile'],
    [{ name: 'a:b' }, 'name'],
  ])('%j is refused', (options, option) => {
    expect(() => newCore(options as object)).toThrow(option);
  });
});
