import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/transport/message.js';
import type { SubscribeOptions } from '../../src/transport/subscription.js';
import { turn } from '../support/virtual-clock.js';
import { ACTIVEMQ, message, open, reasonOf, receipt, recorder, stateOf, thrownBy } from './support.js';

describe('P25: the bytes of SUBSCRIBE', () => {
  it.each<[string, SubscribeOptions, string]>([
    ['auto', {}, 'SUBSCRIBE\nid:s1\ndestination:/queue/a\nreceipt:1\n\n\0'],
    ['auto, said aloud', { ack: 'auto' }, 'SUBSCRIBE\nid:s1\ndestination:/queue/a\nreceipt:1\n\n\0'],
    ['client', { ack: 'client' }, 'SUBSCRIBE\nid:s1\ndestination:/queue/a\nack:client\nreceipt:1\n\n\0'],
    [
      'client-individual',
      { ack: 'client-individual' },
      'SUBSCRIBE\nid:s1\ndestination:/queue/a\nack:client-individual\nreceipt:1\n\n\0',
    ],
    [
      'prefetch in the words of both brokers',
      { ack: 'client', prefetch: 5 },
      'SUBSCRIBE\nid:s1\ndestination:/queue/a\nack:client\nactivemq.prefetchSize:5\nprefetch-count:5\nreceipt:1\n\n\0',
    ],
    [
      'headers of one’s own',
      { headers: { selector: "a = 'b'", durable: true } },
      "SUBSCRIBE\nid:s1\ndestination:/queue/a\nselector:a = 'b'\ndurable:true\nreceipt:1\n\n\0",
    ],
    [
      'an id of one’s own',
      { headers: { id: 'mine', durable: true } },
      'SUBSCRIBE\nid:mine\ndestination:/queue/a\ndurable:true\nreceipt:1\n\n\0',
    ],
  ])('%s', async (_, options, wire) => {
    const { connection, transport } = await open();
    await transport.take();
    const subscription = connection.subscribe('/queue/a', options);
    expect(await transport.take()).toBe(wire);
    expect(subscription.state).toBe('waiting');
    transport.push(receipt(1));
    await subscription.ready;
    expect(subscription.state).toBe('ready');
  });

  it('implicit sends nothing and is ready at once', async () => {
    const { connection, transport } = await open();
    await transport.take();
    const subscription = connection.subscribe('/temp-queue/replies', { implicit: true });
    await subscription.ready;
    await subscription.unsubscribe();
    expect(await transport.take()).toBe('');
    expect(subscription.state).toBe('closed');
  });
});

