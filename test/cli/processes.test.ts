import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
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
  return spawn(process.execPath, [PROGRAM, ...argv], { env: { PATH: process.env.PATH } });
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
});
