/** A folder of photos as TFRecords with TF-Slim's keys. */
import { availableParallelism } from "node:os";
import path from "node:path";
import type { Displayable } from "../display/bundle";
import { finishFirst, interruptible } from "../interrupt";
import { type Account, createAccount, type DuplicateImage } from "./account";
import { type BadImage, createImageReader, type OrientOptions } from "./encoded";
import { LABELS_FILE, type Manifest, manifestFile } from "./manifest";
import type { LabelsOf } from "./labelfolder";
import type { LabelTableOptions } from "./labeltable";
import { listPhotos, type PhotoList } from "./photolist";
import { createRecordSet } from "./recordset";
import { shownRecords } from "./written";
import { planShards, type RecordsProgress, type Shard, writeShard } from "./shards";

/** Options of writeRecords(). */
export interface WriteRecordsOptions extends OrientOptions, LabelTableOptions {
  /** Files a split. @default 2 */
  readonly shards?: number;
  /**
   * The split's name, or names and their fractions, e.g. { train: 0.8, validation: 0.2 }. A folder that is split already, into
   * folders with the class folders in them, keeps its own splits, called train, validation and test whatever its folders are of
   * train or training; val, valid, validation, dev or eval; test or testing, in any case.
   * @default "train"
   */
  readonly split?: string | Readonly<Record<string, number>>;
  /** First word of the files' names. @default the folder's name */
  readonly name?: string;
  /** Draws the order of the records, and which go to which split. @default 0 */
  readonly seed?: number;
  /** The classes in their order, e.g. those of another folder. @default the names of the class folders, or those that labelsOf() gives, sorted */
  readonly labels?: readonly string[];
  /**
   * Names of the classes on a photo, of which there may be several or none, by the file's name in the folder, with "/" between; undefined
   * leaves it out. The folder's own folders are then neither classes nor splits, and records have lists as image/class/label, for
   * `multiLabel` of createInputFn() and Model.
   * @default the name of its class folder
   */
  readonly labelsOf?: LabelsOf;
  /** Larger images are made smaller, until their shorter side is this long; others stay byte for byte. @default none */
  readonly resizeSide?: number;
  /** Images read and decoded at once. @default the number of processors */
  readonly numParallel?: number;
  /** Called after each image. */
  readonly onProgress?: (progress: RecordsProgress) => void;
  /** Stops the work; nothing is left behind then. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/** What writeRecords() has written. */
export interface WrittenRecords {
  /** Records of each split. */
  readonly written: Readonly<Record<string, number>>;
  readonly labels: readonly string[];
  /** Paths of the record files. */
  readonly files: readonly string[];
  /** Path of labels.txt. */
  readonly labelsFile: string;
  /** Path of the manifest, which lists source, classes, splits, files and counts. */
  readonly manifestFile: string;
  /** What was no image that TensorFlow decodes, by name, and why; none of these is in the records. */
  readonly bad: readonly BadImage[];
  /** How many photos lay on their side or were mirrored, by their Exif, and were turned. */
  readonly turned: number;
  /** How many photos are not byte for byte those of the folder: turned, made smaller, or of a kind that createInputFn() would not decode. */
  readonly reencoded: number;
  /** Photos that are in several classes or several splits; they are in the records all the same. */
  readonly duplicates: readonly DuplicateImage[];
  /** Paths of record files of an older set of the same name that were removed. */
  readonly removed: readonly string[];
  /** What is worth a look, a line each, e.g. which split has no photo of which class. */
  readonly warnings: readonly string[];
}

/**
 * Writes the images of a folder with one folder a class as records, shuffled, in shards named as TF-Slim names them:
 * `<name>_<split>_00000-of-00002.tfrecord`, labels.txt beside them, with lines as "0:hat", and a manifest `<name>.records.json`.
 *
 * Each image is decoded once to see that it can be: JPEG, PNG, GIF (the first frame, black where transparent), BMP, WebP, JPEG XL.
 * Files stay byte for byte, but those to be turned or made smaller, and what the decoder of records would not take (transparent or
 * animated WebP, transparent or grey JPEG XL): these become JPEGs of quality 95 with full colour, or PNGs where they were no JPEGs
 * and keep their size. Transparency is dropped, the colours under it stay.
 *
 * Each class has a photo in each split if it has enough of them; photos of several classes are shared out by the rarest first, see
 * Sechidis et al. 2011. The same folder, options and seed give the same bytes. All files
 * appear at the end, in place of an older set of the same name, which goes as a whole; an error or an abort leaves that as it was. A
 * process that is killed meanwhile leaves the older set, the new one, or one that createInputFn() refuses as incomplete.
 * What it gives shows itself as a table of photos by split and class.
 * @throws {RangeError} if there are no two class folders (nor labelsOf), one without an image that can be decoded, splits of other classes, record
 * files of the same name that no manifest lists, or a labels.txt of other classes that is not of this name alone
 * @example
 * const { written, bad } = await writeRecords("photos", "records", { split: { train: 0.8, validation: 0.2 } });
 * // written: { train: 258, validation: 63 }, bad: []
 * @example
 * const labelsOf = (file: string) => ({ "a.jpg": ["cat", "dog"], "b.jpg": [] })[file];
 * await writeRecords("photos", "records", { labelsOf, labels: ["cat", "dog"] });
 * @example
 * // labels.csv: file,class,fold
 * await writeRecords("photos", "records", { csv: "labels.csv", pathColumn: "file", labelColumn: "class", splitColumn: "fold" });
 * @see TF-Slim datasets/download_and_convert_flowers.py
 */
export async function writeRecords(
  folder: string,
  out: string,
  options: WriteRecordsOptions = {},
): Promise<WrittenRecords & Displayable> {
  const given = interruptible(options);
  return finishFirst(() => writeAll(folder, out, given));
}

async function writeAll(
  folder: string,
  out: string,
  options: WriteRecordsOptions,
): Promise<WrittenRecords & Displayable> {
  const { shards = 2, split = "train", name = path.basename(path.resolve(folder)), seed = 0 } = options;
  const { resizeSide, numParallel = availableParallelism(), orient = "exif" } = options;
  for (const [what, number] of Object.entries({ shards, numParallel, resizeSide: resizeSide ?? 1 }))
    if (!Number.isInteger(number) || number < 1)
      throw new RangeError(
        `Cannot write records: expected ${what} to be a whole number from 1, got ${number}`,
      );
  expectNames(name, typeof split === "string" ? [split] : Object.keys(split));
  const list = await listPhotos(folder, { ...options, except: out, split, seed });
  const { labels, splits } = list;
  const plan = [...splits].flatMap(([part, files]) => planShards(name, part, files, shards));
  const files = plan.map((shard) => shard.name);
  const set = await createRecordSet(out, { name, files, labels });
  const reader = createImageReader({ orient, ...(resizeSide === undefined ? {} : { resizeSide }) });
  const account = createAccount(labels);
  const total = plan.reduce((sum, shard) => sum + shard.files.length, 0);
  const job = { folder: set.staging, labels, reader, numParallel, total, account, ...options };
  try {
    let done = 0;
    for (const shard of plan) done = await writeShard(shard, job, done);
    expectSome(account, [...splits.keys()], folder);
    expectAllClasses(account, list, folder);
    const manifest = describe({ name, source: path.resolve(folder), labels }, plan, account);
    const removed = await set.publish(manifest);
    const inOut = (file: string): string => path.join(out, file);
    const value: WrittenRecords = {
      written: mapValues(manifest.splits, ({ records }) => records),
      labels,
      files: files.map(inOut),
      labelsFile: inOut(LABELS_FILE),
      manifestFile: inOut(manifestFile(name)),
      bad: account.bad,
      ...account.counts,
      duplicates: account.duplicates(),
      removed: removed.map(inOut),
      warnings: [...unheeded(folder, list, options), ...account.lacking([...splits.keys()])],
    };
    return shownRecords(value, manifest.splits);
  } finally {
    reader.dispose();
    await set.discard();
  }
}

/** Parts of files' names. */
function expectNames(...[name, splits]: [string, readonly string[]]): void {
  for (const [what, text] of [["name", name], ...splits.map((split) => ["split", split] as const)] as const)
    if (text === "" || /[\\/]/.test(text))
      throw new RangeError(`Cannot write records: expected a ${what} that files can have, got "${text}"`);
}

function describe(base: Omit<Manifest, "splits">, plan: readonly Shard[], account: Account): Manifest {
  const splits: Record<string, Manifest["splits"][string]> = {};
  for (const { split, name } of plan) {
    const [records, perClass] = [account.records(split), account.perClass(split)];
    splits[split] = { records, perClass, files: [...(splits[split]?.files ?? []), name] };
  }
  return { ...base, splits };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, fn: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, fn(value)]));
}

