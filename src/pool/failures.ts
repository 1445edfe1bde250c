import { failuresAfterLoss } from './backoff.js';

/** Counts what went wrong since the last stable connection, as the reconnect law has it (docs/options.md). */
export class Failures {
  readonly #hostCount: number;
  readonly #stableAfterMs: number;
  #count = 0;
  /** Those while hosts answer: connections that died young, and dials that failed less than a round after one. */
  #whileAnswered = 0;
  /** Dials that failed since a host answered. */
  #unanswered = Number.POSITIVE_INFINITY;

  constructor(hostCount: number, stableAfterMs: number) {
    this.#hostCount = hostCount;
    this.#stableAfterMs = stableAfterMs;
  }

  /** Failed dials and connections that died young. */
  get count(): number {
    return this.#count;
  }

  /**
   * What the delay grows by: each failure, but while hosts answer only one for each round through the hosts. A dial that
   * failed meanwhile is no reason to keep the next host waiting.
   */
  get steps(): number {
    if (this.#unanswered > 0 && this.#unanswered < this.#hostCount) return 1;
    return this.#count - this.#whileAnswered + Math.ceil(this.#whileAnswered / this.#hostCount);
  }

  dialFailed(): void {
    this.#count++;
    if (++this.#unanswered < this.#hostCount) this.#whileAnswered++;
  }

  connectionLost(aliveMs: number): void {
    this.#count = failuresAfterLoss(this.#count, aliveMs, this.#stableAfterMs);
    const isStable = this.#count === 0;
    this.#whileAnswered = isStable ? 0 : this.#whileAnswered + 1;
    this.#unanswered = isStable ? Number.POSITIVE_INFINITY : 0;
  }
}
