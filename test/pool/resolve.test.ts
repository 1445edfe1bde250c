import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError, PoolError } from '../../src/errors.js';
import { DEFAULT_LIMITS } from '../../src/frame/limits.js';
import { backoffDelay } from '../../src/pool/backoff.js';
import type { ConnectOptions, PoolOptions } from '../../src/pool/options.js';
import { POOL_OPTION_NAMES, type ResolvedOptions, resolveOptions } from '../../src/pool/resolve.js';
import { systemClock } from '../../src/transport/clock.js';
import { DEFAULT_PORT, DEFAULT_TLS_PORT, Endpoint } from '../../src/transport/endpoint.js';
import { resolveConnectionOptions } from '../../src/transport/resolve.js';
import type { Dial } from '../../src/transport/transport.js';

const HOSTS = [{ host: 'a' }];
const INFINITY = Number.POSITIVE_INFINITY;
const LONGEST = 2_147_483_647;

/** Every option by its name, whichever part of the whole it went to. */
function flat({ law, connection, endpoints, ...rest }: ResolvedOptions): Record<string, unknown> {
  return { ...law, ...connection, ...rest };
}

const resolved = (options: object): Record<string, unknown> =>
  flat(resolveOptions({ hosts: HOSTS }, options));

function refusal(target: unknown, options?: unknown): ConfigError {
  try {
    resolveOptions(target as string, options as PoolOptions);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error('accepted');
}

const dial: Dial = () => {
  throw new Error('not dialled here');
};

const DEFAULTS = {
  initialReconnectDelayMs: 10,
  maxReconnectDelayMs: 30_000,
  useExponentialBackOff: true,
  backOffMultiplier: 2,
  maxReconnectAttempts: INFINITY,
  startupMaxReconnectAttempts: undefined,
  randomize: false,
  jitter: 0.5,
  stableAfterMs: 5_000,
  probeIntervalMs: undefined,
  probeTimeoutMs: 5_000,
  timeoutMs: INFINITY,
  backup: false,
  maxOutboxBytes: 16_777_216,
  maxOutboxMessages: 131_072,
  resendHeader: undefined,
  leaveBlockedAfterMs: 300_000,
  refuseAfterMs: 30_000,
  random: Math.random,
  connectTimeoutMs: 30_000,
  receiptTimeoutMs: 60_000,
  disconnectTimeoutMs: 10_000,
  connectHeaders: [],
  maxBufferedBytes: 67_108_864,
  maxSendBufferBytes: 16_777_216,
  limits: DEFAULT_LIMITS,
  strict: false,
  unescapeHeaders: false,
  observer: undefined,
  signal: undefined,
  clock: systemClock,
  dial: undefined,
};

/** Each option at its bounds and off its default, and what lies beyond. */
const VALUES: Record<keyof typeof DEFAULTS, { good: unknown[]; bad: unknown[] }> = {
  initialReconnectDelayMs: { good: [0, 0.5, 30_000], bad: [-1, LONGEST + 1, INFINITY] },
  maxReconnectDelayMs: { good: [10, 10.5, LONGEST], bad: [-1, LONGEST + 1, INFINITY] },
  useExponentialBackOff: { good: [false], bad: [0, 'false'] },
  backOffMultiplier: { good: [1, 1.5, 1e300], bad: [0, 0.999, -2, INFINITY] },
  maxReconnectAttempts: { good: [0, 1, Number.MAX_SAFE_INTEGER], bad: [-1, 1.5, 2 ** 53] },
  startupMaxReconnectAttempts: { good: [0, 1, INFINITY], bad: [-1, 1.5] },
  randomize: { good: [true], bad: [1, 'true'] },
  jitter: { good: [0, 0.25, 1], bad: [-0.01, 1.01, INFINITY] },
  stableAfterMs: { good: [0, 1.5, LONGEST], bad: [-1, LONGEST + 1, INFINITY] },
  probeIntervalMs: { good: [0.5, LONGEST], bad: [0, -1, LONGEST + 1, INFINITY] },
  probeTimeoutMs: { good: [0.5, LONGEST], bad: [0, -1, LONGEST + 1, INFINITY] },
  timeoutMs: { good: [0.5, LONGEST], bad: [0, -1, LONGEST + 1] },
  backup: { good: [true], bad: [1] },
  maxOutboxBytes: { good: [1, 2 ** 53 - 1], bad: [0, -1, 1.5, 2 ** 53, INFINITY] },
  maxOutboxMessages: { good: [1, 2 ** 53 - 1], bad: [0, -1, 1.5, 2 ** 53, INFINITY] },
  resendHeader: {
    good: ['resent', 'JMS_x-1.2', '3'],
    bad: [
      '',
      '!a',
      'a!',
      'a b',
      'a:b',
      'a\nb',
      'é',
      'receipt',
      'content-length',
      'destination',
      'transaction',
      'persistent',
      true,
    ],
  },
  leaveBlockedAfterMs: { good: [0, 0.5, LONGEST, INFINITY], bad: [-1, LONGEST + 1, 'true'] },
  refuseAfterMs: { good: [0, 0.5, LONGEST, INFINITY], bad: [-1, LONGEST + 1, '1'] },
  random: { good: [() => 0.5], bad: [0.5] },
  connectTimeoutMs: { good: [0.5, LONGEST], bad: [0, -1, LONGEST + 1, INFINITY] },
  receiptTimeoutMs: { good: [0.5, LONGEST, INFINITY], bad: [0, -1, LONGEST + 1] },
  disconnectTimeoutMs: { good: [0.5, LONGEST], bad: [0, -1, LONGEST + 1, INFINITY] },
  connectHeaders: { good: [[['host', '/']]], bad: [7, 'host:/', () => {}, [['host']], ['ab'], [[1, '/']]] },
  maxBufferedBytes: { good: [65_536, 2 ** 53 - 1], bad: [65_535, 65_536.5, 2 ** 53, INFINITY] },
  maxSendBufferBytes: { good: [65_536, 2 ** 53 - 1], bad: [65_535, 65_536.5, 2 ** 53, INFINITY] },
  limits: { good: [{ ...DEFAULT_LIMITS, maxHeaders: 7 }], bad: [7, []] },
  strict: { good: [true], bad: [1] },
  unescapeHeaders: { good: [true], bad: [1] },
  observer: { good: [{}, { onWarning() {} }], bad: [7, () => {}, []] },
  signal: { good: [new AbortController().signal, AbortSignal.abort()], bad: [true, []] },
  clock: { good: [{ now: () => 0, schedule: systemClock.schedule }], bad: [7, () => 0] },
  dial: { good: [dial], bad: ['tcp', {}] },
};

const NAMES = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];

