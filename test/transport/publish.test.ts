import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { SessionError } from '../../src/errors.js';
import { turn } from '../support/virtual-clock.js';
import { ACTIVEMQ, open, RABBITMQ, reasonOf, receipt, recorder, stateOf } from './support.js';

describe('P24: publish asks for a RECEIPT', () => {
  it.each([
    [
      'persistent by default',
      {},
      'SEND\ndestination:/queue/a\npersistent:true\ncontent-length:2\nreceipt:1\n\nhi\0',
    ],
    [
      'not persistent',
      { persistent: false },
      'SEND\ndestination:/queue/a\ncontent-length:2\nreceipt:1\n\nhi\0',
    ],
    [
      'a persistent header of one’s own, where the option is off',
      { persistent: false, headers: { persistent: 'maybe' } },
      'SEND\ndestination:/queue/a\npersistent:maybe\ncontent-length:2\nreceipt:1\n\nhi\0',
    ],
    [
      'headers, and no content-length',
      { headers: { priority: 9 }, contentLength: false },
      'SEND\ndestination:/queue/a\npersistent:true\npriority:9\nreceipt:1\n\nhi\0',
    ],
  ])('%s', async (_, options, wire) => {
    const { connection, transport } = await open();
    await transport.take();
    const published = connection.publish('/queue/a', 'hi', options);
    expect(await transport.take()).toBe(wire);
    expect(await stateOf(published)).toBe('pending');
    expect(connection.stats().pendingReceipts).toBe(1);
    transport.push(receipt(1));
    await published;
    expect(connection.stats().pendingReceipts).toBe(0);
  });

  it('receipts may come in any order, each for its own', async () => {
    const { connection, transport } = await open();
    const published = ['a', 'b', 'c', 'd'].map((body) => connection.publish('/q', body));
    const states = () => Promise.all(published.map(stateOf));
    transport.push(receipt(3));
    expect(await states()).toEqual(['pending', 'pending', 'resolved', 'pending']);
    transport.push(receipt(1) + receipt(4));
    expect(await states()).toEqual(['resolved', 'pending', 'resolved', 'resolved']);
    transport.push(receipt(2));
    await Promise.all(published);
  });

  it('one that comes twice, one nobody asked for and one without an id are reported, and have no other effect', async () => {
    const { observer, of } = recorder(['onUnroutable']);
    const { connection, transport } = await open({ observer });
    const published = connection.publish('/q', 'a');
    transport.push(receipt(1), receipt(1), receipt(77), 'RECEIPT\n\n\0', receipt('__proto__'));
    await published;
    const ids = of('onUnroutable').map(({ frame }) => frame.headers.get('receipt-id'));
    expect(ids).toEqual(['1', '77', undefined, '__proto__']);
    expect(of('onUnroutable')[0].endpoint).toBe('stomp://broker.example:61613');
    expect(connection.state).toBe('connected');
  });

  it('P29: ids are never used twice, and need no escape', async () => {
    const { connection, transport } = await open();
    for (let i = 0; i < 50; i++) {
      const published = connection.publish('/q', 'a');
      await turn();
      transport.push(receipt(i + 1));
      await published;
    }
    const ids = [...transport.written.matchAll(/^receipt:(.*)$/gm)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(50);
    expect(ids.every((id) => /^[A-Za-z0-9-]+$/.test(id!))).toBe(true);
  });
});

describe('the deadline of a RECEIPT', () => {
  it('rejects with STOMP_RECEIPT_TIMEOUT, by one timer for all, which keeps no process alive', async () => {
    const { connection, clock } = await open({ receiptTimeoutMs: 1000 });
    const first = reasonOf(connection.publish('/q', 'a'));
    await clock.advance(400);
    const second = reasonOf(connection.publish('/q', 'b'));
    const third = reasonOf(connection.publish('/q', 'c'));
    expect(clock.pending).toEqual([{ dueAt: 1000, unrefed: true }]);
    await clock.advance(599);
    expect(connection.stats().pendingReceipts).toBe(3);
    await clock.advance(1);
    expect(await first).toMatchObject({ code: 'STOMP_RECEIPT_TIMEOUT', receiptId: '1' });
    expect(connection.stats().pendingReceipts).toBe(2);
    expect(clock.pending).toEqual([{ dueAt: 1400, unrefed: true }]);
    await clock.advance(400);
    expect(await second).toMatchObject({ code: 'STOMP_RECEIPT_TIMEOUT', receiptId: '2' });
    expect(await third).toMatchObject({ code: 'STOMP_RECEIPT_TIMEOUT', receiptId: '3' });
    expect(clock.pending).toEqual([]);
    expect(connection.state).toBe('connected');
  });

  it('60 s by default; Infinity arms no timer', async () => {
    const usual = await open();
    usual.connection.publish('/q').catch(() => {});
    expect(usual.clock.pending).toEqual([{ dueAt: 60_000, unrefed: true }]);
    const patient = await open({ receiptTimeoutMs: Number.POSITIVE_INFINITY });
    const published = patient.connection.publish('/q');
    expect(patient.clock.pending).toEqual([]);
    await patient.clock.advance(1e9);
    patient.transport.push(receipt(1));
    await published;
  });

  it('one that comes too late is reported as unroutable', async () => {
    const { observer, of } = recorder(['onUnroutable']);
    const { connection, transport, clock } = await open({ receiptTimeoutMs: 10, observer });
    const published = reasonOf(connection.publish('/q'));
    await clock.advance(10);
    expect((await published)?.code).toBe('STOMP_RECEIPT_TIMEOUT');
    transport.push(receipt(1));
    expect(of('onUnroutable')).toHaveLength(1);
  });
});

describe('P23: ERROR', () => {
  it('that names a receipt rejects that publish and nothing else (ActiveMQ)', async () => {
    const { observer, of } = recorder(['onServerError']);
    const { connection, transport } = await open({ observer }, ACTIVEMQ);
    const [first, second] = [connection.publish('/q', 'a'), connection.publish('/q', 'b')];
    const refused = reasonOf(first);
    transport.push('ERROR\nreceipt-id:1\nmessage:Invalid transaction id: nope\n\njava.lang.X\n\tat y\n\0\n');
    const error = (await refused) as SessionError;
    expect(error).toMatchObject({ code: 'STOMP_SERVER_ERROR', receiptId: '1' });
    expect(error.message).toBe(
      'stomp://broker.example:61613 answered ERROR: Invalid transaction id: nope: java.lang.X',
    );
    expect(error.frame!.headers.get('message')).toBe('Invalid transaction id: nope');
    expect(await stateOf(second)).toBe('pending');
    expect(of('onServerError')).toEqual([expect.objectContaining({ error, frame: error.frame })]);
    transport.push(receipt(2));
    await second;
    expect(connection.state).toBe('connected');
  });

  it('that names none concerns onServerError only, and the broker decides whether it closes', async () => {
    const { observer, of } = recorder(['onServerError', 'onUnroutable']);
    const { connection, transport } = await open({ observer }, RABBITMQ);
    const published = connection.publish('/q', 'a');
    transport.push('ERROR\nmessage:Bad command\n\n\0', 'ERROR\nreceipt-id:9\n\n\0');
    expect(await stateOf(published)).toBe('pending');
    expect(of('onServerError').map(({ error }) => error.message)).toEqual([
      'stomp://broker.example:61613 answered ERROR: Bad command',
      'stomp://broker.example:61613 answered ERROR: (no text)',
    ]);
    expect(of('onUnroutable')).toEqual([]);
    transport.push(receipt(1));
    await published;
    expect(connection.state).toBe('connected');
  });

  it('and then the end: the loss names the ERROR as its cause', async () => {
    const { connection, transport } = await open();
    transport.push('ERROR\nmessage:not_found\n\nNOT_FOUND\n\0');
    transport.finish();
    const error = await connection.closed;
    expect(error).toMatchObject({ code: 'STOMP_CONNECTION_LOST', cause: { code: 'STOMP_SERVER_ERROR' } });
    expect(error!.message).toContain('not_found: NOT_FOUND');
  });
});

describe('receipt outstanding at loss', () => {
  it.each<
    [string, string, (t: { finish(): void; fail(e?: Error): void; push(...c: string[]): void }) => void]
  >([
    ['FIN', 'STOMP_CONNECTION_LOST', (t) => t.finish()],
    ['a reset', 'STOMP_CONNECTION_LOST', (t) => t.fail(new Error('ECONNRESET'))],
    ['FIN within a frame', 'STOMP_CONNECTION_LOST', (t) => [t.push('RECEIPT\nrec'), t.finish()]],
    ['bytes that are not STOMP', 'STOMP_CONNECTION_LOST', (t) => t.push('{"json":true}')],
  ])('%s: STOMP_OUTCOME_UNKNOWN, with the loss as its cause', async (_, code, trouble) => {
    const { connection, transport, clock } = await open();
    const waiting = [connection.publish('/q', 'a'), connection.publish('/r', 'b')].map(reasonOf);
    await turn();
    trouble(transport);
    const cause = await connection.closed;
    expect(cause?.code).toBe(code);
    for (const error of await Promise.all(waiting)) {
      expect(error).toMatchObject({ code: 'STOMP_OUTCOME_UNKNOWN', cause });
    }
    expect((await waiting[1])?.message).toBe('SEND to /r: the connection ended first');
    expect(clock.pending).toEqual([]);
    expect(transport.destroyed).toBe(true);
    expect(connection.stats().pendingReceipts).toBe(0);
  });

  it('destroy: STOMP_OUTCOME_UNKNOWN, with STOMP_CLOSED as its cause', async () => {
    const { connection, clock } = await open();
    const published = reasonOf(connection.publish('/q', 'a'));
    connection.destroy();
    expect(await published).toMatchObject({ code: 'STOMP_OUTCOME_UNKNOWN', cause: { code: 'STOMP_CLOSED' } });
    expect(await connection.closed).toBeUndefined();
    expect(clock.pending).toEqual([]);
  });

  it('what is answered in the chunk before the end is answered', async () => {
    const { connection, transport } = await open();
    const published = connection.publish('/q', 'a');
    transport.push(receipt(1));
    transport.finish();
    await published;
  });
});

describe('a signal', () => {
  it('aborted before: nothing is sent', async () => {
    const { connection, transport } = await open();
    await transport.take();
    const published = connection.publish('/q', 'a', { signal: AbortSignal.abort('why') });
    expect(await reasonOf(published)).toMatchObject({ code: 'STOMP_ABORTED', cause: 'why' });
    expect(await transport.take()).toBe('');
  });

  it('aborted while waiting: rejects, and the receipt that comes later is taken', async () => {
    const { observer, of } = recorder(['onUnroutable']);
    const { connection, transport } = await open({ observer });
    const controller = new AbortController();
    const published = reasonOf(connection.publish('/q', 'a', { signal: controller.signal }));
    await turn();
    controller.abort('why');
    expect(await published).toMatchObject({ code: 'STOMP_ABORTED', cause: 'why' });
    transport.push(receipt(1));
    expect(of('onUnroutable')).toEqual([]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('not aborted: nobody listens to it afterwards', async () => {
    const { connection, transport } = await open();
    const { signal } = new AbortController();
    const published = connection.publish('/q', 'a', { signal });
    transport.push(receipt(1));
    await published;
    await turn();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
