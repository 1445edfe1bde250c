import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/connector/config.js';
import { ConfigError } from '../../src/errors.js';
import { Secret } from '../../src/transport/secret.js';
import { pool, single, thrownBy } from './support.js';

const hostsOf = (text: string, env: Record<string, string> = {}) =>
  parseConfig(text, { env }).connect.hosts.map(({ host, port, login, passcode }) => ({
    at: `${host}:${port}`,
    as: passcode instanceof Secret ? `${login}:${passcode.reveal()}` : login,
  }));

const POOL_OF_TWO = pool(
  'plugin.stomp.pool.host2 = stomp2',
  'plugin.stomp.pool.port2 = 61614',
  'plugin.stomp.pool.user2 = you',
  'plugin.stomp.pool.password2 = other',
).replace('size = 1', 'size = 2');

describe('the environment over the file', () => {
  test('a single host takes all four variables', () => {
    const file = single('plugin.stomp.port = 61613');
    const env = { STOMP_SERVER: 'stomp9', STOMP_PORT: '61619', STOMP_USER: 'you', STOMP_PASSWORD: 'other' };
    expect(hostsOf(file)).toEqual([{ at: 'stomp1:61613', as: 'me:secret' }]);
    expect(hostsOf(file, env)).toEqual([{ at: 'stomp9:61619', as: 'you:other' }]);
    expect(hostsOf('', env)).toEqual([{ at: 'stomp9:61619', as: 'you:other' }]);
  });

  test.each([
    ['STOMP_SERVER', 'stomp9', { at: 'stomp9:6163', as: 'me:secret' }],
    ['STOMP_PORT', '61619', { at: 'stomp1:61619', as: 'me:secret' }],
    ['STOMP_USER', 'you', { at: 'stomp1:6163', as: 'you:secret' }],
    ['STOMP_PASSWORD', 'other', { at: 'stomp1:6163', as: 'me:other' }],
    ['STOMP_SERVER', '', { at: 'stomp1:6163', as: 'me:secret' }],
    ['STOMP_PORT', '', { at: 'stomp1:6163', as: 'me:secret' }],
    ['STOMP_USER', '', { at: 'stomp1:6163', as: ':secret' }],
    ['STOMP_PASSWORD', '', { at: 'stomp1:6163', as: 'me:' }],
  ])('%s = %j alone', (name, value, host) => {
    expect(hostsOf(single(), { [name]: value })).toEqual([host]);
  });

  test('without the option nothing is read from the environment of the process', () => {
    process.env.STOMP_SERVER = 'elsewhere';
    try {
      expect(hostsOf(single())).toMatchObject([{ at: 'stomp1:6163' }]);
    } finally {
      delete process.env.STOMP_SERVER;
    }
  });

  test('user and password reach every member of a pool; server and port none, and that is said', () => {
    const env = { STOMP_SERVER: 'stomp9', STOMP_PORT: '61619', STOMP_USER: 'all', STOMP_PASSWORD: 'same' };
    expect(hostsOf(POOL_OF_TWO)).toEqual([
      { at: 'stomp1:6163', as: 'me:secret' },
      { at: 'stomp2:61614', as: 'you:other' },
    ]);
    expect(hostsOf(POOL_OF_TWO, env)).toEqual([
      { at: 'stomp1:6163', as: 'all:same' },
      { at: 'stomp2:61614', as: 'all:same' },
    ]);
    const message = 'is not used: plugin.stomp.pool.size is set, so the pool is used';
    expect(parseConfig(POOL_OF_TWO, { env }).warnings).toEqual([
      { line: undefined, key: 'STOMP_SERVER', message },
      { line: undefined, key: 'STOMP_PORT', message },
    ]);
    expect(parseConfig(POOL_OF_TWO, { env: { STOMP_SERVER: '', STOMP_PORT: '' } }).warnings).toEqual([]);
  });

  test('an error names the variable, and no line', () => {
    const error = thrownBy(() => parseConfig(single(), { env: { STOMP_PORT: '61613 ' } }));
    expect(error).toMatchObject({ code: 'STOMP_CONFIG_INVALID', option: 'STOMP_PORT', received: '"61613 "' });
    expect(error.line).toBeUndefined();
    expect(thrownBy(() => parseConfig('', { env: { STOMP_SERVER: 'a b' } }))).toMatchObject({
      option: 'STOMP_SERVER',
    });
    expect(thrownBy(() => parseConfig(single(), { env: { STOMP_USER: 'a\nb' } }))).toMatchObject({
      option: 'STOMP_USER',
      received: '"a\\nb"',
    });
  });
});

