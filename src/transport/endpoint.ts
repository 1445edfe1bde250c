import { ConfigError } from '../errors.js';
import type { EndpointName } from '../frame/observer.js';
import {
  checkKeys,
  checkNumber,
  checkObject,
  invalid,
  isHeaderText,
  kindOf,
  type NumberRange,
  show,
} from './check.js';
import { type Passcode, Secret } from './secret.js';

/** TLS of one endpoint. Verification is on unless `rejectUnauthorized` is false. */
export interface TlsOptions {
  /** Certificate authorities in PEM; Node's own list where it is absent. */
  readonly ca?: string | Buffer | ReadonlyArray<string | Buffer> | undefined;
  /** Client certificate chain in PEM. */
  readonly cert?: string | Buffer | undefined;
  /** Private key of the client certificate in PEM. */
  readonly key?: string | Buffer | undefined;
  readonly passphrase?: string | undefined;
  /** Name to ask for (SNI) and to verify; the host where it is absent. */
  readonly servername?: string | undefined;
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
  /** False accepts any certificate: for tests only. */
  readonly rejectUnauthorized?: boolean | undefined;
}

/** One place to dial, as a user writes it. */
export interface EndpointInit {
  readonly host: string;
  /** 1 to 65535. Default 61613, with TLS 61612. */
  readonly port?: number | undefined;
  readonly login?: string | undefined;
  readonly passcode?: Passcode | undefined;
  readonly tls?: boolean | TlsOptions | undefined;
}

/** Of `stomp://`. */
export const DEFAULT_PORT = 61_613;
/** Of `stomp+ssl://`. */
export const DEFAULT_TLS_PORT = 61_612;

/** What a port may be. */
export const PORTS: NumberRange = { min: 1, max: 65_535, whole: true };

const INIT_KEYS: readonly (keyof EndpointInit)[] = ['host', 'port', 'login', 'passcode', 'tls'];

/** One place to dial: checked, frozen, and without a passcode in anything it prints. */
export class Endpoint {
  readonly host: string;
  readonly port: number;
  readonly login: string | undefined;
  readonly passcode: Passcode | undefined;
  readonly tls: TlsOptions | undefined;

  /** `where` stands before the names in errors: `hosts[1].` of a list. */
  constructor(init: EndpointInit, where = '') {
    checkKeys(where, checkObject(where === '' ? 'endpoint' : where.slice(0, -1), init), INIT_KEYS);
    this.tls = checkTls(`${where}tls`, init.tls);
    this.host = checkHost(`${where}host`, init.host);
    this.port = checkNumber(`${where}port`, init.port ?? (this.tls ? DEFAULT_TLS_PORT : DEFAULT_PORT), PORTS);
    this.login = checkText(`${where}login`, init.login);
    this.passcode = checkPasscode(`${where}passcode`, init.passcode);
    if (this.passcode !== undefined && this.login === undefined) {
      throw new ConfigError('STOMP_CONFIG_CONFLICT', {
        option: `${where}login`,
        expected: 'a login beside the passcode',
      });
    }
    Object.freeze(this);
  }

  /** `stomp://host:port`, without credentials. */
  get name(): EndpointName {
    const host = this.host.includes(':') ? `[${this.host}]` : this.host;
    return `${this.tls ? 'stomp+ssl' : 'stomp'}://${host}:${this.port}`;
  }

  toString(): string {
    return this.name;
  }

  toJSON(): string {
    return this.name;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Endpoint ${this.name}`;
  }
}

/** A name or an address. An IPv6 address is bare, with a zone perhaps: `fe80::1%eth0`. */
export function isHost(host: unknown): host is string {
  if (typeof host !== 'string' || host === '' || /[\s\p{Cc}/\\@?#[\]]/u.test(host)) return false;
  if (!host.includes(':')) return !host.includes('%');
  return /^[^%]+(%[^%:]+)?$/.test(host) && URL.canParse(`http://[${host.replace(/%.*/, '')}]`);
}

function checkHost(option: string, host: unknown): string {
  if (isHost(host)) return host;
  throw invalid(option, 'a host name or address, without scheme, brackets and port', show(host));
}

function checkText(option: string, text: unknown): string | undefined {
  if (text === undefined || isHeaderText(text)) return text;
  throw invalid(option, 'text without CR, LF and NUL');
}

function checkPasscode(option: string, passcode: unknown): Passcode | undefined {
  if (typeof passcode === 'function') return passcode as Passcode;
  if (passcode === undefined) return undefined;
  const text = passcode instanceof Secret ? passcode.reveal() : passcode;
  if (isHeaderText(text)) return passcode instanceof Secret ? passcode : new Secret(text);
  throw invalid(option, 'text without CR, LF and NUL, a Secret, or a function that gives one');
}

// Nothing of a TLS option but its kind is shown: a key or a passphrase may be in the wrong place.
const isText = (value: unknown): boolean => typeof value === 'string';
const isPem = (value: unknown): boolean => isText(value) || value instanceof Uint8Array;
const TLS_CHECKS: Record<keyof TlsOptions, readonly [string, (value: unknown) => boolean]> = {
  ca: ['PEM, or an array of PEM', (value) => (Array.isArray(value) ? value.every(isPem) : isPem(value))],
  cert: ['PEM', isPem],
  key: ['PEM', isPem],
  passphrase: ['text', isText],
  servername: ['text', isText],
  minVersion: ['TLSv1.2 or TLSv1.3', (value) => value === 'TLSv1.2' || value === 'TLSv1.3'],
  rejectUnauthorized: ['true or false', (value) => typeof value === 'boolean'],
};

function checkTls(option: string, tls: unknown): TlsOptions | undefined {
  if (tls === undefined || tls === false) return undefined;
  if (tls === true) return Object.freeze({});
  const given = checkObject(option, tls, 'true, false or an object of TLS options');
  checkKeys(`${option}.`, given, Object.keys(TLS_CHECKS));
  const checked: { -readonly [K in keyof TlsOptions]: unknown } = {};
  for (const name of Object.keys(given) as (keyof TlsOptions)[]) {
    const value: unknown = (given as TlsOptions)[name];
    if (value === undefined) continue;
    const [expected, isValid] = TLS_CHECKS[name];
    if (!isValid(value)) throw invalid(`${option}.${name}`, expected, kindOf(value));
    checked[name] = Array.isArray(value) ? Object.freeze([...value]) : value;
  }
  if ((checked.cert === undefined) !== (checked.key === undefined)) {
    throw new ConfigError('STOMP_CONFIG_CONFLICT', { option, expected: 'cert and key together, or neither' });
  }
  return Object.freeze(checked as TlsOptions);
}
