import { describe, expect, it } from 'vitest';
import type { Observer } from '../../src/frame/observer.js';
import { AckLedger, type AckMode } from '../../src/transport/acks.js';
import type { Connection } from '../../src/transport/connection.js';
import type { Message } from '../../src/transport/message.js';
import type { Subscription } from '../../src/transport/subscription.js';
import type { ScriptedTransport } from '../support/scripted-transport.js';
import { turn } from '../support/virtual-clock.js';
import { message, open, RABBITMQ, reasonOf, receipt, stateOf, thrownBy } from './support.js';

interface Delivered {
  readonly connection: Connection;
  readonly transport: ScriptedTransport;
  /** The messages, by message-id. */
  readonly got: Record<string, Message>;
  readonly subscriptions: readonly Subscription[];
  readonly warnings: string[];
}

/** A connection with subscriptions s1, s2, ... of these modes, and these messages (`s1/1`) delivered. */
async function delivered(modes: AckMode[], ids: string[], connected?: string): Promise<Delivered> {
  const warnings: string[] = [];
  const observer: Observer = { onWarning: (event) => warnings.push(event.message) };
  const { connection, transport } = await open({ observer }, connected);
  const got: Record<string, Message> = {};
  const keep = (m: Message) => {
    got[m.headers.get('message-id')!] = m;
  };
  const subscriptions = modes.map((ack) => connection.subscribe('/queue/a', { ack }, keep));
  await turn();
  transport.push(modes.map((_, i) => receipt(i + 1)).join(''));
  for (const id of ids) transport.push(message(id.split('/')[0]!, id));
  await transport.take();
  return { connection, transport, got, subscriptions, warnings };
}

/** ACKs as `s1/1`, a `+` behind those that ask for a receipt, or the frames of a transaction as `t3:s1/1`. */
function acksIn(wire: string): string[] {
  return wire
    .split('\0')
    .slice(0, -1)
    .map((frame) => {
      const match =
        /^ACK\nmessage-id:(.*)\nsubscription:(.*)\n(?:transaction:(.*)\n)?(receipt:\d+\n)?\n$/.exec(frame);
      if (match === null) return frame;
      const [, id, subscription, transaction, asks] = match;
      if (!id!.startsWith(`${subscription}/`)) throw new Error(`${id} acknowledged on ${subscription}`);
      return `${transaction === undefined ? '' : `${transaction}:`}${id}${asks === undefined ? '' : '+'}`;
    });
}

describe('the bytes of ACK', () => {
  it('message-id and subscription', async () => {
    const { transport, got, connection } = await delivered(['client'], ['s1/1']);
    expect(connection.stats().unacknowledged).toBe(1);
    expect(got['s1/1']!.ack()).toBe(true);
    expect(await transport.take()).toBe('ACK\nmessage-id:s1/1\nsubscription:s1\n\n\0');
    expect(connection.stats().unacknowledged).toBe(0);
  });

  it('with a receipt', async () => {
    const { transport, got } = await delivered(['client'], ['s1/1']);
    const confirmed = got['s1/1']!.ackConfirmed();
    expect(await transport.take()).toBe('ACK\nmessage-id:s1/1\nsubscription:s1\nreceipt:2\n\n\0');
    expect(await stateOf(confirmed)).toBe('pending');
    transport.push(receipt(2));
    await confirmed;
  });

  it('in a transaction', async () => {
    const { connection, transport, got } = await delivered(['client'], ['s1/1']);
    const tx = connection.begin();
    expect(tx.ack(got['s1/1']!)).toBe(true);
    expect(await transport.take()).toBe(
      'BEGIN\ntransaction:t2\n\n\0ACK\nmessage-id:s1/1\nsubscription:s1\ntransaction:t2\n\n\0',
    );
  });

  it.each([
    ['invalid UTF-8', 'a\xff\xfe\x80b'],
    ['UTF-8', '\xe2\x82\xac'],
    ['a leading blank', ' 1'],
    ['a trailing blank', '1 \t'],
    ['colons', 'ID:vm-1:2:3::1'],
    ['a backslash', 'ID\\c1\\n'],
    ['nothing', ''],
  ])('P31: message-id is echoed byte for byte: %s', async (_, id) => {
    const { connection, transport } = await open();
    connection.subscribe('/queue/a', { ack: 'client' }, (m) => m.ack());
    await transport.take();
    transport.push(`MESSAGE\nsubscription:s1\nmessage-id:${id}\nmessage-id:second\n\n\0`);
    expect(await transport.take()).toBe(`ACK\nmessage-id:${id}\nsubscription:s1\n\n\0`);
  });

  it.each<AckMode>(['client', 'client-individual'])(
    '%s: a MESSAGE without message-id cannot be acknowledged',
    async (ack) => {
      const { connection, transport } = await open();
      const acked: boolean[] = [];
      const confirmed: Array<Promise<void>> = [];
      connection.subscribe('/queue/a', { ack }, (m) => {
        acked.push(m.ack(), m.ackThrough());
        confirmed.push(m.ackConfirmed());
        confirmed[0]!.catch(() => {});
      });
      await transport.take();
      transport.push('MESSAGE\nsubscription:s1\ndestination:/queue/a\n\nx\0');
      expect(await transport.take()).toBe('');
      expect(acked).toEqual([false, false]);
      expect((await reasonOf(confirmed[0]!))?.code).toBe('STOMP_STALE_ACK');
      expect(connection.stats().unacknowledged).toBe(0);
    },
  );

  it('P31: also where headers are unescaped for the reader, and with CRLF', async () => {
    const { connection, transport } = await open({ unescapeHeaders: true });
    connection.subscribe('/queue/a', { ack: 'client' }, (m) => m.ack());
    await transport.take();
    transport.push('MESSAGE\r\nsubscription:s1\r\nmessage-id:a\\cb\r\n\r\n\0');
    expect(await transport.take()).toBe('ACK\nmessage-id:a\\cb\nsubscription:s1\n\n\0');
  });

  it('a subscription id that is not ASCII', async () => {
    const { connection, transport } = await open();
    connection.subscribe('/queue/a', { ack: 'client', headers: { id: 'é' } }, (m) => m.ack());
    await transport.take();
    transport.push('MESSAGE\nsubscription:\xc3\xa9\nmessage-id:1\n\n\0');
    expect(await transport.take()).toBe('ACK\nmessage-id:1\nsubscription:\xc3\xa9\n\n\0');
  });
});

