import { statSync } from "node:fs";
import { matchingFiles, type tf } from "../tensorflow";
import { Dataset } from "./dataset";
import { expectOneSet } from "./manifest";

/** One part of several that share the work; a Cluster is one. */
export interface Shard {
  /** How many parts there are. */
  readonly size: number;
  /** Which of them, from 0. */
  readonly rank: number;
}

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
  /** Records that a shuffled record is drawn from. @default 2048 */
  readonly shuffleBufferSize?: number;
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
 * 100), repeated, read by `numReaders` at once in blocks, and if shuffled, shuffled again as records.
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
  const { numReaders = 1, shuffle = false, numEpochs = 0, readBlockLength = 32 } = options;
  const { shuffleBufferSize = 2048, seed, onWarning = warn } = options;
  for (const [name, value] of Object.entries({ numReaders, readBlockLength, shuffleBufferSize })) {
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`Cannot read dataset: expected ${name} to be a whole number >= 1, got ${value}`);
  }
  const filenames = matchAll(typeof inputFiles === "string" ? [inputFiles] : inputFiles);
  expectOneSet(filenames);
  const { size, rank } = expectShard(options.shard);
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
  const files = (shuffle ? inOrder.shuffle(FILE_BUFFER, seeded) : inOrder).repeat(
    numEpochs === 0 ? undefined : numEpochs,
  );
  const records = files.interleave(read, {
    cycleLength: readers,
    blockLength: readBlockLength,
    numParallelCalls: readers,
  });
  return shuffle ? records.shuffle(shuffleBufferSize, seeded) : records;
}

/** Without a record, reading for ever would not end at the first one. */
function expectRecords(files: readonly string[]): void {
  if (files.some((file) => statSync(file, { throwIfNoEntry: false })?.size !== 0)) return;
  throw new Error(
    `Cannot read dataset: expected records in ${files.map((file) => `"${file}"`).join(", ")}, got empty files`,
  );
}

function expectShard({ size, rank }: Shard = { size: 1, rank: 0 }): Shard {
  const isWhole = Number.isInteger(size) && Number.isInteger(rank);
  if (isWhole && rank >= 0 && rank < size) return { size, rank };
  throw new RangeError(
    `Cannot read dataset: expected a shard of rank 0 … size − 1, got rank ${rank} of ${size}`,
  );
}

const FILE_BUFFER = 100; // the walk-through's filename_dataset.shuffle(100)

function matchAll(patterns: readonly string[]): string[] {
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
