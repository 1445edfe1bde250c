import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/transport/message.js';
import { answerReceipts } from '../support/scripted-transport.js';
import { turn } from '../support/virtual-clock.js';
import { message, open, reasonOf, receipt, stateOf } from './support.js';

/** A MESSAGE of exactly so many bytes on the wire, without the LF that follows its NUL. */
function messageOf(bytes: number, subscription = 's1'): string {
  const empty = `MESSAGE\nsubscription:${subscription}\ndestination:/queue/a\n\n\0`;
  return empty.replace('\n\n\0', `\n\n${'x'.repeat(bytes - empty.length)}\0`);
}

const KB = 1024;
const never = () => new Promise<void>(() => {});

describe('a handler that returns a promise', () => {
  it('is not called again before it settles', async () => {
    const { connection, transport } = await open();
    const calls: string[] = [];
    const finish: Array<() => void> = [];
    connection.subscribe('/queue/a', {}, (m) => {
      calls.push(m.text());
      return new Promise<void>((resolve) => finish.push(resolve));
    });
    for (const body of 'abc') transport.push(message('s1', body, body));
    await turn();
    expect(calls).toEqual(['a']);
    finish[0]!();
    await turn();
    expect(calls).toEqual(['a', 'b']);
    finish[1]!();
    await turn();
    expect(calls).toEqual(['a', 'b', 'c']);
    expect(connection.stats().heldBytes).toBe(0);
  });

  it.each([
    [1, 1],
    [3, 3],
    [Number.POSITIVE_INFINITY, 10],
  ])('concurrency %d: %d at once', async (concurrency, atOnce) => {
    const { connection, transport } = await open();
    let calls = 0;
    connection.subscribe('/queue/a', { concurrency }, () => {
      calls++;
      return never();
    });
    for (let i = 0; i < 10; i++) transport.push(message('s1', i));
    await turn();
    expect(calls).toBe(atOnce);
  });

  it('holds up nobody but its own subscription', async () => {
    const { connection, transport } = await open();
    const got: string[] = [];
    connection.subscribe('/queue/a', {}, never);
    connection.subscribe('/queue/b', {}, (m) => got.push(m.text()));
    transport.push(message('s1', 1), message('s1', 2), message('s2', 3, 'through'));
    expect(got).toEqual(['through']);
  });

  it('one that is no promise is called from within the chunk, in order', async () => {
    const { connection, transport } = await open();
    const got: string[] = [];
    connection.subscribe('/queue/a', {}, (m) => got.push(m.text()));
    transport.push(message('s1', 1, 'a') + message('s1', 2, 'b'));
    expect(got).toEqual(['a', 'b']);
  });
});

describe('slow consumer: bounded memory, socket paused, publish still works', () => {
  it.each([
    ['handler', never],
    ['iterator that nobody reads', undefined],
  ])('a %s pauses the reading above 64 KiB held', async (_, handler) => {
    const { connection, transport } = await open();
    const subscription = connection.subscribe('/queue/a', {}, handler);
    transport.push(receipt(1));
    await subscription.ready;
    if (handler) transport.push(messageOf(KB));
    for (let i = 0; i < 64; i++) transport.push(messageOf(KB));
    expect(connection.stats().heldBytes).toBe(64 * KB);
    expect(transport.pauses).toBe(0);
    transport.push(messageOf(KB));
    expect(transport.pauses).toBe(1);
    for (let i = 0; i < 1000; i++) transport.push(messageOf(KB));
    expect(connection.stats().heldBytes).toBe(65 * KB);
    expect(transport.unreadBytes).toBe(1000 * KB);
  });

  it('the rest of the chunk in hand is still held: bytes held stay below the mark and one chunk', async () => {
    const { connection, transport } = await open();
    const subscription = connection.subscribe('/queue/a', {}, never);
    transport.push(receipt(1));
    await subscription.ready;
    for (let i = 0; i < 20; i++) transport.push(messageOf(KB).repeat(64));
    expect(connection.stats().heldBytes).toBeLessThanOrEqual(128 * KB);
    expect(transport.pauses).toBe(1);
  });

  it('reading goes on at 32 KiB', async () => {
    const { connection, transport } = await open();
    const subscription = connection.subscribe('/queue/a');
    transport.push(receipt(1));
    await subscription.ready;
    for (let i = 0; i < 65; i++) transport.push(messageOf(KB));
    const iterator = subscription[Symbol.asyncIterator]();
    for (let i = 0; i < 32; i++) await iterator.next();
    expect(connection.stats().heldBytes).toBe(33 * KB);
    expect(transport.resumes).toBe(0);
    await iterator.next();
    expect([transport.resumes, transport.paused]).toEqual([1, false]);
  });

  it('publish is confirmed: reading goes on while a RECEIPT is awaited, and stops again', async () => {
    const { connection, transport } = await open();
    const subscription = connection.subscribe('/queue/a', {}, never);
    transport.push(receipt(1));
    await subscription.ready;
    for (let i = 0; i < 200; i++) transport.push(messageOf(KB));
    expect(transport.paused).toBe(true);
    const published = connection.publish('/queue/b', 'x');
    expect(transport.paused).toBe(false);
    await turn();
    expect(transport.unreadBytes).toBe(0);
    transport.push(receipt(2), messageOf(KB));
    await published;
    expect(transport.paused).toBe(true);
    expect(connection.state).toBe('connected');
  });
});

