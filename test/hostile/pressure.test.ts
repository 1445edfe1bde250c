import { describe, expect, it } from 'vitest';
import { Connection } from '../../src/transport/connection.js';
import { refuseStrayErrors } from '../support/pool-world.js';
import { ScriptedBroker } from '../support/scripted-broker.js';
import { afterConnected, buffersInUse, expectMovedOn, flood, MIB, meet, until } from './support.js';

refuseStrayErrors();

const host = '127.0.0.1';

describe('a peer that never reads', () => {
  it('send says false, then throws STOMP_SEND_BUFFER_FULL; no more than that is held', async () => {
    await using broker = await ScriptedBroker.listen(afterConnected((peer) => peer.socket.pause()));
    const connection = await Connection.open({ host, port: broker.port }, { maxSendBufferBytes: MIB });
    const body = Buffer.alloc(10_000, 'x');
    const said: boolean[] = [];
    let thrown: unknown;
    while (thrown === undefined) {
      try {
        said.push(connection.send('/queue/a', body));
        if (!said.at(-1)) await new Promise(setImmediate);
      } catch (error) {
        thrown = error;
      }
    }
    expect(thrown).toMatchObject({ code: 'STOMP_SEND_BUFFER_FULL' });
    expect(said[0]).toBe(true);
    expect(said.at(-1)).toBe(false);
    expect(connection.stats().unsentBytes).toBeLessThanOrEqual(MIB);
    const drained = connection.drain().catch((error) => error.code);
    const published = connection.publish('/queue/a').catch((error) => error.code);
    connection.destroy();
    // Whether it was begun to be written depends on how much the system takes.
    expect(await drained).toBe('STOMP_CLOSED');
    expect(['STOMP_CLOSED', 'STOMP_OUTCOME_UNKNOWN']).toContain(await published);
  });

  it('and then is gone: the pool takes the next host', async () => {
    await using meeting = await meet(
      afterConnected((peer) => peer.socket.pause()),
      { maxSendBufferBytes: MIB },
    );
    const { pool, hostile } = meeting;
    const body = Buffer.alloc(100_000, 'x');
    let code = '';
    while (code === '') {
      try {
        pool.send('/queue/a', body);
      } catch (error) {
        code = (error as { code: string }).code;
      }
      await new Promise(setImmediate);
    }
    expect(code).toBe('STOMP_SEND_BUFFER_FULL');
    hostile.peers[0]!.socket.resetAndDestroy();
    await expectMovedOn(meeting);
    expect(pool.stats().lostSends).toBeGreaterThan(0);
  });
});

describe('a peer that floods a consumer which is stuck', () => {
  const message = `MESSAGE\nsubscription:s1\nmessage-id:1\ndestination:/queue/a\n\n${'x'.repeat(10_000)}\0\n`;
  const stuck = (): Promise<void> => new Promise<void>(() => {});

  it.each([
    ['a handler', stuck],
    ['an iterator that nobody reads', undefined],
  ])('%s: reading stops, and little is held', async (_, handler) => {
    await using broker = await ScriptedBroker.listen(afterConnected(() => {}));
    const connection = await Connection.open({ host, port: broker.port });
    connection.subscribe('/queue/a', {}, handler);
    const [peer] = broker.peers;
    await peer!.frames(2);
    peer!.write('RECEIPT\nreceipt-id:1\n\n\0\n');
    const before = buffersInUse();
    const poured = flood(peer!, '', message);
    await until(() => connection.stats().heldBytes > 65_536);
    await until(() => peer!.socket.writableNeedDrain);
    const taken = connection.stats().bytesIn;
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(connection.stats().bytesIn).toBe(taken);
    expect(connection.stats().heldBytes).toBeLessThan(200_000);
    // What waits on the peer's side is counted too, since it is in this process.
    expect(buffersInUse() - before).toBeLessThan(4 * MIB);
    expect(poured.bytes).toBeGreaterThan(taken - 200_000);
    connection.destroy();
  });

  it('while a RECEIPT is waited for, it may hold maxBufferedBytes, and the wait fails with STOMP_READ_BUFFER_FULL', async () => {
    await using broker = await ScriptedBroker.listen(afterConnected(() => {}));
    const connection = await Connection.open({ host, port: broker.port }, { maxBufferedBytes: MIB });
    connection.subscribe('/queue/a', { headers: { id: 's1' } }, stuck).ready.catch(() => {});
    const [peer] = broker.peers;
    await peer!.frames(2);
    peer!.write('RECEIPT\nreceipt-id:1\n\n\0\n');
    const published = connection.publish('/queue/b').catch((error) => error.code);
    await peer!.frames(3);
    flood(peer!, '', message);
    expect(await published).toBe('STOMP_READ_BUFFER_FULL');
    expect(connection.stats().heldBytes).toBeLessThan(MIB + 200_000);
    expect(connection.stats().heldBytes).toBeGreaterThan(MIB);
    connection.destroy();
    expect(connection.stats().heldBytes).toBe(0);
  });
});
