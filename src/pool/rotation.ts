import type { Endpoint } from '../transport/endpoint.js';

export interface RotationOptions {
  /** Shuffle each round, the first included. */
  readonly randomize: boolean;
  /** A number from 0 up to 1. */
  readonly random: () => number;
}

/**
 * Which endpoint is next. It goes in rounds: within one, each entry of the list comes once (an endpoint listed twice
 * is two entries). In the configured order a round simply follows the other; shuffled, no round begins with the entry
 * that ended the one before.
 */
export class Rotation {
  readonly #endpoints: readonly Endpoint[];
  readonly #options: RotationOptions;
  /** Indices into the list, in the order of this round. */
  #round: number[];
  /** How many of this round have been given. */
  #given = 0;

  /** At least one endpoint. */
  constructor(endpoints: readonly Endpoint[], options: RotationOptions) {
    this.#endpoints = endpoints;
    this.#options = options;
    this.#round = [...endpoints.keys()];
    if (options.randomize) shuffle(this.#round, options.random);
  }

  /** The endpoint to dial now. */
  next(): Endpoint {
    const endpoint = this.peek();
    this.#given++;
    return endpoint;
  }

  /** What the following `next` will give. */
  peek(): Endpoint {
    // Planned here and kept, so that what was seen is what comes.
    if (this.#given === this.#round.length) this.#startRound();
    return this.#endpoints[this.#round[this.#given]!]!;
  }

  /** One was taken out of turn: it goes on behind that one. */
  took(endpoint: Endpoint): void {
    for (let tries = 0; tries < 2 * this.#round.length; tries++) if (this.next() === endpoint) return;
  }

  #startRound(): void {
    this.#given = 0;
    const { randomize, random } = this.#options;
    if (!randomize) return;
    const last = this.#round.at(-1);
    shuffle(this.#round, random);
    if (this.#round[0] !== last || this.#round.length === 1) return;
    swap(this.#round, 0, 1 + below(this.#round.length - 1, random));
  }
}

/** Fisher and Yates; all orders are equally likely. */
function shuffle(list: number[], random: () => number): void {
  for (let i = list.length - 1; i > 0; i--) swap(list, i, below(i + 1, random));
}

function swap(list: number[], i: number, j: number): void {
  [list[i], list[j]] = [list[j]!, list[i]!];
}

// The user's `random` may give 1 after all; an index past the end would be no endpoint.
function below(count: number, random: () => number): number {
  return Math.min(count - 1, Math.floor(random() * count));
}
