import { ConfigError } from '../errors.js';
import { isHeaderText } from '../transport/check.js';
import { type EndpointInit, isHost, PORTS } from '../transport/endpoint.js';
import { Secret } from '../transport/secret.js';
import { readFailoverOptions } from './failover-options.js';
import type { ConnectOptions } from './options.js';

const FORMS = 'stomp://host:port, stomp+ssl://host:port or failover:(url,url)?name=value';

/** What other programs write, and which of our two schemes it comes nearest to. */
const FOREIGN_SCHEMES: ReadonlyMap<string, 'stomp' | 'stomp+ssl'> = new Map([
  ['tcp', 'stomp'],
  ['nio', 'stomp'],
  ['stomp+nio', 'stomp'],
  ['ssl', 'stomp+ssl'],
  ['tls', 'stomp+ssl'],
  ['stomps', 'stomp+ssl'],
  ['stomp+tls', 'stomp+ssl'],
  ['stomp+nio+ssl', 'stomp+ssl'],
]);

/**
 * Reads a `stomp://`, `stomp+ssl://` or `failover:(url,url)?name=value` URL. The passcodes in what it gives are
 * Secrets. Throws ConfigError STOMP_URL_INVALID, which says at which character (from 1) what was expected. It
 * quotes nothing of the text that could be a part of a passcode, however the URL is malformed.
 */
export function parseTarget(text: string): ConnectOptions {
  if (typeof text !== 'string') throw urlError(`text: ${FORMS}`);
  // WHATWG parsers trim and drop these without a word, and turn a backslash into a slash.
  const blank = text.search(/[\s\p{Cc}\\]/u);
  if (blank !== -1) throw urlError('no blank, control character or backslash (percent-encode it)', blank);
  const failover = /^failover:(?:\/\/)?/i.exec(text);
  return failover ? parseFailover(text, failover[0].length) : { hosts: [parseHost(text, 0, FORMS)] };
}

function parseFailover(text: string, open: number): ConnectOptions {
  if (text[open] !== '(') throw urlError('an opening parenthesis', open);
  const close = text.indexOf(')', open);
  if (close === -1) throw urlError('a closing parenthesis', text.length);
  const hosts: EndpointInit[] = [];
  let offset = open + 1;
  for (const url of text.slice(offset, close).split(',')) {
    hosts.push(
      parseHost(url, offset, 'a stomp:// or stomp+ssl:// URL (a comma in a passcode is written %2C)'),
    );
    offset += url.length + 1;
  }
  const tail = text.slice(close + 1);
  if (tail !== '' && (tail[0] !== '?' || /[()@#/]/.test(tail))) {
    throw urlError('the end, or ?name=value (a parenthesis in a passcode is written %28 or %29)', close + 1);
  }
  return { hosts, ...(tail === '' ? {} : readFailoverOptions(tail.slice(1))) };
}

/** One URL, which stands at `offset` of the whole text. */
function parseHost(url: string, offset: number, forms: string): EndpointInit {
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(url);
  if (!scheme) throw urlError(forms, offset);
  const tls = isTls(scheme[1]!.toLowerCase(), offset);
  const start = scheme[0].length;
  const length = url.slice(start).search(/[/?#]/);
  const end = length === -1 ? url.length : start + length;
  refuseTail(url.slice(end), offset + end);

  const authority = url.slice(start, end);
  const at = authority.indexOf('@');
  const { host, port } = parsePlace(authority.slice(at + 1), offset + start + at + 1);
  if (at === -1) return { host, port, tls };
  return { host, port, ...parseCredentials(authority.slice(0, at), offset + start), tls };
}

function isTls(scheme: string, offset: number): boolean {
  if (scheme === 'stomp' || scheme === 'stomp+ssl') return scheme === 'stomp+ssl';
  const meant = FOREIGN_SCHEMES.get(scheme);
  const expected = meant === undefined ? 'the scheme stomp:// or stomp+ssl://' : `the scheme ${meant}://`;
  throw urlError(expected, offset, `${scheme.slice(0, 20)}://`);
}

function refuseTail(tail: string, offset: number): void {
  if (tail === '' || tail === '/') return;
  if (tail.includes('@')) throw urlError('/ ? and # in a login or passcode as %2F %3F and %23', offset);
  if (tail.startsWith('/')) {
    throw urlError("no path (RabbitMQ's virtual host goes into connectHeaders, as host)", offset);
  }
  if (tail.startsWith('?')) throw urlError('no query (options go behind failover:(url,url)?)', offset);
  throw urlError('no fragment', offset);
}

function parsePlace(place: string, offset: number): { host: string; port: number | undefined } {
  if (place.includes('@')) throw urlError('one @ only (in a login or passcode it is written %40)', offset);
  const bracketed = place.startsWith('[');
  const parts = (bracketed ? /^\[([^\]]*)\](?::([^:]*))?$/ : /^([^:]*)(?::([^:]*))?$/).exec(place);
  if (!parts) throw urlError('host:port, an IPv6 address in brackets', offset);
  const host = decode(parts[1]!, offset);
  if (!isHost(host) || host.includes(':') !== bracketed) {
    throw urlError(bracketed ? 'an IPv6 address in the brackets' : 'a host name or address', offset);
  }
  if (parts[2] === undefined) return { host, port: undefined };
  const port = /^\d{1,5}$/.test(parts[2]) ? Number(parts[2]) : 0;
  if (port >= PORTS.min && port <= PORTS.max!) return { host, port };
  throw urlError('a port from 1 to 65535', offset + place.length - parts[2].length);
}

function parseCredentials(text: string, offset: number): Pick<EndpointInit, 'login' | 'passcode'> {
  const colon = text.indexOf(':');
  const login = decode(colon === -1 ? text : text.slice(0, colon), offset);
  if (login === '') throw urlError('a login before the @', offset);
  const passcode = colon === -1 ? undefined : decode(text.slice(colon + 1), offset + colon + 1);
  if (!isHeaderText(login) || !isHeaderText(passcode ?? '')) {
    throw urlError('a login and a passcode without CR, LF and NUL', offset);
  }
  return passcode === undefined ? { login } : { login, passcode: new Secret(passcode) };
}

function decode(text: string, offset: number): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // The URIError is not passed on as a cause: what it says is not ours to vouch for.
    throw urlError('percent-encoded UTF-8 (a percent sign is written %25)', offset);
  }
}

function urlError(expected: string, offset?: number, received?: string): ConfigError {
  const where = offset === undefined ? '' : ` at character ${offset + 1}`;
  return new ConfigError('STOMP_URL_INVALID', { option: 'URL', expected: `${expected}${where}`, received });
}
