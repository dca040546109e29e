/** The record files of a split, as TF-Slim names and fills them. */
import path from "node:path";
import { encodeExample, feature } from "../tensorflow";
import type { Account } from "./account";
import type { EncodedImage, ImageReader } from "./encoded";
import type { LabeledFile } from "./folder";
import { inOrder } from "./order";
import { createRecordWriter } from "./recordwriter";

/** One record file. */
export interface Shard {
  /** Its name, e.g. photos_train_00000-of-00002.tfrecord. */
  readonly name: string;
  readonly split: string;
  readonly files: readonly LabeledFile[];
}

/** Shares the photos of a split out among record files. */
export function planShards(
  name: string,
  split: string,
  files: readonly LabeledFile[],
  shards: number,
): Shard[] {
  const five = (number: number): string => String(number).padStart(5, "0");
  return Array.from({ length: shards }, (_, i) => ({
    name: `${name}_${split}_${five(i)}-of-${five(shards)}.tfrecord`,
    split,
    files: files.slice(
      Math.round((i * files.length) / shards),
      Math.round(((i + 1) * files.length) / shards),
    ),
  }));
}

/** How far writeRecords() is. */
export interface RecordsProgress {
  readonly done: number;
  readonly total: number;
  /** The image just written or found bad. */
  readonly file: string;
}

/** What writing shards needs. */
export interface ShardJob {
  /** Where the files go. */
  readonly folder: string;
  readonly labels: readonly string[];
  readonly reader: ImageReader;
  readonly numParallel: number;
  /** Photos in all shards. */
  readonly total: number;
  readonly account: Account;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RecordsProgress) => void;
}

/**
 * Writes a record file: one record for each photo that can be read.
 * @param done  photos of the shards before
 * @returns     photos so far
 */
export async function writeShard(shard: Shard, job: ShardJob, done: number): Promise<number> {
  const { reader, account, signal, onProgress } = job;
  const writer = await createRecordWriter(path.join(job.folder, shard.name));
  try {
    const results = inOrder(shard.files, job.numParallel, async (file) => ({
      file,
      image: await reader.read(file.path),
    }));
    for await (const { file, image } of results) {
      signal?.throwIfAborted();
      account.add(file, shard.split, image);
      if (!("reason" in image)) await writer.write(exampleOf(file, image, job.labels));
      onProgress?.({ done: ++done, total: job.total, file: file.name });
    }
  } finally {
    await writer.close();
  }
  return done;
}

function exampleOf(file: LabeledFile, image: EncodedImage, labels: readonly string[]): Uint8Array {
  return encodeExample({
    "image/encoded": feature.bytes(image.contents),
    "image/format": feature.bytes(image.format),
    "image/class/label": feature.int64(...file.labels),
    "image/class/text": feature.bytes(...file.labels.map((label) => labels[label] ?? "")),
    "image/height": feature.int64(image.height),
    "image/width": feature.int64(image.width),
    "image/filename": feature.bytes(file.name),
  });
}
