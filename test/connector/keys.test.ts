import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/connector/config.js';
import { CONFIG_KEYS, findKey, hasMember, PREFIX, suggestKey } from '../../src/connector/keys.js';
import { ConfigError } from '../../src/errors.js';
import { pool, single, thrownBy } from './support.js';

/** Every option of the pool, moved off its default: key, text, option, value. */
const MOVED: ReadonlyArray<[string, string, string, unknown]> = [
  ['initial_reconnect_delay', '0', 'initialReconnectDelayMs', 0],
  ['initial_reconnect_delay', '1.001', 'initialReconnectDelayMs', 1_001],
  ['initial_reconnect_delay', '0.0005', 'initialReconnectDelayMs', 0.5],
  ['max_reconnect_delay', '1e1', 'maxReconnectDelayMs', 10_000],
  ['use_exponential_back_off', '0', 'useExponentialBackOff', false],
  ['back_off_multiplier', '1.5', 'backOffMultiplier', 1.5],
  ['back_off_multiplier', '1', 'backOffMultiplier', 1],
  ['max_reconnect_attempts', '1', 'maxReconnectAttempts', 1],
  ['max_reconnect_attempts', '7', 'startupMaxReconnectAttempts', 7],
  ['max_reconnect_attempts', '-1', 'maxReconnectAttempts', Number.POSITIVE_INFINITY],
  ['randomize', '1', 'randomize', true],
  ['timeout', '2.5', 'timeoutMs', 2_500],
  ['timeout', '0', 'timeoutMs', Number.POSITIVE_INFINITY],
  ['timeout', '-30', 'timeoutMs', Number.POSITIVE_INFINITY],
  ['connect_timeout', '5', 'connectTimeoutMs', 5_000],
  ['backup', 'yes', 'backup', true],
  ['jitter', '0.25', 'jitter', 0.25],
  ['jitter', '1', 'jitter', 1],
  ['stable_after', '0', 'stableAfterMs', 0],
  ['stable_after', '1.5', 'stableAfterMs', 1_500],
  ['probe_interval', '20', 'probeIntervalMs', 20_000],
  ['probe_interval', '0', 'probeIntervalMs', undefined],
  ['probe_timeout', '0.2', 'probeTimeoutMs', 200],
];

