/**
 * Leaves out what is not needed for `fails` to hold: halves first, then ever smaller runs, down to single items.
 * Stops after `maxTries`, since the best is not needed.
 */
export async function shrink<T>(
  items: readonly T[],
  fails: (items: readonly T[]) => Promise<boolean> | boolean,
  maxTries = 2_000,
): Promise<readonly T[]> {
  let kept = items;
  let tries = 0;
  for (let size = Math.ceil(items.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < kept.length; ) {
      if (++tries > maxTries) return kept;
      const fewer = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (await fails(fewer)) kept = fewer;
      else at += size;
    }
  }
  return kept;
}
