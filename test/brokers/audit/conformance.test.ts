import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { brokerCases, runBrokerSuite } from '../../../src/audit/conformance/index.js';
import { Broker as Embedded } from '../../../src/broker/index.js';
import { cell, isWriting, Table } from '../../support/markdown-table.js';
import {
  type Broker,
  type BrokerKind,
  certificate,
  describeWith,
  startActiveMQ,
  startRabbitMQ,
  startStompserver,
} from '../rig/index.js';

const ORDER = ['ActiveMQ', 'RabbitMQ', 'Stompserver', 'embedded'];
/** What may come out in one way or the other, by the broker's own threads. */
const VARIES: Readonly<Record<string, readonly string[]>> = {
  ActiveMQ: ['send.length-word', 'limits.command-1200'], // what it makes of the rest depends on the segments
  RabbitMQ: ['receipt.order-mixed'],
};

/** Some cases wait for half a minute, and may be looked at again. */
const LONG = { timeout: 300_000 };

/** More differences than this are no matter of time. */
const MAX_SECOND_LOOKS = 10;

const table = new Table('conformance.md', 'brokers', ['case', 'point', 'what']);

interface Target {
  readonly port: number;
  readonly login: string;
  readonly passcode: string;
}

/** Runs all cases, and compares them with their column or puts a new one in its place. */
async function holds(name: string, version: string, target: Target): Promise<void> {
  const { results } = await runBrokerSuite(target);
  if (isWriting) {
    table.replace(`${name} ${version}`, results);
    return;
  }
  const known = table.columnOf(name);
  const differing = (all: typeof results) =>
    all
      .map((result) => ({
        id: result.id,
        known: known?.get(result.id),
        now: cell(result),
        received: result.received,
      }))
      .filter(({ id, known, now }) => known !== now && !VARIES[name]?.includes(id));
  let differs = differing(results);
  // Silence is told from slowness by the clock. On a busy machine a case may need another look, alone and with more time.
  for (let look = 1; look <= 3 && differs.length > 0 && differs.length <= MAX_SECOND_LOOKS; look++) {
    const patience = { timeoutMs: 1_500 * 2 ** look, quietMs: 150 * 2 ** look };
    const again = await runBrokerSuite(target, { cases: differs.map(({ id }) => id), ...patience });
    const ids = new Set(differs.map(({ id }) => id));
    differs = differing(again.results.filter(({ id }) => ids.has(id)));
  }
  expect(differs).toEqual([]);
}

function compare(name: string, kind: BrokerKind, start: () => Promise<Broker>): void {
  describeWith(kind, `the cases of docs/conformance.md on ${kind}`, () => {
    test('come out as they stand there', LONG, async () => {
      await using broker = await start();
      await holds(name, broker.version, broker);
    });
  });
}

compare('ActiveMQ', 'activemq', () => startActiveMQ());
compare('RabbitMQ', 'rabbitmq', () => startRabbitMQ());
compare('Stompserver', 'stompserver', () => startStompserver({ auth: true }));

describeWith(['activemq', 'rabbitmq'], 'a broker behind TLS', () => {
  test.each([
    ['ActiveMQ', () => startActiveMQ({ tls: true })],
    ['RabbitMQ', () => startRabbitMQ({ tls: true })],
  ])('is looked at in the same way: %s', async (_name, start) => {
    await using broker = await start();
    const ca = readFileSync(certificate('ca.pem'));
    const { login, passcode, tlsPort } = broker;
    const { results } = await runBrokerSuite(
      { port: tlsPort!, login, passcode, tls: { ca, servername: 'localhost' } },
      {
        cases: [
          'connect.connected',
          'connect.plain-to-tls',
          'send.every-byte',
          'send.one-mebibyte',
          'receipt.',
        ],
      },
    );
    const observed = new Map(results.map((result) => [result.id, cell(result)]));
    expect(observed.get('connect.plain-to-tls')).toBe('a TLS alert of 7 bytes');
    expect(observed.get('send.one-mebibyte')).toBe('pass');
    expect(results.filter(({ id, verdict }) => verdict === 'fail' && id !== 'receipt.odd-id')).toEqual([]);
  });
});

describe('the cases of docs/conformance.md on our own broker', () => {
  test('come out as they stand there', LONG, async () => {
    await using broker = await Embedded.start({ logins: { me: 'secret' } });
    await holds('embedded', 'broker', { port: broker.port, login: 'me', passcode: 'secret' });
  });
});

afterAll(() => {
  if (!isWriting) return;
  const rows = brokerCases.map(({ id, point, section, title }) => [id, point, `${section}: ${title}`]);
  table.write(rows, ORDER);
});