describe('pool options', () => {
  test.each(MOVED)('plugin.stomp.pool.%s = %s gives %s', (key, text, option, value) => {
    const { connect } = parseConfig(pool(`plugin.stomp.pool.${key} = ${text}`));
    expect(connect[option as keyof typeof connect]).toBe(value);
  });

  test('each is in that list', () => {
    const options = CONFIG_KEYS.filter((key) => key.style === 'pool' && !hasMember(key)).map(
      ({ name }) => name,
    );
    const listed = new Set(MOVED.map(([key]) => `pool.${key}`));
    expect([...listed, 'pool.size'].sort()).toEqual(options.sort());
  });

  test.each([
    ['pool.size', '0', 'a whole number from 1 to 2147483647'],
    ['pool.size', '1.5', 'a whole number from 1 to 2147483647'],
    ['pool.initial_reconnect_delay', '-1', 'a number of seconds from 0 to 2147483'],
    ['pool.initial_reconnect_delay', '10ms', 'a number of seconds from 0 to 2147483'],
    ['pool.max_reconnect_delay', '2147484', 'a number of seconds from 0 to 2147483'],
    ['pool.max_reconnect_delay', 'NaN', 'a number of seconds from 0 to 2147483'],
    ['pool.max_reconnect_delay', 'Infinity', 'a number of seconds from 0 to 2147483'],
    ['pool.max_reconnect_delay', '1e999', 'a number of seconds from 0 to 2147483'],
    ['pool.max_reconnect_delay', '30,0', 'a number of seconds from 0 to 2147483'],
    ['pool.max_reconnect_delay', '30 # half a minute', 'a number of seconds from 0 to 2147483'],
    ['pool.back_off_multiplier', '0.99', 'a number from 1 to 2147483647'],
    ['pool.back_off_multiplier', 'true', 'a number from 1 to 2147483647'],
    ['pool.max_reconnect_attempts', '0x10', 'a whole number from -2147483647 to 2147483647'],
    ['pool.max_reconnect_attempts', '010', 'a whole number from -2147483647 to 2147483647'],
    ['pool.max_reconnect_attempts', '2.0', 'a whole number from -2147483647 to 2147483647'],
    ['pool.timeout', 'never', 'a number of seconds from -2147483 to 2147483'],
    ['pool.connect_timeout', '0', 'a number of seconds more than 0, up to 2147483'],
    ['pool.jitter', '1.01', 'a number from 0 to 1'],
    ['pool.jitter', '-0.1', 'a number from 0 to 1'],
    ['pool.stable_after', '-5', 'a number of seconds from 0 to 2147483'],
    ['pool.probe_interval', '-1', 'a number of seconds from 0 to 2147483'],
    ['pool.probe_timeout', '0', 'a number of seconds more than 0, up to 2147483'],
    ['pool.port1', '0', 'a whole number from 1 to 65535'],
    ['pool.port1', '65536', 'a whole number from 1 to 65535'],
    ['pool.port1', '6163abc', 'a whole number from 1 to 65535'],
    ['priority', '-1', 'a whole number from 0 to 255'],
    ['priority', '256', 'a whole number from 0 to 255'],
    ['priority', 'high', 'a whole number from 0 to 255'],
    ['pool.randomize', 'maybe', 'one of 1 yes true y t on or 0 no false n f off'],
    ['base64', '2', 'one of 1 yes true y t on or 0 no false n f off'],
    ['pool.ssl1', 'starttls', 'one of 1 yes true y t on or 0 no false n f off'],
  ])('plugin.stomp.%s = %s is refused', (key, text, expected) => {
    const error = thrownBy(() => parseConfig(pool(`plugin.stomp.${key} = ${text}`)));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({
      code: 'STOMP_CONFIG_INVALID',
      option: `plugin.stomp.${key}`,
      line: 5,
      expected,
      received: JSON.stringify(text),
      message: `plugin.stomp.${key} (line 5): expected ${expected}, received ${JSON.stringify(text)}`,
    });
  });

  test('the longest delay is at least the initial one', () => {
    const both = pool(
      'plugin.stomp.pool.initial_reconnect_delay = 5',
      'plugin.stomp.pool.max_reconnect_delay = 4.5',
    );
    expect(thrownBy(() => parseConfig(both))).toMatchObject({
      code: 'STOMP_CONFIG_CONFLICT',
      option: 'plugin.stomp.pool.max_reconnect_delay',
      expected: 'at least plugin.stomp.pool.initial_reconnect_delay, which is 5',
      received: '4.5',
      line: 6,
    });
    expect(thrownBy(() => parseConfig(pool('plugin.stomp.pool.initial_reconnect_delay = 31')))).toMatchObject(
      {
        received: '30',
        line: 5,
      },
    );
    expect(parseConfig(both.replace('4.5', '5')).connect.maxReconnectDelayMs).toBe(5_000);
  });

  test('more than an hour is probably milliseconds', () => {
    expect(parseConfig(pool('plugin.stomp.pool.max_reconnect_delay = 3600')).warnings).toEqual([]);
    expect(parseConfig(pool('plugin.stomp.pool.max_reconnect_delay = 30000'))).toMatchObject({
      connect: { maxReconnectDelayMs: 30_000_000 },
      warnings: [
        {
          line: 5,
          key: 'plugin.stomp.pool.max_reconnect_delay',
          message: 'is 30000 seconds; this key is not in milliseconds',
        },
      ],
    });
  });

  test('in single-host mode a pool option is not even read', () => {
    const { warnings, connect } = parseConfig(single('plugin.stomp.pool.jitter = much'));
    expect(connect.jitter).toBe(0);
    expect(warnings).toMatchObject([{ line: 4, key: 'plugin.stomp.pool.jitter' }]);
  });
});

describe('booleans', () => {
  const base64 = (text: string) => parseConfig(single(`plugin.stomp.base64 = ${text}`));

  test.each(['1', 'yes', 'true', 'y', 't', 'on', 'YES', 'True', 'ON'])('%s is true', (text) => {
    expect(base64(text).base64).toBe(true);
  });

  test.each(['0', 'no', 'false', 'n', 'f', 'off', 'No', 'FALSE', 'Off'])('%s is false', (text) => {
    expect(base64(text).base64).toBe(false);
  });

  test.each(['10', 'untrue', 'nope', '01', 'truе', 'yes please', '"1"'])('%s is refused', (text) => {
    expect(thrownBy(() => base64(text))).toMatchObject({ option: 'plugin.stomp.base64', line: 4 });
  });
});

