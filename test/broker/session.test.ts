import { describe, expect, test } from 'vitest';
import { join, newCore, Peer } from './support/peer.js';

describe('CONNECT', () => {
  test('is answered by CONNECTED with what the broker is', () => {
    const peer = new Peer(newCore()).say('CONNECT\nlogin:me\npasscode:secret\n\n\0');
    expect(peer.heard()).toBe('CONNECTED\nserver:stompwire-broker/0.1.0\nsession:b-1\nversion:1.0\n\n^@\n');
    expect(peer.session.login).toBe('me');
  });

  test('byte by byte', () => {
    const peer = new Peer(newCore());
    for (const byte of 'CONNECT\r\nlogin:me\r\n\r\n\0\n') peer.say(byte);
    expect(peer.frames()).toHaveLength(1);
  });

  test('a receipt on it is answered by nothing', () => {
    const peer = new Peer(newCore()).say('CONNECT\nreceipt:c1\n\n\0');
    expect(peer.frames()).toEqual(['CONNECTED\nserver:stompwire-broker/0.1.0\nsession:b-1\nversion:1.0\n\n']);
  });

  test('comes first', () => {
    const peer = new Peer(newCore()).say('SEND\ndestination:/queue/a\nreceipt:1\n\nx\0');
    expect(peer.heard()).toBe(
      'ERROR\nmessage:SEND before CONNECT\nreceipt-id:1\ncontent-type:text/plain\ncontent-length:20\n\nSEND before CONNECT\n^@\n',
    );
    expect(peer.ended).toBe('closed');
  });

  test('comes once; the connection stays open', () => {
    const peer = join(newCore()).say('CONNECT\n\n\0BEGIN\ntransaction:t\nreceipt:r\n\n\0');
    expect(peer.frames()).toEqual([
      'ERROR\nmessage:already connected\ncontent-type:text/plain\ncontent-length:18\n\nalready connected\n',
      'RECEIPT\nreceipt-id:r\n\n',
    ]);
    expect(peer.ended).toBeUndefined();
  });

  test('for another version only is refused', () => {
    expect(new Peer(newCore()).say('CONNECT\naccept-version:1.1,1.2\n\n\0').heard()).toContain(
      'message:this broker speaks STOMP 1.0\n',
    );
    expect(new Peer(newCore()).say('CONNECT\naccept-version:1.2, 1.0\n\n\0').heard()).toMatch(/^CONNECTED/);
  });
});
