import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Broker } from '../../src/broker/index.js';
import { COMMANDS } from '../../src/cli/program.js';
import { runToEnd } from './support.js';

const names = COMMANDS.map(({ name }) => name);

describe('help', () => {
  test.each(['', ...names])('fits a screen: %j', async (name) => {
    const { code, stdout, stderr } = await runToEnd(name === '' ? ['--help'] : [name, '--help']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect([code, stderr]).toEqual([0, '']);
  });

  test.each(names)('%s: names every option, and is the same by -h and by help', async (name) => {
    const { options, help } = COMMANDS.find((command) => command.name === name)!;
    for (const option of Object.keys(options)) expect(help).toContain(`--${option}`);
    expect(help.split('\n')[0]).toContain(`usage: stompwire ${name}`);
    expect((await runToEnd([name, '-h'])).stdout).toBe(`${help}\n`);
    expect((await runToEnd(['help', name])).stdout).toBe(`${help}\n`);
  });

  test('of the whole names every command and every exit code', async () => {
    const { stdout } = await runToEnd(['--help']);
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    for (const code of [0, 1, 2, 64, 70, 130, 143]) expect(stdout).toMatch(new RegExp(`\\b${code}\\b`));
  });
});

test('--version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await runToEnd(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe('a wrong command line is one line on stderr, and code 64', () => {
  test.each([
    [[], 'a command is missing; see stompwire --help'],
    [['frobnicate'], 'unknown command "frobnicate"; see stompwire --help'],
    [['demoo'], 'unknown command "demoo" (did you mean demo?); see stompwire --help'],
    [['--jsn'], 'unknown option "--jsn"; see stompwire --help'],
    [
      ['demo', '--mesages', '3'],
      'unknown option --mesages (did you mean --messages?); see stompwire demo --help',
    ],
    [['demo', 'now'], 'unexpected argument "now"; see stompwire demo --help'],
    [['demo', '--messages'], "option '--messages <value>' argument missing; see stompwire demo --help"],
    [['demo', '--json=yes'], "option '--json' does not take an argument; see stompwire demo --help"],
    [
      ['demo', '--messages', '1.5'],
      '--messages: expected a whole number from 1 to 1000000, received "1.5"; see stompwire demo --help',
    ],
    [['check-config'], 'FILE is missing; see stompwire check-config --help'],
    [['check-config', 'a', '--config', 'b'], 'FILE is given twice; see stompwire check-config --help'],
    [
      ['demo', '--config', 'a', '--url', 'b'],
      '--config and --url exclude each other; see stompwire demo --help',
    ],
  ])('%j', async (argv, message) => {
    expect(await runToEnd(argv)).toMatchObject({ code: 64, stdout: '', stderr: `stompwire: ${message}\n` });
  });

  test('and an option value that may be a password is not repeated', async () => {
    const { stderr } = await runToEnd(['demo', '--json=hunter2', '--passcode-fil=hunter2']);
    expect(stderr).not.toContain('hunter2');
  });
});

describe('a failure is one line with its code, and code 2', () => {
  test('a file that is not there', async () => {
    expect(await runToEnd(['check-config', '/no/such/file'])).toMatchObject({
      code: 2,
      stderr: 'stompwire: cannot read /no/such/file: there is no such file\n',
    });
  });

  test('a URL that cannot be read', async () => {
    const { code, stderr } = await runToEnd(['demo', '--url', 'tcp://hunter2@host']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^stompwire: STOMP_URL_INVALID: .* -- a URL is stomp:\/\/host:port.*\n$/);
    expect(stderr).not.toContain('hunter2');
  });

  test('a broker that is not there: host, reason and what to do', async () => {
    const { code, stderr } = await runToEnd(['demo', '--url', 'stomp://127.0.0.1:1']);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^stompwire: STOMP_POOL_EXHAUSTED: stomp:\/\/127\.0\.0\.1:1: .*ECONNREFUSED.* \(STOMP_CONNECT_FAILED\) -- is a broker running there\?.*\n$/,
    );
  });

  test('with --json it is an object', async () => {
    const { code, stdout, stderr } = await runToEnd(['demo', '--json', '--url', 'stomp://127.0.0.1:1']);
    expect([code, stdout]).toEqual([2, '']);
    const { error } = JSON.parse(stderr);
    expect(Object.keys(error)).toEqual(['code', 'message', 'hint']);
    expect(error.code).toBe('STOMP_POOL_EXHAUSTED');
  });
});

test('what nobody expected is a fault of the program: code 70, with its stack', async () => {
  await using broker = await Broker.start();
  const stdin = {} as unknown as Readable;
  const { code, stderr } = await runToEnd(['send', '/queue/a', '--url', broker.url], { stdin });
  expect(code).toBe(70);
  expect(stderr).toMatch(/^stompwire: this should not have happened: TypeError.*\n {4}at /);
});
