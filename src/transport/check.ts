import { ConfigError, type ConfigErrorCode } from '../errors.js';

/** The longest time a Node timer can wait, in milliseconds. */
export const LONGEST_MS = 2_147_483_647;

/** What a number may be. Without `max` it has to be finite. */
export interface NumberRange {
  readonly min: number;
  readonly max?: number | undefined;
  /** True where `min` itself is too little. */
  readonly above?: boolean | undefined;
  readonly whole?: boolean | undefined;
  readonly orInfinity?: boolean | undefined;
}

/** A range in words: `a whole number from 1 to 65535`. */
export function describeRange(range: NumberRange): string {
  const { min, max, above, whole, orInfinity } = range;
  const kind = whole ? 'a whole number' : 'a number';
  const from = above ? `more than ${min}` : `from ${min}`;
  const to = max === undefined ? ' upwards' : above ? ` and at most ${max}` : ` to ${max}`;
  return `${kind} ${from}${to}${orInfinity ? ', or Infinity' : ''}`;
}

export function checkNumber(
  option: string,
  value: unknown,
  range: NumberRange,
  code: ConfigErrorCode = 'STOMP_CONFIG_INVALID',
): number {
  if (typeof value === 'number' && isInRange(value, range)) return value;
  throw new ConfigError(code, { option, expected: describeRange(range), received: show(value) });
}

export function isInRange(value: number, range: NumberRange): boolean {
  const { min, max = Number.MAX_VALUE, above, whole, orInfinity } = range;
  if (value === Number.POSITIVE_INFINITY) return orInfinity === true;
  if (whole && !Number.isSafeInteger(value)) return false;
  return (above ? value > min : value >= min) && value <= max;
}

export function checkBoolean(option: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw invalid(option, 'true or false', show(value));
}

/** The function itself; nothing is known of its arguments and its result. */
export function checkFunction<F>(option: string, value: F, expected = 'a function'): F {
  if (typeof value === 'function') return value;
  throw invalid(option, expected, kindOf(value));
}

/** An object that is no array, function or null. */
export function checkObject<T>(option: string, value: T, expected = 'an object'): T & object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw invalid(option, expected, kindOf(value));
}

/** Refuses a key nobody reads, so that a misspelt option cannot pass for one that was given. */
export function checkKeys(where: string, object: object, known: readonly string[]): void {
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    throw new ConfigError('STOMP_CONFIG_UNKNOWN_KEY', {
      option: `${where}${key}`,
      expected: near === undefined ? `one of ${known.join(', ')}` : `a known option (did you mean ${near}?)`,
    });
  }
}

/** Text that fits into one header line. */
export function isHeaderText(text: unknown): text is string {
  return typeof text === 'string' && !/[\r\n\0]/.test(text);
}

export function invalid(option: string, expected: string, received?: string): ConfigError {
  return new ConfigError('STOMP_CONFIG_INVALID', { option, expected, received });
}

/** A received value as an error may quote it: short, and `[secret]` where it looks as if it held credentials. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    if (/[:@/]/.test(value)) return '[secret]';
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  }
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value);
}

/** What a value is, without showing it. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The known name that is closest to a misspelt one, if any is close. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = fold(name.slice(0, 64));
  let best: string | undefined;
  let least = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, fold(candidate));
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

// snake_case and camelCase of one name are the same name to a person.
function fold(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase();
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1));
    }
  }
  return row.at(-1)!;
}
