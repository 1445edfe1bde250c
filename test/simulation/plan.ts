import type { Random } from '../support/sim-random.js';
import type { LifeOptions } from './life.js';
import type { WorldPlan } from './world.js';

/** What one run is made of, before anything happens. */
export interface Plan {
  readonly world: WorldPlan;
  /** How long there is trouble. */
  readonly chaosMs: number;
  readonly users: readonly UserPlan[];
}

export interface UserPlan {
  readonly options: LifeOptions;
  /** Between one act and the next. */
  readonly actMs: number;
  /** Bytes of a body at most. */
  readonly bodyBytes: number;
  /** Ends its pool on the way, and may begin anew. */
  readonly restless: boolean;
  /** How many of its publishes end every connection they come on. */
  readonly deadly: number;
}

export function drawPlan(random: Random): Plan {
  const hosts = random.pick([1, 2, 2, 3, 3, 4]);
  const latencyMs = random.pick([1, 5, 50]);
  const actMs = random.pick([5, 50, 400]);
  return {
    world: {
      hosts,
      stores: random.pick([1, 1, hosts]),
      storeDelayMs: random.pick([0, 0, 5, 60]),
      troubleMs: random.pick([40, 300, 300, 2_000, 10_000]),
      doomed: random.pick([0, 0.1, 0.4]),
      latencyMs,
      dribbles: random.chance(0.25),
      homed: hosts > 1 && random.chance(0.3),
    },
    chaosMs: actMs * random.between(5, 40),
    users: Array.from({ length: random.pick([1, 1, 1, 2]) }, () => drawUser(random, hosts, actMs)),
  };
}

function drawUser(random: Random, hosts: number, actMs: number): UserPlan {
  const stubborn = random.chance(0.8);
  const initialReconnectDelayMs = random.chance(0.03) ? 0 : random.pick([5, 10, 100]);
  return {
    options: {
      hosts: Array.from({ length: hosts }, (_, i) => `h${i + 1}`),
      initialReconnectDelayMs,
      maxReconnectDelayMs: random.pick([30_000, 500, Math.max(10, initialReconnectDelayMs)]),
      useExponentialBackOff: random.chance(0.8),
      backOffMultiplier: random.pick([1, 1.5, 2, 2, 5]),
      maxReconnectAttempts: stubborn ? Number.POSITIVE_INFINITY : random.between(0, 8),
      startupMaxReconnectAttempts: stubborn ? Number.POSITIVE_INFINITY : random.pick([undefined, 0, 3]),
      randomize: random.chance(0.3),
      jitter: random.pick([0, 0.5, 1]),
      stableAfterMs: random.pick([0, 50, 1_000, 5_000]),
      connectTimeoutMs: random.pick([200, 3_000, 30_000]),
      backup: random.chance(0.25),
      probeIntervalMs: random.pick([undefined, undefined, 200, 5_000]),
      probeTimeoutMs: random.pick([100, 5_000]),
      leaveBlockedAfterMs: random.pick([300_000, 300_000, Number.POSITIVE_INFINITY, 1_000, 0]),
      refuseAfterMs: random.pick([30_000, 30_000, 1_000, 0]),
      maxOutboxBytes: random.pick([16_777_216, 16_777_216, 5_000, 200]),
      maxOutboxMessages: random.pick([131_072, 131_072, 8, 1]),
      resendHeader: random.pick([undefined, 'x-again']),
      receiptTimeoutMs: random.pick([Number.POSITIVE_INFINITY, 60_000, 2_000]),
      timeoutMs: random.pick([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 5_000, 300]),
      maxBufferedBytes: random.pick([65_536, 67_108_864]),
      maxSendBufferBytes: random.pick([65_536, 16_777_216]),
    },
    actMs,
    bodyBytes: random.pick([20, 20, 20, 20, 100, 100, 3_000, 3_000, 30_000]),
    restless: random.chance(0.3),
    deadly: random.pick([0, 0, 0, 0.02]),
  };
}
