import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Broker } from '../../src/broker/index.js';
import { configFor } from './support.js';

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const PROGRAM = path('dist/cli/main.js');

beforeAll(() => {
  const { status, stderr } = spawnSync(process.execPath, [path('scripts/run.mjs'), 'build'], {
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
}, 120_000);

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...argv: string[]): ChildProcess {
  return watched(spawn(process.execPath, [PROGRAM, ...argv], { env: { PATH: process.env.PATH } }));
}

/** A test that fails leaves nobody behind. */
function watched(child: ChildProcess): ChildProcess {
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function ended(child: ChildProcess): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  child.stdout!.on('data', (chunk) => {
    said.stdout += chunk;
  });
  child.stderr!.on('data', (chunk) => {
    said.stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, ...said };
}

/** A command line of the shell, which knows the program as $S. */
function shell(command: string): Ended {
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', command], {
    encoding: 'utf8',
    cwd: path('.'),
    env: { PATH: process.env.PATH, S: PROGRAM },
  });
  return { code: status, stdout, stderr };
}

function shellProcess(command: string): ChildProcess {
  return watched(spawn('/bin/sh', ['-c', command], { env: { PATH: process.env.PATH, S: PROGRAM } }));
}

describe('the program', () => {
  test('can be run by its name: a line for the shell, and the bit', () => {
    expect(shell('"$S" --version')).toMatchObject({ code: 0, stderr: '' });
  });

  test('gives its exit code', async () => {
    expect((await ended(start('frob'))).code).toBe(64);
    expect((await ended(start('check-config', '/no/such/file'))).code).toBe(2);
    expect((await ended(start('check-config', 'examples/client.cfg'))).code).toBe(0);
  });

  test('demo: kills a broker, loses nothing', async () => {
    const { code, stdout, stderr } = await ended(start('demo', '--messages', '2000', '--json'));
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ received: 2_000, lost: 0, killed: true });
  });

  test('demo: says so when messages are lost', async () => {
    let sends = 0;
    const broker: Broker = await Broker.start({
      limits: { prefetch: 1 },
      observer: {
        onFrameIn: ({ frame }) => frame.command === 'SEND' && ++sends === 50 && broker.store.clear(),
      },
    });
    await using _ = broker;
    const { code, stdout } = await ended(
      start('demo', '--config', configFor(broker.port), '--messages', '100', '--wait', '1'),
    );
    expect(stdout).toMatch(/^ {2}lost +[1-9]/m);
    expect(code).toBe(1);
  });

  test('no colour and no cursor in a pipe', async () => {
    const { stdout, stderr } = await ended(start('demo', '--messages', '500'));
    expect(stdout + stderr).not.toMatch(/[\x1b\r]/);
  });

  test('leaves quietly when nobody reads on', () => {
    const { code, stderr } = shell('{ node "$S" demo --messages 300; echo "code $?" >&2; } | head -n 1');
    expect([code, stderr]).toEqual([0, 'code 0\n']);
  });

  test('says when the result cannot be written', () => {
    const { code, stderr } = shell('node "$S" --help > /dev/full');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^stompwire: the result could not be written: ENOSPC.*\n$/);
  });

  test('Ctrl-C: leaves the broker in order, code 130', async () => {
    await using broker = await Broker.start();
    const child = start('demo', '--url', broker.url, '--messages', '1000000');
    const end = ended(child);
    await broker.waitFor(({ command }) => command === 'ACK');
    child.kill('SIGINT');
    expect((await end).code).toBe(130);
    expect(broker.stats().queues).toEqual({});
    await broker.waitFor(({ command }) => command === 'DISCONNECT');
  });

  test('a second Ctrl-C ends it at once', async () => {
    await using broker = await Broker.start({ faults: { silent: 'connected' } });
    const child = start('send', '/queue/a', 'hello', '--url', broker.url);
    const end = ended(child);
    await broker.waitFor(({ command }) => command === 'SEND');
    child.kill('SIGINT');
    const again = setInterval(() => child.kill('SIGINT'), 100);
    expect((await end).code).toBe(130);
    clearInterval(again);
  });

  test('listen | head: leaves quietly, and what was not printed stays', async () => {
    await using broker = await Broker.start();
    const listen = `{ node "$S" listen /queue/a --url ${broker.url}; echo "code $?" >&2; }`;
    // Says when the reading end is closed.
    const head = "sh -c 'head -n 1; exec 0<&-; echo gone >&2; sleep 0'";
    const pipe = shellProcess(`${listen} | ${head}`);
    const end = ended(pipe);
    await broker.waitFor(({ command }) => command === 'SUBSCRIBE');
    broker.publish('/queue/a', 'one');
    await once(pipe.stderr!, 'data');
    broker.publish('/queue/a', 'two');
    expect(await end).toEqual({ code: 0, stdout: 'one\n', stderr: 'gone\ncode 0\n' });
    expect(broker.store.peek('/queue/a').map(({ body }) => body.toString())).toEqual(['two']);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('listen: %s ends it in order, code 0', async (signal) => {
    await using broker = await Broker.start();
    const child = start('listen', '/queue/a', '--url', broker.url);
    const end = ended(child);
    await broker.waitFor(({ command }) => command === 'SUBSCRIBE');
    child.kill(signal);
    expect(await end).toEqual({ code: 0, stdout: '', stderr: '' });
    await broker.waitFor(({ command }) => command === 'UNSUBSCRIBE');
  });

  test('send: 40 MB of lines through a pipe', async () => {
    let received = 0;
    const broker: Broker = await Broker.start({
      limits: { maxReceivedFrames: 1 },
      observer: {
        onFrameIn: ({ frame }) => {
          if (frame.command === 'SEND') received++;
        },
      },
    });
    await using _ = broker;
    const lines =
      'i=0; while [ $i -lt 400 ]; do head -c 100000 /dev/zero | tr "\\\\0" x; echo; i=$((i+1)); done';
    const send = `node "$S" send /topic/a --lines --json --url ${broker.url}`;
    const { code, stdout, stderr } = await ended(shellProcess(`{ ${lines}; } | ${send}`));
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ messages: 400, confirmed: 400, bytes: 40_000_000 });
    expect(received).toBe(400);
  });

  test('send: the command line shows no passcode, and the broker wants one', async () => {
    await using broker = await Broker.start({ logins: { me: 'hunter2' } });
    const end = await ended(start('send', '/queue/a', 'hello', '--config', configFor(broker.port)));
    expect(end).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('broker: a second program sends to it and a third listens', async () => {
    const child = start('broker', '--port', '0', '--json');
    const end = ended(child);
    const [first] = await once(child.stdout!, 'data');
    const { url } = JSON.parse(String(first).split('\n')[0]!);
    expect((await ended(start('send', '/queue/a', 'hello', '--url', url))).code).toBe(0);
    expect((await ended(start('ping', '--url', url))).code).toBe(0);
    const listened = await ended(start('listen', '/queue/a', '--count', '1', '--url', url));
    expect([listened.code, listened.stdout]).toEqual([0, 'hello\n']);
    child.kill('SIGINT');
    const { code, stdout } = await end;
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').at(-1)).toContain('"event":"stopped"');
  });

  test('audit: a proxy between two programs, and what it wrote is read by a third', async () => {
    await using broker = await Broker.start();
    const folder = mkdtempSync(join(tmpdir(), 'stompwire-cli-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'session.jsonl');
    const to = ['--to', `127.0.0.1:${broker.port}`, '--transcript', file];
    const child = start('audit', 'proxy', '--listen', '0', ...to, '--json');
    const end = ended(child);
    const [first] = await once(child.stdout!, 'data');
    const { port } = JSON.parse(String(first).split('\n')[0]!);
    const url = `stomp://127.0.0.1:${port}`;
    expect((await ended(start('send', '/queue/a', 'hello', '--url', url))).code).toBe(0);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await end;
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({ event: 'stopped', frames: 6 });
    const read = await ended(start('audit', 'read', file));
    expect(read).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(' 6 frames on 1 ') });
  });
});
