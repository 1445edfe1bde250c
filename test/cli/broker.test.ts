import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Broker } from '../../src/broker/index.js';
import { connect } from '../../src/index.js';
import { type Run, run, runToEnd, temporaryFile } from './support.js';

const cert = (name: string) => fileURLToPath(new URL(`../support/certs/${name}`, import.meta.url));

async function start(
  argv: readonly string[],
  env: Record<string, string> = {},
): Promise<{ one: Run; url: string }> {
  const one = run(['broker', '--port', '0', ...argv], { env });
  await Promise.race([one.says('listening'), one.done]);
  const [url] = /stomp(\+ssl)?:\/\/[\d.]+:\d+/.exec(one.stdout()) ?? [];
  expect(one.stderr()).toBe('');
  return { one, url: url! };
}

async function stop(one: Run): Promise<void> {
  one.interrupt();
  expect(await one.done).toBe(0);
}

test('listens, says what it is for, shows what passes, and ends by Ctrl-C', async () => {
  const { one, url } = await start([]);
  await using stomp = await connect(url.replace('://', '://me:hunter2@'));
  await stomp.publish('/queue/a', 'hello');
  await stomp.disconnect();
  await one.says('closed;');
  await stop(one);
  const lines = one.stdout().trimEnd().split('\n');
  expect(lines[0]).toBe(`listening on ${url}; Ctrl-C ends it`);
  expect(lines[1]).toBe(Broker.NOTICE);
  expect(lines[1]).toMatch(/tests and first steps.*ActiveMQ.*RabbitMQ/);
  expect(lines.slice(2)).toEqual([
    expect.stringMatching(/^ {3}1 opened by 127\.0\.0\.1:\d+$/),
    '   1 < CONNECT login:me passcode:[secret]',
    expect.stringMatching(/^ {3}1 > CONNECTED server:/),
    '   1 < SEND destination:/queue/a persistent:true content-length:5 receipt:1  5 bytes',
    '   1 > RECEIPT receipt-id:1',
    '   1 < DISCONNECT receipt:2',
    '   1 > RECEIPT receipt-id:2',
    expect.stringMatching(/^ {3}1 closed; \d+ bytes in, \d+ out$/),
    'stopped after 1 connections, 3 frames in, 3 out',
  ]);
});

test('--json: one object a line', async () => {
  const { one, url } = await start(['--json']);
  const stomp = await connect(url);
  await stomp.publish('/queue/a', 'hello');
  await stomp.disconnect();
  await one.says('"close"');
  await stop(one);
  const events = one
    .stdout()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events[0]).toEqual({
    event: 'listening',
    url,
    host: '127.0.0.1',
    port: Number(url.split(':').at(-1)),
  });
  expect(events.map(({ event, command }) => command ?? event)).toEqual([
    'listening',
    'open',
    'CONNECT',
    'CONNECTED',
    'SEND',
    'RECEIPT',
    'DISCONNECT',
    'RECEIPT',
    'close',
    'stopped',
  ]);
  expect(events[4]).toMatchObject({
    event: 'in',
    connection: 1,
    headers: { destination: '/queue/a' },
    bodyBytes: 5,
  });
});

test('--quiet: no traffic', async () => {
  const { one, url } = await start(['--quiet']);
  await (await connect(url)).disconnect();
  await stop(one);
  expect(one.stdout().trimEnd().split('\n')).toHaveLength(3);
});

test('says what is not STOMP', async () => {
  const { one, url } = await start([]);
  const { connect: dial } = await import('node:net');
  const socket = dial(Number(url.split(':').at(-1)), '127.0.0.1', () =>
    socket.write('GET / HTTP/1.1\r\n\r\n'),
  );
  socket.on('error', () => undefined);
  await one.says(/ {3}1 is not STOMP: /);
  socket.destroy();
  await stop(one);
});

describe('logins', () => {
  const enters = (url: string, who: string) =>
    connect(url.replace('://', `://${who}@`)).then(
      (stomp) => stomp.disconnect().then(() => true),
      () => false,
    );

  test('--login with the variable', async () => {
    const { one, url } = await start(['--login', 'me'], { STOMP_PASSWORD: 'hunter2' });
    expect([await enters(url, 'me:hunter2'), await enters(url, 'me:wrong')]).toEqual([true, false]);
    await stop(one);
    expect(one.stdout()).not.toContain('hunter2');
  });

  test('--login with a file', async () => {
    const { one, url } = await start(['--login', 'me', '--passcode-file', temporaryFile('p', 'hunter2\n')]);
    expect([await enters(url, 'me:hunter2'), await enters(url, 'you:hunter2')]).toEqual([true, false]);
    await stop(one);
  });

  test('--logins: many, with comments and colons', async () => {
    const file = temporaryFile('logins', '# all of us\nme:hunter2\n\nyou:a:b\n');
    const { one, url } = await start(['--logins', file]);
    expect([await enters(url, 'me:hunter2'), await enters(url, 'you:a%3Ab')]).toEqual([true, true]);
    await stop(one);
  });

  test('--logins with a line that is none: its number, and nothing of it', async () => {
    const { code, stderr } = await runToEnd([
      'broker',
      '--logins',
      temporaryFile('logins', 'me:a\nhunter2\n'),
    ]);
    expect([code, stderr]).toEqual([2, 'stompwire: --logins, line 2: expected NAME:PASSCODE\n']);
  });
});

