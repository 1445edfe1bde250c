import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/transport/message.js';
import { turn } from '../support/virtual-clock.js';
import { message, open, reasonOf, receipt, recorder, STOMPSERVER, stateOf, thrownBy } from './support.js';

describe('P27: disconnect', () => {
  it('DISCONNECT with a receipt; RECEIPT, our end, their end', async () => {
    const { observer, of } = recorder(['onDisconnect']);
    const { connection, transport, clock } = await open({ observer });
    await transport.take();
    const disconnected = connection.disconnect();
    expect(connection.state).toBe('disconnecting');
    expect(await transport.take()).toBe('DISCONNECT\nreceipt:1\n\n\0');
    expect(transport.ended).toBe(false);
    transport.push(receipt(1));
    expect(transport.ended).toBe(true);
    expect(await stateOf(disconnected)).toBe('pending');
    transport.finish();
    await disconnected;
    expect(connection.state).toBe('closed');
    expect(await connection.closed).toBeUndefined();
    expect(transport.destroyed).toBe(true);
    expect(clock.pending).toEqual([]);
    expect(of('onDisconnect')).toEqual([{ endpoint: 'stomp://broker.example:61613', error: undefined }]);
  });

  it('FIN instead of RECEIPT (Stompserver)', async () => {
    const { connection, transport, clock } = await open({}, STOMPSERVER);
    const disconnected = connection.disconnect();
    await turn();
    transport.finish();
    await disconnected;
    expect(await connection.closed).toBeUndefined();
    expect(clock.pending).toEqual([]);
  });

  it.each([
    ['ERROR', 'ERROR\nmessage:late\n\n\0'],
    ['ERROR that names it', 'ERROR\nreceipt-id:1\n\n\0'],
    ['bytes that are not STOMP', '\x15\x03'],
  ])('%s and FIN: closed on request all the same', async (_, answer) => {
    const { connection, transport, clock } = await open();
    const disconnected = connection.disconnect();
    await turn();
    transport.push(answer);
    transport.finish();
    await disconnected;
    expect(await connection.closed).toBeUndefined();
    expect(clock.pending).toEqual([]);
  });

  it('what still comes is held up to the limit, and told of beyond it', async () => {
    const { observer, of } = recorder(['onUnroutable']);
    const { connection, transport } = await open({ observer, maxBufferedBytes: 65_536 });
    const subscription = connection.subscribe('/queue/a', { ack: 'client' }); // nobody reads it
    await turn();
    transport.push(receipt(1));
    await subscription.ready;
    void connection.disconnect();
    for (let i = 0; i < 200; i++) {
      await turn();
      transport.push(message('s1', i, 'x'.repeat(1_000)));
    }
    await turn();
    expect(transport.ended).toBe(true);
    expect(connection.stats().heldBytes).toBeGreaterThan(65_536);
    expect(connection.stats().heldBytes).toBeLessThan(65_536 + 1_100);
    expect(of('onUnroutable').length).toBeGreaterThan(130);
    connection.destroy();
  });

  it('no answer: closes after 5 s', async () => {
    const { connection, transport, clock } = await open();
    const disconnected = connection.disconnect();
    await clock.advance(4999);
    expect(transport.destroyed).toBe(false);
    await clock.advance(1);
    await disconnected;
    expect(transport.destroyed).toBe(true);
    expect(clock.pending).toEqual([]);
  });

  it('RECEIPT and then no end: closes 5 s after it', async () => {
    const { connection, transport, clock } = await open();
    const disconnected = connection.disconnect();
    await clock.advance(3000);
    transport.push(receipt(1));
    await clock.advance(4999);
    expect(transport.destroyed).toBe(false);
    await clock.advance(1);
    await disconnected;
    expect(clock.pending).toEqual([]);
  });

  it('waits for the receipts under way', async () => {
    const { connection, transport } = await open();
    const published = connection.publish('/q', 'a');
    await transport.take();
    const disconnected = connection.disconnect();
    expect(await transport.take()).toBe('');
    transport.push(receipt(1));
    await published;
    expect(await transport.take()).toBe('DISCONNECT\nreceipt:2\n\n\0');
    transport.push(receipt(2));
    transport.finish();
    await disconnected;
  });

  it('what was sent in the same turn goes out before it', async () => {
    const { connection, transport } = await open();
    await transport.take();
    connection.send('/q', 'last words');
    void connection.disconnect();
    expect(await transport.take()).toBe(
      'SEND\ndestination:/q\ncontent-length:10\n\nlast words\0DISCONNECT\nreceipt:1\n\n\0',
    );
  });

  it('a receipt that never comes delays it up to its deadline; no timer is left', async () => {
    const { connection, transport, clock } = await open({ receiptTimeoutMs: 1000 });
    const published = reasonOf(connection.publish('/q', 'a'));
    const other = reasonOf(connection.publish('/q', 'b'));
    await transport.take();
    const disconnected = connection.disconnect();
    await clock.advance(1000);
    expect((await published)?.code).toBe('STOMP_RECEIPT_TIMEOUT');
    expect((await other)?.code).toBe('STOMP_RECEIPT_TIMEOUT');
    expect(await transport.take()).toBe('DISCONNECT\nreceipt:3\n\n\0');
    transport.push(receipt(3));
    transport.finish();
    await disconnected;
    expect(clock.pending).toEqual([]);
  });

  it('twice is harmless, and so is destroy in between and after', async () => {
    const { connection, transport, clock } = await open();
    const both = [connection.disconnect(), connection.disconnect()];
    await turn();
    expect(transport.written.match(/DISCONNECT/g)).toHaveLength(1);
    connection.destroy();
    connection.destroy();
    await Promise.all(both);
    await connection.disconnect();
    expect(transport.written.match(/DISCONNECT/g)).toHaveLength(1);
    expect(clock.pending).toEqual([]);
  });

  it('a consumer that never finishes keeps it for disconnectTimeoutMs, and not from seeing the end', async () => {
    const { connection, transport, clock } = await open();
    const subscription = connection.subscribe('/queue/a', {}, () => new Promise(() => {}));
    transport.push(receipt(1));
    await subscription.ready;
    for (let i = 0; i < 100; i++) transport.push(message('s1', i, 'x'.repeat(1000)));
    expect(transport.paused).toBe(true);
    const disconnected = connection.disconnect();
    await turn();
    transport.push(receipt(2));
    await clock.advance(9_999);
    expect(await stateOf(disconnected)).toBe('pending');
    transport.finish();
    await disconnected;
    expect(clock.pending).toEqual([]);
  });

  it('resolves after disconnectTimeoutMs although a consumer never finishes', async () => {
    const { connection, transport, clock } = await open({ disconnectTimeoutMs: 3_000 });
    connection.subscribe('/queue/a', {}, () => new Promise(() => {}));
    transport.push(receipt(1), message('s1', 1));
    const disconnected = connection.disconnect();
    await clock.advance(2_999);
    expect(await stateOf(disconnected)).toBe('pending');
    await clock.advance(1);
    await disconnected;
    expect(transport.destroyed).toBe(true);
    expect(clock.pending).toEqual([]);
  });

  it('waits for each of several loops over one subscription, and not for those that were left', async () => {
    const { connection, transport } = await open();
    const subscription = connection.subscribe('/queue/a', { ack: 'client' });
    transport.push(receipt(1));
    await subscription.ready;
    const [slow, quick, left] = [0, 1, 2].map(() => subscription[Symbol.asyncIterator]());
    const given = [slow!.next(), quick!.next(), left!.next()];
    transport.push(message('s1', 1), message('s1', 2), message('s1', 3));
    await Promise.all(given);
    await transport.take();
    const disconnected = connection.disconnect();
    void quick!.next();
    expect(await transport.take()).toBe('');
    void left!.return!();
    expect(await transport.take()).toBe('UNSUBSCRIBE\nid:s1\ndestination:/queue/a\nreceipt:2\n\n\0');
    void slow!.next();
    await transport.take();
    transport.push(receipt(2));
    expect(await transport.take()).toBe('DISCONNECT\nreceipt:3\n\n\0');
    transport.push(receipt(3));
    transport.finish();
    await disconnected;
  });

  it('does not wait for what nobody has ever asked for', async () => {
    const { connection, transport } = await open();
    const subscription = connection.subscribe('/queue/a');
    transport.push(receipt(1), message('s1', 1, 'one'), message('s1', 2, 'two'));
    await subscription.ready;
    const disconnected = connection.disconnect();
    await turn();
    transport.push(receipt(2));
    await turn();
    transport.push(receipt(3));
    transport.finish();
    await disconnected;
    const bodies: string[] = [];
    for await (const m of subscription) bodies.push(m.text());
    expect(bodies).toEqual(['one', 'two']);
  });

  it('await using disconnects', async () => {
    const { connection, transport } = await open();
    const disposed = connection[Symbol.asyncDispose]();
    await turn();
    expect(transport.written).toContain('DISCONNECT');
    transport.finish();
    await disposed;
  });
});

