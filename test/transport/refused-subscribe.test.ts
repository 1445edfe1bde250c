import { describe, expect, it } from 'vitest';
import type { SessionError } from '../../src/errors.js';
import { turn } from '../support/virtual-clock.js';
import { ACTIVEMQ, open, RABBITMQ, reasonOf, receipt, recorder, STOMPSERVER, stateOf } from './support.js';

const NOT_FOUND = 'ERROR\nmessage:not_found\ncontent-length:22\n\nNOT_FOUND - no queue x\0\n';
const PROBE = 'BEGIN\ntransaction:probe-1\n\n\0ABORT\ntransaction:probe-1\nreceipt:2\n\n\0';

describe('P25: SUBSCRIBE refused by ActiveMQ: ERROR names the receipt, the connection stays open', () => {
  it('rejects that subscription and no other', async () => {
    const { connection, transport } = await open({}, ACTIVEMQ);
    const bad = connection.subscribe('/queue/a', { headers: { selector: '((' } });
    const good = connection.subscribe('/queue/a');
    await transport.take();
    transport.push('ERROR\nreceipt-id:1\nmessage:(( is no selector\n\njavax.jms.X\n\0\n', receipt(2));
    const error = (await reasonOf(bad.ready)) as SessionError;
    expect(error).toMatchObject({ code: 'STOMP_SUBSCRIBE_REFUSED', cause: { code: 'STOMP_SERVER_ERROR' } });
    expect(error.frame!.headers.get('message')).toBe('(( is no selector');
    expect(error.message).toContain('SUBSCRIBE to /queue/a was refused');
    expect(await bad.closed).toBe(error);
    expect(bad.state).toBe('closed');
    await good.ready;
    expect(connection.state).toBe('connected');
    // The broker said so itself: it needs no UNSUBSCRIBE.
    expect(await transport.take()).toBe('');
    await bad.unsubscribe();
    expect(await transport.take()).toBe('');
  });

  it('an iterator of it gets the error', async () => {
    const { connection, transport } = await open({}, ACTIVEMQ);
    const next = reasonOf(connection.subscribe('/queue/a')[Symbol.asyncIterator]().next());
    transport.push('ERROR\nreceipt-id:1\nmessage:no\n\n\0\n');
    expect((await next)?.code).toBe('STOMP_SUBSCRIBE_REFUSED');
  });
});

describe('P24: SUBSCRIBE refused by RabbitMQ: ERROR, then RECEIPT all the same, then FIN', () => {
  it('is not believed, but probed; the end refuses it', async () => {
    const { connection, transport, clock } = await open({}, RABBITMQ);
    const subscription = connection.subscribe('/amq/queue/x');
    await transport.take();
    transport.push(NOT_FOUND, receipt(1));
    expect(await transport.take()).toBe(PROBE);
    expect(await stateOf(subscription.ready)).toBe('pending');
    transport.finish();
    const error = (await reasonOf(subscription.ready)) as SessionError;
    expect(error).toMatchObject({ code: 'STOMP_SUBSCRIBE_REFUSED' });
    expect(String(error.frame!.body)).toBe('NOT_FOUND - no queue x');
    expect(await subscription.closed).toBe(error);
    expect(await connection.closed).toMatchObject({ code: 'STOMP_CONNECTION_LOST' });
    expect(clock.pending).toEqual([]);
  });

  it('all in one chunk', async () => {
    const { connection, transport } = await open({}, RABBITMQ);
    const subscription = connection.subscribe('/amq/queue/x');
    await turn();
    transport.push(NOT_FOUND + receipt(1));
    transport.finish();
    expect((await reasonOf(subscription.ready))?.code).toBe('STOMP_SUBSCRIBE_REFUSED');
  });

  it.each([
    ['RECEIPT', receipt(2)],
    ['ERROR that names it', 'ERROR\nreceipt-id:2\nmessage:?\n\n\0'],
  ])(
    'but when the probe is answered with %s, the ERROR was about something else: confirmed',
    async (_, answer) => {
      const { connection, transport } = await open({}, RABBITMQ);
      const subscription = connection.subscribe('/queue/a');
      await transport.take();
      transport.push('ERROR\nmessage:Bad command\n\n\0\n', receipt(1));
      expect(await transport.take()).toBe(PROBE);
      expect(subscription.state).toBe('waiting');
      transport.push(answer);
      await subscription.ready;
      expect(connection.state).toBe('connected');
    },
  );

  it('an ERROR before SUBSCRIBE was sent casts no doubt on it', async () => {
    const { connection, transport } = await open({}, RABBITMQ);
    transport.push('ERROR\nmessage:Bad command\n\n\0\n');
    const subscription = connection.subscribe('/queue/a');
    await transport.take();
    transport.push(receipt(1));
    await subscription.ready;
    expect(await transport.take()).toBe('');
  });

  it('one probe serves two in doubt', async () => {
    const { connection, transport } = await open({}, RABBITMQ);
    const [a, b] = [connection.subscribe('/queue/a'), connection.subscribe('/queue/b')];
    await transport.take();
    transport.push('ERROR\nmessage:?\n\n\0', receipt(1), receipt(2));
    expect((await transport.take()).match(/ABORT\ntransaction:probe-\d\n/g)).toHaveLength(1);
    transport.push(receipt(3));
    await Promise.all([a.ready, b.ready]);
  });
});

