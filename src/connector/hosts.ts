import { ConfigError } from '../errors.js';
import { Endpoint, type EndpointInit, type TlsOptions } from '../transport/endpoint.js';
import { Secret } from '../transport/secret.js';
import { hiddenBytes } from './hidden.js';
import type { Given } from './settings.js';
import type { Source } from './source.js';
import { invalid, quote } from './values.js';

/** The keys of one host, without `plugin.stomp.`. */
interface HostKeys {
  readonly host: string;
  readonly port: string;
  readonly user: string;
  readonly password: string;
  readonly ssl?: string;
}

const SINGLE: HostKeys = { host: 'host', port: 'port', user: 'user', password: 'password' };

/** `plugin.stomp.host` and its companions. */
export function singleHost(source: Source): EndpointInit {
  return readHost(source, SINGLE, source.given('host')!);
}

/** Members 1 to `plugin.stomp.pool.size`. */
export function poolHosts(source: Source): EndpointInit[] {
  const size = source.scalar('pool.size') as number;
  const hosts: EndpointInit[] = [];
  for (let member = 1; member <= size; member++) hosts.push(poolHost(source, member, size));
  return hosts;
}

function poolHost(source: Source, member: number, size: number): EndpointInit {
  const [host, port, user, password, ssl] = ['host', 'port', 'user', 'password', 'ssl'].map(
    (name) => `pool.${name}${member}`,
  ) as [string, string, string, string, string];
  const given = source.given(host);
  if (given) return readHost(source, { host, port, user, password, ssl }, given);
  throw new ConfigError('STOMP_CONFIG_INVALID', {
    option: source.keyOf(host),
    expected: `a host, as ${source.keyOf('pool.size')} is ${size}`,
    received: 'nothing',
    line: source.given('pool.size')?.line,
  });
}

function readHost(source: Source, keys: HostKeys, host: Given): EndpointInit {
  const init: EndpointInit = {
    host: host.text,
    port: source.scalar(keys.port) as number,
    ...readLogin(source, keys, host),
    ...readTls(source, keys.ssl),
  };
  checkHost(source, keys, init);
  return init;
}

function readLogin(source: Source, keys: HostKeys, host: Given): Pick<EndpointInit, 'login' | 'passcode'> {
  const user = source.given(keys.user);
  const password = source.given(keys.password);
  if (!user) {
    const unused = password ? `; ${password.key} is not used` : '';
    const where = `neither ${source.keyOf(keys.user)} nor STOMP_USER is set`;
    source.warnings.add(
      host,
      `connects without a login, as ${where} (RabbitMQ takes that for guest)${unused}`,
    );
    return {};
  }
  if (password) return { login: user.text, passcode: new Secret(password.text) };
  throw new ConfigError('STOMP_CONFIG_CONFLICT', {
    option: source.keyOf(keys.password),
    expected: `a password beside ${user.key}, here or in STOMP_PASSWORD`,
    received: 'nothing',
    line: user.line,
  });
}

function readTls(source: Source, ssl: string | undefined): Pick<EndpointInit, 'tls'> {
  if (ssl === undefined) return {};
  const on = source.scalar(ssl) as boolean;
  const files = ['ca', 'cert', 'key'].flatMap((name) => source.given(`${ssl}.${name}`) ?? []);
  if (!on) {
    for (const file of files) refuseWithoutTls(source, ssl, file);
    return {};
  }
  const tls: Record<string, Buffer> = {};
  for (const file of files) tls[file.key.slice(file.key.lastIndexOf('.') + 1)] = readPem(source, file);
  checkPair(source, ssl, tls);
  return { tls: files.length === 0 ? true : (tls as TlsOptions) };
}

/** Whoever names an authority thinks that the connection is encrypted; only an outspoken "no" says otherwise. */
function refuseWithoutTls(source: Source, ssl: string, file: Given): void {
  if (source.given(ssl)) {
    source.warnings.add(file, `is not used, as ${source.keyOf(ssl)} is off`);
    return;
  }
  throw new ConfigError('STOMP_CONFIG_CONFLICT', {
    option: file.key,
    expected: `${source.keyOf(ssl)} = 1 beside it`,
    line: file.line,
  });
}

function readPem(source: Source, file: Given): Buffer {
  if (!source.readFile) throw invalid(file, 'the option readFile of parseConfig, to read this file with');
  try {
    return hiddenBytes(source.readFile(file.text));
  } catch (cause) {
    const { option, expected, received, line } = invalid(file, 'a file that can be read');
    throw new ConfigError('STOMP_CONFIG_INVALID', { option, expected, received, line }, { cause });
  }
}

function checkPair(source: Source, ssl: string, tls: Record<string, Buffer>): void {
  for (const [there, missing] of [
    ['cert', 'key'],
    ['key', 'cert'],
  ] as const) {
    if (!tls[there] || tls[missing]) continue;
    throw new ConfigError('STOMP_CONFIG_CONFLICT', {
      option: source.keyOf(`${ssl}.${missing}`),
      expected: `a file beside ${source.keyOf(`${ssl}.${there}`)}`,
      received: 'nothing',
      line: source.given(`${ssl}.${there}`)?.line,
    });
  }
}

/** The rules are the endpoint's own; what it refuses is reported under the operator's key. */
function checkHost(source: Source, keys: HostKeys, init: EndpointInit): void {
  try {
    new Endpoint(init);
  } catch (error) {
    /* v8 ignore next -- @preserve: short of a mistake in it, an Endpoint throws nothing else */
    if (!(error instanceof ConfigError)) throw error;
    const names: Record<string, string> = { host: keys.host, login: keys.user, passcode: keys.password };
    const given = source.given(names[error.option]!)!;
    const received = error.option === 'passcode' ? '[secret]' : quote(given.text);
    throw new ConfigError(error.code, {
      option: given.key,
      expected: error.expected,
      received,
      line: given.line,
    });
  }
}
