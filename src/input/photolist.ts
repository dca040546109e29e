/** Which photos of a folder go to which split. */
import { createRandom, shuffle } from "./chance";
import { type LabeledFile, readClassFolder, splitFiles } from "./folder";
import { type LabelsOf, readLabelFolder } from "./labelfolder";
import { expectClasses, readSplitFolders } from "./splitfolders";

/** The photos of each split, in the order in which they are written. */
export interface PhotoList {
  readonly labels: readonly string[];
  readonly splits: ReadonlyMap<string, readonly LabeledFile[]>;
  /** Whether the folder had splits of its own. */
  readonly isSplitAlready: boolean;
  /** Files that labelsOf() leaves out. */
  readonly unlabeled: readonly string[];
}

/** Options of listPhotos(). */
export interface PhotoListOptions {
  readonly split: string | Readonly<Record<string, number>>;
  readonly seed: number;
  /** The classes in their order. @default the names of the class folders, sorted */
  readonly labels?: readonly string[];
  /** Names of the classes on a photo. @default that of its class folder */
  readonly labelsOf?: LabelsOf;
  /** A folder inside that is no class. @default none */
  readonly except?: string;
}

/**
 * The photos of a folder of class folders, or of splits with class folders in them, in an order drawn from the seed.
 * @throws {RangeError} if the folder is neither
 */
export async function listPhotos(folder: string, options: PhotoListOptions): Promise<PhotoList> {
  const { split, seed, labels: wanted, labelsOf } = options;
  const fractions = typeof split === "string" ? { [split]: 1 } : split;
  if (labelsOf !== undefined) {
    const { labels, files, unlabeled } = await readLabelFolder(folder, labelsOf, options);
    return { labels, splits: splitFiles(files, fractions, seed), isSplitAlready: false, unlabeled };
  }
  const already = await readSplitFolders(folder, options);
  if (already !== undefined) {
    const { labels, splits } = already;
    await expectClasses(folder, { labels, files: [...splits.values()].flat() }, true);
    const mixed = [...splits].map(([name, files]) => [name, shuffle(files, createRandom(seed))] as const);
    return { labels, splits: new Map(mixed), isSplitAlready: true, unlabeled: [] };
  }
  const { labels, files } = await readClassFolder(folder, options);
  await expectClasses(folder, { labels, files }, wanted !== undefined);
  const splits = splitFiles(files, fractions, seed);
  return { labels, splits, isSplitAlready: false, unlabeled: [] };
}
