import { describe, expect, it } from 'vitest';
import { turn } from '../support/virtual-clock.js';
import { open, RABBITMQ, reasonOf, receipt } from './support.js';

const REFUSED = "ERROR\nmessage:Unknown destination\n\n'/nowhere/x' is not a valid destination\0\n";

describe('P23: an ERROR that names no receipt, from a broker that goes on', () => {
  it('refuses a SUBSCRIBE that has no RECEIPT when what was sent later is answered', async () => {
    const { connection, transport } = await open({}, RABBITMQ);
    const subscription = connection.subscribe('/nowhere/x');
    await transport.take();
    transport.push(REFUSED);
    expect(await transport.take()).toBe(
      'BEGIN\ntransaction:probe-1\n\n\0ABORT\ntransaction:probe-1\nreceipt:2\n\n\0',
    );
    transport.push(receipt(2));
    expect((await reasonOf(subscription.ready))?.code).toBe('STOMP_SUBSCRIBE_REFUSED');
    expect(connection.state).toBe('connected');
  });

  it('refuses a SEND that was the only one, once its RECEIPT has had two seconds more', async () => {
    const { connection, transport, clock } = await open({}, RABBITMQ);
    const published = reasonOf(connection.publish('/nowhere/x', 'x'));
    await turn();
    transport.push(REFUSED);
    await turn();
    transport.push(receipt(2));
    await clock.advance(1_999);
    expect(connection.stats().pendingReceipts).toBe(1);
    await clock.advance(1);
    expect(await published).toMatchObject({ code: 'STOMP_SERVER_ERROR', frame: { command: 'ERROR' } });
    expect(connection.state).toBe('connected');
  });

  it('among several SENDs, those that are confirmed are; what is left is of unknown outcome', async () => {
    const { connection, transport, clock } = await open({}, RABBITMQ);
    const published = ['/queue/a', '/nowhere/x', '/queue/b'].map((to) => reasonOf(connection.publish(to)));
    await turn();
    transport.push(REFUSED, receipt(1));
    await turn();
    transport.push(receipt(4), receipt(3));
    await clock.advance(2_000);
    const [a, x, b] = await Promise.all(published);
    expect([a, b]).toEqual([undefined, undefined]);
    expect(x).toMatchObject({ code: 'STOMP_OUTCOME_UNKNOWN', cause: { code: 'STOMP_SERVER_ERROR' } });
  });

  it('with nothing outstanding it is only told', async () => {
    const { transport } = await open({}, RABBITMQ);
    transport.push(REFUSED);
    expect(await transport.take()).toBe('');
  });

  it('leaves no timer when the connection ends meanwhile', async () => {
    const { connection, transport, clock } = await open({}, RABBITMQ);
    const published = reasonOf(connection.publish('/nowhere/x'));
    await turn();
    transport.push(REFUSED);
    await turn();
    transport.push(receipt(2));
    connection.destroy();
    expect((await published)?.code).toBe('STOMP_OUTCOME_UNKNOWN');
    await turn();
    expect(clock.pending).toEqual([]);
  });
});

describe('the frame that an error keeps', () => {
  it('is cut to 64 KiB of body: errors are kept by the hundred', async () => {
    const { connection, transport } = await open({}, RABBITMQ);
    const published = reasonOf(connection.publish('/queue/a'));
    await turn();
    transport.push(`ERROR\nreceipt-id:1\ncontent-length:1000000\n\n${'x'.repeat(1_000_000)}\0`);
    const error = (await published) as unknown as { frame: { body: Buffer } };
    expect(error.frame.body).toHaveLength(65_536);
    expect(error.frame.body.buffer.byteLength).toBe(65_536);
  });
});