test('--cert and --key: TLS', async () => {
  const { one, url } = await start(['--cert', cert('server.pem'), '--key', cert('server.key')]);
  expect(url).toMatch(/^stomp\+ssl:/);
  const { hostname, port } = new URL(url);
  const ca = readFileSync(cert('ca.pem'));
  await (await connect({ hosts: [{ host: hostname, port: Number(port), tls: { ca } }] })).disconnect();
  await stop(one);
});

describe('trouble to order', () => {
  test('--fault for every connection', async () => {
    const { one, url } = await start(['--fault', '{"errorOn":{"command":"SEND","message":"not today"}}']);
    const stomp = await connect(url);
    await expect(stomp.publish('/queue/a', 'x')).rejects.toMatchObject({ code: 'STOMP_SERVER_ERROR' });
    stomp.destroy();
    await stop(one);
  });

  test('--fault-next for the next ones, one by one', async () => {
    const { one, url } = await start([
      '--fault-next',
      '{"refuse":true}',
      '--fault-next',
      '{"errorOnConnect":"no"}',
    ]);
    const codes: string[] = [];
    for (let i = 0; i < 3; i++) {
      codes.push(
        await connect(url).then(
          (stomp) => stomp.disconnect().then(() => 'connected'),
          (error) => error.attempts[0].error.code,
        ),
      );
    }
    expect(codes).toEqual(['STOMP_CONNECT_CLOSED', 'STOMP_CONNECT_REFUSED', 'connected']);
    await stop(one);
  });

  test.each([
    [
      '--fault',
      '{"reufse":true}',
      2,
      /STOMP_CONFIG_UNKNOWN_KEY: fault\.reufse: expected one of refuse, silent/,
    ],
    ['--fault', '{"silent":"now"}', 2, /STOMP_CONFIG_INVALID: fault\.silent/],
    ['--fault-next', '{"silent":"now"}', 2, /STOMP_CONFIG_INVALID: fault\.silent/],
    ['--fault', 'refuse', 64, /--fault: expected a JSON object, such as \{"refuse":true\}/],
    ['--fault-next', '[]', 64, /--fault-next: expected a JSON object/],
  ])('%s %s', async (option, fault, expected, message) => {
    const { code, stderr } = await runToEnd(['broker', '--port', '0', option, fault]);
    expect([code, stderr]).toEqual([expected, expect.stringMatching(message)]);
  });
});

describe('cannot listen', () => {
  test('where another does', async () => {
    await using other = await Broker.start();
    const { code, stderr } = await runToEnd(['broker', '--port', String(other.port)]);
    const where = `127.0.0.1:${other.port}`;
    expect([code, stderr]).toEqual([
      2,
      `stompwire: cannot listen on ${where}: the port is taken; --port 0 takes a free one\n`,
    ]);
  });

  test('at an address that is not here', async () => {
    const { code, stderr } = await runToEnd(['broker', '--host', '192.0.2.1']);
    expect([code, stderr]).toEqual([
      2,
      'stompwire: cannot listen on 192.0.2.1:61613: this machine has no such address\n',
    ]);
  });

  test('with a certificate that is none', async () => {
    const file = temporaryFile('cert', 'x');
    const { code, stderr } = await runToEnd(['broker', '--port', '0', '--cert', file, '--key', file]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^stompwire: --cert, --key: .*\n$/)]);
  });
});

test.each([
  [['--port', '70000'], '--port: expected a whole number from 0 to 65535, received "70000"'],
  [['--login', 'me:hunter2'], '--login: a name alone; the passcode has its own place'],
  [['--login', 'me'], '--login: a passcode is missing, in STOMP_PASSWORD or --passcode-file'],
  [['--login', 'me', '--logins', 'f'], '--login and --logins exclude each other'],
  [['--passcode-file', 'f'], '--passcode-file needs --login'],
  [['--cert', 'f'], '--cert and --key need each other'],
])('wrong: %j', async (more, message) => {
  const { code, stderr } = await runToEnd(['broker', ...more]);
  expect([code, stderr]).toEqual([64, `stompwire: ${message}; see stompwire broker --help\n`]);
});
