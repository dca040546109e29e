import { statSync } from "node:fs";
import { matchingFiles, type tf } from "../tensorflow";
import { Dataset } from "./dataset";
import type { ShuffleOptions } from "./options";
import { countRecords, hasRecord, shuffleBufferFor } from "./epochs";
import { expectOneSet } from "./manifest";
import { stepFrom } from "./plan";
import { expectShard, type Shard } from "./shard";

/** Options of readDataset(). */
export interface ReadOptions {
  /** Files read at once. @default 1 */
  readonly numReaders?: number;
  /** Whether files, and then records, come in random order. @default false */
  readonly shuffle?: boolean;
  /** Times over; 0 for ever. @default 0 */
  readonly numEpochs?: number;
  /** Records read from one file before it is the next reader's turn. @default 32 */
  readonly readBlockLength?: number;
  /** Records that a shuffled record is drawn from; "all" for a whole mix, which holds all of them in memory. @default 2048 */
  readonly shuffleBufferSize?: number | "all";
  /** Makes the order of records and the draws the same at each run, with several readers too. @default another at each run */
  readonly seed?: number;
  /**
   * Reads only this part: each `size`-th file or, where there are fewer files than parts, each `size`-th record of each file.
   * Positions in one part are positions in any. @default all
   */
  readonly shard?: Shard;
  /** Told what is worth a warning. @default process.emitWarning, with type "SlimlabWarning" */
  readonly onWarning?: (message: string) => void;
}

/**
 * The records of many files, as the walk-through's read_dataset() gives them: files in the order of their names, or shuffled (from
 * 100), repeated, read by `numReaders` at once in blocks, and if shuffled, shuffled again as records. As the files are repeated
 * first, a shuffled record may come again before others have come once; createInputFn() gives each once an epoch.
 * @param fileReadFn  a dataset from a filename (string scalar), e.g. TFRecordDataset; recorded, see Dataset.map()
 * @param inputFiles  glob patterns
 * @throws {Error} if no file matches a pattern, or all are empty and shall be read for ever; of files that writeRecords() wrote, also if
 * their set is incomplete, one is of another set than its manifest's, or classes differ between them or from labels.txt
 * @throws {RangeError} if a number is none that may be
 * @example readDataset(TFRecordDataset, "records/train-*", { shuffle: true })
 * @see tf.contrib.data.parallel_interleave: unshuffled the order is the same, except at the ends of files of few records, where
 * that one's order varies from run to run and this one's does not
 */
export function readDataset<T>(
  fileReadFn: (filename: tf.Scalar) => Dataset<T>,
  inputFiles: string | readonly string[],
  options: ReadOptions = {},
): Dataset<T> {
  const { shuffle = false, numEpochs = 0, shuffleBufferSize = 2048 } = options;
  const { files, seeded, interleave } = openFiles(fileReadFn, inputFiles, options);
  const ordered = shuffle ? files.shuffle(FILE_BUFFER, seeded) : files;
  const records = interleave(ordered.repeat(numEpochs === 0 ? undefined : numEpochs));
  return shuffle ? records.shuffle(shuffleBufferSize, seeded) : records;
}

/**
 * The records of many files, each once: one epoch, with repeat() any number of them, each in another order if shuffled.
 * @param fileReadFn  as readDataset() takes it; its dataset has the file's records, or some of them
 * @param options     `numEpochs` has no part in it; `shuffleBufferSize` is by default "all", or as many as SHUFFLE_BYTES hold; `isWhole`: whether
 *                    the datasets have all of their files' records, by default true; `resample`: what is done with them before they
 *                    are shuffled
 */
export function readEpoch<T>(
  fileReadFn: (filename: tf.Scalar) => Dataset<T>,
  inputFiles: string | readonly string[],
  options: ReadOptions & {
    readonly isWhole?: boolean;
    readonly resample?: (records: Dataset<T>) => Dataset<T>;
  } = {},
): Dataset<T> {
  const { shuffle = false, isWhole = true, resample = (all) => all } = options;
  const { files, own, parts, seeded, interleave } = openFiles(fileReadFn, inputFiles, options);
  if (isWhole) expectShare(own, parts, options.shard);
  const { plan } = interleave(shuffle ? files.shuffle("all", seeded) : files);
  const build: typeof plan.build = (start) => plan.build(start);
  const once = new Dataset({
    ...stepFrom(plan, "epoch"),
    build,
    size: () => (isWhole ? countRecords(own, parts) : undefined),
  });
  const records = resample(once);
  if (!shuffle) return records;
  return records.shuffle(options.shuffleBufferSize ?? shuffleBufferFor(own, parts), seeded);
}