describe('values that MCollective misread', () => {
  // Recorded from get_bool_option of its connector: text, what it made of it where the default is false, and true.
  test.each([
    ['1', true, true],
    ['yes', true, true],
    ['true', true, true],
    ['0', false, false],
    ['no', false, false],
    ['false', false, false],
    ['True', false, true],
    ['YES', false, true],
    ['on', false, true],
    ['y', false, true],
    ['t', false, true],
    ['No', false, true],
    ['n', false, true],
    ['f', false, true],
    ['off', false, true],
    ['FALSE', false, true],
  ])('%s', (text, defaultFalse, defaultTrue) => {
    const ours = ['1', 'yes', 'true', 'y', 't', 'on'].includes(text.toLowerCase());
    const keys = {
      randomize: defaultFalse,
      backup: defaultFalse,
      ssl1: defaultFalse,
      use_exponential_back_off: defaultTrue,
    };
    for (const [name, theirs] of Object.entries(keys)) {
      const key = `plugin.stomp.pool.${name}`;
      const message = `MCollective read ${text} as ${theirs}; here it is ${ours}`;
      const expected = theirs === ours ? [] : [{ line: 5, key, message }];
      expect(parseConfig(pool(`${key} = ${text}`)).warnings).toEqual(expected);
    }
  });

  test.each([
    ['2', undefined],
    ['2.0', undefined],
    ['3', 'MCollective read 3 as 2; here it is 3'],
    ['5', 'MCollective read 5 as 2; here it is 5'],
    ['1', 'MCollective could not connect with 1; here it is 1'],
    ['10', 'MCollective could not connect with 10; here it is 10'],
    ['1.5', 'MCollective could not connect with 1.5; here it is 1.5'],
    ['2.5', 'MCollective read 2.5 as 2; here it is 2.5'],
  ])('back_off_multiplier = %s', (text, message) => {
    const key = 'plugin.stomp.pool.back_off_multiplier';
    const { connect, warnings } = parseConfig(pool(`${key} = ${text}`));
    expect(connect.backOffMultiplier).toBe(Number(text));
    expect(warnings).toEqual(message === undefined ? [] : [{ line: 5, key, message }]);
  });
});

describe('the table of keys', () => {
  test('has each name once, and a range for each number', () => {
    expect(new Set(CONFIG_KEYS.map(({ name }) => name)).size).toBe(CONFIG_KEYS.length);
    for (const key of CONFIG_KEYS)
      expect(key.range !== undefined).toBe(['integer', 'number'].includes(key.kind));
  });

  test('finds keys and the number of their member', () => {
    expect(findKey('host')).toMatchObject({ key: { name: 'host' }, member: undefined });
    expect(findKey('pool.host12')).toMatchObject({ key: { name: 'pool.hostN' }, member: 12 });
    expect(findKey('pool.ssl3.ca')).toMatchObject({ key: { name: 'pool.sslN.ca' }, member: 3 });
    const none = [
      '',
      'hosts',
      'Host',
      'pool.host',
      'pool.hostN',
      'pool.host0',
      'pool.host01',
      'pool.size1',
      'host1',
    ];
    for (const name of [...none, 'pool.ssl1.pem', 'pool.host1.ca', 'constructor', '__proto__']) {
      expect(findKey(name)).toBeUndefined();
    }
  });

  test.each([
    ['hots', 'host'],
    ['Host', 'host'],
    ['ohts', 'host'],
    ['passwd', 'password'],
    ['pasword', 'password'],
    ['base_64', 'base64'],
    ['pool.hots2', 'pool.host2'],
    ['pool.host0', 'pool.host1'],
    ['pool.host02', 'pool.host2'],
    ['pool.hostN', 'pool.host1'],
    ['pool.password', 'pool.password1'],
    ['pool.ssl2.crt', 'pool.ssl2.cert'],
    ['bas64', 'base64'],
    ['pool.initial_reconect_delay', 'pool.initial_reconnect_delay'],
    ['pool.use_exponential_backoff', 'pool.use_exponential_back_off'],
    ['pool.maxReconnectAttempts', 'pool.max_reconnect_attempts'],
  ])('for %s the nearest is %s', (written, meant) => {
    expect(suggestKey(written)).toBe(PREFIX + meant);
    expect(parseConfig(pool(`plugin.stomp.${written} = x`)).warnings).toEqual([
      {
        line: 5,
        key: `plugin.stomp.${written}`,
        message: `is not a key of this connector, and is ignored; the nearest is plugin.stomp.${meant}`,
      },
    ]);
  });

  test('one slip in any key is traced back to it, or to one as near', () => {
    for (const name of CONFIG_KEYS.map((key) => key.name.replace('N', '1'))) {
      const meant = PREFIX + name;
      const slips = Array.from(
        { length: name.length },
        (_, at) => `${name.slice(0, at)}${name.slice(at + 1)}`,
      );
      const traced = slips.filter((slip) => suggestKey(slip) === meant).length;
      expect(traced / slips.length).toBeGreaterThan(0.7);
    }
  });

  test('a key that is like no other has no suggestion, however long it is', () => {
    expect(suggestKey('heartbeat')).toBeUndefined();
    expect(suggestKey('x'.repeat(1_000_000))).toBeUndefined();
  });
});

test('of a long value a message shows the beginning', () => {
  const { message } = thrownBy(() => parseConfig(single(`plugin.stomp.priority = ${'9'.repeat(200)}`)));
  expect(message).toContain(`received "${'9'.repeat(80)}..."`);
});
