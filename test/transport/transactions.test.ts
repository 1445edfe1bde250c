import { describe, expect, it } from 'vitest';
import { turn } from '../support/virtual-clock.js';
import { ACTIVEMQ, message, open, reasonOf, receipt, stateOf, thrownBy } from './support.js';

describe('P35: the bytes of a transaction', () => {
  it('begin, send, commit', async () => {
    const { connection, transport } = await open();
    await transport.take();
    const tx = connection.begin();
    expect(tx.send('/queue/a', 'hi', { headers: { k: 'v' }, persistent: true })).toBe(true);
    expect(await transport.take()).toBe(
      'BEGIN\ntransaction:t1\n\n\0' +
        'SEND\ndestination:/queue/a\npersistent:true\nk:v\ncontent-length:2\ntransaction:t1\n\nhi\0',
    );
    const committed = tx.commit();
    expect(await transport.take()).toBe('COMMIT\ntransaction:t1\nreceipt:1\n\n\0');
    expect(await stateOf(committed)).toBe('pending');
    transport.push(receipt(1));
    await committed;
  });

  it('abort', async () => {
    const { connection, transport } = await open();
    const tx = connection.begin();
    await transport.take();
    const aborted = tx.abort();
    expect(await transport.take()).toBe('ABORT\ntransaction:t1\nreceipt:1\n\n\0');
    transport.push(receipt(1));
    await aborted;
  });

  it('two at once have ids of their own', async () => {
    const { connection, transport } = await open();
    await transport.take();
    const [one, two] = [connection.begin(), connection.begin()];
    two.send('/q');
    one.send('/q');
    expect(await transport.take()).toBe(
      'BEGIN\ntransaction:t1\n\n\0BEGIN\ntransaction:t2\n\n\0' +
        'SEND\ndestination:/q\ntransaction:t2\n\n\0SEND\ndestination:/q\ntransaction:t1\n\n\0',
    );
  });
});

describe('transaction(work)', () => {
  it('commits what work did and gives what it gave', async () => {
    const { connection, transport } = await open();
    await transport.take();
    const result = connection.transaction(async (tx) => {
      tx.send('/q', 'a');
      await turn();
      tx.send('/q', 'b');
      return 42;
    });
    await turn();
    expect((await transport.take()).split('\0').map((frame) => frame.split('\n')[0])).toEqual([
      'BEGIN',
      'SEND',
      'SEND',
      'COMMIT',
      '',
    ]);
    transport.push(receipt(1));
    expect(await result).toBe(42);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('mine'))],
    [
      'throws at once',
      () => {
        throw new Error('mine');
      },
    ],
  ])('aborts when work %s, and rejects with that error', async (_, work) => {
    const { connection, transport } = await open();
    await transport.take();
    const result = reasonOf(connection.transaction(work));
    expect(await transport.take()).toBe('BEGIN\ntransaction:t1\n\n\0ABORT\ntransaction:t1\nreceipt:1\n\n\0');
    transport.push('ERROR\nreceipt-id:1\nmessage:no such transaction\n\n\0');
    expect((await result)?.message).toBe('mine');
  });

  it('that loses its connection while it works is lost', async () => {
    const { connection, transport } = await open();
    const result = reasonOf(
      connection.transaction(async () => {
        await turn();
        transport.finish();
        await turn();
      }),
    );
    expect((await result)?.code).toBe('STOMP_TRANSACTION_LOST');
  });
});

describe('transaction lost', () => {
  it('everything but abort throws STOMP_TRANSACTION_LOST', async () => {
    const { connection, transport } = await open();
    connection.subscribe('/q', { ack: 'client' }, (m) => messages.push(m));
    const messages: Parameters<typeof tx.ack>[0][] = [];
    const tx = connection.begin();
    await turn();
    transport.push(message('s1', 1));
    transport.finish();
    await connection.closed;
    expect(thrownBy(() => tx.send('/q')).code).toBe('STOMP_TRANSACTION_LOST');
    expect(thrownBy(() => tx.ack(messages[0]!)).code).toBe('STOMP_TRANSACTION_LOST');
    expect((await reasonOf(tx.commit()))?.code).toBe('STOMP_TRANSACTION_LOST');
    await tx.abort();
  });

  it('COMMIT under way: STOMP_COMMIT_UNKNOWN, with the loss as its cause', async () => {
    const { connection, transport } = await open();
    const committed = reasonOf(connection.begin().commit());
    await turn();
    transport.finish();
    const cause = await connection.closed;
    expect(await committed).toMatchObject({ code: 'STOMP_COMMIT_UNKNOWN', cause });
  });

  it('ABORT under way: resolves, since the broker forgets it', async () => {
    const { connection, transport } = await open();
    const aborted = connection.begin().abort();
    await turn();
    transport.finish();
    await aborted;
  });
});

describe('a transaction that is refused or late', () => {
  it('COMMIT answered with ERROR that names it: STOMP_SERVER_ERROR', async () => {
    const { connection, transport } = await open({}, ACTIVEMQ);
    const committed = reasonOf(connection.begin().commit());
    await turn();
    transport.push('ERROR\nreceipt-id:1\nmessage:Invalid transaction id: t1\n\n\0');
    expect((await committed)?.code).toBe('STOMP_SERVER_ERROR');
    expect(connection.state).toBe('connected');
  });

  it.each(['commit', 'abort'] as const)('%s not answered in time: STOMP_RECEIPT_TIMEOUT', async (verb) => {
    const { connection, clock } = await open({ receiptTimeoutMs: 50 });
    const ended = reasonOf(connection.begin()[verb]());
    await clock.advance(50);
    expect((await ended)?.code).toBe('STOMP_RECEIPT_TIMEOUT');
  });
});

describe('use after the end', () => {
  it.each(['commit', 'abort'] as const)(
    'after %s everything throws STOMP_TRANSACTION_ENDED',
    async (verb) => {
      const { connection, transport } = await open();
      const messages: Parameters<typeof tx.ack>[0][] = [];
      connection.subscribe('/q', { ack: 'client' }, (m) => messages.push(m));
      const tx = connection.begin();
      transport.push(message('s1', 1));
      const ended = tx[verb]();
      const attempts = [() => tx.send('/q'), () => tx.ack(messages[0]!)];
      for (const attempt of attempts) expect(thrownBy(attempt).code).toBe('STOMP_TRANSACTION_ENDED');
      expect((await reasonOf(tx.commit()))?.code).toBe('STOMP_TRANSACTION_ENDED');
      expect((await reasonOf(tx.abort()))?.code).toBe('STOMP_TRANSACTION_ENDED');
      transport.push(receipt(2));
      await ended;
      expect(messages[0]!.ack()).toBe(true);
    },
  );

  it('bad arguments end nothing', async () => {
    const { connection, transport } = await open();
    const tx = connection.begin();
    expect(thrownBy(() => tx.send('/q', 'x', { headers: { transaction: 'other' } })).code).toBe(
      'STOMP_CONFIG_CONFLICT',
    );
    expect(thrownBy(() => tx.send('')).code).toBe('STOMP_CONFIG_INVALID');
    const committed = tx.commit();
    await turn();
    transport.push(receipt(1));
    await committed;
  });
});
