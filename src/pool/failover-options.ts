import { ConfigError } from '../errors.js';
import {
  checkNumber,
  describeRange,
  isInRange,
  type NumberRange,
  nearest,
  show,
} from '../transport/check.js';
import { POOL_RANGES, type PoolOptions } from './options.js';

/** Reads one value; `name` is the URL's name for the option, for errors. */
type Reader = (name: string, value: string) => PoolOptions;

const CODE = 'STOMP_URL_INVALID';

const number =
  (option: keyof typeof POOL_RANGES): Reader =>
  (name, value) => ({ [option]: checkNumber(name, toNumber(value), POOL_RANGES[option], CODE) });

const boolean =
  (option: 'useExponentialBackOff' | 'randomize' | 'backup'): Reader =>
  (name, value) => {
    if (value === 'true' || value === 'false') return { [option]: value === 'true' };
    throw new ConfigError(CODE, { option: name, expected: 'true or false', received: show(value) });
  };

/** A number, or ActiveMQ's -1 for no limit. */
const orNoLimit =
  (option: 'maxReconnectAttempts' | 'startupMaxReconnectAttempts' | 'timeoutMs', from?: 1): Reader =>
  (name, value) => {
    if (value === '-1') return { [option]: Number.POSITIVE_INFINITY };
    const range: NumberRange = { ...POOL_RANGES[option], orInfinity: false, ...(from && { min: from }) };
    const given = toNumber(value);
    if (typeof given === 'number' && isInRange(given, range)) return { [option]: given };
    const expected = `${describeRange(range)}, or -1 for no limit`;
    throw new ConfigError(CODE, { option: name, expected, received: show(value) });
  };

const maxReconnectAttempts: Reader = (name, value) => {
  if (!/^0+$/.test(value)) return orNoLimit('maxReconnectAttempts', 1)(name, value);
  const why = '0 means "no limit" to older versions of ActiveMQ and "no retry" to newer ones';
  const expected = `a whole number from 1, or -1 for no limit (${why})`;
  throw new ConfigError(CODE, { option: name, expected, received: '0' });
};

/** ActiveMQ's names, whose times are milliseconds as ours are. */
const READERS: Readonly<Record<string, Reader>> = {
  initialReconnectDelay: number('initialReconnectDelayMs'),
  maxReconnectDelay: number('maxReconnectDelayMs'),
  useExponentialBackOff: boolean('useExponentialBackOff'),
  backOffMultiplier: number('backOffMultiplier'),
  maxReconnectAttempts,
  startupMaxReconnectAttempts: orNoLimit('startupMaxReconnectAttempts'),
  randomize: boolean('randomize'),
  timeout: orNoLimit('timeoutMs'),
  backup: boolean('backup'),
};

const BESIDE = 'is not a name of failover URLs; give it in the options beside the URL';
const BROKER_LIST = 'hosts come from the URL alone, not from what a broker announces';
const CACHE = 'messages are not kept for a replay of this kind (see docs/delivery.md)';
const PRIORITY = 'all hosts are equal here, and a connection that works is kept';

/** Names that mean something elsewhere, and what to do about them here. */
const REASONS: Readonly<Record<string, string>> = {
  reconnectDelayExponent: 'the name is backOffMultiplier',
  jitter: `jitter ${BESIDE}`,
  stableAfter: `stableAfterMs ${BESIDE}`,
  connectTimeout: `connectTimeoutMs ${BESIDE}`,
  connectionTimeout: `connectTimeoutMs ${BESIDE}`,
  warnAfterReconnectAttempts: 'nothing is logged here; an observer sees each attempt',
  trackMessages: CACHE,
  maxCacheSize: CACHE,
  maxPullCacheSize: CACHE,
  trackTransactionProducers: 'a transaction ends with its connection and is not replayed',
  backupPoolSize: 'backup=true keeps one connection at hand, never more',
  priorityBackup: PRIORITY,
  priorityURIs: PRIORITY,
  updateURIsSupported: BROKER_LIST,
  updateURIsURL: BROKER_LIST,
  rebalanceUpdateURIs: BROKER_LIST,
  reconnectSupported: 'a broker cannot switch reconnecting on or off here',
};

/** Reads `name=value&name=value`. Throws ConfigError STOMP_URL_INVALID for what is not known or given twice. */
export function readFailoverOptions(query: string): PoolOptions {
  let options: PoolOptions = {};
  const seen = new Set<string>();
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = equals === -1 ? pair : pair.slice(0, equals);
    if (!Object.hasOwn(READERS, name)) throw refused(name);
    if (equals === -1) throw new ConfigError(CODE, { option: name, expected: 'a value, as in name=value' });
    if (seen.has(name)) throw new ConfigError(CODE, { option: name, expected: 'to be given once' });
    seen.add(name);
    options = { ...options, ...READERS[name]!(name, pair.slice(equals + 1)) };
  }
  return options;
}

function refused(name: string): ConfigError {
  const known = Object.keys(READERS);
  if (Object.hasOwn(REASONS, name)) {
    return new ConfigError(CODE, { option: name, expected: `no such option: ${REASONS[name]}` });
  }
  if (name.startsWith('nested.')) {
    const expected = 'no such option: a host takes none in the URL; see the options beside it';
    return new ConfigError(CODE, { option: 'nested.*', expected });
  }
  // Quoted only where it looks like a name: a malformed URL may have a passcode here.
  const option = /^[A-Za-z][A-Za-z.]{0,39}$/.test(name) ? name : 'failover option';
  const near = nearest(name, known);
  const hint = near === undefined ? '' : ` (did you mean ${near}?)`;
  return new ConfigError(CODE, { option, expected: `one of ${known.join(', ')}${hint}` });
}

/** A number in digits, or the text itself for the error. */
function toNumber(text: string): number | string {
  return /^-?\d{1,20}(\.\d{1,20})?$/.test(text) ? Number(text) : text;
}
