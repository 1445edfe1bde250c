import { type Invocation, UsageError } from './command.js';

/** `-H name:value`, as often as it is given. The blanks around a value are left out, as brokers do. */
export function readHeaders(values: Invocation['values']): Record<string, string> {
  const given = values.header;
  const headers = new Map<string, string>();
  for (const line of Array.isArray(given) ? (given as readonly string[]) : []) {
    const colon = line.indexOf(':');
    // What follows may be a secret: it is not repeated.
    if (colon < 1) throw new UsageError('--header: expected name:value');
    headers.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return Object.fromEntries(headers);
}