describe('reading for a RECEIPT goes on up to maxBufferedBytes', () => {
  const MAX = 100 * KB;

  async function waiting(verb: 'publish' | 'commit' | 'unsubscribe') {
    const opened = await open({ maxBufferedBytes: MAX });
    const { connection, transport } = opened;
    const subscription = connection.subscribe('/queue/a', {}, never);
    transport.push(receipt(1), messageOf(KB));
    await subscription.ready;
    const asked =
      verb === 'publish'
        ? connection.publish('/queue/b', 'x')
        : verb === 'commit'
          ? connection.begin().commit()
          : subscription.unsubscribe();
    await turn();
    for (let i = 0; i < 100; i++) transport.push(messageOf(KB));
    return { ...opened, subscription, asked, reason: reasonOf(asked) };
  }

  it('at the limit it still waits', async () => {
    const { connection, transport, asked } = await waiting('publish');
    expect(connection.stats().heldBytes).toBe(MAX);
    expect(transport.paused).toBe(false);
    expect(await stateOf(asked)).toBe('pending');
    transport.push(receipt(2));
    await asked;
  });

  it('one byte beyond, publish rejects with STOMP_READ_BUFFER_FULL, and the reading stops', async () => {
    const { connection, transport, reason } = await waiting('publish');
    transport.push(messageOf(KB));
    expect((await reason)?.code).toBe('STOMP_READ_BUFFER_FULL');
    expect(transport.paused).toBe(true);
    expect(connection.stats()).toMatchObject({ heldBytes: 101 * KB, pendingReceipts: 0 });
    expect((await reasonOf(connection.publish('/q')))?.code).toBe('STOMP_READ_BUFFER_FULL');
    expect(connection.state).toBe('connected');
  });

  it('so does commit', async () => {
    const { transport, reason } = await waiting('commit');
    transport.push(messageOf(KB));
    expect((await reason)?.code).toBe('STOMP_READ_BUFFER_FULL');
  });

  it('unsubscribe resolves, and what is held no longer stops the reading', async () => {
    const { connection, transport, asked } = await waiting('unsubscribe');
    transport.push(messageOf(KB));
    await asked;
    await turn();
    expect(transport.paused).toBe(false);
    expect(connection.stats().heldBytes).toBe(0);
    const published = connection.publish('/q');
    await turn();
    transport.push(receipt(2), receipt(3));
    await published;
  });

  it('a subscription asked for beyond it is refused, in order: SUBSCRIBE, then UNSUBSCRIBE', async () => {
    const { connection, transport, reason } = await waiting('publish');
    transport.push(messageOf(KB));
    await reason;
    await transport.take();
    const other = connection.subscribe('/queue/c');
    expect((await reasonOf(other.ready))?.cause).toMatchObject({ code: 'STOMP_READ_BUFFER_FULL' });
    expect(await transport.take()).toBe(
      'SUBSCRIBE\nid:s2\ndestination:/queue/c\nreceipt:3\n\n\0UNSUBSCRIBE\nid:s2\ndestination:/queue/c\n\n\0',
    );
  });

  it('disconnect still says DISCONNECT and closes', async () => {
    const { connection, transport, reason, clock } = await waiting('publish');
    transport.push(messageOf(KB));
    await reason;
    await transport.take();
    const disconnected = connection.disconnect();
    expect(await transport.take()).toBe('DISCONNECT\nreceipt:3\n\n\0');
    expect(transport.ended).toBe(true);
    transport.finish();
    await disconnected;
    expect(clock.pending).toEqual([]);
  });
});

