/**
 * The candidate that takes the fewest typing mistakes to become `word`, or undefined when none is close: `most`
 * mistakes, or else a third of its length.
 */
export function nearest<T extends string>(
  word: string,
  candidates: readonly T[],
  most?: number,
): T | undefined {
  let best: T | undefined;
  let bestMistakes = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const mistakes = mistakesBetween(word.toLowerCase(), candidate.toLowerCase());
    const allowed = most ?? Math.max(2, Math.floor(candidate.length / 3));
    if (mistakes < bestMistakes && mistakes <= allowed) {
      best = candidate;
      bestMistakes = mistakes;
    }
  }
  return best;
}

/** Damerau's distance: characters added, left out, mistaken, or two neighbours swapped. */
function mistakesBetween(a: string, b: string): number {
  // A word this much longer is no slip, and its table would be large.
  if (Math.abs(a.length - b.length) > 16) return Number.POSITIVE_INFINITY;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const mistaken = last[j - 1]! + (same ? 0 : 1);
      row.push(
        Math.min(mistaken, last[j]! + 1, row[j - 1]! + 1, swapped ? beforeLast[j - 2]! + 1 : mistaken),
      );
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