describe('single host or pool', () => {
  test('neither is an error', () => {
    for (const text of ['', 'connector = stomp', 'plugin.stomp.port = 6163', 'plugin.stomp.host =']) {
      const error = thrownBy(() => parseConfig(text, { env: { STOMP_SERVER: '', STOMP_USER: 'me' } }));
      expect(error).toBeInstanceOf(ConfigError);
      expect(error).toMatchObject({
        code: 'STOMP_CONFIG_INVALID',
        option: 'plugin.stomp.host',
        received: 'neither',
      });
      expect(error.expected).toBe('a host here or in STOMP_SERVER, or plugin.stomp.pool.size');
    }
  });

  test('both: pool.size decides, and each key that is not used is named', () => {
    const { connect, warnings } = parseConfig(`${single()}\nplugin.stomp.base64 = 1\n${pool()}`);
    expect(connect.hosts).toHaveLength(1);
    const message = 'is not used: plugin.stomp.pool.size is set, so the pool is used';
    expect(warnings).toEqual([
      { line: 1, key: 'plugin.stomp.host', message },
      { line: 2, key: 'plugin.stomp.user', message },
      { line: 3, key: 'plugin.stomp.password', message },
    ]);
  });

  test('a member that is missing is an error which names it', () => {
    const error = thrownBy(() => parseConfig(pool().replace('size = 1', 'size = 3')));
    expect(error).toMatchObject({
      code: 'STOMP_CONFIG_INVALID',
      option: 'plugin.stomp.pool.host2',
      line: 1,
      message:
        'plugin.stomp.pool.host2 (line 1): expected a host, as plugin.stomp.pool.size is 3, received nothing',
    });
  });

  test('a huge pool is refused at its first missing host', () => {
    const error = thrownBy(() => parseConfig(pool().replace('size = 1', 'size = 2147483647')));
    expect(error.option).toBe('plugin.stomp.pool.host2');
  });

  test('a member beyond the size is not used, and that is said', () => {
    const { connect, warnings } = parseConfig(POOL_OF_TWO.replace('size = 2', 'size = 1'));
    expect(connect.hosts).toHaveLength(1);
    expect(warnings.map(({ line }) => line)).toEqual([5, 6, 7, 8]);
    expect(warnings[0]).toEqual({
      line: 5,
      key: 'plugin.stomp.pool.host2',
      message: 'is not used: plugin.stomp.pool.size is 1',
    });
  });

  test('the order of the lines does not matter', () => {
    expect(hostsOf(POOL_OF_TWO.split('\n').reverse().join('\n'))).toEqual(hostsOf(POOL_OF_TWO));
  });
});

describe('hosts and logins', () => {
  test.each([
    ['stomp1.example.net', 'stomp1.example.net'],
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
  ])('host %s', (text, host) => {
    expect(parseConfig(single(`plugin.stomp.host = ${text}`)).connect.hosts[0]).toMatchObject({ host });
  });

  test.each(['stomp1 # the first', 'stomp1/queue', 'stomp://stomp1'])('host %s is refused', (text) => {
    expect(thrownBy(() => parseConfig(single(`plugin.stomp.host = ${text}`)))).toMatchObject({
      code: 'STOMP_CONFIG_INVALID',
      option: 'plugin.stomp.host',
      received: JSON.stringify(text),
      line: 4,
    });
  });

  test('a CR or NUL inside a user or a password is refused under its key', () => {
    expect(thrownBy(() => parseConfig(single('plugin.stomp.user = m\re')))).toMatchObject({
      option: 'plugin.stomp.user',
      received: '"m\\re"',
      line: 4,
    });
    expect(thrownBy(() => parseConfig(single('plugin.stomp.password = hun\0ter2')))).toMatchObject({
      option: 'plugin.stomp.password',
      received: '[secret]',
      line: 4,
    });
  });

  test('a user without a password is an error which names key and variable', () => {
    const error = thrownBy(() => parseConfig('plugin.stomp.host = stomp1\nplugin.stomp.user = me'));
    expect(error).toMatchObject({ code: 'STOMP_CONFIG_CONFLICT', option: 'plugin.stomp.password', line: 2 });
    expect(error.expected).toBe('a password beside plugin.stomp.user, here or in STOMP_PASSWORD');
    const member = thrownBy(() =>
      parseConfig(pool('plugin.stomp.pool.password1 =').replace(/.*password1 = .*/, '')),
    );
    expect(member).toMatchObject({ option: 'plugin.stomp.pool.password1', line: 3 });
    const variable = thrownBy(() => parseConfig('plugin.stomp.host = stomp1', { env: { STOMP_USER: 'me' } }));
    expect(variable).toMatchObject({ option: 'plugin.stomp.password', line: undefined });
    expect(variable.expected).toBe('a password beside STOMP_USER, here or in STOMP_PASSWORD');
  });

  test('no user: no login, with a warning, which also says when a password lies idle', () => {
    const { connect, warnings } = parseConfig('plugin.stomp.host = stomp1\nplugin.stomp.password = secret');
    expect(connect.hosts).toEqual([{ host: 'stomp1', port: 6163 }]);
    expect(warnings).toEqual([
      {
        line: 1,
        key: 'plugin.stomp.host',
        message:
          'connects without a login, as neither plugin.stomp.user nor STOMP_USER is set (RabbitMQ takes that for guest); plugin.stomp.password is not used',
      },
    ]);
  });
});