describe('P33: in client mode ACKs leave in the order of delivery, each once', () => {
  it('handlers that finish out of order', async () => {
    const { connection, transport } = await open();
    const finish: Array<() => void> = [];
    connection.subscribe('/queue/a', { ack: 'client', concurrency: 3 }, async (m) => {
      await new Promise<void>((resolve) => finish.push(resolve));
      m.ack();
    });
    transport.push(receipt(1), message('s1', 's1/1'), message('s1', 's1/2'), message('s1', 's1/3'));
    await transport.take();
    finish[2]!();
    expect(acksIn(await transport.take())).toEqual([]);
    finish[1]!();
    expect(acksIn(await transport.take())).toEqual([]);
    expect(connection.stats().unacknowledged).toBe(3);
    finish[0]!();
    expect(acksIn(await transport.take())).toEqual(['s1/1', 's1/2', 's1/3']);
    expect(connection.stats().unacknowledged).toBe(0);
  });

  it('P32: over all subscriptions of the connection, as RabbitMQ needs it', async () => {
    const { transport, got } = await delivered(['client', 'client'], ['s1/1', 's2/1', 's1/2']);
    expect([got['s1/2']!.ack(), got['s2/1']!.ack()]).toEqual([true, true]);
    expect(acksIn(await transport.take())).toEqual([]);
    got['s1/1']!.ack();
    expect(acksIn(await transport.take())).toEqual(['s1/1', 's2/1', 's1/2']);
  });

  it('the second ack() of a message says false and sends nothing', async () => {
    const { transport, got } = await delivered(['client'], ['s1/1', 's1/2']);
    expect(got['s1/2']!.ack()).toBe(true);
    expect(got['s1/2']!.ack()).toBe(false);
    expect(got['s1/1']!.ack()).toBe(true);
    expect(got['s1/1']!.ack()).toBe(false);
    expect(got['s1/1']!.ackThrough()).toBe(false);
    expect(await reasonOf(got['s1/1']!.ackConfirmed())).toMatchObject({ code: 'STOMP_STALE_ACK' });
    expect(acksIn(await transport.take())).toEqual(['s1/1', 's1/2']);
  });

  it('P32: client-individual ACKs leave at once', async () => {
    const { transport, got } = await delivered(['client-individual'], ['s1/1', 's1/2', 's1/3']);
    got['s1/3']!.ack();
    expect(acksIn(await transport.take())).toEqual(['s1/3']);
    got['s1/1']!.ack();
    got['s1/2']!.ack();
    expect(acksIn(await transport.take())).toEqual(['s1/1', 's1/2']);
  });

  it('mixed: an individual one waits for nobody, a client one waits for every earlier one', async () => {
    const modes: AckMode[] = ['client', 'client-individual', 'auto'];
    const { transport, got } = await delivered(modes, ['s2/1', 's1/1', 's3/1', 's2/2', 's1/2']);
    got['s2/2']!.ack();
    got['s1/1']!.ack();
    expect(got['s3/1']!.ack()).toBe(false);
    expect(acksIn(await transport.take())).toEqual(['s2/2']);
    got['s2/1']!.ack();
    expect(acksIn(await transport.take())).toEqual(['s2/1', 's1/1']);
    got['s1/2']!.ack();
    expect(acksIn(await transport.take())).toEqual(['s1/2']);
  });

  it('ackConfirmed asked for early is sent in its place, with its receipt', async () => {
    const { transport, got } = await delivered(['client'], ['s1/1', 's1/2']);
    const confirmed = got['s1/2']!.ackConfirmed();
    expect(acksIn(await transport.take())).toEqual([]);
    got['s1/1']!.ack();
    expect(acksIn(await transport.take())).toEqual(['s1/1', 's1/2+']);
    transport.push(receipt(2));
    await confirmed;
  });
});

