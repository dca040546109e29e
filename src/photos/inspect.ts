/** A look at photos before a network is trained on them. */
import { availableParallelism } from "node:os";
import type { LabelsOf, LabelTableOptions, OrientOptions } from "../input";
import { createAccount, type Seen } from "../input/account";
import { inOrder } from "../input/order";
import { interruptible } from "../interrupt";
import type { InspectedPhoto } from "./facts";
import { inspectionOf, type PhotoInspection } from "./inspection";
import { createLooker } from "./look";
import { MAX_DISTANCE, nearGroups } from "./near";
import { hashText } from "./phash";
import { openPhotos } from "./source";

/** Options of inspectPhotos(). */
export interface InspectPhotosOptions extends OrientOptions, LabelTableOptions {
  /** Of a folder: the classes in their order. @default as writeRecords() has them */
  readonly labels?: readonly string[];
  /** Of a folder: names of the classes on a photo, see writeRecords(). @default the name of its class folder */
  readonly labelsOf?: LabelsOf;
  /**
   * In how many of the 64 bits of their hashes photos may differ that look alike, 0 … 15. Of 446 photos of clothing 4 finds all that were
   * made smaller, grey, or JPEGs of quality 20, and 96 % of those made a fifth brighter; 8 finds 97 % of those cut by 2 % at each
   * side; no two different ones of them differ in less than 10. The hashes of 100,000 photos are compared within a second for 4, in some
   * seconds for 8, in most of a minute for 15.
   * @default 4
   */
  readonly distance?: number;
  /** Photos read and decoded at once. @default the number of processors */
  readonly numParallel?: number;
  /** Called after each photo; progressBar().update takes it. */
  readonly onProgress?: (progress: {
    readonly done: number;
    readonly total: number | undefined;
    readonly file: string;
  }) => void;
  /** Stops between two photos, with its reason as the error. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/**
 * Looks at the photos of a folder, as writeRecords() would take it, or at those in records: how many each class and split has, their
 * sizes and how they lie, what is no photo, what is there several times or looks alike, and whether it is so in several classes or splits.
 *
 * Each is decoded once; what is kept of it is some hundred bytes. Photos look alike if ImageHash's phash() of them, upright, differs in few
 * bits; such that are alike by a third are in one group with it.
 * @param source  a folder of photos; glob patterns of record files; or a folder with what writeRecords() has written
 * @throws {RangeError} if the folder is none of photos or has none that can be decoded, or an option is out of range
 * @throws {TypeError} if options don't go together
 * @throws {Error} if no file matches a pattern, or record files are not of one set
 * @throws {CorruptRecordError} if a record file is damaged
 * @throws what the signal gives as its reason
 * @example
 * const found = await inspectPhotos("photos");
 * display(found);          // how many, and what is worth a look
 * display(found.figure()); // classes, sizes, proportions
 * found.near.filter(({ isAcrossSplits }) => isAcrossSplits); // on which the network is trained and tested
 * @see ImageHash 4.3; Zauner 2010, Implementation and Benchmarking of Perceptual Image Hash Functions
 */
export async function inspectPhotos(
  source: string | readonly string[],
  options: InspectPhotosOptions = {},
): Promise<PhotoInspection> {
  const { distance = 4, numParallel = availableParallelism() } = options;
  expectWhole("distance", distance, 0, MAX_DISTANCE);
  expectWhole("numParallel", numParallel, 1, Infinity);
  const { signal, onProgress } = interruptible(options);
  signal?.throwIfAborted();
  const { labels, places, total, leftOut } = await openPhotos(source, options);
  const account = createAccount(labels);
  const seen: Seen[] = [];
  const broken: Seen[] = [];
  const photos: InspectedPhoto[] = [];
  const hashes: bigint[] = [];
  const looker = createLooker(options);
  try {
    const looks = inOrder(places, numParallel, async (place) => ({ place, look: await looker.look(place) }));
    for await (const { place, look } of looks) {
      signal?.throwIfAborted();
      const { name: file, labels: own, split } = place;
      const known: Seen = { file: { path: place.path, name: file, labels: own }, split };
      account.add(known.file, split, look);
      ("reason" in look ? broken : seen).push(known);
      if (!("reason" in look)) {
        const { height, width, orientation, format, bytes, hash } = look;
        const classes = own.map((label) => labels[label] ?? "");
        photos.push({ file, split, labels: classes, height, width, orientation, format, bytes, hash: hashText(hash) }); // prettier-ignore
        hashes.push(hash);
      }
      onProgress?.({ done: photos.length + broken.length, total, file });
    }
  } finally {
    looker.dispose();
  }
  const near = (await nearGroups(hashes, distance, signal)).map((group) =>
    group.flatMap((i) => seen[i] ?? []),
  );
  return inspectionOf({ source, labels, photos, account, broken, near, leftOut, distance });
}

function expectWhole(what: string, got: number, least: number, most: number): void {
  if (Number.isInteger(got) && got >= least && got <= most) return;
  const range = most === Infinity ? `from ${least} on` : `in ${least} … ${most}`;
  throw new RangeError(`Cannot inspect photos: expected ${what} to be a whole number ${range}, got ${got}`);
}
