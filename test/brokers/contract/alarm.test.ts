import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type Pool, type PoolOptions } from '../../../src/index.js';
import { newDestination, until } from '../../contract/contract.js';
import { describeWith, type RabbitMQBroker, startRabbitMQ } from '../rig/index.js';

describeWith('rabbitmq', 'a memory alarm of rabbitmq', () => {
  let broker: RabbitMQBroker;

  beforeAll(async () => {
    broker = await startRabbitMQ();
  });
  afterAll(() => broker?.stop());

  const alarm = (on: boolean) => broker.ctl('set_vm_memory_high_watermark', on ? '0.00001' : '0.4');

  /** Twenty publishers, each one message after the other, until they are stopped. */
  function publishing(pool: Pool): { confirmed: number; stop(): Promise<unknown> } {
    const destination = newDestination();
    let open = true;
    const state = {
      confirmed: 0,
      stop: () => {
        open = false;
        return all;
      },
    };
    const publisher = async (): Promise<void> => {
      while (open) {
        await pool.publish(destination, 'x');
        state.confirmed++;
      }
    };
    const all = Promise.all(Array.from({ length: 20 }, publisher));
    return state;
  }

  async function connected(options: PoolOptions): Promise<Pool> {
    const { host, port, login, passcode } = broker;
    return connect({ hosts: [{ host, port, login, passcode }], receiptTimeoutMs: 1_000, ...options });
  }

  test('blocks publishers: that is reported, the connection stays, and all is confirmed when it is over', async () => {
    const warnings: string[] = [];
    const pool = await connected({ observer: { onWarning: ({ message }) => void warnings.push(message) } });
    const publishers = publishing(pool);
    await until(() => publishers.confirmed > 100, 'they publish');
    await alarm(true);
    await until(() => warnings.length > 0, 'it is reported', 30_000);
    expect(warnings[0]).toContain('blocked');
    await alarm(false);
    const before = publishers.confirmed;
    await until(() => publishers.confirmed > before + 100, 'they go on', 30_000);
    await publishers.stop();
    expect(pool.stats()).toMatchObject({ connections: 1, unconfirmed: 0 });
    await pool.disconnect();
  });

  test('with leaveBlockedAfterMs: 0 the connection is left, and what was published goes over the next', async () => {
    const lost: Array<string | undefined> = [];
    const pool = await connected({
      leaveBlockedAfterMs: 0,
      observer: { onDisconnect: ({ error }) => lost.push(error?.code) },
    });
    const publishers = publishing(pool);
    await until(() => publishers.confirmed > 100, 'they publish');
    await alarm(true);
    await until(() => lost.length > 0, 'it is left', 30_000);
    expect(lost[0]).toBe('STOMP_NO_ANSWER');
    await alarm(false);
    const before = publishers.confirmed;
    await until(() => publishers.confirmed > before + 100, 'they go on', 30_000);
    await publishers.stop();
    expect(pool.stats().connections).toBeGreaterThan(1);
    await pool.disconnect();
  });
});
