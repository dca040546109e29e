/** How much the files of an epoch hold. */
import { statSync } from "node:fs";
import { compressionOf, countFrames } from "./frames";
import type { Shard } from "./shard";

/** Bytes of records that a shuffle holds by default. */
const SHUFFLE_BYTES = 2 ** 30;
/** For compressed files, whose records' sizes can't be told without reading them: the walk-through's. */
const BUFFER_SIZE = 2048;
const COMPRESSION = 4; // records get smaller by at most so much; photos hardly do
const SAMPLE = 1000;

/** From how many records a shuffle draws: all if they are at most SHUFFLE_BYTES, or as many as those hold. */
export function shuffleBufferFor(files: readonly string[], { size }: Shard): number | "all" {
  const sizes = files.map((file) => ({ file, bytes: statSync(file, { throwIfNoEntry: false })?.size ?? 0 }));
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0) / size;
  if (total <= SHUFFLE_BYTES / COMPRESSION) return "all";
  const isCompressed = files.some((file) => compressionOf(file) !== "");
  if (total <= SHUFFLE_BYTES && !isCompressed) return "all";
  if (isCompressed) return BUFFER_SIZE;
  const largest = sizes.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const { records, bytes } = countFrames(largest.file, SAMPLE);
  return records === 0 ? BUFFER_SIZE : Math.max(1, Math.floor((SHUFFLE_BYTES * records) / bytes));
}

/** How many records one part of files reads; undefined if one of them is compressed. */
export function countRecords(files: readonly string[], { size, rank }: Shard): number | undefined {
  let sum = 0;
  for (const file of files) {
    if (compressionOf(file) !== "") return undefined;
    sum += Math.ceil((countFrames(file).records - rank) / size);
  }
  return sum;
}

/** Whether one part of files has a record; of compressed files it is not told without reading them. */
export function hasRecord(files: readonly string[], { rank }: Shard): boolean {
  return files.some((file) => compressionOf(file) !== "" || countFrames(file, rank + 1).records > rank);
}
