import { ConfigError, PoolError } from '../errors.js';
import {
  checkBoolean,
  checkFunction,
  checkKeys,
  checkNumber,
  checkObject,
  invalid,
  kindOf,
  show,
} from '../transport/check.js';
import { Endpoint, type EndpointInit } from '../transport/endpoint.js';
import type { ConnectionOptions } from '../transport/options.js';
import {
  CONNECTION_OPTION_NAMES,
  type ResolvedConnectionOptions,
  resolveConnectionOptions,
  withDefaults,
} from '../transport/resolve.js';
import type { ReconnectLaw } from './backoff.js';
import { type ConnectOptions, POOL_RANGES, type PoolOptions } from './options.js';
import { parseTarget } from './url.js';

/** What `connect()` was given, checked and complete. Frozen, but for the user's own objects in it. */
export interface ResolvedOptions {
  /** At least one. */
  readonly endpoints: readonly Endpoint[];
  readonly law: ReconnectLaw;
  readonly randomize: boolean;
  readonly timeoutMs: number;
  readonly backup: boolean;
  /** Undefined: no probes. */
  readonly probeIntervalMs: number | undefined;
  readonly probeTimeoutMs: number;
  readonly maxOutboxBytes: number;
  readonly maxOutboxMessages: number;
  readonly resendHeader: string | undefined;
  readonly leaveBlockedAfterMs: number;
  readonly refuseAfterMs: number;
  readonly random: () => number;
  readonly connection: ResolvedConnectionOptions;
}

/** The pool's own options with every gap filled, before they are checked. An option that is missing does not compile. */
type Filled = ReconnectLaw &
  Omit<ResolvedOptions, 'endpoints' | 'law' | 'connection'> &
  Record<Exclude<keyof PoolOptions, keyof ConnectionOptions>, unknown>;

const DEFAULTS: Filled = Object.freeze({
  initialReconnectDelayMs: 10,
  maxReconnectDelayMs: 30_000,
  useExponentialBackOff: true,
  backOffMultiplier: 2,
  maxReconnectAttempts: Number.POSITIVE_INFINITY,
  startupMaxReconnectAttempts: undefined,
  randomize: false,
  jitter: 0.5,
  stableAfterMs: 5_000,
  timeoutMs: Number.POSITIVE_INFINITY,
  backup: false,
  probeIntervalMs: undefined,
  probeTimeoutMs: 5_000,
  maxOutboxBytes: 16_777_216,
  maxOutboxMessages: 131_072,
  resendHeader: undefined,
  leaveBlockedAfterMs: 300_000,
  refuseAfterMs: 30_000,
  random: Math.random,
});

/** Set by the library itself in each SEND. */
const OUR_HEADERS = new Set(['destination', 'receipt', 'transaction', 'content-length', 'persistent']);

export const POOL_OPTION_NAMES = Object.freeze([
  ...Object.keys(DEFAULTS),
  ...CONNECTION_OPTION_NAMES,
]) as readonly (keyof PoolOptions)[];

/**
 * Reads a target and the options beside it, which win over the target's own. Throws ConfigError for what is unknown,
 * out of range or of another kind, and PoolError STOMP_POOL_EMPTY where there is no host.
 */
export function resolveOptions(target: string | ConnectOptions, options: PoolOptions = {}): ResolvedOptions {
  const read = typeof target === 'string' ? parseTarget(target) : target;
  checkObject('target', read, 'a URL or an object with hosts');
  checkKeys('', read, ['hosts', ...POOL_OPTION_NAMES]);
  checkKeys('', checkObject('options', options), POOL_OPTION_NAMES);
  const { hosts, ...own } = read;
  return resolvePool(resolveHosts(hosts), withDefaults<PoolOptions>(own, options));
}

function resolveHosts(hosts: readonly EndpointInit[]): readonly Endpoint[] {
  if (!Array.isArray(hosts)) throw invalid('hosts', 'an array of hosts', kindOf(hosts));
  if (hosts.length === 0) throw new PoolError('STOMP_POOL_EMPTY', 'hosts: expected at least one');
  // Array.from, unlike map, does not skip the holes of a sparse array.
  return Object.freeze(Array.from(hosts, (host, index) => new Endpoint(host, `hosts[${index}].`)));
}

function resolvePool(endpoints: readonly Endpoint[], options: PoolOptions): ResolvedOptions {
  const forConnection: Record<string, unknown> = {};
  const forPool: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    const mine = Object.hasOwn(DEFAULTS, name);
    (mine ? forPool : forConnection)[name] = value;
  }
  const given = withDefaults(DEFAULTS, forPool as Partial<Filled>);
  return Object.freeze({
    endpoints,
    law: resolveLaw(given),
    randomize: checkBoolean('randomize', given.randomize),
    timeoutMs: inRange(given, 'timeoutMs'),
    backup: checkBoolean('backup', given.backup),
    probeIntervalMs: given.probeIntervalMs === undefined ? undefined : inRange(given, 'probeIntervalMs'),
    probeTimeoutMs: inRange(given, 'probeTimeoutMs'),
    maxOutboxBytes: inRange(given, 'maxOutboxBytes'),
    maxOutboxMessages: inRange(given, 'maxOutboxMessages'),
    resendHeader: given.resendHeader === undefined ? undefined : checkHeaderName(given.resendHeader),
    leaveBlockedAfterMs: inRange(given, 'leaveBlockedAfterMs'),
    refuseAfterMs: inRange(given, 'refuseAfterMs'),
    random: checkFunction('random', given.random),
    connection: resolveConnectionOptions(forConnection),
  });
}

function resolveLaw(given: Filled): ReconnectLaw {
  const law = Object.freeze({
    initialReconnectDelayMs: inRange(given, 'initialReconnectDelayMs'),
    maxReconnectDelayMs: inRange(given, 'maxReconnectDelayMs'),
    useExponentialBackOff: checkBoolean('useExponentialBackOff', given.useExponentialBackOff),
    backOffMultiplier: inRange(given, 'backOffMultiplier'),
    maxReconnectAttempts: inRange(given, 'maxReconnectAttempts'),
    startupMaxReconnectAttempts:
      given.startupMaxReconnectAttempts === undefined
        ? undefined
        : inRange(given, 'startupMaxReconnectAttempts'),
    jitter: inRange(given, 'jitter'),
    stableAfterMs: inRange(given, 'stableAfterMs'),
  });
  if (law.maxReconnectDelayMs >= law.initialReconnectDelayMs) return law;
  throw new ConfigError('STOMP_CONFIG_CONFLICT', {
    option: 'maxReconnectDelayMs',
    expected: `at least initialReconnectDelayMs, which is ${law.initialReconnectDelayMs}`,
    received: String(law.maxReconnectDelayMs),
  });
}

function checkHeaderName(name: unknown): string {
  const isOurs = typeof name === 'string' && OUR_HEADERS.has(name);
  if (typeof name === 'string' && /^[A-Za-z0-9_.-]+$/.test(name) && !isOurs) return name;
  const expected = 'the name of a header of your own: letters, digits, dots, dashes';
  throw invalid('resendHeader', expected, typeof name === 'string' ? show(name) : kindOf(name));
}

function inRange(given: Filled, name: keyof typeof POOL_RANGES): number {
  return checkNumber(name, given[name], POOL_RANGES[name]);
}