describe('what nobody will read holds up nobody', () => {
  it.each([
    ['unsubscribe, never iterated', false],
    ['a loop left early', true],
  ])('%s', async (_, iterate) => {
    const { connection, transport } = await open();
    const got: string[] = [];
    connection.subscribe('/queue/other', {}, (m) => got.push(m.text()));
    const subscription = connection.subscribe('/queue/a');
    transport.push(receipt(1), receipt(2));
    await subscription.ready;
    for (let i = 0; i < 100; i++) transport.push(messageOf(KB, 's2'));
    expect(transport.paused).toBe(true);
    const left = iterate
      ? (async () => {
          for await (const _ of subscription) break;
        })()
      : subscription.unsubscribe();
    await turn();
    transport.push(receipt(3));
    await left;
    await turn();
    expect(transport.paused).toBe(false);
    transport.push(message('s1', 1, 'through'));
    expect(got).toEqual(['through']);
  });
});

describe('for await (m of sub) await connection.publish(...), with 100,000 messages queued', () => {
  it.each(['auto', 'client'] as const)('%s: finishes, in order', async (ack) => {
    const { connection, transport } = await open();
    const COUNT = 100_000;
    let replies = 0;
    transport.onWrite = (bytes) => {
      const ids = [...bytes.toString('latin1').matchAll(/receipt:(\d+)\n/g)].map(([, id]) => id!);
      replies += ids.length;
      if (ids.length > 0) process.nextTick(() => transport.push(ids.map(receipt).join('')));
    };
    const subscription = connection.subscribe('/queue/a', { ack });
    await subscription.ready;
    // What the broker has sent before it sees the first reply; in chunks as a socket gives them.
    for (let sent = 0; sent < COUNT; sent += 500) {
      transport.push(
        Array.from({ length: 500 }, (_, i) => message('s1', sent + i, String(sent + i))).join(''),
      );
    }
    let expected = 0;
    let mostHeld = 0;
    for await (const m of subscription) {
      mostHeld = Math.max(mostHeld, connection.stats().heldBytes);
      if (m.text() !== String(expected)) expect(m.text()).toBe(String(expected));
      await connection.publish('/queue/b', 'reply');
      if (ack === 'client') m.ack();
      if (++expected === COUNT) break;
    }
    expect(replies).toBe(COUNT + 2);
    expect(mostHeld).toBeLessThan(67_108_864);
    expect(connection.stats().unacknowledged).toBe(0);
  });

  it('a slow answer to each does not hold more than the limit', async () => {
    const { connection, transport } = await open({ maxBufferedBytes: 65_536 });
    const subscription = connection.subscribe('/queue/a');
    answerReceipts(transport);
    await subscription.ready;
    transport.push(...Array.from({ length: 2000 }, (_, i) => message('s1', i)));
    let done = 0;
    const errors: string[] = [];
    for await (const _ of subscription as AsyncIterable<Message>) {
      await connection.publish('/queue/b').catch((error) => errors.push(error.code));
      expect(connection.stats().heldBytes).toBeLessThanOrEqual(65_536 + 100);
      if (++done === 2000) break;
    }
    expect([...new Set(errors)]).toEqual(errors.length > 0 ? ['STOMP_READ_BUFFER_FULL'] : []);
  });
});
