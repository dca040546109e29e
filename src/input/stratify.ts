/** Splits of photos of several classes each. */
import { type Random, shuffle } from "./chance";

/** What has classes, by their indices. */
interface Labeled {
  readonly labels: readonly number[];
}

interface Share<T> {
  readonly name: string;
  readonly files: T[];
  /** How many more files it should get, in all and of each label. */
  wanted: number;
  readonly wantedOf: number[];
}

/**
 * Shares photos of several classes out among splits, in a random order: each class in about the same proportions, the
 * rarest first.
 * @param fractions  of each split; at most 1 together, above 0
 * @see Sechidis et al. 2011, On the stratification of multi-label data, figure 2
 */
export function splitByLabels<T extends Labeled>(
  files: readonly T[],
  fractions: Readonly<Record<string, number>>,
  chance: Random,
): Map<string, T[]> {
  const total = Object.values(fractions).reduce((sum, fraction) => sum + fraction, 0);
  const classes = files.reduce((most, { labels }) => Math.max(most, ...labels), -1) + 1;
  const counts = (some: Iterable<T>): number[] => {
    const all = new Array<number>(classes).fill(0);
    for (const { labels } of some) for (const label of labels) all[label] = (all[label] ?? 0) + 1;
    return all;
  };
  const perClass = counts(files);
  const shares = [...Object.entries(fractions), ["", Math.max(1 - total, 0)] as const].map(
    ([name, fraction]): Share<T> => ({
      name,
      files: [],
      wanted: fraction * files.length,
      wantedOf: perClass.map((count) => fraction * count),
    }),
  );
  const left = new Set(shuffle([...files], chance));
  for (;;) {
    const remaining = counts(left);
    const rarest = remaining.reduce(
      (best, count, label) => (count > 0 && count < (remaining[best] ?? Infinity) ? label : best),
      -1,
    );
    for (const file of rarest < 0 ? left : [...left].filter(({ labels }) => labels.includes(rarest))) {
      give(file, neediest(shares, rarest, chance));
      left.delete(file);
    }
    if (rarest < 0) break;
  }
  return new Map(shares.slice(0, -1).map((share) => [share.name, share.files]));
}

function give<T extends Labeled>(file: T, share: Share<T> | undefined): void {
  if (share === undefined) return;
  share.files.push(file);
  share.wanted--;
  for (const label of file.labels) share.wantedOf[label] = (share.wantedOf[label] ?? 0) - 1;
}

/** The share that wants most of a label, of those the one that wants most in all, of those one by chance. */
function neediest<T>(shares: readonly Share<T>[], label: number, chance: Random): Share<T> | undefined {
  const wantedOf = (share: Share<T>): number => share.wantedOf[label] ?? 0;
  return shuffle([...shares], chance).reduce((best, share) => {
    const more = wantedOf(share) - wantedOf(best);
    return more > 0 || (more === 0 && share.wanted > best.wanted) ? share : best;
  });
}
