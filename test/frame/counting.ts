/** What was done with bytes while an action ran, by the methods of Buffer and String that walk over them. */
export interface Tally {
  /** Looked at by a search. */
  searched: number;
  copied: number;
  decoded: number;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Puts `note` behind a method; gives what undoes it. */
function watch(
  owner: object,
  name: string,
  note: (self: { readonly length: number }, args: unknown[], result: unknown) => void,
): () => void {
  const holder = owner as Record<string, Method>;
  const original = holder[name]!;
  const inherited = !Object.hasOwn(owner, name);
  holder[name] = function (...args) {
    const result = Reflect.apply(original, this, args);
    note(this as { length: number }, args, result);
    return result;
  };
  return () => {
    if (inherited) delete holder[name];
    else holder[name] = original;
  };
}

/** How far a search looked. */
function reach({ length }: { readonly length: number }, args: unknown[], result: number): number {
  return (result < 0 ? length : result + 1) - Math.max(Number(args[1] ?? 0), 0);
}

/**
 * Counts while `action` runs. What is read by index is not seen; the parser does that a fixed number of times a line
 * or a frame.
 */
export function countBytes(action: () => void): Tally {
  const tally: Tally = { searched: 0, copied: 0, decoded: 0 };
  const undo = [
    watch(Buffer.prototype, 'indexOf', (self, args, result) => {
      tally.searched += reach(self, args, Number(result));
    }),
    watch(String.prototype, 'indexOf', (self, args, result) => {
      tally.searched += reach(self, args, Number(result));
    }),
    watch(Buffer.prototype, 'copy', (_, __, result) => {
      tally.copied += Number(result);
    }),
    watch(Buffer.prototype, 'set', (_, [source]) => {
      tally.copied += (source as Buffer).length;
    }),
    // `toString` ends in these.
    ...['latin1Slice', 'utf8Slice'].map((name) =>
      watch(Buffer.prototype, name, (_, __, result) => {
        tally.decoded += (result as string).length;
      }),
    ),
  ];
  try {
    action();
  } finally {
    for (const restore of undo) restore();
  }
  return tally;
}
