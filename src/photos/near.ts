/** Photos that look alike: whose hashes differ in few bits. */
import { setImmediate as pause } from "node:timers/promises";

/** Bits of a hash. */
const BITS = 64;
/** The most bits that hashes may differ in to be found: with more, parts of hashes get so short that all are compared with all. */
export const MAX_DISTANCE = 15;
/** Comparisons between two looks at the signal. */
const AT_ONCE = 2 ** 20;

/** In how many bits two hashes differ. */
export function hashDistance(one: bigint, other: bigint): number {
  let count = 0;
  for (let bits = one ^ other; bits > 0n; bits &= bits - 1n) count++;
  return count;
}

/**
 * Groups hashes of which each differs from another one of its group in at most `distance` bits; hashes that are alone are in none.
 *
 * Two that differ in d bits are alike in one at least of d + 1 parts, so only those with an equal part are compared; equal ones once
 * for all.
 * @returns  indices of the hashes, ascending in each group
 * @throws what the signal gives as its reason
 */
export async function nearGroups(
  hashes: readonly bigint[],
  distance: number,
  signal?: AbortSignal,
): Promise<number[][]> {
  const places = grouped(hashes, (hash) => hash);
  const unique = places.map(([first = 0]) => hashes[first] ?? 0n);
  const halves = halvesOf(unique);
  const groups = new Groups(unique.length);
  let left = AT_ONCE;
  for (const bucket of buckets(unique, distance))
    for (const [i, one] of bucket.entries()) {
      for (let j = i + 1; j < bucket.length; j++) {
        const other = bucket[j] ?? 0;
        if (differ(halves, one, other) <= distance) groups.join(one, other);
      }
      if ((left -= bucket.length - i) > 0) continue;
      await pause();
      signal?.throwIfAborted();
      left = AT_ONCE;
    }
  return groups
    .all()
    .map((group) => group.flatMap((i) => places[i] ?? []).sort((a, b) => a - b))
    .filter((group) => group.length > 1);
}

/** The hashes that have an equal part, by their indices, for each part and each value of it. */
function* buckets(hashes: readonly bigint[], distance: number): Generator<readonly number[]> {
  const parts = distance + 1;
  for (let part = 0; part < parts; part++) {
    const [from, until] = [part, part + 1].map((at) => BigInt(Math.floor((at * BITS) / parts)));
    yield* grouped(hashes, (hash) => (hash >> (from ?? 0n)) & ((1n << ((until ?? 0n) - (from ?? 0n))) - 1n));
  }
}

/** The indices of values by what a function makes of each, in the order of appearance. */
function grouped<T, K>(values: Iterable<T>, keyOf: (value: T, index: number) => K): number[][] {
  const groups = new Map<K, number[]>();
  let i = 0;
  for (const value of values) {
    const key = keyOf(value, i);
    const same = groups.get(key);
    if (same === undefined) groups.set(key, [i]);
    else same.push(i);
    i++;
  }
  return [...groups.values()];
}

/** Hashes as pairs of 32 bits, which are compared faster. */
function halvesOf(hashes: readonly bigint[]): Int32Array {
  return new Int32Array(BigUint64Array.from(hashes).buffer);
}

function differ(halves: Int32Array, one: number, other: number): number {
  const low = (halves[2 * one] ?? 0) ^ (halves[2 * other] ?? 0);
  const high = (halves[2 * one + 1] ?? 0) ^ (halves[2 * other + 1] ?? 0);
  return ones(low) + ones(high);
}

/** How many of 32 bits are 1: sums of neighbours, of ever more bits. */
function ones(bits: number): number {
  const twos = bits - ((bits >>> 1) & 0x55555555);
  const fours = (twos & 0x33333333) + ((twos >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** What belongs together, directly or by others. */
class Groups {
  private readonly parents: Int32Array;

  constructor(count: number) {
    this.parents = Int32Array.from({ length: count }, (_, i) => i);
  }

  private first(of: number): number {
    let at = of;
    for (;;) {
      const parent = this.parents[at] ?? at;
      if (parent === at) return at;
      at = this.parents[at] = this.parents[parent] ?? parent;
    }
  }

  join(one: number, other: number): void {
    const [a, b] = [this.first(one), this.first(other)];
    this.parents[Math.max(a, b)] = Math.min(a, b);
  }

  all(): number[][] {
    return grouped(this.parents, (_, i) => this.first(i));
  }
}
