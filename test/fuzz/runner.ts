import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { brokerTarget } from './broker-target.js';
import { connectionTarget } from './connection-target.js';
import { parserTarget } from './parser-target.js';
import { seedOf } from './random.js';
import { Broken, type Target } from './target.js';

export const TARGETS: readonly Target[] = [parserTarget, connectionTarget, brokerTarget];

/** After so many cases what is left in memory is looked at. */
const LOOK_EVERY = 5_000;
/** What caches and the compiler may take beyond what there was at the first look. */
const MAX_GROWTH_BYTES = 48 * 1_048_576;

export interface Failure {
  readonly target: Target['name'];
  /** The case that failed, counted from 0. */
  readonly index: number;
  readonly seed: number;
  readonly error: string;
  readonly shown: string;
}

export interface Run {
  readonly target: Target;
  readonly seed: number;
  /** The cases `first`, `first + step`, and so on. */
  readonly first: number;
  readonly step: number;
  /** Called before each case; false ends the run. */
  goesOn(index: number, frames: number): boolean;
}

/** Runs cases until it is told to end, or one fails. */
export async function runCases({ target, seed, first, step, goesOn }: Run): Promise<Failure | undefined> {
  const stray = watchForStrayErrors();
  const memory = new MemoryWatch();
  let frames = 0;
  for (let index = first, cases = 1; goesOn(index, frames); index += step, cases++) {
    const own = seedOf(seed, index);
    try {
      frames = await target.run(own);
      stray.check();
      if (cases % LOOK_EVERY === 0) memory.check();
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      Error.stackTraceLimit = 10;
      const shown = await target.reproduce(own).catch((why) => String(why));
      return { target: target.name, index, seed: own, error: text, shown };
    }
  }
  stray.end();
  return undefined;
}

/** Promises that are rejected with nobody to take it, and what is thrown where nobody can catch it. */
function watchForStrayErrors(): { check(): void; end(): void } {
  let stray: unknown;
  const note = (error: unknown): void => {
    stray ??= error;
  };
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  return {
    check() {
      if (stray !== undefined) throw new Broken(`nobody took this error: ${stray}`);
    },
    end() {
      process.off('unhandledRejection', note);
      process.off('uncaughtException', note);
    },
  };
}

/** Whether memory that was freed is really free. */
class MemoryWatch {
  readonly #collect: () => void;
  #least = Number.POSITIVE_INFINITY;

  constructor() {
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc');
  }

  check(): void {
    this.#collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const used = heapUsed + arrayBuffers;
    this.#least = Math.min(this.#least, used);
    if (used - this.#least <= MAX_GROWTH_BYTES) return;
    throw new Broken(`${used} bytes of memory are in use, where ${this.#least} were enough before`);
  }
}