describe('ackThrough: this message and all before it on its subscription', () => {
  it.each<[AckMode]>([['client'], ['client-individual']])('%s', async (mode) => {
    const { transport, got } = await delivered([mode, mode], ['s1/1', 's2/1', 's1/2', 's1/3']);
    if (mode === 'client') got['s2/1']!.ack();
    expect(got['s1/2']!.ackThrough()).toBe(true);
    const sent = acksIn(await transport.take());
    expect(sent).toEqual(mode === 'client' ? ['s1/1', 's2/1', 's1/2'] : ['s1/1', 's1/2']);
    expect(got['s1/1']!.ack()).toBe(false);
    expect(got['s1/3']!.ack()).toBe(true);
  });

  it('does not cover another subscription: it waits for it', async () => {
    const { transport, got } = await delivered(['client', 'client'], ['s1/1', 's2/1', 's1/2']);
    expect(got['s1/2']!.ackThrough()).toBe(true);
    expect(acksIn(await transport.take())).toEqual(['s1/1']);
    got['s2/1']!.ack();
    expect(acksIn(await transport.take())).toEqual(['s2/1', 's1/2']);
  });
});

describe('stale ack', () => {
  it('after the end: false, STOMP_STALE_ACK, and nothing is written', async () => {
    const { connection, transport, got } = await delivered(['client'], ['s1/1', 's1/2', 's1/3']);
    const early = reasonOf(got['s1/3']!.ackConfirmed());
    const sent = reasonOf(got['s1/1']!.ackConfirmed());
    const before = await transport.take();
    expect(acksIn(before)).toEqual(['s1/1+']);
    transport.finish();
    await connection.closed;
    expect((await early)?.code).toBe('STOMP_STALE_ACK');
    expect((await sent)?.code).toBe('STOMP_OUTCOME_UNKNOWN');
    expect(got['s1/2']!.ack()).toBe(false);
    expect(got['s1/2']!.ackThrough()).toBe(false);
    expect((await reasonOf(got['s1/2']!.ackConfirmed()))?.code).toBe('STOMP_STALE_ACK');
    expect(await transport.take()).toBe('');
    expect(connection.stats().unacknowledged).toBe(0);
  });

  it('in auto mode: false, STOMP_STALE_ACK', async () => {
    const { transport, got } = await delivered(['auto'], ['s1/1']);
    expect(got['s1/1']!.ack()).toBe(false);
    expect((await reasonOf(got['s1/1']!.ackConfirmed()))?.code).toBe('STOMP_STALE_ACK');
    expect(await transport.take()).toBe('');
  });

  it('an ACK that is refused rejects ackConfirmed only', async () => {
    const { connection, transport, got } = await delivered(['client'], ['s1/1']);
    const confirmed = reasonOf(got['s1/1']!.ackConfirmed());
    await turn();
    transport.push('ERROR\nreceipt-id:2\nmessage:Unexpected ACK\n\n\0');
    expect((await confirmed)?.code).toBe('STOMP_SERVER_ERROR');
    expect(connection.state).toBe('connected');
  });
});

