import { type Invocation, text, UsageError } from './command.js';

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** `PORT`, `HOST:PORT` or `[::1]:PORT`; a host alone is none. */
export function readAddress(
  values: Invocation['values'],
  name: string,
  lowest: 0 | 1,
): HostAndPort | undefined {
  const given = text(values, name);
  if (given === undefined) return undefined;
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]+)\]:|([^:[\]\s]+):)?(\d{1,5})$/.exec(given) ?? [];
  const port = digits === '' ? Number.NaN : Number(digits);
  if (port >= lowest && port <= 65_535) return { host: bracketed ?? plain ?? '127.0.0.1', port };
  const host = lowest === 0 ? '[HOST:]PORT' : 'HOST:PORT';
  throw new UsageError(
    `--${name}: expected ${host} with a port from ${lowest} to 65535, received "${given}"`,
  );
}

export function showAddress({ host, port }: HostAndPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