describe('TLS of a member', () => {
  const files: Record<string, string> = {
    'ca.pem': 'the authority',
    'me.pem': 'my certificate',
    'me.key': 'my key',
  };
  const readFile = (path: string) => {
    if (path in files) return Buffer.from(files[path]!);
    throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: 'ENOENT' });
  };
  const ssl = (...lines: string[]) => pool(...lines.map((line) => `plugin.stomp.pool.ssl1${line}`));
  const tlsOf = (...lines: string[]) => parseConfig(ssl(...lines), { readFile }).connect.hosts[0]?.tls;

  test('is off unless it is on', () => {
    expect(parseConfig(pool()).connect.hosts[0]).not.toHaveProperty('tls');
    expect(tlsOf(' = 0')).toBeUndefined();
    expect(tlsOf(' = 1')).toBe(true);
    expect(parseConfig(ssl(' = 1')).connect.hosts[0]).toMatchObject({ port: 6163, tls: true });
  });

  test('reads the files as they are named', () => {
    const tls = tlsOf(' = 1', '.ca = ca.pem', '.cert = me.pem', '.key = me.key') as Record<string, Buffer>;
    expect(Object.keys(tls)).toEqual(['ca', 'cert', 'key']);
    expect(tls.ca?.toString('utf8')).toBe('the authority');
    expect(tls.cert?.toString('utf8')).toBe('my certificate');
    expect(tls.key?.toString('utf8')).toBe('my key');
    expect(Object.keys(tlsOf('.ca = ca.pem', ' = yes') as object)).toEqual(['ca']);
  });

  test('takes a readFile that gives text', () => {
    const { connect } = parseConfig(ssl(' = 1', '.ca = x'), { readFile: () => 'tëxt' });
    expect((connect.hosts[0]!.tls as { ca: Buffer }).ca.equals(Buffer.from('tëxt'))).toBe(true);
  });

  test('each member has its own', () => {
    const text = POOL_OF_TWO.concat('\nplugin.stomp.pool.ssl2 = 1\nplugin.stomp.pool.ssl2.ca = ca.pem');
    const { hosts } = parseConfig(text, { readFile }).connect;
    expect(hosts.map(({ tls }) => tls !== undefined)).toEqual([false, true]);
  });

  test('a file that cannot be read is an error with its cause', () => {
    const error = thrownBy(() => tlsOf(' = 1', '.ca = nowhere.pem'));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({
      code: 'STOMP_CONFIG_INVALID',
      option: 'plugin.stomp.pool.ssl1.ca',
      received: '"nowhere.pem"',
      line: 6,
      cause: { code: 'ENOENT' },
    });
  });

  test('without readFile a file is an error', () => {
    const error = thrownBy(() => parseConfig(ssl(' = 1', '.ca = ca.pem')));
    expect(error).toMatchObject({ option: 'plugin.stomp.pool.ssl1.ca', line: 6 });
    expect(error.expected).toContain('readFile');
  });

  test('a file without ssl is an error: its writer thinks that the connection is encrypted', () => {
    expect(thrownBy(() => tlsOf('.ca = ca.pem'))).toMatchObject({
      code: 'STOMP_CONFIG_CONFLICT',
      option: 'plugin.stomp.pool.ssl1.ca',
      expected: 'plugin.stomp.pool.ssl1 = 1 beside it',
      line: 5,
    });
    expect(parseConfig(ssl(' = no', '.ca = nowhere.pem'), { readFile }).warnings).toEqual([
      { line: 6, key: 'plugin.stomp.pool.ssl1.ca', message: 'is not used, as plugin.stomp.pool.ssl1 is off' },
    ]);
  });

  test.each([
    ['cert', 'key'],
    ['key', 'cert'],
  ])('%s without %s is an error', (there, missing) => {
    expect(thrownBy(() => tlsOf(' = 1', `.${there} = me.pem`))).toMatchObject({
      code: 'STOMP_CONFIG_CONFLICT',
      option: `plugin.stomp.pool.ssl1.${missing}`,
      line: 6,
    });
  });
});

