import { ConfigError } from '../errors.js';
import type { EndpointName } from '../frame/observer.js';
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

export const DEFAULT_PORT = 61_613;
export const DEFAULT_TLS_PORT = 61_612;

/** One place to dial: checked, frozen, and without a passcode in anything it prints. */
export class Endpoint {
  readonly host: string;
  readonly port: number;
  readonly login: string | undefined;
  readonly passcode: Passcode | undefined;
  readonly tls: TlsOptions | undefined;

  constructor(init: EndpointInit) {
    const tls = init.tls === true ? {} : init.tls || undefined;
    this.host = checkHost(init.host);
    this.port = checkPort(init.port ?? (tls ? DEFAULT_TLS_PORT : DEFAULT_PORT));
    this.login = checkText('login', init.login);
    this.passcode = checkPasscode(init.passcode);
    this.tls = tls && Object.freeze({ ...tls });
    if (this.passcode !== undefined && this.login === undefined) {
      throw new ConfigError('STOMP_CONFIG_CONFLICT', {
        option: 'login',
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

function checkHost(host: unknown): string {
  if (typeof host === 'string' && host !== '' && !/[\s/\0]/.test(host)) return host;
  throw new ConfigError('STOMP_CONFIG_INVALID', {
    option: 'host',
    expected: 'a host name or address',
    received: JSON.stringify(host),
  });
}

function checkPort(port: unknown): number {
  if (typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new ConfigError('STOMP_CONFIG_INVALID', {
    option: 'port',
    expected: 'a whole number from 1 to 65535',
    received: String(port),
  });
}

function checkText(option: string, text: unknown): string | undefined {
  if (text === undefined || (typeof text === 'string' && !/[\r\n\0]/.test(text))) return text;
  throw new ConfigError('STOMP_CONFIG_INVALID', { option, expected: 'text without CR, LF and NUL' });
}

function checkPasscode(passcode: unknown): Passcode | undefined {
  if (typeof passcode === 'function') return passcode as Passcode;
  if (passcode instanceof Secret) return new Secret(checkText('passcode', passcode.reveal()) ?? '');
  const text = checkText('passcode', passcode);
  return text === undefined ? undefined : new Secret(text);
}