/** What reads the files of one part. */
interface OpenFiles<T> {
  /** The part's files, as a dataset and as paths. */
  readonly files: Dataset<tf.Scalar>;
  readonly own: readonly string[];
  /** Of whose records it takes only each so many, one of so many parts. */
  readonly parts: Shard;
  readonly seeded: ShuffleOptions;
  interleave(files: Dataset<tf.Scalar>): Dataset<T>;
}

function openFiles<T>(
  fileReadFn: (filename: tf.Scalar) => Dataset<T>,
  inputFiles: string | readonly string[],
  options: ReadOptions,
): OpenFiles<T> {
  const { numReaders = 1, shuffle = false, numEpochs = 0, readBlockLength = 32 } = options;
  const { shuffleBufferSize = "all", seed, onWarning = warn } = options;
  const bufferSize = shuffleBufferSize === "all" ? 1 : shuffleBufferSize;
  for (const [name, value] of Object.entries({
    numReaders,
    readBlockLength,
    shuffleBufferSize: bufferSize,
  })) {
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`Cannot read dataset: expected ${name} to be a whole number >= 1, got ${value}`);
  }
  const filenames = matchAll(typeof inputFiles === "string" ? [inputFiles] : inputFiles);
  expectOneSet(filenames);
  const shard = expectShard(options.shard);
  const { size, rank } = shard;
  const isByFile = filenames.length >= size;
  const own = isByFile ? filenames.filter((_, i) => i % size === rank) : filenames;
  if (numEpochs === 0) expectRecords(own);
  const readers = Math.min(numReaders, own.length);
  if (readers < numReaders)
    onWarning(`numReaders has been reduced to ${readers} to match the number of input files`);
  if (!shuffle && readers > 1)
    onWarning("shuffle is false, but the records are still slightly shuffled since numReaders > 1");
  const seeded = seed === undefined ? {} : { seed };
  const all = Dataset.fromTensorSlices(filenames);
  const inOrder = isByFile && size > 1 ? all.shard(size, rank) : all;
  const read = isByFile ? fileReadFn : (file: tf.Scalar): Dataset<T> => fileReadFn(file).shard(size, rank);
  const turns = { cycleLength: readers, blockLength: readBlockLength, numParallelCalls: readers };
  const parts = isByFile ? { size: 1, rank: 0 } : shard;
  return { files: inOrder, own, parts, seeded, interleave: (names) => names.interleave(read, turns) };
}

/** Without a record, reading for ever would not end at the first one. */
function expectRecords(files: readonly string[]): void {
  if (files.some((file) => statSync(file, { throwIfNoEntry: false })?.size !== 0)) return;
  throw new Error(
    `Cannot read dataset: expected records in ${files.map((file) => `"${file}"`).join(", ")}, got empty files`,
  );
}

/** A dataset without an element can't be mapped, and others of a cluster would wait for its batches. */
function expectShare(own: readonly string[], parts: Shard, shard: Shard = parts): void {
  if (shard.size === 1 || hasRecord(own, parts)) return;
  throw new RangeError(
    `Cannot read dataset: expected a record for each of ${shard.size} shards, got none for that of rank ${shard.rank}`,
  );
}

const FILE_BUFFER = 100; // the walk-through's filename_dataset.shuffle(100)

/**
 * The files that match patterns.
 * @throws {Error} if none matches one of them
 */
export function matchAll(patterns: readonly string[]): string[] {
  if (patterns.length === 0)
    throw new RangeError("Cannot read dataset: expected a pattern of files, got none");
  return patterns.flatMap((pattern) => {
    const paths = matchingFiles(pattern);
    if (paths.length > 0) return paths;
    throw new Error(`Cannot read dataset: expected files that match "${pattern}", got none`);
  });
}

function warn(message: string): void {
  process.emitWarning(message, { type: "SlimlabWarning" });
}