describe('while it disconnects', () => {
  it('nothing new is taken', async () => {
    const { connection, transport } = await open();
    const tx = connection.begin();
    void connection.disconnect();
    await transport.take();
    expect(thrownBy(() => connection.send('/q')).code).toBe('STOMP_CLOSED');
    expect(thrownBy(() => connection.subscribe('/q')).code).toBe('STOMP_CLOSED');
    expect(thrownBy(() => connection.begin()).code).toBe('STOMP_CLOSED');
    expect((await reasonOf(connection.publish('/q')))?.code).toBe('STOMP_CLOSED');
    expect(thrownBy(() => tx.send('/q')).code).toBe('STOMP_TRANSACTION_LOST');
    expect(await transport.take()).toBe('');
  });

  it('messages are acknowledged as long as an ACK would still be heard', async () => {
    const { connection, transport } = await open();
    const got: Message[] = [];
    connection.subscribe('/queue/a', { ack: 'client' }, (m) => got.push(m));
    await transport.take();
    transport.push(message('s1', 1), message('s1', 2), message('s1', 3));
    void connection.disconnect();
    expect(got[0]!.ack()).toBe(true);
    const early = reasonOf(got[2]!.ackConfirmed());
    expect(await transport.take()).toBe('ACK\nmessage-id:1\nsubscription:s1\n\n\0');
    transport.push(receipt(1));
    expect(await transport.take()).toBe('DISCONNECT\nreceipt:2\n\n\0');
    expect(got[1]!.ack()).toBe(false);
    expect((await early)?.code).toBe('STOMP_STALE_ACK');
    expect(await transport.take()).toBe('');
  });

  it('unsubscribe ends at once: DISCONNECT says it all', async () => {
    const { connection, transport } = await open();
    const subscription = connection.subscribe('/queue/a', { ack: 'client' });
    transport.push(receipt(1));
    await subscription.ready;
    void connection.disconnect();
    await transport.take();
    await subscription.unsubscribe();
    expect(await subscription.closed).toBeUndefined();
    expect(await transport.take()).toBe('');
  });
});