describe('P34: messages nobody acknowledged when their subscription ends', () => {
  it('are forgotten, so that others need not wait for them', async () => {
    const { connection, transport, got, subscriptions, warnings } = await delivered(
      ['client', 'client'],
      ['s1/1', 's2/1', 's1/2'],
    );
    const early = reasonOf(got['s1/2']!.ackConfirmed());
    got['s2/1']!.ack();
    const gone = subscriptions[0]!.unsubscribe();
    const unsubscribe = 'UNSUBSCRIBE\nid:s1\ndestination:/queue/a\nreceipt:3\n\n';
    expect(acksIn(await transport.take())).toEqual([unsubscribe, 's2/1']);
    transport.push(receipt(3));
    await gone;
    expect(got['s1/1']!.ack()).toBe(false);
    expect((await early)?.code).toBe('STOMP_STALE_ACK');
    expect(connection.stats().unacknowledged).toBe(0);
    expect(warnings).toEqual([]);
  });

  it('stay in the order on RabbitMQ, with a warning, and take no ACK any more', async () => {
    const { connection, transport, got, subscriptions, warnings } = await delivered(
      ['client', 'client'],
      ['s1/1', 's2/1'],
      RABBITMQ,
    );
    got['s2/1']!.ack();
    const gone = subscriptions[0]!.unsubscribe();
    await transport.take();
    transport.push(receipt(3));
    await gone;
    expect(acksIn(await transport.take())).toEqual([]);
    expect(connection.stats().unacknowledged).toBe(2);
    expect(warnings).toEqual([expect.stringContaining('1 messages of /queue/a were not acknowledged')]);
    expect(got['s1/1']!.ack()).toBe(false);
    expect(acksIn(await transport.take())).toEqual([]);
  });

  it.each<[AckMode, string | undefined]>([
    ['auto', RABBITMQ],
    ['client', RABBITMQ],
  ])('no warning where nothing is open: %s', async (mode, connected) => {
    const { transport, got, subscriptions, warnings } = await delivered([mode], ['s1/1'], connected);
    got['s1/1']!.ack();
    const gone = subscriptions[0]!.unsubscribe();
    await transport.take();
    transport.push(receipt(2));
    await gone;
    expect(warnings).toEqual([]);
  });
});

describe('tx.ack', () => {
  it('in client mode refuses a message behind open ones: on the wire it would cover them', async () => {
    const { connection, transport, got } = await delivered(['client'], ['s1/1', 's1/2']);
    const tx = connection.begin();
    expect(thrownBy(() => tx.ack(got['s1/2']!)).code).toBe('STOMP_ACK_OUT_OF_ORDER');
    expect(tx.ack(got['s1/1']!)).toBe(true);
    expect(tx.ack(got['s1/1']!)).toBe(false);
    expect(tx.ack(got['s1/2']!)).toBe(true);
    expect(acksIn(await transport.take()).slice(1)).toEqual(['t2:s1/1', 't2:s1/2']);
  });

  it('refuses one behind a message that another transaction holds', async () => {
    const { connection, got } = await delivered(['client'], ['s1/1', 's1/2']);
    const [one, two] = [connection.begin(), connection.begin()];
    one.ack(got['s1/1']!);
    expect(thrownBy(() => two.ack(got['s1/2']!)).code).toBe('STOMP_ACK_OUT_OF_ORDER');
  });

  it('client-individual in any order', async () => {
    const { connection, transport, got } = await delivered(['client-individual'], ['s1/1', 's1/2']);
    const tx = connection.begin();
    tx.ack(got['s1/2']!);
    tx.ack(got['s1/1']!);
    expect(acksIn(await transport.take()).slice(1)).toEqual(['t2:s1/2', 't2:s1/1']);
  });

  it('COMMIT makes way for those behind; ABORT opens its messages again', async () => {
    const { connection, transport, got } = await delivered(['client'], ['s1/1', 's1/2', 's1/3']);
    const first = connection.begin();
    first.ack(got['s1/1']!);
    got['s1/2']!.ack();
    await transport.take();
    first.abort().catch(() => {});
    expect(acksIn(await transport.take())).toEqual(['ABORT\ntransaction:t2\nreceipt:2\n\n']);
    const second = connection.begin();
    expect(second.ack(got['s1/1']!)).toBe(true);
    await transport.take();
    second.commit().catch(() => {});
    expect(acksIn(await transport.take())).toEqual(['COMMIT\ntransaction:t3\nreceipt:3\n\n', 's1/2']);
    expect(got['s1/1']!.ack()).toBe(false);
    expect(got['s1/3']!.ack()).toBe(true);
  });

  it('false for a message in auto mode and for one of an old connection', async () => {
    const old = await delivered(['client'], ['s1/1']);
    old.connection.destroy();
    const { connection, got } = await delivered(['auto'], ['s1/1']);
    const tx = connection.begin();
    expect(tx.ack(got['s1/1']!)).toBe(false);
    expect(tx.ack(old.got['s1/1']!)).toBe(false);
  });
});

it('100,000 individual ACKs behind one that stays open keep the ledger small', () => {
  const sent: string[] = [];
  const ledger = new AckLedger(({ messageId }) => sent.push(messageId));
  const open = ledger.add('client', 's1', 'open');
  let places = 0;
  for (let i = 0; i < 100_000; i++) {
    const delivery = ledger.add('client-individual', 's2', String(i));
    places = Math.max(places, delivery.place);
    expect(ledger.ack(delivery)).toBe(true);
  }
  expect(sent).toHaveLength(100_000);
  expect(ledger.size).toBe(1);
  expect(places).toBeLessThan(3000);
  const last = ledger.add('client', 's1', 'last');
  ledger.ack(last);
  expect(sent).toHaveLength(100_000);
  ledger.ack(open);
  expect(sent.slice(-2)).toEqual(['open', 'last']);
  expect(ledger.size).toBe(0);
});
