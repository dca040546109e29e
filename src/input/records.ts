/** A folder of class folders as TFRecords with TF-Slim's keys. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { interruptible } from "../interrupt";
import { encodeExample, feature } from "../tensorflow";
import { type BadImage, createImageReader, type EncodedImage, type ImageReader } from "./encoded";
import { createRandom, shuffle } from "./chance";
import { type LabeledFile, readClassFolder, readSplitFolders, splitFiles } from "./folder";
import { inOrder } from "./order";
import { createRecordWriter, type RecordWriter } from "./recordwriter";

/** How far writeRecords() is. */
export interface RecordsProgress {
  readonly done: number;
  readonly total: number;
  /** The image just written or found bad. */
  readonly file: string;
}

/** Options of writeRecords(). */
export interface WriteRecordsOptions {
  /** Files a split. @default 2 */
  readonly shards?: number;
  /**
   * The split's name, or names and their fractions, e.g. { train: 0.8, validation: 0.2 }. A folder that is split already, into
   * folders named train, validation and test with the class folders in them, keeps its own splits.
   * @default "train"
   */
  readonly split?: string | Readonly<Record<string, number>>;
  /** First word of the files' names. @default the folder's name */
  readonly name?: string;
  /** Draws the order of the records, and which go to which split. @default 0 */
  readonly seed?: number;
  /** The classes in their order, e.g. those of another folder. @default the names of the class folders, sorted */
  readonly labels?: readonly string[];
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
  /** Paths of the record files, and last of labels.txt. */
  readonly files: readonly string[];
  /** What was no image that TensorFlow decodes, by name, and why; none of these is in the records. */
  readonly bad: readonly BadImage[];
}

/**
 * Writes the images of a folder with one folder a class as records, shuffled, in shards named as TF-Slim names them:
 * `<name>_<split>_00000-of-00002.tfrecord`, and labels.txt beside them, with lines as "0:hat".
 *
 * Each image is decoded once to see that it can be. The same folder, options and seed give the same bytes. All files
 * appear at the end, at once; an error or an abort leaves none.
 * @throws {RangeError} if there are no class folders, one without an image that can be decoded, or shards of another number already
 * @example
 * const { written, bad } = await writeRecords("photos", "records", { split: { train: 0.8, validation: 0.2 } });
 * // written: { train: 258, validation: 63 }, bad: []
 * @see TF-Slim datasets/download_and_convert_flowers.py
 */
export async function writeRecords(
  folder: string,
  out: string,
  options: WriteRecordsOptions = {},
): Promise<WrittenRecords> {
  const { shards = 2, split = "train", name = path.basename(path.resolve(folder)), seed = 0 } = options;
  const { resizeSide, numParallel = availableParallelism() } = options;
  for (const [what, number] of Object.entries({ shards, numParallel, resizeSide: resizeSide ?? 1 }))
    if (!Number.isInteger(number) || number < 1)
      throw new RangeError(
        `Cannot write records: expected ${what} to be a whole number from 1, got ${number}`,
      );
  expectNames(name, typeof split === "string" ? [split] : Object.keys(split));
  const { labels, splits } = await listPhotos(folder, out, { ...options, split, seed });
  await mkdir(out, { recursive: true });
  const plan = [...splits].flatMap(([part, members]) =>
    planShards(path.join(out, `${name}_${part}`), part, members, shards),
  );
  await expectNoOtherShards(out, name, plan);
  const reader = createImageReader(resizeSide);
  const total = [...splits.values()].reduce((sum, members) => sum + members.length, 0);
  const job: Job = {
    labels,
    reader,
    numParallel,
    total,
    options: interruptible(options),
    writers: [],
    bad: [],
    written: {},
    seen: new Set(),
    done: 0,
  };
  try {
    for (const shard of plan) await writeShard(shard, job);
    expectSome(job, folder);
    expectAllClasses(job, splits, folder);
    for (const writer of job.writers) await writer.publish();
  } catch (error) {
    for (const writer of job.writers) await writer.discard();
    throw error;
  } finally {
    reader.dispose();
  }
  const labelsFile = path.join(out, "labels.txt");
  await writeFile(labelsFile, labels.map((label, i) => `${i}:${label}\n`).join(""));
  const { written, bad } = job;
  return { written, labels, files: [...plan.map((shard) => shard.path), labelsFile], bad };
}

/** Parts of files' names. */
function expectNames(...[name, splits]: [string, readonly string[]]): void {
  for (const [what, text] of [["name", name], ...splits.map((split) => ["split", split] as const)] as const)
    if (text === "" || /[\\/]/.test(text))
      throw new RangeError(`Cannot write records: expected a ${what} that files can have, got "${text}"`);
}

