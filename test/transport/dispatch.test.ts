import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/transport/message.js';
import { ACTIVEMQ, message, open, RABBITMQ, recorder, STOMPSERVER } from './support.js';

/** Collects what each subscription gets, as `id=body`. */
function collector(): { readonly got: string[]; into(id: string): (message: Message) => void } {
  const got: string[] = [];
  return { got, into: (id) => (m) => void got.push(`${id}=${m.text()}`) };
}

describe('P30: whose MESSAGE it is', () => {
  it('by subscription, whatever its destination', async () => {
    const { connection, transport } = await open({}, ACTIVEMQ);
    const { got, into } = collector();
    connection.subscribe('/queue/>', { headers: { id: 'all' } }, into('all'));
    connection.subscribe('/queue/a', { headers: { id: 'a' } }, into('a'));
    transport.push(
      'MESSAGE\ndestination:/queue/a\nsubscription:all\nmessage-id:1\n\none\0\n',
      'MESSAGE\ndestination:/queue/other\nsubscription:a\nmessage-id:2\n\ntwo\0\n',
      'MESSAGE\nsubscription: a \nmessage-id:3\n\nthree\0\n',
    );
    expect(got).toEqual(['all=one', 'a=two', 'a=three']);
  });

  it('by destination where there is no subscription (Stompserver)', async () => {
    const { connection, transport } = await open({}, STOMPSERVER);
    const { got, into } = collector();
    connection.subscribe('/queue/a', {}, into('a'));
    connection.subscribe('/queue/b', {}, into('b'));
    transport.push('MESSAGE\ndestination:/queue/b\ncontent-length:3\n\none\0\n');
    transport.push('MESSAGE\ndestination:/queue/a\ncontent-length:3\n\ntwo\0\n');
    expect(got).toEqual(['b=one', 'a=two']);
  });

  it('by the name of a temporary queue in the place of an id (RabbitMQ)', async () => {
    const { connection, transport } = await open({}, RABBITMQ);
    const { got, into } = collector();
    connection.subscribe('/temp-queue/replies', { implicit: true }, into('replies'));
    transport.push(
      'MESSAGE\ndestination:/queue/amq.gen-x\nsubscription:/temp-queue/replies\nmessage-id:1\n\npong\0\n',
    );
    expect(got).toEqual(['replies=pong']);
  });

  it('two that share a destination take turns where there is no subscription, and each gets its own where there is', async () => {
    const { connection, transport } = await open({}, STOMPSERVER);
    const { got, into } = collector();
    const first = connection.subscribe('/queue/a', {}, into('first'));
    connection.subscribe('/queue/a', {}, into('second'));
    for (const body of 'abcd') transport.push(`MESSAGE\ndestination:/queue/a\n\n${body}\0\n`);
    expect(got).toEqual(['first=a', 'second=b', 'first=c', 'second=d']);
    transport.push(message('s2', 1, 'e'), message('s2', 2, 'f'));
    expect(got.slice(4)).toEqual(['second=e', 'second=f']);
    void first.unsubscribe();
    transport.push('RECEIPT\nreceipt-id:3\n\n\0');
    for (const body of 'gh') transport.push(`MESSAGE\ndestination:/queue/a\n\n${body}\0\n`);
    expect(got.slice(6)).toEqual(['second=g', 'second=h']);
  });

  it.each([
    ['an unknown subscription', 'MESSAGE\ndestination:/queue/a\nsubscription:s9\nmessage-id:1\n\nx\0'],
    ['an unknown destination', 'MESSAGE\ndestination:/queue/z\nmessage-id:1\n\nx\0'],
    ['neither', 'MESSAGE\nmessage-id:1\n\nx\0'],
    ['a subscription named like a property', 'MESSAGE\nsubscription:__proto__\n\nx\0'],
  ])('%s: unroutable, and nothing else happens', async (_, wire) => {
    const { observer, of } = recorder(['onUnroutable']);
    const { connection, transport } = await open({ observer });
    const { got, into } = collector();
    connection.subscribe('/queue/a', { ack: 'client' }, into('a'));
    await transport.take();
    transport.push(wire);
    expect(of('onUnroutable').map(({ frame }) => String(frame.body))).toEqual(['x']);
    expect(got).toEqual([]);
    expect(connection.stats().unacknowledged).toBe(0);
    expect(await transport.take()).toBe('');
    expect(connection.state).toBe('connected');
  });

  it.each(['CONNECTED\n\n\0', 'SEND\ndestination:/q\n\n\0', 'HEARTBEAT\n\n\0'])(
    'a frame no client expects is unroutable: %j',
    async (wire) => {
      const { observer, of } = recorder(['onUnroutable']);
      const { connection, transport } = await open({ observer });
      transport.push(wire);
      expect(of('onUnroutable')).toHaveLength(1);
      expect(connection.state).toBe('connected');
    },
  );
});

describe('a Message', () => {
  it('has the frame’s headers and a body of its own', async () => {
    const { connection, transport } = await open();
    const got: Message[] = [];
    connection.subscribe('/queue/a', {}, (m) => got.push(m));
    const wire =
      'MESSAGE\nsubscription:s1\nmessage-id:7\ndestination:/queue/a\nredelivered:true\ncontent-length:4\n\n\xe2\x82\xac\0\0';
    transport.push(wire, ...wire);
    for (const m of got) {
      expect(m.command).toBe('MESSAGE');
      expect(m.headers.get('message-id')).toBe('7');
      expect(m.redelivered).toBe(true);
      expect([...m.body]).toEqual([0xe2, 0x82, 0xac, 0]);
      expect(m.text()).toBe('€\0');
      expect(m.ack()).toBe(false);
    }
    expect(got).toHaveLength(2);
  });

  it.each([
    ['redelivered:false', false],
    ['redelivered: true ', true],
    ['other:true', false],
  ])('%j is redelivered: %s', async (header, redelivered) => {
    const { connection, transport } = await open();
    const got: Message[] = [];
    connection.subscribe('/queue/a', {}, (m) => got.push(m));
    transport.push(`MESSAGE\nsubscription:s1\n${header}\n\n\0`);
    expect(got[0]!.redelivered).toBe(redelivered);
  });
});
