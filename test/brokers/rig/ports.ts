import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Ports already handed out by this process. */
const taken = new Set<number>();

function lowestEphemeralPort(): number {
  try {
    const first = Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10);
    if (first > 12_000) return first;
  } catch {
    // not Linux: the usual value will do
  }
  return 32_768;
}

function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * A port nobody listens on, below the range the kernel takes outgoing ports from.
 *
 * Binding port 0 would give one inside that range. While such a broker is down a reconnecting client can be
 * given the very same number for its own end: it then connects to itself, and the broker cannot come back.
 */
export async function freePort(): Promise<number> {
  const low = 10_300;
  const high = lowestEphemeralPort();
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = low + Math.floor(Math.random() * (high - low));
    if (taken.has(port) || !(await canBind(port))) continue;
    taken.add(port);
    return port;
  }
  throw new Error(`no free port between ${low} and ${high} on 127.0.0.1`);
}
