import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.js';
import { Endpoint, type EndpointInit } from '../../src/transport/endpoint.js';
import { Secret } from '../../src/transport/secret.js';

function refusal(init: unknown, where?: string): ConfigError {
  try {
    new Endpoint(init as EndpointInit, where);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error('accepted');
}

describe('Endpoint', () => {
  it.each<[EndpointInit, string]>([
    [{ host: 'broker' }, 'stomp://broker:61613'],
    [{ host: 'broker', tls: true }, 'stomp+ssl://broker:61612'],
    [{ host: 'broker', tls: {} }, 'stomp+ssl://broker:61612'],
    [{ host: 'broker', tls: false }, 'stomp://broker:61613'],
    [{ host: 'broker', port: 1 }, 'stomp://broker:1'],
    [{ host: 'broker', port: 65_535, tls: true }, 'stomp+ssl://broker:65535'],
    [{ host: '10.0.0.1' }, 'stomp://10.0.0.1:61613'],
    [{ host: '::1' }, 'stomp://[::1]:61613'],
    [{ host: '::ffff:10.0.0.1' }, 'stomp://[::ffff:10.0.0.1]:61613'],
    [{ host: 'fe80::1%eth0', port: 7 }, 'stomp://[fe80::1%eth0]:7'],
    [
      { host: 'broker', port: undefined, login: undefined, passcode: undefined, tls: undefined },
      'stomp://broker:61613',
    ],
  ])('%j is %s', (init, name) => {
    const endpoint = new Endpoint(init);
    expect([endpoint.name, String(endpoint), JSON.parse(JSON.stringify(endpoint))]).toEqual([
      name,
      name,
      name,
    ]);
    expect(inspect(endpoint)).toBe(`Endpoint ${name}`);
  });

  it.each<[unknown, string, string]>([
    [undefined, 'endpoint', 'expected an object, received undefined'],
    [null, 'endpoint', 'received null'],
    ['stomp://me:S3NTINEL@a', 'endpoint', 'received a string'],
    [[], 'endpoint', 'received an array'],
    [{}, 'host', 'received undefined'],
    [{ host: '' }, 'host', 'received ""'],
    [{ host: 7 }, 'host', 'received 7'],
    [{ host: () => 'a' }, 'host', 'received a function'],
    [{ host: 'a b' }, 'host', 'received "a b"'],
    [{ host: 'a\0' }, 'host', 'expected a host name'],
    [{ host: 'a/b' }, 'host', 'received [secret]'],
    [{ host: 'stomp://me:S3NTINEL@a' }, 'host', 'without scheme, brackets and port, received [secret]'],
    [{ host: 'me:S3NTINEL@a' }, 'host', 'received [secret]'],
    [{ host: 'a:61613' }, 'host', 'expected a host name'],
    [{ host: '[::1]' }, 'host', 'expected a host name'],
    [{ host: '1:2:3' }, 'host', 'expected a host name'],
    [{ host: '::1%' }, 'host', 'expected a host name'],
    [{ host: 'a%eth0' }, 'host', 'expected a host name'],
    [{ host: 'a', port: 0 }, 'port', 'expected a whole number from 1 to 65535, received 0'],
    [{ host: 'a', port: 65_536 }, 'port', 'received 65536'],
    [{ host: 'a', port: 1.5 }, 'port', 'received 1.5'],
    [{ host: 'a', port: Number.NaN }, 'port', 'received NaN'],
    [{ host: 'a', port: Number.POSITIVE_INFINITY }, 'port', 'received Infinity'],
    [{ host: 'a', port: '61613' }, 'port', 'received "61613"'],
    [{ host: 'a', login: 'm\ne' }, 'login', 'text without CR, LF and NUL'],
    [{ host: 'a', login: 7 }, 'login', 'text without CR, LF and NUL'],
    [{ host: 'a', login: 'me', passcode: 'S3NTINEL\n' }, 'passcode', 'text without CR, LF and NUL'],
    [{ host: 'a', login: 'me', passcode: 'S3NTINEL\0' }, 'passcode', 'text without CR, LF and NUL'],
    [
      { host: 'a', login: 'me', passcode: new Secret('S3NTINEL\r') },
      'passcode',
      'text without CR, LF and NUL',
    ],
    [{ host: 'a', login: 'me', passcode: { value: 'S3NTINEL' } }, 'passcode', 'text without CR, LF and NUL'],
    [{ host: 'a', login: 'me', passcode: null }, 'passcode', 'text without CR, LF and NUL'],
    [{ host: 'a', tls: 'S3NTINEL' }, 'tls', 'true, false or an object of TLS options, received a string'],
    [{ host: 'a', tls: 1 }, 'tls', 'received a number'],
    [{ host: 'a', tls: null }, 'tls', 'received null'],
    [{ host: 'a', tls: { ca: 7 } }, 'tls.ca', 'PEM, or an array of PEM, received a number'],
    [{ host: 'a', tls: { ca: ['pem', 7] } }, 'tls.ca', 'received an array'],
    [{ host: 'a', tls: { cert: true, key: 'k' } }, 'tls.cert', 'received a boolean'],
    [{ host: 'a', tls: { cert: 'c', key: ['S3NTINEL'] } }, 'tls.key', 'received an array'],
    [{ host: 'a', tls: { passphrase: 7 } }, 'tls.passphrase', 'received a number'],
    [{ host: 'a', tls: { servername: 7 } }, 'tls.servername', 'received a number'],
    [{ host: 'a', tls: { minVersion: 'TLSv1' } }, 'tls.minVersion', 'TLSv1.2 or TLSv1.3'],
    [{ host: 'a', tls: { rejectUnauthorized: 0 } }, 'tls.rejectUnauthorized', 'true or false'],
  ])('%j is refused by %s', (init, option, message) => {
    const error = refusal(init);
    expect([error.code, error.option]).toEqual(['STOMP_CONFIG_INVALID', option]);
    expect(error.message).toContain(message);
    expect(inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)).not.toContain('S3NTINEL');
  });

  it.each<[unknown, string, string]>([
    [{ host: 'a', passcode: 'S3NTINEL' }, 'login', 'a login beside the passcode'],
    [{ host: 'a', passcode: () => 'x' }, 'login', 'a login beside the passcode'],
    [{ host: 'a', tls: { cert: 'c' } }, 'tls', 'cert and key together'],
    [{ host: 'a', tls: { key: 'S3NTINEL' } }, 'tls', 'cert and key together'],
  ])('%j contradicts itself', (init, option, message) => {
    const error = refusal(init);
    expect([error.code, error.option]).toEqual(['STOMP_CONFIG_CONFLICT', option]);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('S3NTINEL');
  });

  it.each<[unknown, string, string]>([
    [{ hots: 'a' }, 'hots', 'did you mean host?'],
    [{ host: 'a', user: 'me' }, 'user', 'one of host, port, login, passcode, tls'],
    [{ host: 'a', passCode: 'S3NTINEL' }, 'passCode', 'did you mean passcode?'],
    [
      { host: 'a', tls: { reject_unauthorized: false } },
      'tls.reject_unauthorized',
      'did you mean rejectUnauthorized?',
    ],
    [JSON.parse('{"host":"a","__proto__":{}}'), '__proto__', 'one of'],
  ])('%j has an unknown name', (init, option, message) => {
    const error = refusal(init);
    expect([error.code, error.option]).toEqual(['STOMP_CONFIG_UNKNOWN_KEY', option]);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('S3NTINEL');
  });

  it.each<[unknown, string]>([
    [7, 'hosts[2]'],
    [{ hots: 'a' }, 'hosts[2].hots'],
    [{ host: '' }, 'hosts[2].host'],
    [{ host: 'a', port: 0 }, 'hosts[2].port'],
    [{ host: 'a', passcode: 'x' }, 'hosts[2].login'],
    [{ host: 'a', tls: { ca: 0 } }, 'hosts[2].tls.ca'],
  ])('%j in a list is named with its place', (init, option) => {
    expect(refusal(init, 'hosts[2].').option).toBe(option);
  });

  it('keeps a passcode from sight, also after a spread', () => {
    const endpoint = new Endpoint({ host: 'a', login: 'me', passcode: 'S3NTINEL' });
    for (const value of [endpoint, [endpoint], { ...endpoint }, new Endpoint({ ...endpoint })]) {
      expect(inspect(value, { depth: 9, showHidden: true }) + JSON.stringify(value)).not.toContain(
        'S3NTINEL',
      );
    }
    expect((new Endpoint({ ...endpoint }).passcode as Secret).reveal()).toBe('S3NTINEL');
  });

  it('takes a passcode as text, as a Secret and as a function', () => {
    const ask = (): string => 'later';
    const secret = new Secret('');
    expect(new Endpoint({ host: 'a', login: 'me', passcode: 'x' }).passcode).toEqual(new Secret('x'));
    expect(new Endpoint({ host: 'a', login: 'me', passcode: secret }).passcode).toBe(secret);
    expect(new Endpoint({ host: 'a', login: '', passcode: ask }).passcode).toBe(ask);
    expect(new Endpoint({ host: 'a', login: 'me' }).passcode).toBeUndefined();
  });

  it('takes every TLS option, as its own copy', () => {
    const ca = ['pem', Buffer.from('pem')];
    const tls = {
      ca,
      cert: 'c',
      key: Buffer.from('k'),
      passphrase: 'p',
      servername: 's',
      minVersion: 'TLSv1.3',
      rejectUnauthorized: false,
    } as const;
    const endpoint = new Endpoint({ host: 'a', tls });
    expect(endpoint.tls).toEqual(tls);
    ca.pop();
    expect(endpoint.tls?.ca).toHaveLength(2);
    expect(new Endpoint({ host: 'a', tls: { servername: undefined } }).tls).toStrictEqual({});
  });

  it('is frozen', () => {
    const endpoint = new Endpoint({ host: 'a', tls: { ca: ['pem'] } });
    expect([endpoint, endpoint.tls, endpoint.tls?.ca].every(Object.isFrozen)).toBe(true);
  });
});
