import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../../src/index.js';
import { newDestination, until } from '../../contract/contract.js';
import { type Broker, certificate, describeWith, startActiveMQ, startRabbitMQ } from '../rig/index.js';

const ca = readFileSync(certificate('ca.pem'));
const otherCa = readFileSync(certificate('other-ca.pem'));

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    (error) => error.attempts?.at(-1)?.error.code ?? error.code,
  );
}

function trouble(kind: 'activemq' | 'rabbitmq', start: () => Promise<Broker>): void {
  describeWith(kind, `trouble with ${kind}`, () => {
    let broker: Broker;
    const host = (tls?: { ca: Buffer }) => {
      const { host, login, passcode } = broker;
      return tls
        ? { host, port: broker.tlsPort!, login, passcode, tls }
        : { host, port: broker.port, login, passcode };
    };

    beforeAll(async () => {
      broker = await start();
    });
    afterAll(() => broker?.stop());

    test('TLS: a message over a connection whose certificate was verified', async () => {
      const pool = await connect({ hosts: [host({ ca })] });
      const destination = newDestination();
      const got: string[] = [];
      await pool.subscribe(destination, {}, (message) => void got.push(message.text())).ready;
      await pool.publish(destination, 'x'.repeat(200_000));
      await until(() => got.length === 1, 'it arrives');
      expect(got[0]).toHaveLength(200_000);
      await pool.disconnect();
    });

    test('TLS: an authority that we do not know is refused', async () => {
      expect(await codeOf(connect({ hosts: [host({ ca: otherCa })] }))).toBe('STOMP_TLS_FAILED');
    });

    test('a plain connection to the TLS port, and TLS to the plain port', async () => {
      const plain = connect({ hosts: [{ ...host(), port: broker.tlsPort! }], connectTimeoutMs: 3_000 });
      expect(await codeOf(plain)).toMatch(/STOMP_(FRAME_NOT_STOMP|CONNECT_CLOSED|CONNECT_TIMEOUT)/);
      const tls = connect({ hosts: [{ ...host({ ca }), port: broker.port }], connectTimeoutMs: 3_000 });
      expect(await codeOf(tls)).toMatch(/STOMP_(TLS_FAILED|CONNECT_TIMEOUT)/);
    });

    test('stopped with SIGSTOP: the connect fails after connectTimeoutMs, and works again after SIGCONT', async () => {
      broker.suspend();
      const since = performance.now();
      expect(await codeOf(connect({ hosts: [host()], connectTimeoutMs: 700 }))).toBe('STOMP_CONNECT_TIMEOUT');
      expect(performance.now() - since).toBeGreaterThan(600);
      broker.resume();
      const pool = await connect({ hosts: [host()] });
      await pool.disconnect();
    });

    test('stopped with SIGSTOP under a live connection: a probe finds out, and what was published arrives after all', async () => {
      const lost: Array<string | undefined> = [];
      const pool = await connect({
        hosts: [host()],
        probeIntervalMs: 300,
        probeTimeoutMs: 500,
        maxReconnectDelayMs: 500,
        connectTimeoutMs: 2_000,
        observer: { onDisconnect: ({ error }) => lost.push(error?.code) },
      });
      const destination = newDestination();
      const got: string[] = [];
      await pool.subscribe(destination, { ack: 'client' }, (message) => {
        got.push(message.text());
        message.ack();
      }).ready;
      broker.suspend();
      const published = pool.publish(destination, 'late');
      await until(() => lost.length > 0, 'the loss is seen');
      expect(lost[0]).toBe('STOMP_NO_ANSWER');
      broker.resume();
      await published;
      await until(() => got.includes('late'), 'it arrives');
      await pool.disconnect();
    });

    test('killed and started again: the subscription and what was published outlive it', async () => {
      const pool = await connect({ hosts: [host()], maxReconnectDelayMs: 500 });
      const destination = newDestination();
      const got: string[] = [];
      const headers = kind === 'rabbitmq' ? { durable: 'true', 'auto-delete': 'false' } : undefined;
      await pool.subscribe(destination, { ack: 'client', headers }, (message) => {
        got.push(message.text());
        message.ack();
      }).ready;
      await pool.publish(destination, 'before', { headers });
      await until(() => got.includes('before'), 'the first arrives');
      await broker.kill();
      const published = pool.publish(destination, 'while down', { headers });
      await broker.start();
      await published;
      await until(() => got.includes('while down'), 'the second arrives', 60_000);
      expect(pool.stats().connections).toBeGreaterThan(1);
      await pool.disconnect();
    });
  });
}

trouble('activemq', () => startActiveMQ({ tls: true }));
trouble('rabbitmq', () => startRabbitMQ({ tls: true }));
