/** A folder of class folders, as people keep photos: its labels, its files, and splits of these. */
import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { createRandom, type Random, shuffle } from "./chance";
import { codeOf } from "./errorcode";
import { splitByLabels } from "./stratify";

/** One photo's file. */
export interface LabeledFile {
  readonly path: string;
  /** Relative to the folder that was read, with "/" between. */
  readonly name: string;
  /** Its classes as indices into the labels, sorted: of a class folder one. */
  readonly labels: readonly number[];
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
 * Lists a folder that has one folder a class; folders in these are walked too, names that begin with "." are left out. Links to
 * files and to class folders count as what they lead to; links to folders further down are left out.
 * @throws {RangeError} if it is no folder, has no class folders, an empty one, or one that is not among the given labels
 */
export async function readClassFolder(
  folder: string,
  options: ClassFolderOptions = {},
): Promise<ClassFolder> {
  const classes = await foldersIn(folder, options.except);
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
        labels: [labels.indexOf(name)],
      });
  }
  return { labels, files };
}

/**
 * Names of the folders in a folder, sorted; all but hidden ones and `except`.
 * @throws {RangeError} if it is no folder
 */
export async function foldersIn(folder: string, except?: string): Promise<string[]> {
  const left = except === undefined ? undefined : path.resolve(except);
  const names: string[] = [];
  for (const entry of await entriesOf(folder)) {
    const place = path.resolve(folder, entry.name);
    if (!entry.name.startsWith(".") && place !== left && (await isFolder(entry, place)))
      names.push(entry.name);
  }
  return names.sort(byCodePoint);
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw new RangeError(`Cannot read classes of "${folder}": expected a folder, got ${codeOf(cause)}`, {
      cause,
    });
  }
}

async function isFolder(entry: Dirent, place: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return (await stat(place).catch(() => undefined))?.isDirectory() === true;
}

/** Paths of all files in a folder and in the folders inside it, sorted; all but hidden ones. */
export async function filesUnder(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const place = path.join(entry.parentPath, entry.name);
    const isFile = entry.isFile() || (entry.isSymbolicLink() && !(await isFolder(entry, place)));
    const isHidden = path
      .relative(folder, place)
      .split(path.sep)
      .some((name) => name.startsWith("."));
    if (isFile && !isHidden) files.push(place);
  }
  return files.sort(byCodePoint);
}

function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Shares files out among splits, in an order drawn from the seed: each class in the same proportions, and with one file in each
 * split at least where it has enough of them; of files of several classes or none, in about these, see splitByLabels().
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
  const isOfClasses = files.every(({ labels }) => labels.length === 1);
  const splits = isOfClasses ? splitByClass(files, shares, chance) : splitByLabels(files, fractions, chance);
  for (const [name, part] of splits) {
    if (part.length === 0)
      throw new RangeError(`Cannot split ${files.length} files: expected some for "${name}", got none`);
    splits.set(name, shuffle(part, chance));
  }
  return splits;
}

function splitByClass(
  files: readonly LabeledFile[],
  shares: readonly (readonly [name: string, fraction: number])[],
  chance: Random,
): Map<string, LabeledFile[]> {
  const splits = new Map<string, LabeledFile[]>(shares.map(([name]) => [name, []]));
  for (const label of new Set(files.map(({ labels }) => labels[0]))) {
    const mixed = shuffle(
      files.filter(({ labels }) => labels[0] === label),
      chance,
    );
    const counts = countsOf(
      mixed.length,
      shares.map(([, fraction]) => fraction),
    );
    let from = 0;
    shares.forEach(([name], i) => {
      for (const file of mixed.slice(from, (from += counts[i] ?? 0))) splits.get(name)?.push(file);
    });
  }
  return splits;
}

/** How many of `total` files each split gets: its fraction, but one at least while another has more or some are left. */
function countsOf(total: number, fractions: readonly number[]): number[] {
  let until = 0;
  const counts = fractions.map((fraction) => {
    const from = Math.round(until * total);
    until += fraction;
    return Math.round(until * total) - from;
  });
  let left = total - counts.reduce((sum, count) => sum + count, 0);
  for (const [i, count] of counts.entries()) {
    const most = Math.max(...counts);
    if (count > 0 || (left === 0 && most < 2)) continue;
    if (left > 0) left--;
    else counts[counts.indexOf(most)] = most - 1;
    counts[i] = 1;
  }
  return counts;
}
