import { ConfigError } from '../errors.js';
import type { BrokerClock } from './clock.js';
import type { Fault } from './faults.js';
import type { BrokerLimitsInit } from './limits.js';
import type { BrokerObserver } from './observer.js';
import type { BrokerStore } from './store.js';

/** Passcodes by login, or a function that says whether a pair may come in. */
export type BrokerLogins =
  | Readonly<Record<string, string>>
  | ReadonlyMap<string, string>
  | ((login: string | undefined, passcode: string | undefined) => boolean);

/** What a broker is, wherever its bytes come from. */
export interface BrokerCoreOptions {
  /** Who may connect. By default everyone, with or without a login. */
  readonly logins?: BrokerLogins | undefined;
  /** Queues and topics; two brokers may share one. Default: its own, empty. */
  readonly store?: BrokerStore | undefined;
  readonly limits?: BrokerLimitsInit | undefined;
  /** Trouble for all connections from the start; `broker.faults` changes it. */
  readonly faults?: Fault | undefined;
  readonly observer?: BrokerObserver | undefined;
  /**
   * What a crash (`kill`) does to messages that were sent without `persistent:true`: `lose` them, as ActiveMQ does,
   * or `keep` them. Default `lose`, so that a test of failover notices a message that was not persistent.
   */
  readonly volatile?: 'keep' | 'lose' | undefined;
  /**
   * Milliseconds until a change is stored. RECEIPTs wait for it, and a crash undoes what is younger. Default 0: all
   * is stored at once.
   */
  readonly storeDelayMs?: number | undefined;
  /** In session names and message-ids. Default: a random one, so that no broker knows another's message-ids. */
  readonly name?: string | undefined;
  /** Default: the system's. */
  readonly clock?: BrokerClock | undefined;
}

/** What the TLS listener presents and asks for; PEM. */
export interface BrokerTls {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  readonly passphrase?: string | undefined;
  /** Authorities that client certificates are checked against. */
  readonly ca?: string | Buffer | ReadonlyArray<string | Buffer> | undefined;
  /** Refuse clients without a certificate of `ca`. Default false: none is asked for. */
  readonly requireClientCert?: boolean | undefined;
}

/** How a broker starts. */
export interface BrokerOptions extends BrokerCoreOptions {
  /** Default 0, which takes a free one; `broker.port` tells. */
  readonly port?: number | undefined;
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  readonly tls?: BrokerTls | undefined;
  /** Do not listen before every other broker of the store has stopped. Default false. */
  readonly standby?: boolean | undefined;
}

/** Whether login and passcode may come in. */
export function admits(
  logins: BrokerLogins | undefined,
  login: string | undefined,
  passcode: string | undefined,
): boolean {
  if (logins === undefined) return true;
  if (typeof logins === 'function') return logins(login, passcode);
  if (login === undefined || passcode === undefined) return false;
  if (logins instanceof Map) return logins.get(login) === passcode;
  return Object.hasOwn(logins, login) && (logins as Record<string, string>)[login] === passcode;
}

/** Throws ConfigError for what cannot be meant. */
export function checkCoreOptions({ volatile, storeDelayMs = 0, name }: BrokerCoreOptions): void {
  if (volatile !== undefined && volatile !== 'keep' && volatile !== 'lose')
    throw invalid('volatile', "'keep' or 'lose'", volatile);
  if (!(storeDelayMs >= 0 && storeDelayMs < 2 ** 31))
    throw invalid('storeDelayMs', 'milliseconds, 0 or more', storeDelayMs);
  if (name !== undefined && !/^[\w.-]{1,64}$/.test(name))
    throw invalid('name', 'up to 64 letters, digits, dots, dashes and underscores', name);
}

/** Throws ConfigError for a port that is none. */
export function checkPort(port: number): void {
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw invalid('port', 'a whole number from 0 to 65535', port);
}

function invalid(option: string, expected: string, received: unknown): ConfigError {
  return new ConfigError('STOMP_CONFIG_INVALID', { option, expected, received: String(received) });
}
