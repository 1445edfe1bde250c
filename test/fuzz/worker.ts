import { parentPort, workerData } from 'node:worker_threads';
import { runCases, TARGETS } from './runner.js';

/** What scripts/fuzz.mjs hands to each of its workers. */
interface WorkerData {
  readonly targets: readonly string[];
  readonly seed: number;
  readonly first: number;
  readonly step: number;
  readonly cases: number;
  /** For each target how long, in milliseconds, or how many frames. */
  readonly milliseconds: number;
  readonly frames: number;
  /** Where the number of the case in hand is told: that of the target, then that of the case. */
  readonly at: Float64Array;
}

const { targets, seed, first, step, cases, milliseconds, frames, at } = workerData as WorkerData;

// Most cases end in an error, and its stack is what takes the time. The first failure is shown with one.
Error.stackTraceLimit = 0;
for (const target of TARGETS.filter(({ name }) => targets.includes(name))) {
  const startedAt = performance.now();
  let read = 0;
  let left = cases;
  let told = startedAt;
  const tell = (): void => {
    parentPort!.postMessage({
      target: target.name,
      frames: read,
      milliseconds: performance.now() - startedAt,
    });
  };
  const failure = await runCases({
    target,
    seed,
    first,
    step,
    goesOn(index, more) {
      read += more;
      const now = performance.now();
      if (now - told > 1_000) {
        told = now;
        tell();
      }
      at[0] = TARGETS.indexOf(target);
      at[1] = index;
      at[2]!++;
      return left-- > 0 && read < frames && now - startedAt < milliseconds;
    },
  });
  tell();
  if (failure !== undefined) {
    parentPort!.postMessage({ failure });
    break;
  }
}
parentPort!.postMessage({ done: true });
parentPort!.close();