describe('an option', () => {
  it('is known by this list of names', () => {
    expect([...POOL_OPTION_NAMES].sort()).toEqual([...NAMES].sort());
  });

  it('has its default where it is not given, and where it is undefined', () => {
    expect(flat(resolveOptions({ hosts: HOSTS }))).toEqual(DEFAULTS);
    expect(resolved(Object.fromEntries(NAMES.map((name) => [name, undefined])))).toEqual(DEFAULTS);
  });

  it.each(NAMES.flatMap((name) => VALUES[name].good.map((value) => ({ name, value }))))(
    '$name may be $value',
    ({ name, value }) => {
      expect(resolved({ [name]: value })).toEqual({ ...DEFAULTS, [name]: value });
      expect(flat(resolveOptions({ hosts: HOSTS, [name]: value }))).toEqual({ ...DEFAULTS, [name]: value });
    },
  );

  it.each(
    NAMES.flatMap((name) => {
      const bad = [...VALUES[name].bad, null, '3', Number.NaN].filter((v) => !VALUES[name].good.includes(v));
      return bad.map((value) => ({ name, value }));
    }),
  )('$name may not be $value', ({ name, value }) => {
    for (const error of [
      refusal({ hosts: HOSTS }, { [name]: value }),
      refusal({ hosts: HOSTS, [name]: value }),
    ]) {
      expect([error.code, error.option]).toEqual(['STOMP_CONFIG_INVALID', name]);
      expect(error.received).toBeTypeOf('string');
    }
  });

  it.each<[object, string]>([
    [{ jitter: '3' }, 'jitter: expected a number from 0 to 1, received "3"'],
    [{ jitter: Number.NaN }, 'jitter: expected a number from 0 to 1, received NaN'],
    [{ jitter: null }, 'jitter: expected a number from 0 to 1, received null'],
    [{ backup: 'yes' }, 'backup: expected true or false, received "yes"'],
    [{ random: 7 }, 'random: expected a function, received a number'],
    [
      { maxReconnectAttempts: -1 },
      'maxReconnectAttempts: expected a whole number from 0 to 9007199254740991, or Infinity, received -1',
    ],
    [
      { timeoutMs: 0 },
      'timeoutMs: expected a number more than 0 and at most 2147483647, or Infinity, received 0',
    ],
    [
      { limits: { maxHeaders: 0 } },
      'limits.maxHeaders: expected a whole number from 1 to 2147483647, received 0',
    ],
    [{ observer: { onWarning: 7 } }, 'observer.onWarning: expected a function, received a number'],
    [{ signal: {} }, 'signal.aborted: expected true or false, received undefined'],
    [{ clock: { now: () => 0 } }, 'clock.schedule: expected a function, received undefined'],
    [
      { maxReconnectDelayMs: 9 },
      'maxReconnectDelayMs: expected at least initialReconnectDelayMs, which is 10, received 9',
    ],
    [{ initialReconnectDelayMs: 30_001 }, 'at least initialReconnectDelayMs, which is 30001, received 30000'],
  ])('%j is refused in so many words', (options, message) => {
    expect(refusal({ hosts: HOSTS }, options).message).toContain(message);
  });

  it.each([
    ['initialReconnectDelay', 'initialReconnectDelayMs'],
    ['initial_reconnect_delay', 'initialReconnectDelayMs'],
    ['maxReconectAttempts', 'maxReconnectAttempts'],
    ['connectTimeout', 'connectTimeoutMs'],
    ['Randomize', 'randomize'],
    ['host', 'hosts'],
  ])('%s is unknown: did you mean %s?', (name, near) => {
    const error = refusal({ hosts: HOSTS, [name]: 'S3NTINEL' });
    expect([error.code, error.option]).toEqual(['STOMP_CONFIG_UNKNOWN_KEY', name]);
    expect(error.message).toContain(`did you mean ${near}?`);
    expect(error.message).not.toContain('S3NTINEL');
  });

  it.each(['heartbeat', 'constructor', 'law', 'hosts'])('%s beside the target is unknown', (name) => {
    expect(refusal({ hosts: HOSTS }, { [name]: HOSTS }).code).toBe('STOMP_CONFIG_UNKNOWN_KEY');
  });
});

