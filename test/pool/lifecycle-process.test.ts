import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/index.js';

/** What a program of its own did: its exit code (null: it had to be stopped) and what it printed. */
interface End {
  readonly code: number | null;
  readonly out: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
let directory = '';
let broker: Broker;
let silent: Broker;
let closedUrl = '';

/** The library as plain JavaScript, since Node 20 runs no TypeScript. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stompwire-'));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['-p', join(root, 'tsconfig.build.json'), '--outDir', directory, '--noCheck'];
  await promisify(execFile)(process.execPath, [tsc, ...options]);
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  broker = await Broker.start({
    observer: {
      onFrameIn: ({ connection, frame }) => {
        if (frame.headers.get('destination') !== '/queue/cut') return;
        setImmediate(() => broker.connections.find(({ id }) => id === connection)?.cut());
      },
    },
  });
  const gone = await Broker.start();
  closedUrl = gone.url;
  await gone.stop();
  silent = await Broker.start({ faults: { silent: 'start' } });
});

afterAll(async () => {
  await broker.stop();
  await silent.stop();
  await rm(directory, { recursive: true });
});

/** Runs a program that may import the library. Stops it when it goes on for `limitMs` after it has printed something. */
function run(program: string, limitMs = 5_000): Promise<End> {
  const imports = "import { connect } from './index.js';\nimport { Broker } from './broker/index.js';\n";
  const child = spawn(process.execPath, ['--input-type=module', '-e', imports + program], {
    cwd: directory,
    timeout: 15_000,
  });
  let out = '';
  let timer: NodeJS.Timeout | undefined;
  child.stdout.on('data', (chunk) => {
    out += chunk;
    timer ??= setTimeout(() => child.kill('SIGKILL'), limitMs);
  });
  child.stderr.on('data', (chunk) => {
    out += chunk;
  });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, out });
    });
  });
}

type Next = 'good' | 'silent' | 'closed';

/**
 * Connects to the good broker; a SEND to /queue/cut makes it drop the connection, and `next` is dialled at once.
 * Prints state and number of connections when they are as expected, or after three seconds.
 */
const toGood = (next: Next, act: string, out: string) => `
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const pool = await connect('failover:(${broker.url},${{ good: broker.url, silent: silent.url, closed: closedUrl }[next]})', {
    initialReconnectDelayMs: 60_000,
    maxReconnectDelayMs: 60_000,
    stableAfterMs: 0,
    jitter: 0,
  });
  const cut = () => pool.send('/queue/cut');
  const down = async () => {
    while (pool.state === 'connected') await wait(5);
  };
  const shown = () => pool.state + ' ' + pool.stats().connections;
  ${act}
  for (let i = 0; i < 300 && shown() !== '${out}'; i++) await wait(10);
  console.log(shown());
`;

describe('unref lets the process end', () => {
  it.each<[string, Next, string, string]>([
    ['while connected', 'silent', 'pool.unref();', 'connected 1'],
    [
      'with a subscription, and a publish on its way',
      'silent',
      "pool.unref().subscribe('/queue/a'); void pool.publish('/queue/a');",
      'connected 1',
    ],
    ['while dialling', 'silent', 'cut(); await down(); pool.unref();', 'connecting 1'],
    ['while dialling, said before', 'silent', 'pool.unref(); cut();', 'connecting 1'],
    ['while backing off', 'closed', 'cut(); await down(); await wait(20); pool.unref();', 'connecting 1'],
    ['while backing off, said before', 'closed', 'pool.unref(); cut();', 'connecting 1'],
    ['when connected again, said before', 'good', 'pool.unref(); cut();', 'connected 2'],
  ])('%s', async (_, next, act, out) => {
    expect(await run(toGood(next, act, out))).toEqual({ code: 0, out: `${out}\n` });
  });
});

describe('without it, or after ref()', () => {
  it.each<[string, Next, string, string]>([
    ['connected', 'silent', '', 'connected 1'],
    ['connected, after ref()', 'silent', 'pool.unref().ref();', 'connected 1'],
    ['dialling', 'silent', 'cut();', 'connecting 1'],
    ['backing off', 'closed', 'cut(); await down(); await wait(20);', 'connecting 1'],
    [
      'backing off, after ref()',
      'closed',
      'cut(); await down(); await wait(20); pool.unref().ref();',
      'connecting 1',
    ],
  ])('the process stays: %s', async (_, next, act, out) => {
    expect(await run(toGood(next, act, out), 200)).toEqual({ code: null, out: `${out}\n` });
  });

  it.each(['await pool.disconnect();', 'pool.destroy();', 'cut(); await down(); pool.destroy();'])(
    'it ends after %s',
    async (act) => {
      expect(await run(toGood('silent', act, 'closed 1'))).toEqual({ code: 0, out: 'closed 1\n' });
    },
  );
});

describe('a process without a single listener', () => {
  it('survives losses, refusals and the giving up', async () => {
    const end = await run(`
      const own = await Broker.start();
      const pool = await connect(own.url, { maxReconnectAttempts: 2 });
      pool.subscribe('/queue/a');
      pool.subscribe('/queue/a', { ack: 'client' }, () => {});
      own.faults.all({ errorOn: { command: 'SUBSCRIBE', message: 'no', close: true } });
      pool.subscribe('/queue/b');
      own.faults.clear();
      pool.send('/queue/a', 'x');
      const lost = pool.publish('/queue/a', 'y').catch((error) => error.code);
      await own.kill();
      pool.subscribe('/queue/c');
      pool.send('/queue/a', 'z');
      const error = await pool.closed;
      console.log(error.code, pool.state, typeof (await lost));
    `);
    expect(end).toEqual({ code: 0, out: 'STOMP_POOL_EXHAUSTED closed string\n' });
  });

  it('ends by what a message handler throws, as by any error in a callback', async () => {
    const end = await run(`
      const own = await Broker.start();
      own.publish('/queue/a', 'x');
      const pool = await connect(own.url);
      pool.subscribe('/queue/a', {}, () => { throw new Error('from the handler'); });
    `);
    expect(end.code).toBe(1);
    expect(end.out).toContain('from the handler');
  });

  it('a publish that fails is an unhandled rejection once, of its own promise, and none where somebody waits', async () => {
    const end = await run(`
      const own = await Broker.start({ faults: { errorOn: { command: 'SEND', message: 'no', close: true } } });
      const pool = await connect(own.url, { maxReconnectAttempts: 1 });
      process.on('unhandledRejection', (error, promise) => console.log(error.code, promise === alone));
      process.on('rejectionHandled', () => console.log('handled late'));
      const alone = pool.publish('/queue/a', 'alone');
      const awaited = pool.publish('/queue/a', 'awaited').catch((error) => error.code);
      await own.kill();
      await pool.closed;
      console.log(await awaited);
      await new Promise(setImmediate);
      process.exit(0);
    `);
    expect(end.code).toBe(0);
    const lines = end.out.trim().split('\n');
    expect(lines.filter((line) => line.endsWith(' true'))).toHaveLength(1);
    expect(lines.filter((line) => line.endsWith(' false') || line === 'handled late')).toEqual([]);
    expect(lines.at(-1)).toMatch(/^STOMP_/);
  });
});
