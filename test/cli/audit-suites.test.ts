import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Broker } from '../../src/broker/index.js';
import { runOurClient } from '../support/audit-client.js';
import { run, runToEnd } from './support.js';

function output(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'stompwire-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}

const objects = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('audit broker', () => {
  const QUICK = ['--case', 'connect.connected', '--case', 'connect.session', '--case', 'frame.shape'];

  test('by sections, with what was expected and received of what does not pass', async () => {
    await using broker = await Broker.start();
    const junit = output('a.xml');
    const { code, stdout, stderr } = await runToEnd([
      'audit',
      'broker',
      broker.url,
      ...QUICK,
      '--junit',
      junit,
    ]);
    expect(stdout).toMatch(
      /^CONNECT\n {2}pass +connect\.connected\n {2}dialect +connect\.session +a new one each time\n/,
    );
    expect(stdout).toMatch(/^ {4}expected +open\n {4}received +CONNECTED\\n/m);
    expect(stdout).toMatch(/\n\nAugmented BNF\n {2}pass +frame\.shape\n/);
    expect(stdout).toMatch(/\n3 of 3 cases: 2 pass, 0 fail, 1 dialect, 0 not-supported\n$/);
    expect([code, stderr]).toEqual([0, '']);
    expect(readFileSync(junit, 'utf8')).toMatch(
      /<testsuite name="stomp:[^"]*: CONNECT" tests="2" failures="0"/,
    );
  });

  test('a case that fails: code 1', async () => {
    await using broker = await Broker.start({ faults: { dropReceipts: true } });
    const junit = output('a.xml');
    const argv = ['--case', 'frame.shape', '--timeout', '100', '--json', '--junit', junit];
    const { code, stdout } = await runToEnd(['audit', 'broker', broker.url, ...argv]);
    const [one, end] = objects(stdout);
    expect(one).toMatchObject({ event: 'case', id: 'frame.shape', verdict: 'fail' });
    expect(one.transcript[0].passed[0]).toEqual({ direction: 'sent', base64: expect.any(String) });
    expect(end).toMatchObject({ event: 'end', url: broker.url, cases: 1, left: 0, counts: { fail: 1 } });
    expect(readFileSync(junit, 'utf8')).toContain('<failure ');
    expect(code).toBe(1);
  });

  test('the passcode of a variable lets in, and is not shown', async () => {
    await using broker = await Broker.start({ logins: { me: 'hunter2' } });
    const env = { STOMP_USER: 'me', STOMP_PASSWORD: 'hunter2' };
    const { code, stdout, stderr } = await runToEnd(['audit', 'broker', broker.url, ...QUICK, '--json'], {
      env,
    });
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain('hunter2');
    const refused = await runToEnd(['audit', 'broker', broker.url, ...QUICK]);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/^stompwire: STOMP_CONNECT_REFUSED: .*\n$/);
  });

  test('nobody there: one line, code 2', async () => {
    const { code, stderr } = await runToEnd(['audit', 'broker', 'stomp://127.0.0.1:1', ...QUICK]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^stompwire: STOMP_CONNECT_FAILED: stomp:\/\/127\.0\.0\.1:1: .* -- is a broker .*\n$/,
    );
  });

  test('Ctrl-C: what was found by then, code 130, soon', async () => {
    await using broker = await Broker.start({ faults: { dropReceipts: true } });
    const argv = ['--case', 'connect.connected', '--case', 'frame.', '--timeout', '60000'];
    const looking = run(['audit', 'broker', broker.url, ...argv]);
    await broker.waitFor(({ command }) => command === 'SEND');
    looking.interrupt();
    expect(await looking.done).toBe(130);
    expect(looking.stdout()).toMatch(/pass +connect\.connected\n[\s\S]*\n1 of \d+ cases: 1 pass, 0 fail/);
  });
});

describe('audit client', () => {
  test('plays the broker for whoever connects, and says what is next', async () => {
    const one = run(['audit', 'client', '--listen', '0', '--json', '--case', 'connect.frame']);
    await one.says('"event":"next"');
    const [errand] = objects(one.stdout());
    void runOurClient({ ...errand, signal: new AbortController().signal }).catch(() => undefined);
    expect(await one.done).toBe(0);
    const [first, second, end] = objects(one.stdout());
    expect(first).toMatchObject({ event: 'next', id: 'connect.frame', host: '127.0.0.1' });
    expect(second).toMatchObject({ event: 'case', id: 'connect.frame', verdict: 'pass' });
    expect(end).toMatchObject({ event: 'end', cases: 1, left: 0, counts: { pass: 1, fail: 0 } });
  });

  test('a client that does not come: fails, and the run ends with code 2', async () => {
    const argv = ['--listen', '0', '--wait', '1', '--case', 'connect.'];
    const { code, stdout, stderr } = await runToEnd(['audit', 'client', ...argv]);
    expect(code).toBe(2);
    expect(stdout).toMatch(/\n0 of \d+ cases: /);
    expect(stderr).toMatch(
      /^next: connect\.\S+ \(.*\), at 127\.0\.0\.1:\d+\nstompwire: the run has ended early: no/,
    );
  });

  test('--timeout bounds it all', async () => {
    const argv = ['--listen', '0', '--wait', '600', '--timeout', '1'];
    const { code, stderr } = await runToEnd(['audit', 'client', ...argv]);
    expect([code, stderr.trimEnd().split('\n').at(-1)]).toEqual([
      2,
      'stompwire: the run has ended early: --timeout is over',
    ]);
  });

  test('Ctrl-C, soon', async () => {
    const one = run(['audit', 'client', '--listen', '0', '--wait', '600']);
    await one.notes('next: ');
    one.interrupt();
    expect(await one.done).toBe(130);
  });

  test('a port that is taken: one line, code 2', async () => {
    await using broker = await Broker.start();
    const { code, stderr } = await runToEnd(['audit', 'client', '--listen', `${broker.port}`]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^stompwire: cannot listen on 127\.0\.0\.1:\d+ and \d+: the port is taken; .*\n$/);
  });
});
