/** One part of the library under mutated frames. A case depends on its seed and on nothing else. */
export interface Target {
  readonly name: 'parser' | 'connection' | 'broker';
  /** Runs the case of that seed. Gives how many mutated frames were read; throws when something was not as promised. */
  run(seed: number): Promise<number>;
  /** Looks for a smaller input that fails as the case does, and shows it. */
  reproduce(seed: number): Promise<string>;
}

/** Something was not as promised. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

export function promised(holds: boolean, what: () => string): asserts holds {
  if (!holds) throw new Broken(what());
}

/** What went wrong, without what differs between two inputs that fail in the same way. */
export function kindOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.replace(/[0-9]+/g, '0').slice(0, 60);
}
