import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.js';
import type { ConnectOptions } from '../../src/pool/options.js';
import { resolveOptions } from '../../src/pool/resolve.js';
import { parseTarget } from '../../src/pool/url.js';
import { Endpoint } from '../../src/transport/endpoint.js';
import { Secret } from '../../src/transport/secret.js';

const SENTINEL = 'S3NTINEL';

function refusal(text: unknown): ConfigError {
  try {
    parseTarget(text as string);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error(`accepted: ${text}`);
}

/** Host, port, login, passcode and TLS of the only place, with the defaults. */
function place(text: string): unknown[] {
  const { hosts, ...rest } = parseTarget(text);
  expect(rest).toEqual({});
  expect(hosts).toHaveLength(1);
  const { host, port, login, passcode, tls } = new Endpoint(hosts[0]!);
  return [host, port, login, (passcode as Secret | undefined)?.reveal(), tls !== undefined];
}

const none = undefined;

describe('one host', () => {
  it.each<[string, unknown[]]>([
    ['stomp://broker', ['broker', 61613, none, none, false]],
    ['stomp+ssl://broker', ['broker', 61612, none, none, true]],
    ['STOMP+SSL://broker', ['broker', 61612, none, none, true]],
    ['Stomp://broker:1', ['broker', 1, none, none, false]],
    ['stomp://broker:65535/', ['broker', 65535, none, none, false]],
    ['stomp+ssl://broker:61613', ['broker', 61613, none, none, true]],
    // The host stays as it is written: this is no special scheme, and TLS verifies the name.
    ['stomp://Broker.Example.', ['Broker.Example.', 61613, none, none, false]],
    ['stomp://my_broker', ['my_broker', 61613, none, none, false]],
    ['stomp://b%C3%BCro', ['büro', 61613, none, none, false]],
    ['stomp://büro', ['büro', 61613, none, none, false]],
    ['stomp://127.0.0.1:61613', ['127.0.0.1', 61613, none, none, false]],
    ['stomp://[::1]', ['::1', 61613, none, none, false]],
    ['stomp+ssl://[2001:DB8::7]:7', ['2001:DB8::7', 7, none, none, true]],
    ['stomp://[fe80::1%25eth0]:7', ['fe80::1%eth0', 7, none, none, false]],
    ['stomp://me:secret@broker', ['broker', 61613, 'me', 'secret', false]],
    ['stomp://me@broker', ['broker', 61613, 'me', none, false]],
    ['stomp://me:@broker', ['broker', 61613, 'me', '', false]],
    ['stomp://me:secret@[::1]:7', ['::1', 7, 'me', 'secret', false]],
    // In credentials: a plus is a plus, and only the first colon divides.
    ['stomp://me:a+b@broker', ['broker', 61613, 'me', 'a+b', false]],
    ['stomp://me:a:b@broker', ['broker', 61613, 'me', 'a:b', false]],
    ['stomp://a%3Ab:c%3ad@broker', ['broker', 61613, 'a:b', 'c:d', false]],
    ['stomp://m%40e:%2B%3A%40%2F%3F%23%25@broker', ['broker', 61613, 'm@e', '+:@/?#%', false]],
    ['stomp://%C3%A9:%E2%82%AC%F0%9F%90%9D@broker', ['broker', 61613, 'é', '€🐝', false]],
    ['stomp://é:€@broker', ['broker', 61613, 'é', '€', false]],
    ['stomp://a%20b:c%09d@broker', ['broker', 61613, 'a b', 'c\td', false]],
    ['stomp://me:%2520@broker', ['broker', 61613, 'me', '%20', false]],
    ["stomp://me:!$&'()*,;=~[]{}|^`@broker", ['broker', 61613, 'me', "!$&'()*,;=~[]{}|^`", false]],
  ])('%s', (text, expected) => {
    expect(place(text)).toEqual(expected);
  });
});

describe('failover', () => {
  it.each<[string, Omit<ConnectOptions, 'hosts'>]>([
    ['', {}],
    ['?initialReconnectDelay=0', { initialReconnectDelayMs: 0 }],
    ['?initialReconnectDelay=12.5', { initialReconnectDelayMs: 12.5 }],
    ['?maxReconnectDelay=2147483647', { maxReconnectDelayMs: 2_147_483_647 }],
    ['?useExponentialBackOff=false', { useExponentialBackOff: false }],
    ['?useExponentialBackOff=true', { useExponentialBackOff: true }],
    ['?backOffMultiplier=1', { backOffMultiplier: 1 }],
    ['?backOffMultiplier=1.5', { backOffMultiplier: 1.5 }],
    ['?backOffMultiplier=1.25', { backOffMultiplier: 1.25 }],
    ['?maxReconnectAttempts=-1', { maxReconnectAttempts: Number.POSITIVE_INFINITY }],
    ['?maxReconnectAttempts=1', { maxReconnectAttempts: 1 }],
    ['?maxReconnectAttempts=10', { maxReconnectAttempts: 10 }],
    ['?maxReconnectAttempts=01', { maxReconnectAttempts: 1 }],
    ['?startupMaxReconnectAttempts=-1', { startupMaxReconnectAttempts: Number.POSITIVE_INFINITY }],
    ['?startupMaxReconnectAttempts=0', { startupMaxReconnectAttempts: 0 }],
    ['?startupMaxReconnectAttempts=9', { startupMaxReconnectAttempts: 9 }],
    ['?randomize=true', { randomize: true }],
    ['?randomize=false', { randomize: false }],
    ['?timeout=-1', { timeoutMs: Number.POSITIVE_INFINITY }],
    ['?timeout=3000', { timeoutMs: 3_000 }],
    ['?backup=true', { backup: true }],
    [
      '?randomize=true&timeout=3000&maxReconnectDelay=99',
      { randomize: true, timeoutMs: 3_000, maxReconnectDelayMs: 99 },
    ],
  ])('(…)%s', (query, expected) => {
    for (const start of ['failover:', 'failover://', 'FailOver:']) {
      const { hosts, ...options } = parseTarget(`${start}(stomp://a:1,stomp+ssl://me:secret@b)${query}`);
      expect(options).toEqual(expected);
      expect(hosts.map((host) => String(new Endpoint(host)))).toEqual(['stomp://a:1', 'stomp+ssl://b:61612']);
      expect(hosts[1]?.passcode).toEqual(new Secret('secret'));
    }
  });

  it('does not shuffle unless it is asked to', () => {
    expect(resolveOptions('failover:(stomp://a,stomp://b)').randomize).toBe(false);
  });

  it('takes one host, and the same one twice', () => {
    expect(parseTarget('failover:(stomp://a)').hosts).toHaveLength(1);
    expect(parseTarget('failover:(stomp://a,stomp://a)').hosts).toHaveLength(2);
  });

  it('takes credentials whose commas and parentheses are encoded', () => {
    const { hosts } = parseTarget('failover:(stomp://me:%2C%28%29@a,stomp://me:b@b)');
    expect(hosts.map(({ passcode }) => (passcode as Secret).reveal())).toEqual([',()', 'b']);
  });
});

describe('what cannot be read', () => {
  const forms =
    'expected stomp://host:port, stomp+ssl://host:port or failover:(url,url)?name=value at character 1';

  it.each([
    ['', forms],
    ['broker', forms],
    ['broker:61613', forms],
    ['//broker', forms],
    ['stomp:broker', forms],
    ['stomp:/broker', forms],
    ['me:secret@broker', forms],
    ['stomp://', 'a host name or address at character 9'],
    ['stomp:///queue', 'no path'],
    ['stomp://:61613', 'a host name or address at character 9'],
    ['stomp://me@', 'a host name or address at character 12'],
    ['stomp://@broker', 'a login before the @ at character 9'],
    ['stomp://:secret@broker', 'a login before the @ at character 9'],
    ['stomp://broker:', 'a port from 1 to 65535 at character 16'],
    ['stomp://broker:0', 'a port from 1 to 65535 at character 16'],
    ['stomp://broker:65536', 'a port from 1 to 65535 at character 16'],
    ['stomp://broker:-1', 'a port from 1 to 65535'],
    ['stomp://broker:+1', 'a port from 1 to 65535'],
    ['stomp://broker:1e3', 'a port from 1 to 65535'],
    ['stomp://broker:0x50', 'a port from 1 to 65535'],
    ['stomp://broker:http', 'a port from 1 to 65535'],
    ['stomp://a:b:c', 'an IPv6 address in brackets'],
    ['stomp://::1', 'an IPv6 address in brackets'],
    ['stomp://[::1', 'an IPv6 address in brackets'],
    ['stomp://[::1]x', 'an IPv6 address in brackets'],
    ['stomp://[::1]:x', 'a port from 1 to 65535 at character 15'],
    ['stomp://[broker]', 'an IPv6 address in the brackets'],
    ['stomp://[]', 'an IPv6 address in the brackets'],
    ['stomp://[1:2:3]', 'an IPv6 address in the brackets'],
    ['stomp://a%3A61613', 'a host name or address'],
    ['stomp://a%2Fb', 'a host name or address'],
    ['stomp://a%00', 'a host name or address'],
    ['stomp://a%', 'percent-encoded UTF-8'],
    ['stomp://m%zz@a', 'percent-encoded UTF-8 (a percent sign is written %25) at character 9'],
    ['stomp://me:%FF@a', 'percent-encoded UTF-8 (a percent sign is written %25) at character 12'],
    ['stomp://me:%0A@a', 'without CR, LF and NUL'],
    ['stomp://m%0De:x@a', 'without CR, LF and NUL'],
    ['stomp://m%00e@a', 'without CR, LF and NUL'],
    ['stomp://me:x@y@a', 'one @ only'],
    ['stomp://me:x/y@a', '/ ? and # in a login or passcode'],
    [
      'stomp://a/vhost',
      "no path (RabbitMQ's virtual host goes into connectHeaders, as host) at character 10",
    ],
    ['stomp://a?randomize=true', 'no query (options go behind failover:(url,url)?) at character 10'],
    ['stomp://a/?randomize=true', 'no path'],
    ['stomp://a#top', 'no fragment at character 10'],
    // A WHATWG parser would trim, drop or turn these.
    [' stomp://a', 'no blank, control character or backslash (percent-encode it) at character 1'],
    ['stomp://a\n', 'no blank'],
    ['stomp://a\tb', 'no blank'],
    ['stomp:\\\\a', 'no blank'],
    ['stomp://a\0', 'no blank'],
    ['tcp://a:61613', 'the scheme stomp:// at character 1, received tcp://'],
    ['ssl://a:61612', 'the scheme stomp+ssl:// at character 1, received ssl://'],
    ['tls://a', 'the scheme stomp+ssl://'],
    ['stomps://a', 'the scheme stomp+ssl://'],
    ['stomp+tls://a', 'the scheme stomp+ssl://'],
    ['STOMP+NIO://a', 'the scheme stomp:// at'],
    ['http://a', 'the scheme stomp:// or stomp+ssl:// at character 1, received http://'],
    ['failover', forms],
    ['failover:', 'an opening parenthesis at character 10'],
    ['failover:stomp://a', 'an opening parenthesis at character 10'],
    ['failover:(stomp://a', 'a closing parenthesis at character 20'],
    ['failover:()', 'a stomp:// or stomp+ssl:// URL'],
    [
      'failover:(stomp://a,)',
      'a stomp:// or stomp+ssl:// URL (a comma in a passcode is written %2C) at character 21',
    ],
    ['failover:(a,b)', 'a stomp:// or stomp+ssl:// URL'],
    ['failover:(stomp://a, stomp://b)', 'no blank'],
    ['failover:(stomp://a,tcp://b)', 'the scheme stomp:// at character 21'],
    ['failover:(stomp://a?x=1)', 'no query'],
    ['failover:(failover:(stomp://a))', 'a stomp:// or stomp+ssl:// URL'],
    ['failover:(stomp://a)x', 'the end, or ?name=value'],
    ['failover:(stomp://a)#x', 'the end, or ?name=value'],
    ['failover:(stomp://a)?randomize=true#x', 'the end, or ?name=value'],
    ['failover:(stomp://a)?', 'failover option: expected one of initialReconnectDelay, maxReconnectDelay'],
    ['failover:(stomp://a)?timeout', 'timeout: expected a value'],
    ['failover:(stomp://a)?timeout=1&', 'failover option: expected one of'],
    ['failover:(stomp://a)?timeout=1&timeout=1', 'timeout: expected to be given once'],
    ['failover:(stomp://a)?Timeout=1', 'Timeout: expected one of'],
    ['failover:(stomp://a)?initialReconectDelay=1', 'did you mean initialReconnectDelay?'],
    ['failover:(stomp://a)?constructor=1', 'constructor: expected one of'],
    ['failover:(stomp://a)?__proto__=1', 'failover option: expected one of'],
    ['failover:(stomp://a)?initialReconnectDelay=', 'a number from 0 to 2147483647, received ""'],
    ['failover:(stomp://a)?initialReconnectDelay=-1', 'received -1'],
    ['failover:(stomp://a)?initialReconnectDelay=1e3', 'received "1e3"'],
    ['failover:(stomp://a)?maxReconnectDelay=30s', 'maxReconnectDelay: expected a number'],
    ['failover:(stomp://a)?maxReconnectDelay=2147483648', 'maxReconnectDelay: expected a number'],
    ['failover:(stomp://a)?backOffMultiplier=0.5', 'a number from 1 upwards, received 0.5'],
    ['failover:(stomp://a)?backOffMultiplier=Infinity', 'a number from 1 upwards, received "Infinity"'],
    ['failover:(stomp://a)?useExponentialBackOff=1', 'true or false, received "1"'],
    ['failover:(stomp://a)?randomize=TRUE', 'true or false, received "TRUE"'],
    ['failover:(stomp://a)?backup=', 'true or false'],
    ['failover:(stomp://a)?maxReconnectAttempts=0', '0 means "no limit" to older versions of ActiveMQ'],
    ['failover:(stomp://a)?maxReconnectAttempts=00', '"no retry" to newer ones'],
    ['failover:(stomp://a)?maxReconnectAttempts=-2', 'or -1 for no limit, received "-2"'],
    ['failover:(stomp://a)?maxReconnectAttempts=1.5', 'a whole number from 1 to'],
    ['failover:(stomp://a)?startupMaxReconnectAttempts=-2', 'or -1 for no limit, received "-2"'],
    ['failover:(stomp://a)?timeout=0', 'a number more than 0 and at most 2147483647, or -1 for no limit'],
    ['failover:(stomp://a)?timeout=-2', 'or -1 for no limit'],
    ['failover:(stomp://a)?reconnectDelayExponent=2', 'the name is backOffMultiplier'],
    ['failover:(stomp://a)?jitter=0', 'give it in the options beside the URL'],
    ['failover:(stomp://a)?connectionTimeout=5', 'connectTimeoutMs'],
    ['failover:(stomp://a)?warnAfterReconnectAttempts=5', 'an observer sees each attempt'],
    ['failover:(stomp://a)?trackMessages=true', 'no such option: messages are not kept'],
    ['failover:(stomp://a)?maxCacheSize=1', 'no such option'],
    ['failover:(stomp://a)?maxPullCacheSize=1', 'no such option'],
    ['failover:(stomp://a)?trackTransactionProducers=true', 'no such option'],
    ['failover:(stomp://a)?backupPoolSize=2', 'one connection at hand'],
    ['failover:(stomp://a)?priorityBackup=true', 'all hosts are equal'],
    ['failover:(stomp://a)?priorityURIs=x', 'all hosts are equal'],
    ['failover:(stomp://a)?updateURIsSupported=false', 'hosts come from the URL alone'],
    ['failover:(stomp://a)?updateURIsURL=x', 'hosts come from the URL alone'],
    ['failover:(stomp://a)?rebalanceUpdateURIs=true', 'hosts come from the URL alone'],
    ['failover:(stomp://a)?reconnectSupported=true', 'no such option'],
    ['failover:(stomp://a)?nested.soTimeout=1', 'nested.*: expected no such option'],
    ['nio://a', 'the scheme stomp:// at character 1, received nio://'],
    ['stomp+nio+ssl://a', 'the scheme stomp+ssl:// at character 1, received stomp+nio+ssl://'],
    [`${'x'.repeat(30)}://a`, `stomp+ssl:// at character 1, received ${'x'.repeat(20)}://`],
    ['1stomp://a', forms],
    ['xfailover:(stomp://a)', forms],
    ['stomp://a/ x', 'no blank, control character or backslash (percent-encode it) at character 11'],
    ['stomp://a/b@c', '/ ? and # in a login or passcode as %2F %3F and %23 at character 10'],
    ['stomp://[::1]:', 'a port from 1 to 65535 at character 15'],
    ['stomp://broker:000080', 'a port from 1 to 65535 at character 16'],
    ['stomp://x[::1]', 'host:port, an IPv6 address in brackets at character 9'],
    ['failover:(stomp://a,stomp://b:0)', 'a port from 1 to 65535 at character 31'],
    [
      'failover:(stomp://a,stomp://me:%zz@b)',
      'percent-encoded UTF-8 (a percent sign is written %25) at character 32',
    ],
    [
      'failover:(stomp://a)(x)',
      'the end, or ?name=value (a parenthesis in a passcode is written %28 or %29) at character 21',
    ],
    ['failover:(stomp://a)?timeout=1)', 'the end, or ?name=value'],
    ['failover:(stomp://a)?timeout=1(', 'the end, or ?name=value'],
    ['failover:(stomp://a)?timeout=1/', 'the end, or ?name=value'],
    [
      'failover:(stomp://a)?stableAfter=1',
      'stableAfterMs is not a name of failover URLs; give it in the options',
    ],
    ['failover:(stomp://a)?connectTimeout=1', 'connectTimeoutMs is not a name of failover URLs'],
    ['failover:(stomp://a)?connectionTimeout=1', 'connectTimeoutMs is not a name of failover URLs'],
    ['failover:(stomp://a)?jitter=1', 'jitter is not a name of failover URLs'],
    ['failover:(stomp://a)?maxCacheSize=1', 'messages are not kept for a replay of this kind'],
    ['failover:(stomp://a)?maxPullCacheSize=1', 'messages are not kept for a replay of this kind'],
    ['failover:(stomp://a)?trackTransactionProducers=1', 'a transaction ends with its connection'],
    ['failover:(stomp://a)?backupPoolSize=1', 'backup=true keeps one connection at hand, never more'],
    ['failover:(stomp://a)?reconnectSupported=1', 'a broker cannot switch reconnecting on or off here'],
    ['failover:(stomp://a)?nested.a=1', 'a host takes none in the URL; see the options beside it'],
    [
      `failover:(stomp://a)?${'n'.repeat(40)}=1`,
      `${'n'.repeat(40)}: expected one of initialReconnectDelay, maxReconn`,
    ],
    [
      `failover:(stomp://a)?${'n'.repeat(41)}=1`,
      'failover option: expected one of initialReconnectDelay, maxReconn',
    ],
    ['failover:(stomp://a)?1name=1', 'failover option: expected one of'],
    ['failover:(stomp://a)?name1=1', 'failover option: expected one of'],
    ['failover:(stomp://a)?timeout=x1', 'received "x1"'],
    ['failover:(stomp://a)?timeout=1x', 'received "1x"'],
    [`failover:(stomp://a)?timeout=${'1'.repeat(21)}`, `received "${'1'.repeat(21)}"`],
    [`failover:(stomp://a)?timeout=1.${'1'.repeat(21)}`, `received "1.${'1'.repeat(21)}"`],
    ['failover:(stomp://a)?timeout=1.', 'received "1."'],
    ['failover:(stomp://a)?maxReconnectAttempts=10x', 'received "10x"'],
    [
      'failover:(stomp://a)?maxReconnectAttempts=0',
      'a whole number from 1, or -1 for no limit (0 means "no limit" to older',
    ],
    ['failover:(stomp://a)?maxReconnectAttempts=0', 'newer ones), received 0'],
    ['failover:(stomp://a)?timeout=Infinity', 'received "Infinity"'],
  ])('%j', (text, message) => {
    const error = refusal(text);
    expect(error.code).toBe('STOMP_URL_INVALID');
    expect(error.message).toContain(message);
  });

  it.each([undefined, null, 42, {}, []])('%j, which is no text', (value) => {
    expect(refusal(value).message).toBe(
      'URL: expected text: stomp://host:port, stomp+ssl://host:port or failover:(url,url)?name=value',
    );
  });
});

describe('a passcode', () => {
  it('does not show in what was read', () => {
    for (const text of [`stomp://me:${SENTINEL}@a`, `failover:(stomp://me:${SENTINEL}@a)`]) {
      const read = parseTarget(text);
      for (const shown of [inspect(read, { depth: 9, showHidden: true }), JSON.stringify(read)]) {
        expect(shown).not.toContain(SENTINEL);
      }
    }
  });

  const broken = [
    `me:${SENTINEL}@a`,
    `:${SENTINEL}@a`,
    `stomp:me:${SENTINEL}@a`,
    `stomp:/me:${SENTINEL}@a`,
    `tcp://me:${SENTINEL}@a`,
    `stomp://me:${SENTINEL}`,
    `stomp://me:${SENTINEL}%40a`,
    `stomp://${SENTINEL}:@`,
    `stomp://:${SENTINEL}@a`,
    `stomp://me:${SENTINEL}@`,
    `stomp://me:${SENTINEL}@a:b`,
    `stomp://me:${SENTINEL}@a:0`,
    `stomp://me:${SENTINEL}@a b`,
    `stomp://me:${SENTINEL}@[::1`,
    `stomp://me:${SENTINEL}%@a`,
    `stomp://me:%ff${SENTINEL}@a`,
    `stomp://me:${SENTINEL}%0A@a`,
    `stomp://me:${SENTINEL}/x@a`,
    `stomp://me:x/${SENTINEL}@a`,
    `stomp://me:x?${SENTINEL}@a`,
    `stomp://me:x#${SENTINEL}@a`,
    `stomp://me:x@${SENTINEL}@a`,
    `stomp://me:x:${SENTINEL}@a/b`,
    `stomp://me:${SENTINEL}@a?b=c`,
    `stomp://a/${SENTINEL}`,
    `stomp://a?passcode=${SENTINEL}`,
    `stomp://a#${SENTINEL}`,
    `stomp://me:x ${SENTINEL}@a`,
    `stomp://me:x\\${SENTINEL}@a`,
    `failover:stomp://me:${SENTINEL}@a`,
    `failover:(stomp://me:${SENTINEL}@a`,
    `failover:(stomp://me:${SENTINEL}@a,b)`,
    `failover:(stomp://me:x,${SENTINEL}@a)`,
    `failover:(stomp://me:x)${SENTINEL}@a)`,
    `failover:(stomp://me:x)?timeout=${SENTINEL}@a)`,
    `failover:(stomp://me:x)?${SENTINEL}@a,stomp://b)`,
    `failover:(stomp://a)?password=${SENTINEL}`,
    `failover:(stomp://a)?timeout=1&nested.passcode=${SENTINEL}`,
    `failover:(stomp://me:${SENTINEL}@a)?timeout=0`,
    `failover:(stomp://me:${SENTINEL}@a)?unknown=1`,
    `failover:(stomp://a)?timeout=me:${SENTINEL}`,
  ];

  it.each(broken)('does not show in the refusal of %s', (url) => {
    const error = refusal(url);
    const shown = [
      error.message,
      error.stack,
      inspect(error, { depth: 9, showHidden: true }),
      JSON.stringify(error),
    ];
    for (const text of shown) expect(text).not.toContain(SENTINEL);
    expect(error.cause).toBeUndefined();
  });
});

it('a name that resembles none has no hint', () => {
  expect(refusal('failover:(stomp://a)?zzzzzzzz=1').message).not.toContain('did you mean');
});
