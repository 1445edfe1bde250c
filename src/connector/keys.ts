import { nearest } from './nearest.js';

export type KeyKind = 'text' | 'secret' | 'file' | 'boolean' | 'integer' | 'number';

/** One key of `plugin.stomp.*`: what it takes, and where it goes. */
export interface ConfigKey {
  /** Without `plugin.stomp.`; `N` stands for the number of a pool member, counted from 1. */
  readonly name: string;
  /** Read in single-host mode, in pool mode, or in both. */
  readonly style: 'single' | 'pool' | 'both';
  readonly kind: KeyKind;
  /** Numbers only. Seconds become milliseconds. */
  readonly unit?: 'seconds' | undefined;
  /** Numbers only: the smallest and the largest, both allowed. */
  readonly range?: readonly [min: number, max: number] | undefined;
  /** Numbers only: the smallest is refused too. */
  readonly above?: boolean | undefined;
  /** What 0 and every number below it stand for. */
  readonly zero?: 'no limit' | 'off' | undefined;
  /** As one would write it in the file. */
  readonly default?: string | undefined;
  /** The variable that wins over the file. */
  readonly env?: string | undefined;
  /** An empty variable counts as set. */
  readonly envMayBeEmpty?: boolean | undefined;
  /** How MCollective's connector misread some values of this key. */
  readonly misread?: 'boolean' | 'multiplier' | undefined;
  /** The option of `connect()`, of a member of its `hosts`, or of Settings. */
  readonly option: string;
  readonly since: 'seed' | 'later MCollective' | 'stompwire';
  readonly about: string;
}

export const PREFIX = 'plugin.stomp.';

/** As many as a timer takes: 2^31 - 1 milliseconds. */
const MAX_SECONDS = 2_147_483;
const MAX_COUNT = 2_147_483_647;
const SECONDS = { kind: 'number', unit: 'seconds', range: [0, MAX_SECONDS] } as const;
const ANY_SECONDS = { kind: 'number', unit: 'seconds', range: [-MAX_SECONDS, MAX_SECONDS] } as const;
const PORT = { kind: 'integer', range: [1, 65_535], default: '6163', option: 'port' } as const;
const BOOLEAN = { kind: 'boolean', misread: 'boolean' } as const;
const SERVER_ENV = { env: 'STOMP_SERVER' } as const;
const USER_ENV = { env: 'STOMP_USER', envMayBeEmpty: true } as const;
const PASSWORD_ENV = { env: 'STOMP_PASSWORD', envMayBeEmpty: true } as const;

const single = { style: 'single', since: 'seed' } as const;
const pool = { style: 'pool', since: 'seed' } as const;
const both = { style: 'both', since: 'seed' } as const;
const later = { style: 'pool', since: 'later MCollective' } as const;
const ours = { style: 'pool', since: 'stompwire' } as const;

