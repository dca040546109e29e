/** What was written of photos, what not, and what of it is worth a look. */
import type { BadImage, EncodedImage } from "./encoded";
import type { LabeledFile } from "./folder";

/** One photo that is in several classes, or in several splits: the same file, byte for byte, under several names. */
export interface DuplicateImage {
  /** Its names, relative to the folder of photos. */
  readonly files: readonly string[];
  /** The classes that it is in; if several, it teaches the network that they are the same, unless all its files are of all of them. */
  readonly labels: readonly string[];
  /** The splits that it is in; if several, the network is tested on what it has seen. */
  readonly splits: readonly string[];
}

/** What of an image is counted. */
export type Counted = Pick<EncodedImage, "digest" | "isTurned" | "isReencoded">;

/** Keeps account of the photos that are written. */
export interface Account {
  /** Notes what came of one photo. */
  add(file: LabeledFile, split: string, image: Counted | BadImage): void;
  readonly bad: readonly BadImage[];
  /** How many were turned, and how many are others than their files. */
  readonly counts: { readonly turned: number; readonly reencoded: number };
  /** Records in a split. */
  records(split: string): number;
  /** Records of each class in a split, in the order of the labels. */
  perClass(split: string): readonly number[];
  duplicates(): DuplicateImage[];
  /** All that are there several times, byte for byte, also in one class and split. */
  copies(): (readonly Seen[])[];
  /** A line for each class that a split lacks. */
  lacking(splits: readonly string[]): string[];
}

/** A photo, and where it is. */
export interface Seen {
  readonly file: LabeledFile;
  readonly split: string;
}

/** Begins an account of photos of these classes. */
export function createAccount(labels: readonly string[]): Account {
  const bad: BadImage[] = [];
  const counts = { turned: 0, reencoded: 0 };
  const seen = new Map<string, Seen[]>(); // by digest
  const perSplit = new Map<string, number[]>();
  const records = new Map<string, number>();
  const perClass = (split: string): number[] => {
    const known = perSplit.get(split) ?? labels.map(() => 0);
    perSplit.set(split, known);
    return known;
  };
  return {
    bad,
    counts,
    records: (split) => records.get(split) ?? 0,
    perClass,
    add(file, split, image) {
      if ("reason" in image) {
        bad.push({ file: file.name, reason: image.reason });
        return;
      }
      records.set(split, (records.get(split) ?? 0) + 1);
      const ofClasses = perClass(split);
      for (const label of file.labels) ofClasses[label] = (ofClasses[label] ?? 0) + 1;
      if (image.isTurned) counts.turned++;
      if (image.isReencoded) counts.reencoded++;
      const same = seen.get(image.digest);
      if (same === undefined) seen.set(image.digest, [{ file, split }]);
      else same.push({ file, split });
    },
    duplicates: () =>
      [...seen.values()]
        .filter((same) => same.length > 1 && isAcross(same))
        .map((same) => asDuplicate(same, labels))
        .sort(byFirstFile),
    copies: () => [...seen.values()].filter((same) => same.length > 1),
    lacking: (splits) =>
      labels.flatMap((label, i) => {
        const total = splits.reduce((sum, split) => sum + (perClass(split)[i] ?? 0), 0);
        return splits
          .filter((split) => perClass(split)[i] === 0)
          .map((split) => `no photo of class "${label}" in split "${split}", of ${total} in all`);
      }),
  };
}

/** Photos that are the same, as one. */
export function asDuplicate(same: readonly Seen[], labels: readonly string[]): DuplicateImage {
  return {
    files: same.map(({ file }) => file.name).sort(),
    labels: labels.filter((_, i) => same.some(({ file }) => file.labels.includes(i))),
    splits: [...new Set(same.map(({ split }) => split))],
  };
}

function isAcross(same: readonly Seen[]): boolean {
  const labels = new Set(same.map(({ file }) => file.labels.join()));
  return labels.size > 1 || new Set(same.map(({ split }) => split)).size > 1;
}

function byFirstFile({ files: [a = ""] }: DuplicateImage, { files: [b = ""] }: DuplicateImage): number {
  return a < b ? -1 : 1;
}
