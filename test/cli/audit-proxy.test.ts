import { existsSync, readFileSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Broker } from '../../src/broker/index.js';
import { connect } from '../../src/index.js';
import { type Run, run, runToEnd, temporaryFile } from './support.js';

const cert = (name: string) => fileURLToPath(new URL(`../support/certs/${name}`, import.meta.url));

async function start(port: number, argv: readonly string[] = []): Promise<{ one: Run; port: number }> {
  const one = run(['audit', 'proxy', '--listen', '0', '--to', `127.0.0.1:${port}`, ...argv]);
  onTestFinished(() => one.interrupt());
  await Promise.race([one.says('listening'), one.done]);
  const [, own] = /listening on 127\.0\.0\.1:(\d+)|"port":(\d+)/.exec(one.stdout())?.filter(Boolean) ?? [];
  return { one, port: Number(own) };
}

async function stop(one: Run): Promise<number> {
  one.interrupt();
  return one.done;
}

/** One connection that says this, waits for the answer to its last frame, and ends. */
async function say(port: number, bytes: string, answer: string): Promise<void> {
  const socket = dial(port, '127.0.0.1');
  let heard = '';
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk) => {
      heard += chunk;
      if (heard.includes(answer)) socket.end();
    });
    socket.once('close', () => resolve()).once('error', reject);
    socket.write(bytes);
  });
}

const folder = () => dirname(temporaryFile('x', ''));

test('passes on what our client says; nothing is wrong with that', async () => {
  await using broker = await Broker.start();
  const { one, port } = await start(broker.port);
  const pool = await connect(`stomp://me:hunter2@127.0.0.1:${port}`);
  await pool.publish('/queue/a', 'hello');
  await pool.disconnect();
  await one.says('   1 closed');
  expect(await stop(one)).toBe(0);
  expect(broker.store.peek('/queue/a')).toHaveLength(1);
  expect(one.stdout()).toMatch(
    /^listening on 127\.0\.0\.1:\d+, for the broker at 127\.0\.0\.1:\d+; Ctrl-C ends it\n {3}1 opened\n/,
  );
  expect(one.stdout()).toMatch(/^stompwire audit proxy: 6 frames on 1 connection, \d+ bytes: no findings$/m);
  expect(one.stdout() + one.stderr()).not.toContain('hunter2');
});

test('findings: each rule once while it happens, all at the end, code 1', async () => {
  await using broker = await Broker.start();
  const { one, port } = await start(broker.port);
  await say(port, 'CONNECT\nlogin:me\n\n\0SEND\n\nfoo\0', 'ERROR');
  await one.says('closed');
  expect(await stop(one)).toBe(1);
  expect(one.stdout()).toContain(
    '   1 violation of the client: send-without-destination: SEND has no destination\n',
  );
  expect(one.stdout()).toContain('violation of the client: send-without-destination P20\n');
});

test('--severity and --fail-on choose', async () => {
  await using broker = await Broker.start();
  const { one, port } = await start(broker.port, ['--severity', 'violation', '--fail-on', 'never', '--json']);
  await say(port, 'CONNECT\nlogin:me\n\n\0SEND\n\nfoo\0', 'ERROR');
  await one.says('"close"');
  expect(await stop(one)).toBe(0);
  const events = one
    .stdout()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.map(({ event }) => event)).toEqual(['listening', 'open', 'finding', 'close', 'stopped']);
  expect(events[2]).toMatchObject({
    rule: 'send-without-destination',
    excerpt: { text: expect.any(String) },
  });
  expect(events[4]).toMatchObject({ connections: 1, findings: { violation: 1, advice: 0 }, unreached: 0 });
});

test('a connection that Ctrl-C cuts is not blamed on anybody', async () => {
  await using broker = await Broker.start();
  const { one, port } = await start(broker.port);
  const pool = await connect(`stomp://127.0.0.1:${port}`);
  expect(await stop(one)).toBe(0);
  pool.destroy();
  expect(one.stdout()).toContain('no findings');
});

test('a broker that is not there is told', async () => {
  const broker = await Broker.start();
  await broker.stop();
  const { one, port } = await start(broker.port);
  await say(port, 'CONNECT\n\n\0', 'never').catch(() => undefined);
  await one.says('closed: STOMP_CONNECT_FAILED');
  await stop(one);
  expect(one.stdout()).toContain('the broker could not be reached once\n');
});

