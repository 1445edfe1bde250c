import { run } from '../support/sim-clock.js';
import { Random } from '../support/sim-random.js';
import type { Publish } from './facts.js';
import { drawPlan } from './plan.js';
import { User } from './user.js';
import { World } from './world.js';

/** With all brokers well, a pool recovers within this time. */
const RECOVERY_MS = 1_200_000;
const DISCOVERY_MS = 4_000;
const GOODBYE_MS = 30_000;
const SILENCE_MS = 600_000;

export interface Result {
  readonly seed: number;
  /** What must not be, in the order it was found. */
  readonly faults: readonly string[];
  readonly trace: readonly string[];
  readonly events: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** One run, from nothing to nothing, decided by its seed alone. One at a time in a process. */
export async function simulate(seed: number, tracing = false): Promise<Result> {
  const random = new Random(seed);
  const plan = drawPlan(random);
  const trace: string[] = [];
  const world = new World(plan.world, random.fork(), tracing ? trace : undefined);
  world.note(JSON.stringify(plan, (_, value) => (value === Number.POSITIVE_INFINITY ? 'Infinity' : value)));
  const stray = (error: unknown): void => world.fail(`a stray error: ${(error as Error)?.stack ?? error}`);
  process.on('unhandledRejection', stray);
  process.on('uncaughtException', stray);
  const users: User[] = [];
  try {
    for (const [i, each] of plan.users.entries())
      users.push(new User(world, `u${i + 1}`, random.fork(), each));
    world.users = users;
    await play(world, users, plan.chaosMs);
  } catch (error) {
    world.fail(`something threw: ${(error as Error)?.stack ?? error}`);
  } finally {
    process.off('unhandledRejection', stray);
    process.off('uncaughtException', stray);
  }
  return { seed, faults: world.faults, trace, events: world.clock.step, counts: countsOf(users) };
}

async function play(world: World, users: readonly User[], chaosMs: number): Promise<void> {
  const { clock } = world;
  const after = (ms: number) => clock.now() + ms;
  const watched = (done: () => boolean) => () => {
    world.checkBounds();
    return done();
  };
  await run(
    clock,
    after(chaosMs),
    watched(() => false),
  );
  world.calm();
  for (const user of users) user.calm();
  // What broke without a word is found out first.
  await run(
    clock,
    after(DISCOVERY_MS),
    watched(() => false),
  );
  const quiet = watched(() => users.every((user) => user.quiet));
  await run(clock, after(RECOVERY_MS), quiet);
  for (const { quiet, life } of users) if (!quiet) life.fail('it did not recover');
  const probes: Publish[] = users.flatMap((user) => user.probe() ?? []);
  await run(
    clock,
    after(GOODBYE_MS),
    watched(() => probes.every(({ outcome }) => outcome !== 'pending')),
  );
  for (const { key, outcome, readBufferFull } of probes)
    if (outcome !== 'resolved' && !readBufferFull) world.fail(`the last publish, ${key}: ${outcome}`);
  for (const user of users) user.finish();
  await run(
    clock,
    after(GOODBYE_MS),
    watched(() => users.every(({ lives }) => lives.every(({ over }) => over))),
  );
  world.heal();
  await run(
    clock,
    after(SILENCE_MS),
    watched(() => false),
  );
  world.checkEnd();
}

function countsOf(users: readonly User[]): Record<string, number> {
  const counts: Record<string, number> = {};
  const count = (name: string): void => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  for (const { lives } of users) {
    for (const { publishes, wires, error } of lives) {
      for (const { outcome, wires: sentOn } of publishes.values()) {
        count(`publish ${outcome}`);
        if (sentOn.length > 1) count('publish again');
      }
      for (const { connectedAt, role, takenAt } of wires) {
        count(connectedAt === undefined ? 'dial failed' : 'dial connected');
        if (takenAt !== undefined) count('takeover');
        if (role !== 'main' || takenAt !== undefined) count(role === 'side' ? 'dial side' : 'dial standby');
      }
      count(`end ${error?.code ?? 'on request'}`);
    }
  }
  return counts;
}