/** Says that the option `split` was given and not used, and which files are left out. */
function unheeded(
  folder: string,
  { isSplitAlready, splits, leftOut }: PhotoList,
  { split }: WriteRecordsOptions,
): string[] {
  if (!isSplitAlready || split === undefined) return [...leftOut];
  return [...leftOut, `"${folder}" is split already, into ${[...splits.keys()].join(", ")}: these were kept`];
}

function expectSome({ records, bad }: Account, splits: readonly string[], folder: string): void {
  const split = splits.find((one) => records(one) === 0);
  if (split === undefined) return;
  const [first] = bad;
  const reason = first === undefined ? "" : `, the first "${first.file}": ${first.reason}`;
  throw new RangeError(
    `Cannot write records of "${folder}": expected images for split "${split}", got none; ${bad.length} were bad${reason}`,
  );
}

/** A class whose files are all bad is as wrong as an empty folder. */
function expectAllClasses({ perClass, bad }: Account, { labels, splits }: PhotoList, folder: string): void {
  const all = [...splits.values()].flat();
  for (const { label, name } of all.flatMap((file) => file.labels.map((label) => ({ ...file, label })))) {
    if ([...splits.keys()].some((split) => perClass(split)[label] !== 0)) continue;
    const reason = bad.find(({ file }) => file === name)?.reason ?? "";
    throw new RangeError(
      `Cannot write records of "${folder}": expected images of class "${labels[label] ?? ""}", got none; its files were bad, as "${name}": ${reason}`,
    );
  }
}