/** Every key of the connector. The reader, the check for misspelt keys and the documentation follow this table. */
export const CONFIG_KEYS: readonly ConfigKey[] = [
  { ...single, name: 'host', kind: 'text', ...SERVER_ENV, option: 'host', about: 'the broker' },
  { ...single, name: 'port', ...PORT, env: 'STOMP_PORT', about: 'its port' },
  { ...single, name: 'user', kind: 'text', ...USER_ENV, option: 'login', about: 'who to log in as' },
  { ...single, name: 'password', kind: 'secret', ...PASSWORD_ENV, option: 'passcode', about: 'the password' },
  {
    ...both,
    name: 'base64',
    ...BOOLEAN,
    default: 'false',
    option: 'base64',
    about: 'bodies travel in base64',
  },
  {
    ...both,
    name: 'priority',
    kind: 'integer',
    range: [0, 255],
    default: '0',
    option: 'priority',
    about: 'header `priority` of what is published; 0 sends none, ActiveMQ knows 1 to 9',
  },
  {
    ...pool,
    name: 'pool.size',
    kind: 'integer',
    range: [1, MAX_COUNT],
    option: 'hosts',
    about: 'how many hosts',
  },
  { ...pool, name: 'pool.hostN', kind: 'text', option: 'host', about: 'host N' },
  { ...pool, name: 'pool.portN', ...PORT, about: 'its port' },
  {
    ...pool,
    name: 'pool.userN',
    kind: 'text',
    ...USER_ENV,
    option: 'login',
    about: 'who to log in as there',
  },
  {
    ...pool,
    name: 'pool.passwordN',
    kind: 'secret',
    ...PASSWORD_ENV,
    option: 'passcode',
    about: 'the password',
  },
  {
    ...later,
    name: 'pool.sslN',
    ...BOOLEAN,
    default: 'false',
    option: 'tls',
    about: 'TLS to host N, verified',
  },
  { ...ours, name: 'pool.sslN.ca', kind: 'file', option: 'tls.ca', about: 'PEM file of the authorities' },
  { ...ours, name: 'pool.sslN.cert', kind: 'file', option: 'tls.cert', about: 'PEM file of our certificate' },
  { ...ours, name: 'pool.sslN.key', kind: 'file', option: 'tls.key', about: 'PEM file of its key' },
  {
    ...pool,
    name: 'pool.initial_reconnect_delay',
    ...SECONDS,
    default: '0.01',
    option: 'initialReconnectDelayMs',
    about: 'before the second dial in a row',
  },
  {
    ...pool,
    name: 'pool.max_reconnect_delay',
    ...SECONDS,
    default: '30.0',
    option: 'maxReconnectDelayMs',
    about: 'no delay is longer',
  },
  {
    ...pool,
    name: 'pool.use_exponential_back_off',
    ...BOOLEAN,
    default: 'true',
    option: 'useExponentialBackOff',
    about: 'false keeps every delay at the initial one',
  },
  {
    ...pool,
    name: 'pool.back_off_multiplier',
    kind: 'number',
    range: [1, MAX_COUNT],
    default: '2',
    misread: 'multiplier',
    option: 'backOffMultiplier',
    about: 'each delay is the one before times this',
  },
  {
    ...pool,
    name: 'pool.max_reconnect_attempts',
    kind: 'integer',
    range: [-MAX_COUNT, MAX_COUNT],
    zero: 'no limit',
    default: '0',
    option: 'maxReconnectAttempts',
    about: 'failed attempts after the first dial, over all hosts, before the pool gives up',
  },
  {
    ...pool,
    name: 'pool.randomize',
    ...BOOLEAN,
    default: 'false',
    option: 'randomize',
    about: 'shuffle the hosts',
  },
  {
    ...pool,
    name: 'pool.timeout',
    ...ANY_SECONDS,
    zero: 'no limit',
    default: '-1',
    option: 'timeoutMs',
    about: 'how long a publish waits for a live connection',
  },
  {
    ...later,
    name: 'pool.connect_timeout',
    ...SECONDS,
    above: true,
    default: '30',
    option: 'connectTimeoutMs',
    about: 'one budget for DNS, TCP, TLS and CONNECTED',
  },
  {
    ...later,
    name: 'pool.backup',
    ...BOOLEAN,
    default: 'false',
    option: 'backup',
    about: 'a second connection at hand',
  },
  {
    ...ours,
    name: 'pool.jitter',
    kind: 'number',
    range: [0, 1],
    default: '0',
    option: 'jitter',
    about: 'how much of a delay is left to chance',
  },
  {
    ...ours,
    name: 'pool.stable_after',
    ...SECONDS,
    default: '5',
    option: 'stableAfterMs',
    about: 'a connection that ends sooner counts as a failed attempt',
  },
  {
    ...ours,
    name: 'pool.probe_interval',
    ...SECONDS,
    zero: 'off',
    default: '0',
    option: 'probeIntervalMs',
    about: 'silence after which the broker is asked for a sign of life',
  },
  {
    ...ours,
    name: 'pool.probe_timeout',
    ...SECONDS,
    above: true,
    default: '5',
    option: 'probeTimeoutMs',
    about: 'how long that sign may take',
  },
];

const BY_NAME = new Map(CONFIG_KEYS.map((key) => [key.name, key]));

/** A key of the table, with the number in place of its `N`. */
export interface FoundKey {
  readonly key: ConfigKey;
  /** As in the file, without `plugin.stomp.`. */
  readonly name: string;
  readonly member: number | undefined;
}

/** The key that this name (without `plugin.stomp.`) stands for. */
export function findKey(name: string): FoundKey | undefined {
  const [, head, member, tail = ''] = /^(pool\.[a-z]+)([1-9]\d{0,8})(\.[a-z]+)?$/.exec(name) ?? [];
  const pattern = member === undefined ? name : `${head}N${tail}`;
  const key = BY_NAME.get(pattern);
  // `pool.hostN`, taken word by word from a manual, is no key.
  if (!key || hasMember(key) !== (member !== undefined)) return undefined;
  return { key, name, member: member === undefined ? undefined : Number(member) };
}

export function hasMember(key: ConfigKey): boolean {
  return key.name.startsWith('pool.') && key.name.includes('N');
}

/** The key that was probably meant, whole, with the number the user wrote. */
export function suggestKey(name: string): string | undefined {
  // The digits of base64, before any dot, are no member's number.
  const [, head, digits = '', tail] = /^([^.]*\.\D*)(\d+)(.*)$/s.exec(name) ?? [];
  const guess = nearest(digits === '' ? name : `${head}N${tail}`, [...BY_NAME.keys()]);
  return guess && PREFIX + guess.replace('N', digits.replace(/^0+/, '') || '1');
}
