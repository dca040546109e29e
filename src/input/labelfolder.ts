/** A folder of photos of several classes each, or of none, as a function tells. */
import path from "node:path";
import { filesUnder, foldersIn, type LabeledFile } from "./folder";

/** Names of the classes on a photo; undefined leaves the file out. @param file  its name in the folder, with "/" between */
export type LabelsOf = (file: string) => readonly string[] | undefined;

/** What a folder of photos holds. */
export interface LabelFolder {
  /** A label is an index into them. */
  readonly labels: readonly string[];
  /** Sorted by name. */
  readonly files: readonly LabeledFile[];
  /** Names of the files that were left out. */
  readonly unlabeled: readonly string[];
}

/**
 * Lists a folder of photos whose classes a function tells; folders in it are walked, names that begin with "." are left out.
 * @throws {RangeError} if it is no folder, has no photo with a class, or one whose class is not among the given labels
 * @throws {TypeError} if the function gives anything but names
 */
export async function readLabelFolder(
  folder: string,
  labelsOf: LabelsOf,
  { labels: given, except }: { readonly labels?: readonly string[]; readonly except?: string } = {},
): Promise<LabelFolder> {
  await foldersIn(folder); // tells what is no folder
  const out = except === undefined ? undefined : path.resolve(except) + path.sep;
  const found = new Map<string, readonly string[]>();
  const unlabeled: string[] = [];
  for (const file of await filesUnder(path.resolve(folder))) {
    if (out !== undefined && out !== path.resolve(folder) + path.sep && file.startsWith(out)) continue;
    const name = path.relative(folder, file).split(path.sep).join("/");
    const classes = labelsOf(name);
    if (classes === undefined) unlabeled.push(name);
    else found.set(name, expectNames(folder, name, classes));
  }
  const labels = given ?? [...new Set([...found.values()].flat())].sort();
  if (labels.length === 0)
    throw new RangeError(
      `Cannot read classes of "${folder}": expected photos with classes, got ${found.size} with none`,
    );
  const files = [...found].map(([name, classes]) => {
    const stranger = classes.find((one) => !labels.includes(one));
    if (stranger !== undefined)
      throw new RangeError(
        `Cannot read classes of "${name}" in "${folder}": expected ${labels.join(", ")}, got "${stranger}"`,
      );
    const numbers = classes.map((one) => labels.indexOf(one)).sort((a, b) => a - b);
    return { path: path.join(folder, name), name, labels: [...new Set(numbers)] };
  });
  return { labels, files, unlabeled };
}

function expectNames(folder: string, file: string, classes: unknown): readonly string[] {
  if (Array.isArray(classes) && classes.every((one) => typeof one === "string")) return classes;
  throw new TypeError(
    `Cannot read classes of "${file}" in "${folder}": expected a list of names, got ${JSON.stringify(classes)}`,
  );
}
