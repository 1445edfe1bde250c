import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runToEnd, temporaryFile } from './support.js';

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

const POOL = `# a pool
plugin.stomp.pool.size = 2
plugin.stomp.pool.host1 = stomp1
plugin.stomp.pool.port1 = 61613
plugin.stomp.pool.user1 = me
plugin.stomp.pool.password1 = hunter2
plugin.stomp.pool.host2 = stomp2
plugin.stomp.pool.user2 = me
plugin.stomp.pool.password2 = hunter2
plugin.stomp.pool.ssl2 = 1
plugin.stomp.pool.initial_reconnect_delay = 0.5
`;

const check = (text: string, env: Record<string, string> = {}, ...more: string[]) =>
  runToEnd(['check-config', temporaryFile('client.cfg', text), ...more], { env });

test.each(['client.cfg', 'client-pool.cfg'])('the example %s is free of warnings', async (name) => {
  const { code, stdout } = await runToEnd(['check-config', example(name)]);
  expect(stdout).toContain('No warnings.');
  expect(code).toBe(0);
});

describe('a pool', () => {
  test('as text: the brokers in order, each option with value, unit and origin', async () => {
    const { code, stdout } = await check(POOL, { STOMP_USER: 'other' });
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(1)).toEqual([
      '',
      '  1  stomp://stomp1:61613  as other, with a password',
      '  2  stomp+ssl://stomp2:6163  as other, with a password',
      '',
      '  pool.size                      2            line 2',
      '  pool.host1                     stomp1       line 3',
      '  pool.port1                     61613        line 4',
      '  pool.user1                     other        STOMP_USER',
      '  pool.password1                 [secret]     line 6',
      '  pool.ssl1                      false        default',
      '  pool.host2                     stomp2       line 7',
      '  pool.port2                     6163         default',
      '  pool.user2                     other        STOMP_USER',
      '  pool.password2                 [secret]     line 9',
      '  pool.ssl2                      true         line 10',
      '  base64                         false        default',
      '  priority                       0            default',
      '  pool.initial_reconnect_delay   500 ms       line 11',
      '  pool.max_reconnect_delay       30000 ms     default',
      '  pool.use_exponential_back_off  true         default',
      '  pool.back_off_multiplier       2            default',
      '  pool.max_reconnect_attempts    no limit     default',
      '  pool.randomize                 false        default',
      '  pool.timeout                   no limit     default',
      '  pool.connect_timeout           30000 ms     default',
      '  pool.backup                    false        default',
      '  pool.jitter                    0            default',
      '  pool.stable_after              5000 ms      default',
      '  pool.probe_interval            off          default',
      '  pool.probe_timeout             5000 ms      default',
      '  topicprefix                    /topic/      default',
      '  topicsep                       .            default',
      '  collectives                    mcollective  default',
      '  main_collective                mcollective  default',
      '',
      'No warnings.',
      '',
    ]);
  });

  test('as JSON', async () => {
    const { code, stdout } = await check(POOL, { STOMP_PASSWORD: 'hunter3' }, '--json');
    const { ok, hosts, options, warnings } = JSON.parse(stdout);
    expect([code, ok, warnings]).toEqual([0, true, []]);
    expect(hosts[1]).toEqual({ endpoint: 'stomp+ssl://stomp2:6163', login: 'me', passcode: true });
    const byKey = Object.fromEntries(options.map((row: { key: string }) => [row.key, row]));
    expect(byKey['pool.initial_reconnect_delay']).toEqual({
      key: 'pool.initial_reconnect_delay',
      option: 'initialReconnectDelayMs',
      value: 500,
      unit: 'ms',
      from: { source: 'file', line: 11 },
    });
    expect(byKey['pool.password2'].from).toEqual({ source: 'environment', variable: 'STOMP_PASSWORD' });
    expect(byKey['pool.jitter'].from).toEqual({ source: 'default' });
  });
});

test('a single host reconnects by the defaults, whatever the file says of a pool', async () => {
  const text = 'plugin.stomp.host = a\nplugin.stomp.user = me\nplugin.stomp.password = b\n';
  const { code, stdout } = await check(`${text}plugin.stomp.pool.max_reconnect_delay = 3\n`);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^ {2}host +a +line 1$/m);
  expect(stdout).toMatch(/^ {2}pool.max_reconnect_delay +30000 ms +default$/m);
  expect(stdout).toContain('warning: line 4: plugin.stomp.pool.max_reconnect_delay is not used');
});

test('variables alone are enough, and --no-env leaves them aside', async () => {
  const env = { STOMP_SERVER: 'stomp1', STOMP_PORT: '7', STOMP_USER: 'me', STOMP_PASSWORD: 'x' };
  expect((await check('', env)).stdout).toContain('stomp://stomp1:7  as me, with a password');
  const { code, stderr } = await check('', env, '--no-env');
  expect([code, stderr]).toEqual([2, expect.stringContaining('STOMP_CONFIG_INVALID: plugin.stomp.host')]);
});

test('warnings name their line, and give code 1', async () => {
  const { code, stdout } = await check(POOL.replace('pool.ssl2', 'pool.sls2'));
  expect(code).toBe(1);
  expect(stdout).toMatch(/^warning: line 10: plugin\.stomp\.pool\.sls2 is not a key of this connector/m);
});

test('an error names key and line, and gives code 2', async () => {
  const wrong = POOL.replace('port1 = 61613', 'port1 = 616130');
  expect(await check(wrong)).toMatchObject({
    code: 2,
    stdout: '',
    stderr:
      'stompwire: STOMP_CONFIG_INVALID: plugin.stomp.pool.port1 (line 4): expected a whole number from 1 to 65535, received "616130"\n',
  });
  const { code, stdout } = await check(wrong, {}, '--json');
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'STOMP_CONFIG_INVALID', line: 4 } });
});

test.each([
  ['a pool', POOL],
  ['a misspelt key', POOL.replace('password1', 'passwrod1')],
  ['a member too many', POOL.replace('size = 2', 'size = 1')],
  ['no user', POOL.replace(/.*user.*\n/g, '')],
])('no password shows: %s', async (_name, text) => {
  for (const more of [[], ['--json']]) {
    const { stdout, stderr } = await check(text, { STOMP_PASSWORD: 'hunter4' }, ...more);
    expect(stdout + stderr).not.toMatch(/hunter/);
  }
});
