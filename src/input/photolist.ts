/** Which photos of a folder go to which split. */
import { createRandom, shuffle } from "./chance";
import { type LabeledFile, readClassFolder, splitFiles } from "./folder";
import { type LabelsOf, readLabelFolder } from "./labelfolder";
import { type LabelTable, type LabelTableOptions, readLabelTable } from "./labeltable";
import { expectClasses, readSplitFolders } from "./splitfolders";

/** The photos of each split, in the order in which they are written. */
export interface PhotoList {
  readonly labels: readonly string[];
  readonly splits: ReadonlyMap<string, readonly LabeledFile[]>;
  /** Whether the folder, or the table, had splits of its own. */
  readonly isSplitAlready: boolean;
  /** Files that labelsOf() or the table leaves out, in a line; none if there are none. */
  readonly leftOut: readonly string[];
}

/** Options of listPhotos(). */
export interface PhotoListOptions extends LabelTableOptions {
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
 * The photos of a folder of class folders, of splits with class folders in them, or of a table, in an order drawn from the seed.
 * @throws {RangeError} if the folder is neither, or the table is wrong
 * @throws {TypeError} if options don't go together
 */
export async function listPhotos(folder: string, options: PhotoListOptions): Promise<PhotoList> {
  const { split, seed, labels: wanted, labelsOf, csv } = options;
  expectOneTeller(options);
  const fractions = typeof split === "string" ? { [split]: 1 } : split;
  if (csv !== undefined) {
    const table = await readLabelTable(folder, { ...options, csv }, options);
    const splits = splitsOf(table, seed) ?? splitFiles(table.files, fractions, seed);
    const leftOut = linesOf(folder, table.title, table.unlabeled);
    return { labels: table.labels, splits, isSplitAlready: table.splitOf !== undefined, leftOut };
  }
  if (labelsOf !== undefined) {
    const { labels, files, unlabeled } = await readLabelFolder(folder, labelsOf, options);
    const leftOut = linesOf(folder, "labelsOf()", unlabeled);
    return { labels, splits: splitFiles(files, fractions, seed), isSplitAlready: false, leftOut };
  }
  const already = await readSplitFolders(folder, options);
  if (already !== undefined) {
    const { labels, splits } = already;
    await expectClasses(folder, { labels, files: [...splits.values()].flat() }, true);
    return { labels, splits: shuffled(splits, seed), isSplitAlready: true, leftOut: [] };
  }
  const { labels, files } = await readClassFolder(folder, options);
  await expectClasses(folder, { labels, files }, wanted !== undefined);
  const splits = splitFiles(files, fractions, seed);
  return { labels, splits, isSplitAlready: false, leftOut: [] };
}

function shuffled(splits: ReadonlyMap<string, readonly LabeledFile[]>, seed: number): PhotoList["splits"] {
  return new Map([...splits].map(([name, files]) => [name, shuffle(files, createRandom(seed))] as const));
}

/** The splits that a table tells, by their names. */
function splitsOf({ files, splitOf }: LabelTable, seed: number): PhotoList["splits"] | undefined {
  if (splitOf === undefined) return undefined;
  const splits = new Map<string, LabeledFile[]>();
  for (const file of files) {
    const split = splitOf(file.name);
    const known = splits.get(split);
    if (known === undefined) splits.set(split, [file]);
    else known.push(file);
  }
  return shuffled(splits, seed);
}

function linesOf(folder: string, teller: string, [first, ...others]: readonly string[]): string[] {
  if (first === undefined) return [];
  return [`${teller} leaves out ${others.length + 1} of the files in "${folder}", as "${first}"`];
}

function expectOneTeller(options: PhotoListOptions): void {
  const { labelsOf, csv, labelColumn, labelSeparator } = options;
  const [column] = (["pathColumn", "labelColumn", "labelSeparator", "splitColumn"] as const).filter((one) => options[one] !== undefined); // prettier-ignore
  const refuse = (expected: string, got: string): TypeError =>
    new TypeError(`Cannot read photos: expected ${expected}, got ${got}`);
  if (csv === undefined && column !== undefined) throw refuse(`csv with ${column}`, "none");
  if (csv !== undefined && labelsOf !== undefined) throw refuse("csv or labelsOf()", "both");
  if (typeof labelColumn === "object" && labelSeparator !== undefined)
    throw refuse("one labelColumn with labelSeparator", `${labelColumn.length}, one for each class`);
}
