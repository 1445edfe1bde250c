import type { StompError } from '../../src/errors.js';

/** The options of a pool that the reconnect law speaks of, complete. */
export interface Law {
  readonly hosts: readonly string[];
  readonly initialReconnectDelayMs: number;
  readonly maxReconnectDelayMs: number;
  readonly useExponentialBackOff: boolean;
  readonly backOffMultiplier: number;
  readonly maxReconnectAttempts: number;
  readonly startupMaxReconnectAttempts: number | undefined;
  readonly randomize: boolean;
  readonly jitter: number;
  readonly stableAfterMs: number;
  readonly connectTimeoutMs: number;
}

/** One dial, as it was seen on the network. */
export interface Dialled {
  readonly host: string;
  readonly dialAt: number;
  readonly connectedAt: number | undefined;
  readonly droppedAt: number | undefined;
  /** When it took the place of a lost one, having stood by. */
  readonly takenAt: number | undefined;
}

/** How the pool stands at the end. */
export interface Ending {
  /** When its owner ended it, if he did. */
  readonly askedAt: number | undefined;
  readonly closedAt: number | undefined;
  readonly error: StompError | undefined;
  readonly now: number;
}

/** Timers run on whole ticks of the simulated clock. */
const EPSILON = 1 / 1_024;

/**
 * Holds the dials of a pool against the reconnect law, which is computed here once more, from the outside:
 * `failures` is what went wrong since the last stable connection, `answered` what of it came while hosts answered.
 */
export function checkLaw(law: Law, dials: readonly Dialled[], ending: Ending): string[] {
  const faults = [...checkRounds(law, dials)];
  let failures = 0;
  let answered = 0;
  let sinceAnswer = Number.POSITIVE_INFINITY;
  let ever = false;
  for (const [i, dial] of dials.entries()) {
    const name = `dial ${i + 1} (${dial.host})`;
    if (dial.connectedAt !== undefined) ever = true;
    if (dial.droppedAt === undefined) {
      if (i < dials.length - 1) faults.push(`${name} was still under way at the next dial`);
      continue;
    }
    if (dial.connectedAt === undefined) {
      if (dial.droppedAt - dial.dialAt > law.connectTimeoutMs + EPSILON) faults.push(`${name} took too long`);
      failures++;
      sinceAnswer++;
      if (sinceAnswer < law.hosts.length) answered++;
    } else if (dial.droppedAt - (dial.takenAt ?? dial.connectedAt) >= law.stableAfterMs) {
      failures = 0;
      answered = 0;
      sinceAnswer = Number.POSITIVE_INFINITY;
    } else {
      failures++;
      answered++;
      sinceAnswer = 0;
    }
    const next = dials[i + 1];
    const isNextReady = sinceAnswer > 0 && sinceAnswer < law.hosts.length;
    const delay = longest(
      law,
      isNextReady ? 1 : failures - answered + Math.ceil(answered / law.hosts.length),
    );
    const latest = dial.droppedAt + delay;
    if (next?.takenAt !== undefined) {
      if (next.takenAt !== dial.droppedAt)
        faults.push(`${next.host} took over at ${next.takenAt}, not at ${dial.droppedAt}`);
    } else if (failures > limit(law, ever)) {
      if (next !== undefined) faults.push(`${name} was followed by another after ${failures} failures`);
      else faults.push(...checkGivenUp(failures, dials, dial.droppedAt, ending));
    } else if (next === undefined) {
      const due = Math.min(ending.askedAt ?? Number.POSITIVE_INFINITY, ending.now);
      if (latest < due - EPSILON) faults.push(`no dial followed ${name}; one was due at ${latest}`);
    } else {
      const earliest = dial.droppedAt + delay * (1 - law.jitter);
      if (next.dialAt < earliest - EPSILON || next.dialAt > latest + EPSILON)
        faults.push(
          `dial ${i + 2} at ${next.dialAt}: due from ${earliest} to ${latest} (${failures} failures)`,
        );
    }
  }
  return faults;
}

/** The delay before jitter: each failure is a step, but while hosts answer only one for each round. */
function longest(law: Law, steps: number): number {
  if (steps === 0) return 0;
  if (!law.useExponentialBackOff) return law.initialReconnectDelayMs;
  let delay = law.initialReconnectDelayMs;
  for (let i = 1; i < steps && delay < law.maxReconnectDelayMs; i++) delay *= law.backOffMultiplier;
  return Math.min(delay, law.maxReconnectDelayMs);
}

function limit(law: Law, ever: boolean): number {
  return ever ? law.maxReconnectAttempts : (law.startupMaxReconnectAttempts ?? law.hosts.length - 1);
}

/** A pool that is to give up does so at once, and tells of each failure since the last stable connection. */
function checkGivenUp(failures: number, dials: readonly Dialled[], at: number, ending: Ending): string[] {
  if (ending.askedAt !== undefined && ending.askedAt <= at) return [];
  const { closedAt, error } = ending;
  if (closedAt !== at) return [`it should have given up at ${at}, and ended at ${closedAt}`];
  if (error?.code !== 'STOMP_POOL_EXHAUSTED') return [`it gave up with ${error?.code}`];
  const { attempts } = error as StompError & { attempts: ReadonlyArray<{ endpoint: string }> };
  const told = attempts.map(({ endpoint }) => endpoint.replace(/^stomp:\/\/|:\d+$/g, '')).join(' ');
  const expected = dials
    .slice(-failures)
    .slice(-100)
    .map(({ host }) => host)
    .join(' ');
  return told === expected ? [] : [`it told of ${told} instead of ${expected}`];
}

/** Each round has each host once; shuffled, none begins with the host that ended the one before. */
function* checkRounds({ hosts, randomize }: Law, dials: readonly Dialled[]): Generator<string> {
  let round: string[] = [];
  let last: string | undefined;
  for (const { host, takenAt } of dials) {
    if (takenAt !== undefined) {
      // Taken out of turn; it goes on behind that one, which nobody knows from outside in a shuffled round.
      if (randomize) return;
      round = hosts.slice(0, hosts.indexOf(host) + 1);
    } else {
      if (round.length === hosts.length) round = [];
      if (hosts.length > 1 && host === last) yield `${host} is dialled twice in a row`;
      if (randomize ? round.includes(host) : host !== hosts[round.length])
        yield `${host} after ${round.join(' ')}`;
      round.push(host);
    }
    last = host;
  }
}
