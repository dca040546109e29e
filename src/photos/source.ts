/** Where photos are: in a folder, or in records. */
import { readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { TFRecordDataset } from "../input";
import { countRecords } from "../input/epochs";
import type { LabeledFile } from "../input/folder";
import { compressionOf } from "../input/frames";
import { expectOneSet, filesOf, LABELS_FILE, labelsOfText, namesIn, readManifests } from "../input/manifest";
import { listPhotos, type PhotoListOptions } from "../input/photolist";
import { matchAll } from "../input/read";
import { bytesOf, decodeExample, type Feature } from "../tensorflow";
import type { PhotoFile } from "./look";

/** A photo, and where it is. */
export interface Place extends LabeledFile, PhotoFile {
  readonly split: string;
}

/** Photos to look at. */
export interface PhotoSource {
  /** Names of the classes; of records without labels.txt they grow while these are read. */
  readonly labels: readonly string[];
  /** Undefined for compressed records, whose number is not known before. */
  readonly total: number | undefined;
  readonly places: Iterable<Place> | AsyncIterable<Place>;
  /** Files that are left out, since nothing tells their classes, in a line. */
  readonly leftOut: readonly string[];
}

/** The split of photos that are in none. */
export const WHOLE = "all";

/**
 * The photos of a folder, as writeRecords() takes it; or the records of files, by patterns, or of a folder that has a manifest.
 * @throws {RangeError} if the folder is none of photos
 * @throws {TypeError} if classes are told of records
 * @throws {Error} if no file matches a pattern, or record files are not of one set
 */
export async function openPhotos(
  source: string | readonly string[],
  options: Omit<PhotoListOptions, "split" | "seed">,
): Promise<PhotoSource> {
  const isFolder = typeof source === "string" && statSync(source, { throwIfNoEntry: false })?.isDirectory() === true; // prettier-ignore
  const sets = isFolder ? readManifests(source) : [];
  if (!isFolder || sets.length > 0) expectNoTeller(options);
  if (!isFolder) return openRecords(matchAll(typeof source === "string" ? [source] : source));
  if (sets.length > 0) return openRecords(sets.flatMap(filesOf).map((file) => path.join(source, file)));
  const { labels, splits, leftOut } = await listPhotos(source, { ...options, split: WHOLE, seed: 0 });
  const places = [...splits].flatMap(([split, files]) =>
    [...files].sort(byName).map((file) => ({ ...file, split, read: async () => readFile(file.path) })),
  );
  return { labels, places, total: places.length, leftOut };
}

/** Records tell their classes themselves. */
function expectNoTeller(options: Partial<PhotoListOptions>): void {
  const given = (["csv", "labelsOf", "labels"] as const).find((one) => options[one] !== undefined);
  if (given === undefined) return;
  throw new TypeError(
    `Cannot inspect records: expected no ${given}, which is for folders of photos, got one`,
  );
}

function byName(one: LabeledFile, other: LabeledFile): number {
  return one.name < other.name ? -1 : 1;
}

function openRecords(files: readonly string[]): PhotoSource {
  expectOneSet(files);
  const labels = labelsOfRecords(files);
  return {
    labels,
    total: countRecords(files, { size: 1, rank: 0 }),
    places: placesIn(files, labels),
    leftOut: [],
  };
}

/** The classes of record files, by the labels.txt beside them; none if there is none. */
function labelsOfRecords(files: readonly string[]): string[] {
  const folders = new Set(files.map((file) => path.dirname(file)));
  const folder = [...folders].find((one) => namesIn(one).includes(LABELS_FILE));
  return folder === undefined ? [] : labelsOfText(readFileSync(path.join(folder, LABELS_FILE), "utf8"));
}

/** A label above this is a mistake, not a class without a name. */
const MOST_CLASSES = 100_000;

async function* placesIn(files: readonly string[], labels: string[]): AsyncGenerator<Place> {
  for (const file of files) {
    const split = splitOfRecords(file);
    let number = 0;
    for await (const record of TFRecordDataset(file, { compressionType: compressionOf(file) ?? "" })) {
      const [bytes = new Uint8Array()] = bytesOf(record);
      record.dispose();
      yield placeOf(bytes, { path: file, split, number: number++ }, labels);
    }
  }
}

function placeOf(
  bytes: Uint8Array,
  { path: file, split, number }: { readonly path: string; readonly split: string; readonly number: number },
  labels: string[],
): Place {
  const features = decodeExample(bytes);
  const filename = bytesIn(features?.["image/filename"]);
  const name = filename === undefined ? `record ${number} of ${path.basename(file)}` : String(Buffer.from(filename)); // prettier-ignore
  const own = numbersIn(features?.["image/class/label"]);
  const wrong = own.find((label) => !(Number.isSafeInteger(label) && label >= 0 && label < MOST_CLASSES));
  if (wrong === undefined)
    for (const label of own) while (labels.length <= label) labels.push(`class ${labels.length}`);
  const read = (): Promise<Uint8Array> => {
    const image = bytesIn(features?.["image/encoded"]);
    if (features === undefined) return refuse(`it is no tf.train.Example, but ${bytes.length} other bytes`);
    if (image === undefined) return refuse("the record has no image/encoded");
    if (wrong !== undefined) return refuse(`its label is ${wrong}`);
    return Promise.resolve(image);
  };
  return { path: file, split, name, labels: wrong === undefined ? own : [], read };
}

function refuse(reason: string): Promise<never> {
  return Promise.reject(new RangeError(reason));
}

function bytesIn(feature: Feature | undefined): Uint8Array | undefined {
  return feature !== undefined && "bytes_list" in feature ? feature.bytes_list.value[0] : undefined;
}

function numbersIn(feature: Feature | undefined): number[] {
  return feature !== undefined && "int64_list" in feature ? feature.int64_list.value.map(Number) : [];
}

/** The split in a record file's name: photos_train_00000-of-00002.tfrecord, train-00000-of-01024. */
function splitOfRecords(file: string): string {
  return /(?:^|[_-])([A-Za-z]+)[_-]\d{5}-of-\d{5}(?:\.\w+)?$/.exec(path.basename(file))?.[1] ?? WHOLE;
}