describe('a subscription that cannot be made', () => {
  it.each<[string, string, unknown, unknown, string]>([
    ['no destination', '', {}, undefined, 'STOMP_CONFIG_INVALID'],
    ['a destination with LF', '/q\nack:client', {}, undefined, 'STOMP_FRAME_BAD_HEADER'],
    ['an unknown ack mode', '/q', { ack: 'clinet' }, undefined, 'STOMP_CONFIG_INVALID'],
    ['prefetch 0', '/q', { ack: 'client', prefetch: 0 }, undefined, 'STOMP_CONFIG_INVALID'],
    ['prefetch 1.5', '/q', { ack: 'client', prefetch: 1.5 }, undefined, 'STOMP_CONFIG_INVALID'],
    ['prefetch without a client mode', '/q', { prefetch: 5 }, undefined, 'STOMP_CONFIG_INVALID'],
    ['concurrency 0', '/q', { concurrency: 0 }, undefined, 'STOMP_CONFIG_INVALID'],
    ['a handler that is none', '/q', {}, 'handler', 'STOMP_CONFIG_INVALID'],
    ['destination as a header', '/q', { headers: { destination: '/r' } }, undefined, 'STOMP_CONFIG_CONFLICT'],
    ['receipt as a header', '/q', { headers: { receipt: 'r' } }, undefined, 'STOMP_CONFIG_CONFLICT'],
    ['ack as a header', '/q', { headers: { ack: 'client' } }, undefined, 'STOMP_CONFIG_CONFLICT'],
    ['a header with LF', '/q', { headers: { selector: 'a\nb:c' } }, undefined, 'STOMP_FRAME_BAD_HEADER'],
    ['an id with LF', '/q', { headers: { id: 'a\nb:c' } }, undefined, 'STOMP_FRAME_BAD_HEADER'],
  ])('%s: throws, and leaves nothing behind', async (_, destination, options, handler, code) => {
    const { connection, transport } = await open();
    await transport.take();
    const attempt = () =>
      connection.subscribe(destination, options as SubscribeOptions, handler as () => void);
    expect(thrownBy(attempt).code).toBe(code);
    expect(await transport.take()).toBe('');
    expect(connection.stats().pendingReceipts).toBe(0);
    const disconnected = connection.disconnect();
    expect(await transport.take()).toBe('DISCONNECT\nreceipt:1\n\n\0');
    transport.finish();
    await disconnected;
  });

  it('a second one of the same id, until the first has ended', async () => {
    const { connection, transport } = await open();
    const first = connection.subscribe('/queue/a', { headers: { id: 'x' } });
    transport.push(receipt(1));
    await first.ready;
    await transport.take();
    const again = () => connection.subscribe('/queue/b', { headers: { id: 'x' } });
    expect(thrownBy(again).code).toBe('STOMP_DUPLICATE_SUBSCRIPTION');
    expect(await transport.take()).toBe('');
    const gone = first.unsubscribe();
    expect(thrownBy(again).code).toBe('STOMP_DUPLICATE_SUBSCRIPTION');
    await turn();
    transport.push(receipt(2));
    await gone;
    expect(again().id).toBe('x');
  });

  it('an id of one’s own does not get in the way of those that are generated', async () => {
    const { connection } = await open();
    const mine = connection.subscribe('/queue/a', { headers: { id: 's1' } });
    const other = connection.subscribe('/queue/b');
    expect(mine.id).toBe('s1');
    expect(other.id).not.toBe('s1');
  });
});

describe('P26: UNSUBSCRIBE', () => {
  it('by id and destination, with a receipt; twice is harmless', async () => {
    const { connection, transport } = await open();
    const subscription = connection.subscribe('/queue/a');
    transport.push(receipt(1));
    await subscription.ready;
    await transport.take();
    const gone = subscription.unsubscribe();
    expect(subscription.unsubscribe()).toBe(gone);
    expect(await transport.take()).toBe('UNSUBSCRIBE\nid:s1\ndestination:/queue/a\nreceipt:2\n\n\0');
    expect(await stateOf(gone)).toBe('pending');
    transport.push(receipt(2));
    await gone;
    expect(subscription.state).toBe('closed');
    expect(await subscription.closed).toBeUndefined();
    expect(await transport.take()).toBe('');
  });

  it('messages that arrive before its RECEIPT are delivered; those behind it are unroutable', async () => {
    const { observer, of } = recorder(['onUnroutable']);
    const { connection, transport } = await open({ observer });
    const got: string[] = [];
    const subscription = connection.subscribe('/queue/a', {}, (m) => got.push(m.text()));
    transport.push(receipt(1), message('s1', 1, 'before'));
    const gone = subscription.unsubscribe();
    transport.push(message('s1', 2, 'between'), receipt(2), message('s1', 3, 'behind'));
    await gone;
    expect(got).toEqual(['before', 'between']);
    expect(of('onUnroutable').map(({ frame }) => String(frame.body))).toEqual(['behind']);
  });

  it.each([
    ['ERROR that names it (ActiveMQ)', 'ERROR\nreceipt-id:2\nmessage:no such subscription\n\n\0'],
    ['the end of the connection', undefined],
  ])('%s ends it too', async (_, answer) => {
    const { connection, transport } = await open({}, ACTIVEMQ);
    const subscription = connection.subscribe('/queue/a');
    transport.push(receipt(1));
    await subscription.ready;
    const gone = subscription.unsubscribe();
    if (answer === undefined) transport.finish();
    else transport.push(answer);
    await gone;
    expect(await subscription.closed).toBeUndefined();
  });

  it('no answer in time ends it too', async () => {
    const { connection, transport, clock } = await open({ receiptTimeoutMs: 100 });
    const subscription = connection.subscribe('/queue/a');
    transport.push(receipt(1));
    const gone = subscription.unsubscribe();
    await clock.advance(100);
    await gone;
    expect(subscription.state).toBe('closed');
  });

  it('before SUBSCRIBE is answered: the frames go out in order, and ready still comes first', async () => {
    const { connection, transport } = await open();
    await transport.take();
    const subscription = connection.subscribe('/queue/a');
    const gone = subscription.unsubscribe();
    expect(await transport.take()).toBe(
      'SUBSCRIBE\nid:s1\ndestination:/queue/a\nreceipt:1\n\n\0' +
        'UNSUBSCRIBE\nid:s1\ndestination:/queue/a\nreceipt:2\n\n\0',
    );
    transport.push(receipt(1), receipt(2));
    await subscription.ready;
    await gone;
  });

  it('leaving the loop early unsubscribes', async () => {
    const { connection, transport } = await open();
    const subscription = connection.subscribe('/queue/a');
    transport.push(receipt(1), message('s1', 1, 'a'), message('s1', 2, 'b'));
    await transport.take();
    const got: string[] = [];
    const reading = (async () => {
      for await (const m of subscription) {
        got.push(m.text());
        break;
      }
    })();
    expect(await transport.take()).toBe('UNSUBSCRIBE\nid:s1\ndestination:/queue/a\nreceipt:2\n\n\0');
    transport.push(receipt(2));
    await reading;
    expect(got).toEqual(['a']);
  });
});

