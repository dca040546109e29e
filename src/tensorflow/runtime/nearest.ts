/** Names near to one that is not there, for errors. */

/** What a part costs that one of two names lacks, by who has it: who asks often leaves out the first and the last parts. */
const LACKING = { wanted: 2, found: 1 } as const;

/**
 * The names nearest to one, the nearest first: in parts between slashes, "block1" is near to "resnet_v1_50/block1", and in
 * letters, "blok1" to "block1".
 * @param names  those that there are
 * @param count  how many at most
 */
export function nearestNames(wanted: string, names: Iterable<string>, count = 3): string[] {
  const distances = [...new Set(names)].map((name) => ({ name, ...distancesOf(wanted, name) }));
  distances.sort((a, b) => a.least - b.least || a.inLetters - b.inLetters);
  return distances.slice(0, count).map(({ name }) => name);
}

/** The nearest names in quotes, with commas between. See nearestNames(). */
export function quoteNearest(wanted: string, names: Iterable<string>, count = 3): string {
  return nearestNames(wanted, names, count)
    .map((name) => `"${name}"`)
    .join(", ");
}

/** In letters, and the least of this and in parts, which for parts that are wholly unlike is always the same. */
function distancesOf(wanted: string, name: string): { readonly least: number; readonly inLetters: number } {
  const inParts = editDistance(wanted.split("/"), name.split("/"), distanceOfLetters, LACKING);
  const inLetters = distanceOfLetters(wanted, name);
  return { least: Math.min(inParts, inLetters), inLetters }; // the slashes may be what is wrong
}

function distanceOfLetters(a: string, b: string): number {
  return editDistance([...a], [...b], distanceOfLetter, { wanted: 1, found: 1 });
}

/** Capitals are near to small letters. */
function distanceOfLetter(a: string, b: string): number {
  if (a === b) return 0;
  return a.toLowerCase() === b.toLowerCase() ? 0.25 : 1;
}

/** The least cost at which one list is made of the other, by exchanging elements and by leaving some out of either. */
function editDistance<T>(
  wanted: readonly T[],
  found: readonly T[],
  exchange: (a: T, b: T) => number,
  lacking: Readonly<Record<"wanted" | "found", number>>,
): number {
  let row = Array.from({ length: found.length + 1 }, (_, j) => j * lacking.found);
  for (const a of wanted) {
    const next = [(row[0] ?? 0) + lacking.wanted];
    for (const [j, b] of found.entries()) {
      const exchanged = (row[j] ?? 0) + exchange(a, b);
      next.push(Math.min(exchanged, (row[j + 1] ?? 0) + lacking.wanted, (next[j] ?? 0) + lacking.found));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
