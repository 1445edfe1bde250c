import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Broker } from '../../src/broker/index.js';
import { configFor, run, runToEnd } from './support.js';

const cert = (name: string) => fileURLToPath(new URL(`../support/certs/${name}`, import.meta.url));
const secure = (name: string) =>
  Broker.start({ tls: { cert: readFileSync(cert(`${name}.pem`)), key: readFileSync(cert(`${name}.key`)) } });

test('says how long it took, who answered, and how fast', async () => {
  await using broker = await Broker.start({ name: 'here' });
  const { code, stdout, stderr } = await runToEnd(['ping', '--url', broker.url]);
  expect(stdout.split('\n')).toEqual([
    broker.url,
    expect.stringMatching(/^ {2}connected {3}in \d+\.\d ms$/),
    expect.stringMatching(/^ {2}broker {6}stompwire-broker\//),
    '  session     here-1',
    expect.stringMatching(
      /^ {2}round trip {2}min [\d.]+ ms, median [\d.]+ ms, p99 [\d.]+ ms, max [\d.]+ ms \(10 times\)$/,
    ),
    '',
  ]);
  expect([code, stderr]).toEqual([0, '']);
});

test('begins and aborts empty transactions, so that nothing is left behind', async () => {
  await using broker = await Broker.start();
  await runToEnd(['ping', '--count', '2', '--url', broker.url]);
  const commands = broker.received.map(({ command }) => command);
  expect(commands).toEqual(['CONNECT', 'BEGIN', 'ABORT', 'BEGIN', 'ABORT', 'DISCONNECT']);
});

test('--destination sends there', async () => {
  await using broker = await Broker.start();
  await runToEnd(['ping', '--count', '3', '--destination', '/queue/ping', '--url', broker.url]);
  expect(broker.store.peek('/queue/ping')).toHaveLength(3);
});

test('--json: minimum, median, 99th percentile and maximum, in order', async () => {
  await using broker = await Broker.start();
  const { stdout } = await runToEnd(['ping', '--count', '50', '--json', '--url', broker.url]);
  const { roundTripMs, ...pong } = JSON.parse(stdout);
  const { min, median, p99, max } = roundTripMs;
  expect(roundTripMs.count).toBe(50);
  expect([min, median, p99, max]).toEqual([min, median, p99, max].sort((a, b) => a - b));
  expect(pong).toMatchObject({ endpoint: broker.url, ok: true, tls: null });
});

describe('TLS', () => {
  const url = (broker: Broker) => ['--url', broker.url];

  test('its version, and that it is verified', async () => {
    await using broker = await secure('server');
    const { code, stdout } = await runToEnd(['ping', ...url(broker), '--ca', cert('ca.pem')]);
    expect(stdout).toMatch(/^ {2}TLS {9}TLSv1\.3, TLS_\w+, verified; localhost, until \d{4}-\d\d-\d\d$/m);
    expect(code).toBe(0);
  });

  test.each([
    ['an authority that is not trusted', 'server', []],
    ['a certificate that has expired', 'expired', ['--ca', cert('ca.pem')]],
  ])('%s: seen, and refused', async (_name, name, more) => {
    await using broker = await secure(name);
    const { code, stdout } = await runToEnd(['ping', ...url(broker), ...more]);
    expect(stdout).toMatch(/^ {2}TLS {9}TLSv1\.3, .*, not verified: [A-Z_]+; /m);
    expect(stdout).toMatch(/^ {2}no answer {3}STOMP_TLS_FAILED: .* -- look at the broker's certificate/m);
    expect(code).toBe(2);
    expect(broker.received).toEqual([]);
  });

  test('a port without TLS', async () => {
    await using broker = await Broker.start();
    const { code, stdout } = await runToEnd([
      'ping',
      '--timeout',
      '2',
      '--url',
      broker.url.replace('stomp:', 'stomp+ssl:'),
    ]);
    expect(stdout).toContain('STOMP_TLS_FAILED');
    expect(code).toBe(2);
  });
});

describe('several brokers', () => {
  test('each has its say; code 1 when some do not answer', async () => {
    await using broker = await Broker.start({ logins: { me: 'hunter2' } });
    const { code, stdout } = await runToEnd(['ping', '--config', configFor(1, broker.port)]);
    expect(stdout).toMatch(/^stomp:\/\/127\.0\.0\.1:1\n {2}no answer {3}STOMP_CONNECT_FAILED: /);
    expect(stdout).toContain(`${broker.url}\n  connected`);
    expect(code).toBe(1);
  });

  test('code 2 when none does', async () => {
    const { code, stdout } = await runToEnd(['ping', '--json', '--config', configFor(1, 1)]);
    expect(code).toBe(2);
    const pongs = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(pongs).toHaveLength(2);
    expect(pongs[0]).toMatchObject({ ok: false, error: { code: 'STOMP_CONNECT_FAILED' } });
  });
});

test('a broker that does not answer costs no more than --timeout', async () => {
  await using broker = await Broker.start({ faults: { silent: 'connected' } });
  const { code, stdout } = await runToEnd(['ping', '--timeout', '1', '--url', broker.url]);
  expect(stdout).toContain('STOMP_RECEIPT_TIMEOUT');
  expect(code).toBe(2);
});

test('Ctrl-C', async () => {
  await using broker = await Broker.start({ faults: { silent: 'connected' } });
  const pinging = run(['ping', '--url', broker.url]);
  await broker.waitFor(({ command }) => command === 'ABORT');
  pinging.interrupt();
  expect(await pinging.done).toBe(130);
});
