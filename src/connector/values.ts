import { ConfigError } from '../errors.js';
import type { ConfigKey } from './keys.js';
import type { Given, Warnings } from './settings.js';

const YES = ['1', 'yes', 'true', 'y', 't', 'on'];
const NO = ['0', 'no', 'false', 'n', 'f', 'off'];
const LONG_SECONDS = 3_600;

/** The value of a boolean or a number in the library's own terms: milliseconds, Infinity and undefined for the sentinels. */
export type Scalar = boolean | number | undefined;

/** Reads a value as the table says; warns where MCollective read the same text otherwise. */
export function readScalar(key: ConfigKey, given: Given, warnings: Warnings): Scalar {
  const value = key.kind === 'boolean' ? readBoolean(given) : readNumber(key, given);
  if (given.line !== undefined) warnAboutMisreading(key, given, value, warnings);
  if (key.unit === 'seconds' && Number(value) > LONG_SECONDS) {
    warnings.add(given, `is ${given.text} seconds; this key is not in milliseconds`);
  }
  return typeof value === 'boolean' ? value : translate(key, value);
}

/** The default of a key, by the same way. */
export function defaultScalar(key: ConfigKey, warnings: Warnings): Scalar {
  return readScalar(key, { text: key.default!, key: key.name, line: undefined }, warnings);
}

function readBoolean(given: Given): boolean {
  const word = given.text.toLowerCase();
  if (YES.includes(word)) return true;
  if (NO.includes(word)) return false;
  throw invalid(given, `one of ${YES.join(' ')} or ${NO.join(' ')}`);
}

function readNumber(key: ConfigKey, given: Given): number {
  const syntax =
    key.kind === 'integer' ? /^[+-]?(0|[1-9]\d*)$/ : /^[+-]?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,4})?$/;
  const number = syntax.test(given.text) ? Number(given.text) : Number.NaN;
  const [min, max] = key.range!;
  if (number >= min && number <= max && !(key.above && number === min)) return number + 0;
  throw invalid(given, expectation(key));
}

/** `a number of seconds from 0 to 2147483`, and its like. */
export function expectation(key: ConfigKey): string {
  const [min, max] = key.range!;
  const what = `a ${key.kind === 'integer' ? 'whole number' : 'number'}${key.unit ? ` of ${key.unit}` : ''}`;
  return key.above ? `${what} more than ${min}, up to ${max}` : `${what} from ${min} to ${max}`;
}

function translate(key: ConfigKey, value: number): number | undefined {
  if (key.zero !== undefined && value <= 0) return key.zero === 'off' ? undefined : Number.POSITIVE_INFINITY;
  // Through whole microseconds, so that 1.001 gives 1,001 and not 1,000.9999999999999; less than one stays as it is.
  return key.unit === 'seconds' ? Math.round(value * 1e6) / 1e3 || value * 1e3 : value;
}

function warnAboutMisreading(key: ConfigKey, given: Given, ours: Scalar, warnings: Warnings): void {
  if (key.misread === undefined) return;
  const theirs =
    key.misread === 'boolean' ? mcollectiveBoolean(key, given.text) : mcollectiveMultiplier(given.text);
  if (theirs === ours) return;
  const then =
    theirs === undefined ? `could not connect with ${given.text}` : `read ${given.text} as ${theirs}`;
  warnings.add(given, `MCollective ${then}; here it is ${ours}`);
}

/** Its patterns look at the case, and only the first branch of each is tied to the start; else the default holds. */
function mcollectiveBoolean(key: ConfigKey, text: string): boolean {
  if (/^1|yes|true/.test(text)) return true;
  if (/^0|no|false/.test(text)) return false;
  return key.default === 'true';
}

/** It read this number as a boolean, and knew only the default; a boolean ended in an error at every connect. */
function mcollectiveMultiplier(text: string): number | undefined {
  return /^1|yes|true|^0|no|false/.test(text) ? undefined : 2;
}

export function invalid(given: Given, expected: string): ConfigError {
  return new ConfigError('STOMP_CONFIG_INVALID', {
    option: given.key,
    expected,
    received: quote(given.text),
    line: given.line,
  });
}

/** A text in quotes, cut to a length that fits a message, and without what a URL holds before its `@`. */
export function quote(text: string): string {
  const shown = text.replace(/^.*@/s, '[secret]@');
  return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 80)}...` : shown);
}