describe('destroy', () => {
  it('from within the event of DISCONNECT leaves no timer', async () => {
    const { connection, clock } = await open({
      observer: { onFrameOut: ({ frame }) => frame.command === 'DISCONNECT' && connection.destroy() },
    });
    await connection.disconnect();
    expect(connection.state).toBe('closed');
    await turn();
    expect(clock.pending).toEqual([]);
  });

  it('ends everything at once, on request', async () => {
    const { observer, of } = recorder(['onDisconnect']);
    const { connection, transport, clock } = await open({ observer });
    const subscription = connection.subscribe('/queue/a');
    const next = subscription[Symbol.asyncIterator]().next();
    const published = reasonOf(connection.publish('/q'));
    await transport.take();
    connection.destroy();
    expect(connection.state).toBe('closed');
    expect(transport.destroyed).toBe(true);
    expect(await next).toEqual({ value: undefined, done: true });
    expect((await reasonOf(subscription.ready))?.code).toBe('STOMP_CLOSED');
    expect(await subscription.closed).toBeUndefined();
    expect((await published)?.code).toBe('STOMP_OUTCOME_UNKNOWN');
    expect(await connection.closed).toBeUndefined();
    expect(clock.pending).toEqual([]);
    expect(of('onDisconnect')).toHaveLength(1);
    expect(await transport.take()).toBe('');
  });

  it('what comes afterwards is not heard', async () => {
    const { observer, of } = recorder(['onFrameIn', 'onBytesIn', 'onDisconnect']);
    const { connection, transport } = await open({ observer });
    const before = of('onFrameIn').length;
    const got: Message[] = [];
    connection.subscribe('/queue/a', {}, (m) => {
      got.push(m);
      connection.destroy();
    });
    transport.push(`${message('s1', 1)}${message('s1', 2)}\x15`);
    await turn();
    expect(got).toHaveLength(1);
    expect(of('onFrameIn')).toHaveLength(before + 1);
    expect(of('onDisconnect')).toEqual([{ endpoint: 'stomp://broker.example:61613', error: undefined }]);
  });
});

describe('closed', () => {
  it.each<[string, (t: { finish(): void; fail(e?: Error): void }) => void, RegExp]>([
    ['FIN', (t) => t.finish(), /the broker closed the connection$/],
    ['a reset', (t) => t.fail(new Error('read ECONNRESET')), /the connection was closed: read ECONNRESET$/],
    ['a pipe that closes without a word', (t) => t.fail(), /the connection was closed$/],
  ])('resolves with the loss: %s', async (_, trouble, text) => {
    const { observer, of } = recorder(['onDisconnect']);
    const { connection, transport, clock } = await open({ observer });
    trouble(transport);
    const error = await connection.closed;
    expect(error?.code).toBe('STOMP_CONNECTION_LOST');
    expect(error?.message).toMatch(text);
    expect(of('onDisconnect')).toEqual([{ endpoint: 'stomp://broker.example:61613', error }]);
    expect(connection.state).toBe('closed');
    expect(clock.pending).toEqual([]);
    await connection.disconnect();
    connection.destroy();
  });

  it('a loss during disconnect, before DISCONNECT could be said, leaves nothing waiting', async () => {
    const { connection, transport, clock } = await open();
    const published = reasonOf(connection.publish('/q'));
    const disconnected = connection.disconnect();
    transport.fail(new Error('ECONNRESET'));
    await disconnected;
    expect((await published)?.code).toBe('STOMP_OUTCOME_UNKNOWN');
    expect(transport.written).not.toContain('DISCONNECT');
    expect(clock.pending).toEqual([]);
  });
});
