import { Connection } from '../../transport/connection.js';
import type { EndpointInit } from '../../transport/endpoint.js';
import { Endpoint } from '../../transport/endpoint.js';
import { type Command, count, EXIT, flag, text, type World } from '../command.js';
import { describeFailure, type Failure, failureText } from '../failures.js';
import { leaveOn } from '../leave.js';
import { readTarget, TARGET_HELP, TARGET_OPTIONS } from '../target.js';
import { printable, type Terminal } from '../terminal.js';
import { lookAtTls, type TlsLook } from '../tls-look.js';

const HELP = `usage: stompwire ping [options]

Connects to every broker of the list, one after the other, and says how long
that took, what TLS it speaks, what it calls itself, and how long a frame takes
there and its RECEIPT back: minimum, median, 99th percentile, maximum.

  --count N           how many round trips: 1 to 100000; default 10
  --destination NAME  send a message to this destination each time, which stays
                      there; by default an empty transaction is begun and
                      aborted, which leaves nothing behind
  --timeout S         seconds for each connection and each answer; default 10
  --json              one object a line, for each broker

${TARGET_HELP}

Exit codes: 0 all of them answer, 1 some do not, 2 none does, 130 Ctrl-C.`;

interface Pong {
  readonly endpoint: string;
  readonly ok: boolean;
  readonly connectMs?: number;
  readonly tls?: TlsLook | null;
  readonly server?: string | null;
  readonly session?: string | null;
  readonly roundTripMs?: { count: number; min: number; median: number; p99: number; max: number };
  readonly error?: Failure;
}

export const ping: Command = {
  name: 'ping',
  summary: 'connect to each broker, and time its answers',
  help: HELP,
  options: {
    count: { type: 'string' },
    destination: { type: 'string' },
    timeout: { type: 'string' },
    json: { type: 'boolean' },
    ...TARGET_OPTIONS,
  },
  run: async ({ values }, world) => {
    const times = count(values, 'count', 1, 100_000) ?? 10;
    const timeoutMs = (count(values, 'timeout', 1, 3_600) ?? 10) * 1_000;
    const destination = text(values, 'destination');
    const { hosts } = readTarget(values, world.env).connect;
    let answers = 0;
    for (const host of hosts) {
      const pong = await pingHost(host, { times, timeoutMs, destination }, world);
      if (pong.ok) answers++;
      if (flag(values, 'json')) world.terminal.json(pong);
      else print(world.terminal, pong);
    }
    if (answers === hosts.length) return EXIT.ok;
    return answers > 0 ? EXIT.findings : EXIT.failed;
  },
};

interface PingOptions {
  readonly times: number;
  readonly timeoutMs: number;
  readonly destination: string | undefined;
}

async function pingHost(init: EndpointInit, options: PingOptions, { signal }: World): Promise<Pong> {
  const endpoint = new Endpoint(init);
  const { timeoutMs } = options;
  const leave = leaveOn(signal);
  const tls = endpoint.tls === undefined ? null : await lookAtTls(endpoint, timeoutMs, signal);
  const startedAt = performance.now();
  let connection: Connection | undefined;
  try {
    const limits = { connectTimeoutMs: timeoutMs, receiptTimeoutMs: timeoutMs, signal: leave.signal };
    connection = await Connection.open(endpoint, limits);
    const connectMs = rounded(performance.now() - startedAt);
    const { session } = connection;
    const durations = await roundTrips(connection, options);
    await connection.disconnect();
    return {
      endpoint: endpoint.name,
      ok: true,
      connectMs,
      tls: tls ?? null,
      server: session.get('server') ?? null,
      session: session.get('session') ?? null,
      roundTripMs: summary(durations),
    };
  } catch (error) {
    signal.throwIfAborted();
    const failure = describeFailure(error);
    if (failure === undefined) throw error;
    return { endpoint: endpoint.name, ok: false, tls: tls ?? null, error: failure };
  } finally {
    connection?.destroy();
    leave.done();
  }
}

async function roundTrips(connection: Connection, { times, destination }: PingOptions): Promise<number[]> {
  const durations: number[] = [];
  while (durations.length < times) {
    const startedAt = performance.now();
    if (destination === undefined) await connection.begin().abort();
    else await connection.publish(destination, 'stompwire ping', { persistent: false });
    durations.push(performance.now() - startedAt);
  }
  return durations;
}

function summary(durations: readonly number[]): NonNullable<Pong['roundTripMs']> {
  const sorted = [...durations].sort((a, b) => a - b);
  // The smallest value that so many of all are not above.
  const rank = (share: number) => rounded(sorted[Math.max(Math.ceil(share * sorted.length), 1) - 1]!);
  return { count: sorted.length, min: rank(0), median: rank(0.5), p99: rank(0.99), max: rank(1) };
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

function print(terminal: Terminal, pong: Pong): void {
  const row = (name: string, value: string) => terminal.line(`  ${name.padEnd(12)}${printable(value)}`);
  terminal.line(terminal.paint('bold', pong.endpoint));
  if (pong.tls) row('TLS', describeTls(pong.tls));
  if (pong.error) {
    const why = failureText(pong.error).replace(`${pong.endpoint}: `, '');
    terminal.line(`  ${terminal.paint('red', `no answer   ${why}`)}`);
    return;
  }
  const { connectMs = 0, server, session, roundTripMs: trip } = pong;
  row('connected', `in ${connectMs.toFixed(1)} ms`);
  row('broker', server ?? 'does not say what it is');
  if (session) row('session', session);
  const times = [trip!.min, trip!.median, trip!.p99, trip!.max].map((ms) => ms.toFixed(2));
  const [min, median, p99, max] = times;
  row(
    'round trip',
    `min ${min} ms, median ${median} ms, p99 ${p99} ms, max ${max} ms (${trip!.count} times)`,
  );
}

function describeTls({ protocol, cipher, verified, reason, subject, validTo }: TlsLook): string {
  const trust = verified ? 'verified' : `not verified: ${reason ?? 'unknown'}`;
  const until = validTo === null ? '' : `, until ${validTo}`;
  return `${protocol ?? 'unknown'}, ${cipher ?? 'unknown'}, ${trust}; ${subject ?? 'no name'}${until}`;
}
