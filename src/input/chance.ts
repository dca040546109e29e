/** Random numbers from a seed, in JavaScript: for files and pictures, which no tensor takes part in. */

/** Gives the next number: 0 ≤ x < 1. */
export type Random = () => number;

/**
 * A stream of random numbers; the same seed gives the same stream on every machine.
 * @param seed  an integer
 * @see mulberry32 by Tommy Ettinger, public domain
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

/** The items in random order; the given list stays as it is. */
export function shuffle<T>(items: readonly T[], random: Random): T[] {
  const keyed = items.map((item) => ({ item, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}