describe('connectHeaders', () => {
  const headers = (connectHeaders: unknown) =>
    resolveOptions({ hosts: HOSTS }, { connectHeaders } as PoolOptions).connection.connectHeaders;
  const bytes = Buffer.from([0xff]);

  it.each([
    [
      { host: '/', 'client-id': 7, durable: true, none: undefined },
      [
        ['host', '/'],
        ['client-id', 7],
        ['durable', true],
      ],
    ],
    [new Map([['host', '/']]), [['host', '/']]],
    [
      [
        ['a', '1'],
        ['a', '2'],
      ],
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    [{ bytes }, [['bytes', bytes]]],
  ])('%j', (given, expected) => {
    expect(headers(given)).toEqual(expected);
  });

  it('are read once, so that an iterator serves every dial', () => {
    const iterator = new Map([['host', '/']]).entries();
    const { connection } = resolveOptions({ hosts: HOSTS, connectHeaders: iterator });
    expect([...connection.connectHeaders]).toEqual([['host', '/']]);
    expect([...connection.connectHeaders]).toEqual([['host', '/']]);
  });

  it.each([
    [{ 'a:b': 'x' }, 'connectHeaders.a:b', 'STOMP_CONFIG_INVALID'],
    [{ '': 'x' }, 'connectHeaders.', 'STOMP_CONFIG_INVALID'],
    [{ a: 'S3NTINEL\n' }, 'connectHeaders.a', 'STOMP_CONFIG_INVALID'],
    [{ a: { b: 'S3NTINEL' } }, 'connectHeaders.a', 'STOMP_CONFIG_INVALID'],
    [{ a: null }, 'connectHeaders.a', 'STOMP_CONFIG_INVALID'],
    [{ login: 'S3NTINEL' }, 'connectHeaders.login', 'STOMP_CONFIG_CONFLICT'],
    [[['passcode', 'S3NTINEL']], 'connectHeaders.passcode', 'STOMP_CONFIG_CONFLICT'],
    [{ Passcode: 'S3NTINEL' }, 'connectHeaders.Passcode', 'STOMP_CONFIG_CONFLICT'],
  ])('%j is refused', (connectHeaders, option, code) => {
    const error = refusal({ hosts: HOSTS, connectHeaders });
    expect([error.option, error.code]).toEqual([option, code]);
    expect(inspect(error, { depth: 9 })).not.toContain('S3NTINEL');
  });
});

describe('the target', () => {
  const places = (target: string | ConnectOptions): string[] => resolveOptions(target).endpoints.map(String);

  it('may be a URL, a failover URL or an object', () => {
    expect(places('stomp://me:secret@a')).toEqual(['stomp://a:61613']);
    expect(places('failover:(stomp://a,stomp+ssl://b)')).toEqual(['stomp://a:61613', 'stomp+ssl://b:61612']);
    expect(places({ hosts: [{ host: 'a', port: 7 }, new Endpoint({ host: 'b' })] })).toEqual([
      'stomp://a:7',
      'stomp://b:61613',
    ]);
  });

  it('gives way to the options beside it', () => {
    const url = 'failover:(stomp://a)?randomize=true&timeout=7&maxReconnectDelay=99';
    const { randomize, timeoutMs, law } = resolveOptions(url, { timeoutMs: 8, randomize: undefined });
    expect([randomize, timeoutMs, law.maxReconnectDelayMs]).toEqual([true, 8, 99]);
    const options = { hosts: HOSTS, connectHeaders: { a: '1' }, jitter: 1, strict: true };
    const { connection, law: other } = resolveOptions(options, { connectHeaders: { b: '2' }, strict: false });
    expect([connection.connectHeaders, connection.strict, other.jitter]).toEqual([[['b', '2']], false, 1]);
  });

  it('names at least one host', () => {
    expect(() => resolveOptions({ hosts: [] })).toThrow(PoolError);
    expect(() => resolveOptions({ hosts: [] })).toThrow(
      expect.objectContaining({ code: 'STOMP_POOL_EMPTY', message: 'hosts: expected at least one' }),
    );
  });

  it.each<[unknown, string, string]>([
    [undefined, 'target', 'received undefined'],
    [null, 'target', 'received null'],
    [7, 'target', 'a URL or an object with hosts, received a number'],
    [['stomp://me:S3NTINEL@a'], 'target', 'received an array'],
    [{}, 'hosts', 'an array of hosts, received undefined'],
    [{ hosts: 'stomp://me:S3NTINEL@a' }, 'hosts', 'received a string'],
    [{ hosts: { host: 'a' } }, 'hosts', 'received an object'],
    [{ hosts: [{ host: 'a' }, 'stomp://me:S3NTINEL@a'] }, 'hosts[1]', 'an object, received a string'],
    [{ hosts: new Array(1) }, 'hosts[0]', 'received undefined'],
    [{ hosts: [{ host: 'a' }, { host: 'a', port: '7' }] }, 'hosts[1].port', 'received "7"'],
  ])('%j is refused', (target, option, message) => {
    const error = refusal(target);
    expect([error.code, error.option]).toEqual(['STOMP_CONFIG_INVALID', option]);
    expect(error.message).toContain(message);
    expect(inspect(error, { depth: 9 })).not.toContain('S3NTINEL');
  });

  it.each([null, 7, 'randomize=true', []])('options of %j are refused', (options) => {
    expect(refusal('stomp://a', options).option).toBe('options');
  });

  it('that is a bad URL is never taken for another host', () => {
    for (const url of ['', 'localhost', 'a:61613', 'stomp:a'])
      expect(refusal(url).code).toBe('STOMP_URL_INVALID');
  });
});

describe('the whole', () => {
  it('is frozen, but for what is the user’s own', () => {
    const observer = { onWarning() {} };
    const own = {
      observer,
      signal: new AbortController().signal,
      clock: { ...systemClock },
      dial,
      random: () => 0,
    };
    const whole = resolveOptions(
      { hosts: [{ host: 'a', tls: { ca: ['pem'] } }], connectHeaders: { a: 1 } },
      own,
    );
    const { endpoints, law, connection } = whole;
    const parts = [whole, endpoints, endpoints[0], endpoints[0]?.tls, endpoints[0]?.tls?.ca, law, connection];
    const inner = [connection.limits, connection.connectHeaders, connection.connectHeaders[0]];
    expect([...parts, ...inner].every(Object.isFrozen)).toBe(true);
    for (const [name, value] of Object.entries(own)) {
      expect(flat(whole)[name]).toBe(value);
      expect(Object.isFrozen(value)).toBe(false);
    }
  });

  it('does not change with what it was made from, nor changes it', () => {
    const given = {
      hosts: [{ host: 'a', login: 'me', passcode: 'secret' }],
      limits: { maxHeaders: 7 },
      jitter: 1,
    };
    const before = structuredClone(given);
    const whole = resolveOptions(given);
    expect(given).toEqual(before);
    given.hosts.pop();
    given.limits.maxHeaders = 8;
    expect([whole.endpoints.length, whole.connection.limits.maxHeaders]).toEqual([1, 7]);
  });

  it('shows no passcode', () => {
    const target = { hosts: [{ host: 'a', login: 'me', passcode: 'S3NTINEL' }] };
    for (const whole of [resolveOptions(target), resolveOptions('stomp://me:S3NTINEL@a')]) {
      expect(inspect(whole, { depth: 9, showHidden: true }) + JSON.stringify(whole)).not.toContain(
        'S3NTINEL',
      );
    }
  });

  it('has a part for a connection that resolves to itself', () => {
    const { connection } = resolveOptions({
      hosts: HOSTS,
      connectHeaders: { a: 1 },
      limits: { maxHeaders: 7 },
    });
    expect(resolveConnectionOptions(connection)).toEqual(connection);
    expect(resolveConnectionOptions()).toEqual(resolveOptions({ hosts: HOSTS }).connection);
    expect(() => resolveConnectionOptions({ jitter: 1 } as object)).toThrow('jitter: expected one of');
  });
});

describe('docs/options.md', () => {
  const text = readFileSync(new URL('../../docs/options.md', import.meta.url), 'utf8');
  const rows = new Map<string, string[]>();
  const [ofConnect = ''] = text.split('\n## Of the connector alone');
  for (const line of ofConnect.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    if (/^`[\w.]+`$/.test(cells[1] ?? '')) rows.set(cells[1]!.slice(1, -1), cells.slice(2, -1));
  }
  const written = (value: unknown): string => {
    if (typeof value === 'number' && value !== INFINITY) return value.toLocaleString('en-US');
    return value === undefined ? 'none' : `\`${value}\``;
  };
  // Those whose default is told in words.
  const words: Record<string, string> = {
    startupMaxReconnectAttempts: 'hosts − 1',
    random: '`Math.random`',
    connectHeaders: 'none',
    limits: 'see below',
    clock: 'the system’s',
    dial: 'TCP and TLS',
  };

  it.each(NAMES)('has a row for %s with its default', (name) => {
    expect(rows.get(name)?.[2]).toBe(words[name] ?? written(DEFAULTS[name]));
    expect(rows.get(name)).toHaveLength(6);
  });

  it.each(Object.entries(DEFAULT_LIMITS))('has a row for limits.%s with its default', (name, value) => {
    expect(rows.get(`limits.${name}`)?.[2]).toBe(written(value));
  });

  it('has a table of delays that follows the law', () => {
    const { law } = resolveOptions({ hosts: HOSTS });
    const number = (cell: string): number => Number(cell.replaceAll(',', ''));
    const delays = [...text.matchAll(/^\| (\d+)[ \w]* \| ([\d,]+) \| ([\d,]+) and ([\d,]+) \|$/gm)];
    expect(delays.map(([, failures]) => Number(failures))).toEqual([...Array(14).keys()]);
    for (const [, failures, whole, least, most] of delays) {
      const between = [1, 0].map((chance) => backoffDelay(law, Number(failures), () => chance));
      expect([number(least!), number(most!), number(whole!)]).toEqual([...between, between[1]]);
    }
  });

  it('has the default ports', () => {
    expect(rows.get('port')?.[2]).toBe(`${written(DEFAULT_PORT)}, with TLS ${written(DEFAULT_TLS_PORT)}`);
  });

  it('has no row for what is no option', () => {
    const host = ['host', 'port', 'login', 'passcode', 'tls'];
    const tls = ['ca', 'cert', 'key', 'passphrase', 'servername', 'minVersion', 'rejectUnauthorized'];
    const limits = Object.keys(DEFAULT_LIMITS).map((name) => `limits.${name}`);
    const known = [...NAMES, ...host, ...tls.map((name) => `tls.${name}`), ...limits];
    expect([...rows.keys()].sort()).toEqual(known.sort());
  });
});

describe('what a refusal says', () => {
  const OWN = 'the name of a header of your own: letters, digits, dots, dashes';
  it.each([
    [{ resendHeader: 7 }, 'STOMP_CONFIG_INVALID', 'resendHeader', OWN, 'a number'],
    [{ resendHeader: 'a b' }, 'STOMP_CONFIG_INVALID', 'resendHeader', OWN, '"a b"'],
    [{ resendHeader: 'receipt' }, 'STOMP_CONFIG_INVALID', 'resendHeader', OWN, '"receipt"'],
    [
      { initialReconnectDelayMs: 50, maxReconnectDelayMs: 10 },
      ...['STOMP_CONFIG_CONFLICT', 'maxReconnectDelayMs'],
      ...['at least initialReconnectDelayMs, which is 50', '10'],
    ],
  ])('%j', (options, ...expected) => {
    const {
      code,
      option,
      expected: wanted,
      received,
    } = refusal({ hosts: [{ host: 'a', port: 1 }], ...options });
    expect([code, option, wanted, received]).toEqual(expected);
  });

  it('an unknown key of the target is named as it stands', () => {
    expect(refusal({ hosts: [{ host: 'a', port: 1 }], foo: 1 }).option).toBe('foo');
  });
});