describe('warnings', () => {
  const warn = (...lines: string[]) => parseConfig(single(...lines)).warnings;

  test('none for the other keys of a real client.cfg, repeated, indented and empty ones included', () => {
    const foreign = [
      'topicprefix = /topic/',
      'main_collective = mcollective',
      'collectives = mcollective',
      'libdir = /usr/share/mcollective/plugins',
      'logger_type = console',
      'loglevel = warn',
      'securityprovider = psk',
      'plugin.psk = unset',
      'factsource = yaml',
      'plugin.yaml = /etc/mcollective/facts.yaml',
      'plugin.activemq.pool.size = 1',
      'plugin.stompish.host = x',
      'default_discovery_options = a',
      'default_discovery_options = b',
      '  ttl = 60',
      'color =',
      'just words',
      'connector = Stomp',
    ];
    expect(warn(...foreign)).toEqual([]);
  });

  test('another connector', () => {
    expect(warn('connector = activemq')).toEqual([
      { line: 4, key: 'connector', message: 'is "activemq": only the keys of the connector stomp are read' },
    ]);
    expect(warn('connector = activemq', 'connector = stomp')).toEqual([]);
  });

  test('a key that is given twice: the last is used', () => {
    const settings = parseConfig(single('plugin.stomp.host = stomp2', '', 'plugin.stomp.host = stomp3'));
    expect(settings.connect.hosts[0]?.host).toBe('stomp3');
    expect(settings.warnings).toEqual([
      { line: 4, key: 'plugin.stomp.host', message: 'is also on line 1; this one, the last, is used' },
      { line: 6, key: 'plugin.stomp.host', message: 'is also on line 4; this one, the last, is used' },
    ]);
  });

  test('a key without a value, an indented key, a key that no `=` follows', () => {
    expect(warn('plugin.stomp.port =', '\tplugin.stomp.priority = 1', 'plugin.stomp.base64: 1')).toEqual([
      { line: 4, key: 'plugin.stomp.port', message: 'has no value, and is ignored as in MCollective' },
      {
        line: 5,
        key: 'plugin.stomp.priority',
        message: 'is indented, which older versions of MCollective refuse',
      },
      { line: 6, key: 'plugin.stomp.base64', message: 'is not followed by `= value`, and is ignored' },
    ]);
    expect(parseConfig(single(' plugin.stomp.priority = 1')).priority).toBe(1);
  });

  test('the dots of the prefix are dots', () => {
    const lines = ['plugin_stomp.port = 1', 'Plugin.Stomp.port = 1'];
    const message = 'is ignored: the keys of this connector begin with plugin.stomp.';
    expect(warn(...lines)).toEqual([
      { line: 4, key: 'plugin_stomp.port', message },
      { line: 5, key: 'Plugin.Stomp.port', message },
    ]);
    expect(parseConfig(single(...lines)).connect.hosts[0]?.port).toBe(6163);
  });

  test('come in the order of the file', () => {
    const lines = warn(
      'plugin.stomp.base64 = on',
      'plugin.stomp.prt = 1',
      'connector = x',
      ' plugin.stomp.port = 1',
    );
    expect(lines.map(({ line }) => line)).toEqual([4, 5, 6, 7]);
  });
});

test('Settings are frozen to the depths', () => {
  const readFile = () => Buffer.from('pem');
  const text = pool(
    'plugin.stomp.pool.ssl1 = 1',
    'plugin.stomp.pool.ssl1.ca = ca.pem',
    'plugin.stomp.prt = 1',
  );
  const seen: unknown[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return;
    seen.push(value);
    expect(Object.isFrozen(value)).toBe(true);
    for (const inner of Object.values(value)) walk(inner);
  };
  walk(parseConfig(text, { readFile }));
  // Settings, connect, hosts, the host, its passcode, its tls, targets, collectives, warnings, the warning.
  expect(seen).toHaveLength(10);
});

test('a text of any kind is read or refused with a ConfigError', () => {
  const pieces = [
    'plugin.stomp.',
    'pool.',
    'host',
    'size',
    '1',
    '=',
    ' ',
    '\n',
    '\r',
    '#',
    '\0',
    '@',
    '-',
    'é',
    '\ufeff',
  ];
  let seed = 7;
  for (let round = 0; round < 3_000; round++) {
    let text = 'plugin.stomp.host = a\n';
    for (let piece = 0; piece < 20; piece++) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      text += pieces[(seed >>> 8) % pieces.length];
    }
    try {
      parseConfig(text);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
    }
  }
});