/** The images of each split, in an order drawn from the seed. */
async function listPhotos(
  folder: string,
  out: string,
  {
    labels: wanted,
    split,
    seed,
  }: WriteRecordsOptions & Required<Pick<WriteRecordsOptions, "split" | "seed">>,
): Promise<{ readonly labels: readonly string[]; readonly splits: Map<string, LabeledFile[]> }> {
  const options = { except: out, ...(wanted === undefined ? {} : { labels: wanted }) };
  const already = await readSplitFolders(folder, options);
  if (already !== undefined) {
    const mixed = [...already.splits].map(
      ([name, files]) => [name, shuffle(files, createRandom(seed))] as const,
    );
    return { labels: already.labels, splits: new Map(mixed) };
  }
  const { labels, files } = await readClassFolder(folder, options);
  return { labels, splits: splitFiles(files, typeof split === "string" ? { [split]: 1 } : split, seed) };
}

interface Job {
  readonly labels: readonly string[];
  readonly reader: ImageReader;
  readonly numParallel: number;
  readonly total: number;
  readonly options: WriteRecordsOptions;
  readonly writers: RecordWriter[];
  readonly bad: BadImage[];
  readonly written: Record<string, number>;
  /** Labels of what was written. */
  readonly seen: Set<number>;
  done: number;
}

interface Shard {
  readonly path: string;
  readonly split: string;
  readonly files: readonly LabeledFile[];
}

function planShards(stem: string, split: string, files: readonly LabeledFile[], shards: number): Shard[] {
  const five = (number: number): string => String(number).padStart(5, "0");
  return Array.from({ length: shards }, (_, i) => ({
    path: `${stem}_${five(i)}-of-${five(shards)}.tfrecord`,
    split,
    files: files.slice(
      Math.round((i * files.length) / shards),
      Math.round(((i + 1) * files.length) / shards),
    ),
  }));
}

/** Old shards of another number would be read together with the new ones, by the same pattern. */
async function expectNoOtherShards(out: string, name: string, plan: readonly Shard[]): Promise<void> {
  const own = new Set(plan.map((shard) => path.basename(shard.path)));
  const stems = new Set(plan.map(({ split }) => `${name}_${split}_`));
  const isShard = /^\d{5}-of-\d{5}\.tfrecord$/;
  for (const file of await readdir(out))
    for (const stem of stems)
      if (file.startsWith(stem) && isShard.test(file.slice(stem.length)) && !own.has(file))
        throw new RangeError(
          `Cannot write records to "${out}": expected no shards of another number, got "${file}"; remove them first`,
        );
}

async function writeShard(shard: Shard, job: Job): Promise<void> {
  const { signal, onProgress } = job.options;
  const writer = await createRecordWriter(shard.path);
  job.writers.push(writer);
  job.written[shard.split] ??= 0;
  const results = inOrder(shard.files, job.numParallel, async (file) => ({
    file,
    image: await job.reader.read(file.path),
  }));
  for await (const { file, image } of results) {
    signal?.throwIfAborted();
    if ("reason" in image) {
      job.bad.push({ file: file.name, reason: image.reason });
    } else {
      await writer.write(exampleOf(file, image, job.labels));
      job.written[shard.split] = (job.written[shard.split] ?? 0) + 1;
      job.seen.add(file.label);
    }
    job.done++;
    onProgress?.({ done: job.done, total: job.total, file: file.name });
  }
  await writer.close();
}

function exampleOf(file: LabeledFile, image: EncodedImage, labels: readonly string[]): Uint8Array {
  return encodeExample({
    "image/encoded": feature.bytes(image.contents),
    "image/format": feature.bytes(image.format),
    "image/class/label": feature.int64(file.label),
    "image/class/text": feature.bytes(labels[file.label] ?? ""),
    "image/height": feature.int64(image.height),
    "image/width": feature.int64(image.width),
    "image/filename": feature.bytes(file.name),
  });
}

function expectSome({ written, bad }: Job, folder: string): void {
  const [split] = Object.entries(written).find(([, number]) => number === 0) ?? [];
  if (split === undefined) return;
  const [first] = bad;
  const reason = first === undefined ? "" : `, the first "${first.file}": ${first.reason}`;
  throw new RangeError(
    `Cannot write records of "${folder}": expected images for split "${split}", got none; ${bad.length} were bad${reason}`,
  );
}

/** A class whose files are all bad is as wrong as an empty folder. */
function expectAllClasses(
  { seen, bad, labels }: Job,
  splits: Map<string, LabeledFile[]>,
  folder: string,
): void {
  for (const { label, name } of [...splits.values()].flat()) {
    if (seen.has(label)) continue;
    const reason = bad.find(({ file }) => file === name)?.reason ?? "";
    throw new RangeError(
      `Cannot write records of "${folder}": expected images of class "${labels[label] ?? ""}", got none; its files were bad, as "${name}": ${reason}`,
    );
  }
}