describe('SUBSCRIBE refused by Stompserver: ERROR and FIN, no RECEIPT', () => {
  const ERROR = 'ERROR\nmessage:See below\ncontent-length:8\n\nno queue\0\n';

  it('with that SUBSCRIBE alone outstanding it is refused', async () => {
    const { connection, transport } = await open({}, STOMPSERVER);
    const subscription = connection.subscribe('/queue/a');
    await turn();
    transport.push(ERROR);
    transport.finish();
    const error = (await reasonOf(subscription.ready)) as SessionError;
    expect(error.code).toBe('STOMP_SUBSCRIBE_REFUSED');
    expect(String(error.frame!.body)).toBe('no queue');
  });

  it('with others outstanding nobody knows: it ends with the loss', async () => {
    const { connection, transport } = await open({}, STOMPSERVER);
    const subscription = connection.subscribe('/queue/a');
    const published = reasonOf(connection.publish('/queue/b'));
    await turn();
    transport.push(ERROR);
    transport.finish();
    expect((await reasonOf(subscription.ready))?.code).toBe('STOMP_CONNECTION_LOST');
    expect((await published)?.code).toBe('STOMP_OUTCOME_UNKNOWN');
  });

  it('without an ERROR it is a plain loss', async () => {
    const { connection, transport } = await open({}, STOMPSERVER);
    const subscription = connection.subscribe('/queue/a');
    transport.finish();
    expect((await reasonOf(subscription.ready))?.code).toBe('STOMP_CONNECTION_LOST');
  });
});

describe('SUBSCRIBE that is not answered in time', () => {
  it('is refused, and the broker is told that nobody listens', async () => {
    const { observer, of } = recorder(['onUnroutable']);
    const { connection, transport, clock } = await open({ receiptTimeoutMs: 100, observer });
    const subscription = connection.subscribe('/queue/a');
    await transport.take();
    await clock.advance(100);
    expect(await reasonOf(subscription.ready)).toMatchObject({
      code: 'STOMP_SUBSCRIBE_REFUSED',
      cause: { code: 'STOMP_RECEIPT_TIMEOUT' },
    });
    expect(await transport.take()).toBe('UNSUBSCRIBE\nid:s1\ndestination:/queue/a\n\n\0');
    transport.push(receipt(1));
    expect(of('onUnroutable')).toHaveLength(1);
    // An ERROR that comes now finds nobody to doubt.
    transport.push('ERROR\nmessage:late\n\n\0', 'ERROR\nreceipt-id:1\n\n\0');
    expect(connection.state).toBe('connected');
  });
});
