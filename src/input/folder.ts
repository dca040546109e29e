/** A folder of class folders, as people keep photos: its labels, its files, its splits. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { createRandom, shuffle } from "./chance";

/** One file of a class folder. */
export interface LabeledFile {
  readonly path: string;
  /** Relative to the folder of class folders, with "/" between. */
  readonly name: string;
  /** Index into the labels. */
  readonly label: number;
}

/** What a folder of class folders holds. */
export interface ClassFolder {
  /** Names of the class folders, sorted by code point: a label is an index into them. */
  readonly labels: readonly string[];
  /** Sorted by label and name. */
  readonly files: readonly LabeledFile[];
}

/** Options of readClassFolder(). */
export interface ClassFolderOptions {
  /** The classes in their order, e.g. those of another folder. @default the names of the folders, sorted */
  readonly labels?: readonly string[];
  /** A folder inside that is no class, e.g. where the records go. @default none */
  readonly except?: string;
}

/**
 * Lists a folder that has one folder a class; folders in these are walked too, names that begin with "." are left out.
 * @throws {RangeError} if it has no class folders, an empty one, or one that is not among the given labels
 */
export async function readClassFolder(
  folder: string,
  options: ClassFolderOptions = {},
): Promise<ClassFolder> {
  const entries = await readdir(folder, { withFileTypes: true });
  const except = options.except === undefined ? undefined : path.resolve(options.except);
  const classes = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .filter((entry) => path.resolve(folder, entry.name) !== except)
    .map(({ name }) => name)
    .sort(byCodePoint);
  if (classes.length === 0)
    throw new RangeError(`Cannot read classes of "${folder}": expected a folder for each class, got none`);
  const { labels = classes } = options;
  const stranger = classes.find((name) => !labels.includes(name));
  if (stranger !== undefined)
    throw new RangeError(
      `Cannot read classes of "${folder}": expected ${labels.join(", ")}, got a folder "${stranger}"`,
    );
  const files: LabeledFile[] = [];
  for (const name of classes) {
    const found = await filesUnder(path.join(folder, name));
    if (found.length === 0)
      throw new RangeError(
        `Cannot read class "${name}" of "${folder}": expected images, got an empty folder`,
      );
    for (const file of found)
      files.push({
        path: file,
        name: path.relative(folder, file).split(path.sep).join("/"),
        label: labels.indexOf(name),
      });
  }
  return { labels, files };
}

/** The names by which a folder is seen to be split already. */
const SPLITS: readonly string[] = ["train", "validation", "test"];

/**
 * Lists a folder whose folders are splits (train, validation, test), each with one folder a class.
 * @returns undefined if it is not split so
 * @throws {RangeError} if a split has no class folders, an empty one, or a class that the first does not have
 */
export async function readSplitFolders(
  folder: string,
  options: ClassFolderOptions = {},
): Promise<{ readonly labels: readonly string[]; readonly splits: Map<string, LabeledFile[]> } | undefined> {
  const entries = await readdir(folder, { withFileTypes: true });
  const except = options.except === undefined ? undefined : path.resolve(options.except);
  const names = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .filter((entry) => path.resolve(folder, entry.name) !== except)
    .map(({ name }) => name);
  if (names.length === 0 || !names.every((name) => SPLITS.includes(name))) return undefined;
  const splits = new Map<string, LabeledFile[]>();
  let { labels } = options;
  for (const split of SPLITS.filter((name) => names.includes(name))) {
    const found = await readClassFolder(path.join(folder, split), labels === undefined ? {} : { labels });
    labels = found.labels;
    splits.set(
      split,
      found.files.map((file) => ({ ...file, name: `${split}/${file.name}` })),
    );
  }
  return { labels: labels ?? [], splits };
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort(byCodePoint);
}

function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Shares files out among splits, each class in the same proportions, in an order drawn from the seed.
 * @param fractions  of each split, e.g. { train: 0.8, validation: 0.2 }; at most 1 together
 * @throws {RangeError} if a fraction is not in 0…1, they are more than 1 together, or a split gets nothing
 */
export function splitFiles(
  files: readonly LabeledFile[],
  fractions: Readonly<Record<string, number>>,
  seed: number,
): Map<string, LabeledFile[]> {
  const shares = Object.entries(fractions);
  const total = shares.reduce((sum, [, fraction]) => sum + fraction, 0);
  if (shares.length === 0 || shares.some(([, fraction]) => !(fraction > 0)) || total > 1 + 1e-9)
    throw new RangeError(
      `Cannot split files: expected fractions above 0 that add up to at most 1, got ${JSON.stringify(fractions)}`,
    );
  const chance = createRandom(seed);
  const splits = new Map<string, LabeledFile[]>(shares.map(([name]) => [name, []]));
  for (const label of new Set(files.map((file) => file.label))) {
    const mixed = shuffle(
      files.filter((file) => file.label === label),
      chance,
    );
    let until = 0;
    for (const [name, fraction] of shares) {
      const from = Math.round(until * mixed.length);
      until += fraction;
      splits.get(name)?.push(...mixed.slice(from, Math.round(until * mixed.length)));
    }
  }
  for (const [name, part] of splits) {
    if (part.length === 0)
      throw new RangeError(`Cannot split ${files.length} files: expected some for "${name}", got none`);
    splits.set(name, shuffle(part, chance));
  }
  return splits;
}
