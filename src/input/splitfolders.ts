/** Folders whose names say which split of the photos they hold, and what to say of a tree that is none of ours. */
import path from "node:path";
import { type ClassFolderOptions, filesUnder, foldersIn, type LabeledFile, readClassFolder } from "./folder";

/** What folders of each split are called, in any case; the first is the one that record files have (TF-Slim's names). */
const SPLITS: readonly (readonly [split: string, ...others: string[]])[] = [
  ["train", "training"],
  ["validation", "val", "valid", "dev", "eval"],
  ["test", "testing"],
];

/** The photos of each split. */
export interface SplitFolders {
  readonly labels: readonly string[];
  /** By the split's usual name: train, validation or test. */
  readonly splits: Map<string, LabeledFile[]>;
}

/**
 * Lists a folder whose folders are splits, each with one folder a class: train or training; val, valid, validation, dev or eval;
 * test or testing.
 * @returns undefined if it is not split so; a folder that has photos of its own, or is among the given labels, is a class
 * @throws {RangeError} if a split has no class folders, an empty one or a class that the first does not have, if two folders are
 * one split, if a folder beside them is none, or if all are called as splits are and have no class folders
 */
export async function readSplitFolders(
  folder: string,
  options: ClassFolderOptions = {},
): Promise<SplitFolders | undefined> {
  const names = await foldersIn(folder, options.except);
  const named = names.filter(
    (name) => splitOf(name) !== undefined && options.labels?.includes(name) !== true,
  );
  const isParent = await Promise.all(named.map(async (name) => isOfFolders(path.join(folder, name))));
  if (!isParent.includes(true)) {
    if (named.length > 1 && named.length === names.length) throw await expectedClasses(folder, named);
    return undefined;
  }
  const stranger = names.find((name) => !named.includes(name));
  if (stranger !== undefined)
    throw new RangeError(
      `Cannot read splits of "${folder}": expected only splits beside "${named[isParent.indexOf(true)] ?? ""}", got a folder "${stranger}"`,
    );
  return readEach(folder, foldersOfSplits(folder, named), options.labels);
}

async function readEach(
  folder: string,
  folders: ReadonlyMap<string, string>,
  wanted: readonly string[] | undefined,
): Promise<SplitFolders> {
  const splits = new Map<string, LabeledFile[]>();
  let labels = wanted;
  for (const [split, name] of folders) {
    const found = await readClassFolder(path.join(folder, name), labels === undefined ? {} : { labels });
    labels = found.labels;
    splits.set(
      split,
      found.files.map((file) => ({ ...file, name: `${name}/${file.name}` })),
    );
  }
  return { labels: labels ?? [], splits };
}

/** The folder of each split, in the order train, validation, test. */
function foldersOfSplits(folder: string, names: readonly string[]): Map<string, string> {
  const folders = new Map<string, string>();
  for (const [split] of SPLITS) {
    const [name, other] = names.filter((one) => splitOf(one) === split);
    if (other !== undefined)
      throw new RangeError(
        `Cannot read splits of "${folder}": expected one folder for "${split}", got "${name ?? ""}" and "${other}"`,
      );
    if (name !== undefined) folders.set(split, name);
  }
  return folders;
}

/** The split that a name means: train, validation or test; undefined if it is none of their names. */
export function splitOf(name: string): string | undefined {
  return SPLITS.find((usual) => usual.includes(name.toLowerCase()))?.[0];
}

async function isOfFolders(folder: string): Promise<boolean> {
  return (await foldersIn(folder)).length > 0;
}

/**
 * Refuses what is read as classes and can't be meant so: one class only, or folders of folders of the same names, as
 * fold1/{cat, dog} and fold2/{cat, dog}.
 * @param isGiven  whether the caller named the classes
 * @throws {RangeError} with the tree that was seen
 */
export async function expectClasses(
  folder: string,
  { labels, files }: { readonly labels: readonly string[]; readonly files: readonly LabeledFile[] },
  isGiven: boolean,
): Promise<void> {
  if (labels.length > 1 && (isGiven || !areOfSameFolders(files))) return;
  throw await expectedClasses(folder, await foldersIn(folder));
}

function areOfSameFolders(files: readonly LabeledFile[]): boolean {
  const labelsOf = new Map<string, Set<number>>();
  for (const { name, labels } of files) {
    const [, inner = "", ...rest] = name.split("/");
    if (rest.length === 0) return false;
    labelsOf.set(inner, new Set([...(labelsOf.get(inner) ?? []), ...labels]));
  }
  return [...labelsOf.values()].some((all) => all.size > 1);
}

async function expectedClasses(folder: string, names: readonly string[]): Promise<RangeError> {
  const tree = await Promise.all(names.map((name) => drawTree(path.join(folder, name), 2)));
  return new RangeError(
    `Cannot read classes of "${folder}": expected two or more class folders with photos in them, or such in train, validation and test, got ${shorten(tree)}`,
  );
}

/** A folder as `name/{inner (3 files), other (2 files)}`. */
async function drawTree(folder: string, depth: number): Promise<string> {
  const inner = depth === 0 ? [] : await foldersIn(folder);
  if (inner.length === 0) {
    const { length } = await filesUnder(folder);
    return `${path.basename(folder)} (${length} ${length === 1 ? "file" : "files"})`;
  }
  const parts = await Promise.all(inner.map((name) => drawTree(path.join(folder, name), depth - 1)));
  return `${path.basename(folder)}/{${shorten(parts)}}`;
}

function shorten(parts: readonly string[], most = 6): string {
  const left = parts.length - most;
  return left <= 0 ? parts.join(", ") : `${parts.slice(0, most).join(", ")}, ${left} more`;
}
