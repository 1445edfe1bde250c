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

describe('many ERRORs that name no receipt', () => {
  const PROBE = /BEGIN\ntransaction:probe-\d+\n\n\0ABORT\ntransaction:probe-\d+\nreceipt:(\d+)\n\n\0/g;
  const asked = (text: string) => [...text.matchAll(PROBE)].map(([, id]) => Number(id));

  it('over the same receipts are one question', async () => {
    const { connection, transport, clock } = await open({}, RABBITMQ);
    const published = Array.from({ length: 3 }, () => reasonOf(connection.publish('/nowhere/x')));
    await transport.take();
    const before = clock.pending.length;
    transport.push(REFUSED.repeat(100));
    expect(asked(await transport.take())).toEqual([4]);
    transport.push(receipt(4), REFUSED.repeat(100));
    expect(await transport.take()).toBe('');
    expect(clock.pending.length).toBe(before + 1);
    await clock.advance(2_000);
    for (const reason of await Promise.all(published)) expect(reason?.code).toBe('STOMP_OUTCOME_UNKNOWN');
  });

  it('what was sent behind a question is asked about when that has its answer', async () => {
    const { connection, transport } = await open({}, RABBITMQ);
    const [a, b] = ['/nowhere/a', '/nowhere/b'].map((to) => connection.subscribe(to));
    await transport.take();
    transport.push(REFUSED);
    expect(asked(await transport.take())).toEqual([3]);
    const c = connection.subscribe('/nowhere/c');
    const d = connection.subscribe('/queue/d');
    await transport.take();
    transport.push(receipt(2), REFUSED, REFUSED);
    expect(asked(await transport.take())).toEqual([]);
    transport.push(receipt(3));
    expect(asked(await transport.take())).toEqual([6]);
    expect((await reasonOf(a!.ready))?.code).toBe('STOMP_SUBSCRIBE_REFUSED');
    expect(await reasonOf(b!.ready)).toBeUndefined();
    transport.push(receipt(5), receipt(6));
    expect((await reasonOf(c.ready))?.code).toBe('STOMP_SUBSCRIBE_REFUSED');
    expect(await reasonOf(d.ready)).toBeUndefined();
  });

  it('a lost connection ends the doubts of both questions', async () => {
    const { connection, transport } = await open({}, RABBITMQ);
    const a = connection.subscribe('/nowhere/a');
    await transport.take();
    transport.push(REFUSED);
    await transport.take();
    const c = connection.subscribe('/nowhere/c');
    await transport.take();
    transport.push(REFUSED, receipt(1), receipt(3));
    await turn();
    transport.fail();
    expect((await reasonOf(a.ready))?.code).toBe('STOMP_SUBSCRIBE_REFUSED');
    expect((await reasonOf(c.ready))?.code).toBe('STOMP_SUBSCRIBE_REFUSED');
  });

  it('over SENDs that follow each other share one timer, and each SEND has two seconds and little more', async () => {
    const { connection, transport, clock } = await open({}, RABBITMQ);
    const settled: number[] = [];
    const before = clock.pending.length;
    let most = 0;
    for (let i = 0; i < 100; i++) {
      const at = clock.now();
      void connection.publish('/nowhere/x').catch(() => settled.push(clock.now() - at));
      await transport.take();
      transport.push(REFUSED);
      for (const id of asked(await transport.take())) transport.push(receipt(id));
      await clock.advance(30);
      most = Math.max(most, clock.pending.length - before);
    }
    await clock.advance(2_250);
    expect(settled).toHaveLength(100);
    expect(Math.min(...settled)).toBeGreaterThanOrEqual(2_000);
    expect(Math.max(...settled)).toBeLessThanOrEqual(2_250);
    expect(most).toBeLessThanOrEqual(2); // and that of the receipts
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
