import { ConfigError, FrameError } from '../errors.js';
import { type FrameLimits, resolveLimits } from '../frame/limits.js';
import type { Observer } from '../frame/observer.js';
import { encodeHeader, type HeadersInit, type HeaderValue } from '../frame/serializer.js';
import {
  checkBoolean,
  checkFunction,
  checkKeys,
  checkNumber,
  checkObject,
  invalid,
  kindOf,
  LONGEST_MS,
  type NumberRange,
} from './check.js';
import { type Clock, systemClock } from './clock.js';
import type { ConnectionOptions } from './options.js';
import type { Dial } from './transport.js';

/** ConnectionOptions, checked and complete. Frozen, but for the user's own objects in it. */
export interface ResolvedConnectionOptions {
  readonly connectTimeoutMs: number;
  readonly receiptTimeoutMs: number;
  readonly disconnectTimeoutMs: number;
  /** As pairs, so that an iterator that runs only once serves every dial. */
  readonly connectHeaders: ReadonlyArray<readonly [string, HeaderValue]>;
  readonly maxBufferedBytes: number;
  readonly maxSendBufferBytes: number;
  readonly limits: FrameLimits;
  readonly strict: boolean;
  readonly unescapeHeaders: boolean;
  readonly observer: Observer | undefined;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
  /** Undefined stands for TCP and TLS. */
  readonly dial: Dial | undefined;
}

const BYTES: NumberRange = { min: 65_536, max: Number.MAX_SAFE_INTEGER, whole: true };
const CONNECT_TIMEOUT: NumberRange = { min: 0, above: true, max: LONGEST_MS };
const RECEIPT_TIMEOUT: NumberRange = { ...CONNECT_TIMEOUT, orInfinity: true };

/** The options with every gap filled, before they are checked. An option that is missing does not compile. */
type Filled = Omit<ResolvedConnectionOptions, 'connectHeaders' | 'limits'> & {
  readonly connectHeaders: HeadersInit;
  readonly limits: Partial<FrameLimits>;
} & Record<keyof ConnectionOptions, unknown>;

const DEFAULTS: Filled = Object.freeze({
  connectTimeoutMs: 30_000,
  receiptTimeoutMs: 60_000,
  disconnectTimeoutMs: 10_000,
  connectHeaders: {},
  maxBufferedBytes: 67_108_864,
  maxSendBufferBytes: 16_777_216,
  limits: {},
  strict: false,
  unescapeHeaders: false,
  observer: undefined,
  signal: undefined,
  clock: systemClock,
  dial: undefined,
});

export const CONNECTION_OPTION_NAMES = Object.freeze(
  Object.keys(DEFAULTS),
) as readonly (keyof ConnectionOptions)[];

const OBSERVER_METHODS: readonly (keyof Observer)[] = [
  'onConnecting',
  'onConnected',
  'onConnectFail',
  'onDisconnect',
  'onReconnectScheduled',
  'onFrameIn',
  'onFrameOut',
  'onBytesIn',
  'onBytesOut',
  'onServerError',
  'onUnroutable',
  'onHandlerError',
  'onWarning',
];

/**
 * Checks each option once and fills in the defaults. What it gives may be resolved again and stays the same.
 * Throws ConfigError for an unknown name and for a value that is out of range or of another kind.
 */
export function resolveConnectionOptions(options: ConnectionOptions = {}): ResolvedConnectionOptions {
  checkKeys('', checkObject('options', options), CONNECTION_OPTION_NAMES);
  const given = withDefaults(DEFAULTS, options);
  return Object.freeze({
    connectTimeoutMs: checkNumber('connectTimeoutMs', given.connectTimeoutMs, CONNECT_TIMEOUT),
    receiptTimeoutMs: checkNumber('receiptTimeoutMs', given.receiptTimeoutMs, RECEIPT_TIMEOUT),
    disconnectTimeoutMs: checkNumber('disconnectTimeoutMs', given.disconnectTimeoutMs, CONNECT_TIMEOUT),
    connectHeaders: checkHeaders(given.connectHeaders),
    maxBufferedBytes: checkNumber('maxBufferedBytes', given.maxBufferedBytes, BYTES),
    maxSendBufferBytes: checkNumber('maxSendBufferBytes', given.maxSendBufferBytes, BYTES),
    limits: resolveLimits(checkObject('limits', given.limits)),
    strict: checkBoolean('strict', given.strict),
    unescapeHeaders: checkBoolean('unescapeHeaders', given.unescapeHeaders),
    observer: given.observer === undefined ? undefined : checkObserver(given.observer),
    signal: given.signal === undefined ? undefined : checkSignal(given.signal),
    clock: checkClock(given.clock),
    dial: given.dial === undefined ? undefined : checkFunction('dial', given.dial),
  });
}

/** The given options over the defaults, where undefined counts as not given. */
export function withDefaults<T extends object>(
  defaults: T,
  given: { readonly [K in keyof T]?: T[K] | undefined },
): T {
  const filled = { ...defaults };
  for (const name of Object.keys(given) as (keyof T)[]) {
    const value = given[name];
    if (value !== undefined) filled[name] = value;
  }
  return filled;
}

function checkHeaders(headers: HeadersInit): ResolvedConnectionOptions['connectHeaders'] {
  const expected = 'an object of headers, or pairs of name and value';
  if (typeof headers !== 'object' || headers === null)
    throw invalid('connectHeaders', expected, kindOf(headers));
  const pairs: Array<readonly [string, HeaderValue]> = [];
  for (const pair of Symbol.iterator in headers ? headers : Object.entries(headers)) {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string') {
      throw invalid('connectHeaders', expected, kindOf(pair));
    }
    const [name, value] = pair;
    if (value === undefined) continue;
    checkHeader(name, value);
    pairs.push(Object.freeze([name, value] as const));
  }
  return Object.freeze(pairs);
}

// The value is never quoted: it may be a credential of some broker's own.
function checkHeader(name: string, value: Exclude<HeaderValue, undefined>): void {
  const option = `connectHeaders.${name}`;
  if (/^(login|passcode)$/i.test(name)) {
    throw new ConfigError('STOMP_CONFIG_CONFLICT', { option, expected: `${name.toLowerCase()} in the host` });
  }
  if (!['string', 'number', 'boolean'].includes(typeof value) && !(value instanceof Uint8Array)) {
    throw invalid(option, 'text, a number, a boolean or bytes', kindOf(value));
  }
  try {
    encodeHeader(name, value);
  } catch (error) {
    if (error instanceof FrameError) throw invalid(option, `a header STOMP 1.0 can carry: ${error.message}`);
    throw error;
  }
}

function checkObserver(observer: Observer): Observer {
  checkObject('observer', observer, 'an object of observer methods');
  for (const name of OBSERVER_METHODS) {
    if (observer[name] !== undefined) checkFunction(`observer.${name}`, observer[name]);
  }
  return observer;
}

function checkSignal(signal: AbortSignal): AbortSignal {
  checkObject('signal', signal, 'an AbortSignal');
  checkBoolean('signal.aborted', signal.aborted);
  checkFunction('signal.addEventListener', signal.addEventListener);
  checkFunction('signal.removeEventListener', signal.removeEventListener);
  return signal;
}

function checkClock(clock: Clock): Clock {
  checkObject('clock', clock, 'an object with now() and schedule()');
  checkFunction('clock.now', clock.now);
  checkFunction('clock.schedule', clock.schedule);
  return clock;
}