describe('iterating', () => {
  it('gives what is held and then ends, after unsubscribe', async () => {
    const { connection, transport } = await open();
    const subscription = connection.subscribe('/queue/a');
    transport.push(receipt(1), message('s1', 1, 'a'), message('s1', 2, 'b'));
    const gone = subscription.unsubscribe();
    transport.push(message('s1', 3, 'c'), receipt(2));
    await gone;
    const got: string[] = [];
    for await (const m of subscription) got.push(m.text());
    expect(got).toEqual(['a', 'b', 'c']);
  });

  it('several wait in turn', async () => {
    const { connection, transport } = await open();
    const iterator = connection.subscribe('/queue/a')[Symbol.asyncIterator]();
    const waiting = [iterator.next(), iterator.next()];
    transport.push(message('s1', 1, 'a'), message('s1', 2, 'b'));
    const values = await Promise.all(waiting);
    expect(values.map(({ value }) => (value as Message).text())).toEqual(['a', 'b']);
  });

  it('on loss: what is held in auto mode still comes, then the error; the pending one gets the error', async () => {
    const { connection, transport } = await open();
    const held = connection.subscribe('/queue/a');
    const stale = connection.subscribe('/queue/b', { ack: 'client' });
    const waiting = reasonOf(connection.subscribe('/queue/c')[Symbol.asyncIterator]().next());
    transport.push(receipt(1), message('s1', 1, 'kept'), message('s2', 2, 'will come again'));
    transport.finish();
    const error = await connection.closed;
    expect(error?.code).toBe('STOMP_CONNECTION_LOST');
    expect(await waiting).toBe(error);
    const got: string[] = [];
    const read = async (of: AsyncIterable<Message>) => {
      for await (const m of of) got.push(m.text());
    };
    expect(await reasonOf(read(held))).toBe(error);
    expect(await reasonOf(read(stale))).toBe(error);
    expect(got).toEqual(['kept']);
    expect(await held.closed).toBe(error);
  });

  it('a subscription with a handler cannot be iterated', async () => {
    const { connection } = await open();
    const subscription = connection.subscribe('/queue/a', {}, () => {});
    expect(thrownBy(() => subscription[Symbol.asyncIterator]()).code).toBe('STOMP_CONFIG_CONFLICT');
  });
});

describe('ready', () => {
  it('rejects with the loss, and with STOMP_CLOSED on request', async () => {
    const lost = await open();
    const first = reasonOf(lost.connection.subscribe('/queue/a').ready);
    lost.transport.finish();
    expect((await first)?.code).toBe('STOMP_CONNECTION_LOST');
    const closed = await open();
    const second = reasonOf(closed.connection.subscribe('/queue/a').ready);
    closed.connection.destroy();
    expect((await second)?.code).toBe('STOMP_CLOSED');
  });
});