describe('--transcript', () => {
  const path = (name = 'session.jsonl') => join(folder(), name);

  test('is what audit read reads, without passcodes', async () => {
    await using broker = await Broker.start();
    const file = path();
    const { one, port } = await start(broker.port, ['--transcript', file]);
    await say(port, 'CONNECT\nlogin:me\npasscode:hunter2\n\n\0SEND\n\nfoo\0', 'ERROR');
    await one.says('closed');
    await stop(one);
    expect(readFileSync(file, 'utf8')).not.toContain('hunter2');
    const { code, stdout } = await runToEnd(['audit', 'read', file]);
    expect(code).toBe(1);
    expect(stdout).toContain('send-without-destination');
  });

  test('has parts, and keeps the latest of them; together they are one again', async () => {
    await using broker = await Broker.start();
    const file = path();
    const small = ['--max-bytes', '1000', '--max-parts', '2'];
    const { one, port } = await start(broker.port, ['--transcript', file, ...small]);
    const pool = await connect(`stomp://127.0.0.1:${port}`);
    for (let i = 0; i < 20; i++) await pool.publish('/queue/a', 'x'.repeat(100));
    await pool.disconnect();
    await one.says('closed');
    expect(await stop(one)).toBe(0);
    const parts = Array.from({ length: 30 }, (_, i) =>
      i === 0 ? file : file.replace('.jsonl', `.${i + 1}.jsonl`),
    ).filter((one) => existsSync(one));
    expect(parts).toHaveLength(2);
    for (const part of parts) expect(readFileSync(part).length).toBeLessThanOrEqual(1_000);
    const { code, stdout } = await runToEnd(['audit', 'read', ...parts]);
    expect(stdout).toMatch(/ on 1 connection, /);
    expect(code).toBe(0);
  });

  test('a file that cannot be written: code 2, before anything is listened on', async () => {
    const { code, stdout, stderr } = await runToEnd([
      ...['audit', 'proxy', '--listen', '0', '--to', '1', '--transcript', '/no/such/folder/x'],
    ]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe('stompwire: cannot write /no/such/folder/x: there is no such file\n');
  });

  test('a full disk: told once, the proxy goes on, code 2', async () => {
    await using broker = await Broker.start();
    const { one, port } = await start(broker.port, ['--transcript', '/dev/full']);
    const pool = await connect(`stomp://127.0.0.1:${port}`);
    await one.notes('the transcript ends here, and the proxy goes on: ENOSPC');
    await pool.publish('/queue/a', 'hello');
    await pool.disconnect();
    expect(await stop(one)).toBe(2);
    expect(broker.store.peek('/queue/a')).toHaveLength(1);
  });
});

test('TLS on both sides is read', async () => {
  const tls = { cert: readFileSync(cert('server.pem')), key: readFileSync(cert('server.key')) };
  await using broker = await Broker.start({ tls });
  const files = `${cert('server.pem')},${cert('server.key')}`;
  const argv = ['audit', 'proxy', '--listen', '0', '--to', `localhost:${broker.port}`];
  const one = run([...argv, '--tls-listen', files, '--tls-to', '--ca', cert('ca.pem')]);
  await one.says('listening');
  const port = Number(/listening on 127\.0\.0\.1:(\d+)/.exec(one.stdout())![1]);
  const ca = readFileSync(cert('ca.pem'));
  const pool = await connect({ hosts: [{ host: 'localhost', port, tls: { ca } }] });
  await pool.publish('/queue/a', 'hello');
  await pool.disconnect();
  await one.says('closed');
  expect(await stop(one)).toBe(0);
  expect(one.stdout()).toMatch(/6 frames on 1 connection/);
});

test('a port that is taken: one line, code 2', async () => {
  await using broker = await Broker.start();
  const { code, stderr } = await runToEnd(['audit', 'proxy', '--listen', `${broker.port}`, '--to', '1']);
  expect(code).toBe(2);
  expect(stderr).toBe(
    `stompwire: cannot listen on 127.0.0.1:${broker.port}: the port is taken; --listen 0 takes a free one\n`,
  );
});

test('ends when nobody reads on', async () => {
  await using broker = await Broker.start();
  const { one, port } = await start(broker.port);
  one.hangUp();
  await say(port, 'CONNECT\n\n\0', 'CONNECTED').catch(() => undefined); // it may be cut
  expect(await one.done).toBe(0);
});
