import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/connector/config.js';
import { Secret } from '../../src/transport/secret.js';

const COMMON = `connector = stomp
plugin.stomp.base64 = false
plugin.stomp.host = stomp.my.net
plugin.stomp.port = 6163
plugin.stomp.user = me
plugin.stomp.password = secret
`;

const POOL = `connector = stomp
plugin.stomp.pool.size = 2
plugin.stomp.pool.host1 = stomp1
plugin.stomp.pool.port1 = 6163
plugin.stomp.pool.user1 = me
plugin.stomp.pool.password1 = secret

plugin.stomp.pool.host2 = stomp2
plugin.stomp.pool.port1 = 6163
plugin.stomp.pool.user1 = me
plugin.stomp.pool.password1 = secret
`;

const OPTIONS = `plugin.stomp.pool.initial_reconnect_delay = 0.01
plugin.stomp.pool.max_reconnect_delay = 30.0
plugin.stomp.pool.use_exponential_back_off = true
plugin.stomp.pool.back_off_multiplier = 2
plugin.stomp.pool.max_reconnect_attempts = 0
plugin.stomp.pool.randomize = false
plugin.stomp.pool.timeout = -1
`;

const PRIORITY = 'plugin.stomp.priority = 4\n';

const DEFAULTS = {
  initialReconnectDelayMs: 10,
  maxReconnectDelayMs: 30_000,
  useExponentialBackOff: true,
  backOffMultiplier: 2,
  maxReconnectAttempts: Number.POSITIVE_INFINITY,
  startupMaxReconnectAttempts: Number.POSITIVE_INFINITY,
  randomize: false,
  timeoutMs: Number.POSITIVE_INFINITY,
  connectTimeoutMs: 30_000,
  backup: false,
  jitter: 0,
  stableAfterMs: 5_000,
  probeIntervalMs: undefined,
  probeTimeoutMs: 5_000,
};

const TARGETS = {
  topicPrefix: '/topic/',
  topicSeparator: '.',
  collectives: ['mcollective'],
  mainCollective: 'mcollective',
};

const passcodes = (settings: ReturnType<typeof parseConfig>) =>
  settings.connect.hosts.map(({ passcode }) => (passcode instanceof Secret ? passcode.reveal() : passcode));

describe('the samples of the connector documentation, as they stand', () => {
  test('common options', () => {
    const settings = parseConfig(COMMON);
    expect(settings).toEqual({
      connect: {
        hosts: [{ host: 'stomp.my.net', port: 6163, login: 'me', passcode: expect.any(Secret) }],
        ...DEFAULTS,
      },
      base64: false,
      priority: 0,
      targets: TARGETS,
      warnings: [],
    });
    expect(passcodes(settings)).toEqual(['secret']);
  });

  test('failover pool: its three duplicate keys are reported, the second host has the default port and no login', () => {
    const settings = parseConfig(POOL);
    expect(settings).toEqual({
      connect: {
        hosts: [
          { host: 'stomp1', port: 6163, login: 'me', passcode: expect.any(Secret) },
          { host: 'stomp2', port: 6163 },
        ],
        ...DEFAULTS,
      },
      base64: false,
      priority: 0,
      targets: TARGETS,
      warnings: [
        {
          line: 8,
          key: 'plugin.stomp.pool.host2',
          message:
            'connects without a login, as neither plugin.stomp.pool.user2 nor STOMP_USER is set (RabbitMQ takes that for guest)',
        },
        {
          line: 9,
          key: 'plugin.stomp.pool.port1',
          message: 'is also on line 4; this one, the last, is used',
        },
        {
          line: 10,
          key: 'plugin.stomp.pool.user1',
          message: 'is also on line 5; this one, the last, is used',
        },
        {
          line: 11,
          key: 'plugin.stomp.pool.password1',
          message: 'is also on line 6; this one, the last, is used',
        },
      ],
    });
    expect(passcodes(settings)).toEqual(['secret', undefined]);
  });

  test('failover pool with the documented variables: they reach every member', () => {
    const settings = parseConfig(POOL, { env: { STOMP_USER: 'you', STOMP_PASSWORD: 'other' } });
    expect(settings.connect.hosts).toMatchObject([
      { host: 'stomp1', port: 6163, login: 'you' },
      { host: 'stomp2', port: 6163, login: 'you' },
    ]);
    expect(passcodes(settings)).toEqual(['other', 'other']);
    expect(settings.warnings.map(({ line }) => line)).toEqual([9, 10, 11]);
  });

  test('pool options: written out they are the defaults', () => {
    const settings = parseConfig(POOL + OPTIONS);
    expect(settings.connect).toEqual(parseConfig(POOL).connect);
    expect(settings.warnings).toEqual(parseConfig(POOL).warnings);
    expect(settings.connect).toMatchObject(DEFAULTS);
  });

  test('pool options without a pool: the host is used, and each of the seven is reported', () => {
    const settings = parseConfig(COMMON + OPTIONS);
    expect(settings.connect).toEqual(parseConfig(COMMON).connect);
    expect(settings.warnings.map(({ line }) => line)).toEqual([7, 8, 9, 10, 11, 12, 13]);
    for (const { message } of settings.warnings) {
      expect(message).toBe('is not used: plugin.stomp.pool.size is not set, so the single host is used');
    }
  });

  test('message priority', () => {
    expect(parseConfig(COMMON + PRIORITY)).toMatchObject({ priority: 4, warnings: [] });
    expect(parseConfig(POOL + PRIORITY)).toMatchObject({ priority: 4 });
  });
});

describe('the files in examples/', () => {
  const read = (name: string) => readFileSync(new URL(`../../examples/${name}`, import.meta.url), 'utf8');

  test('client.cfg', () => {
    const settings = parseConfig(read('client.cfg'));
    expect(settings).toMatchObject({ base64: false, priority: 4, warnings: [] });
    expect(settings.connect).toEqual({
      hosts: [{ host: '127.0.0.1', port: 61_613, login: 'me', passcode: expect.any(Secret) }],
      ...DEFAULTS,
    });
    expect(passcodes(settings)).toEqual(['secret']);
  });

  test('client-pool.cfg', () => {
    const settings = parseConfig(read('client-pool.cfg'));
    expect(settings).toMatchObject({ base64: false, priority: 0, warnings: [] });
    expect(settings.connect).toEqual({
      hosts: [
        { host: '127.0.0.1', port: 61_613, login: 'me', passcode: expect.any(Secret) },
        { host: '127.0.0.1', port: 61_614, login: 'me', passcode: expect.any(Secret) },
      ],
      ...DEFAULTS,
    });
    expect(passcodes(settings)).toEqual(['secret', 'secret']);
  });
});
