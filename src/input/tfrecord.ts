import { accessSync, constants, statSync } from "node:fs";
import { tf } from "../tensorflow";
import { Dataset } from "./dataset";
import { codeOf } from "./errorcode";
import { recordsPlan } from "./sources";

/** Options of TFRecordDataset(). */
export interface TFRecordOptions {
  /** Bytes read ahead from each file. @default 8e6 (the walk-through's create_input_fn) */
  readonly bufferSize?: number;
  /** How the whole file is compressed. @default "" (not at all) */
  readonly compressionType?: "" | "GZIP" | "ZLIB";
}

/**
 * The records of TFRecord files, one file after the other: each a string scalar, e.g. a serialized tf.train.Example.
 *
 * Also a function of a filename's tensor, for readDataset() and Dataset.interleave(). A truncated or damaged file stops the
 * iteration with a CorruptRecordError.
 * @param paths  of files (not patterns), or a string tensor of paths
 * @throws {Error} if a path is not that of a file that can be read
 * @see tf.data.TFRecordDataset
 */
export function TFRecordDataset(
  paths: string | readonly string[] | tf.Tensor,
  options: TFRecordOptions = {},
): Dataset<tf.Scalar> {
  const { bufferSize = 8e6, compressionType = "" } = options;
  if (paths instanceof tf.Tensor) return new Dataset(recordsPlan(paths, compressionType, bufferSize));
  const files = typeof paths === "string" ? [paths] : paths;
  if (files.length === 0) throw new RangeError("Cannot read TFRecords: expected at least one file, got none");
  files.forEach(expectFile);
  return new Dataset(recordsPlan(files, compressionType, bufferSize));
}

function expectFile(path: string): void {
  try {
    accessSync(path, constants.R_OK);
    if (statSync(path).isFile()) return;
  } catch (cause) {
    throw new Error(`Cannot read TFRecords: expected a file at "${path}", got ${codeOf(cause)}`, { cause });
  }
  throw new Error(`Cannot read TFRecords: expected a file at "${path}", got something else, e.g. a folder`);
}
