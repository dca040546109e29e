/** Records whose frames are whole but whose contents can't be used. */
import { decodeExample, type TensorFlowError } from "../tensorflow";
import { findRecord } from "./frames";
import { cleaned } from "./reason";

/** Where a record is. */
export interface RecordPlace {
  /** The TFRecord file's path. */
  readonly file: string;
  /** The record, counted from 0 in its file. */
  readonly record: number;
}

const HINT = "; checkRecords() finds all records that can't be decoded";

/** A record that can't be decoded: it is no tf.train.Example, lacks a feature, or holds no image that can be read. */
export class RecordError extends Error {
  override readonly name = "RecordError";
  /** The file's path; undefined if the record is of none that is known. */
  readonly file: string | undefined;
  /** The record, counted from 0 in its file; undefined if the file is. */
  readonly record: number | undefined;
  /** Its image/filename, as writeRecords() writes it; undefined if it has none. */
  readonly filename: string | undefined;

  /**
   * @param bytes   the record
   * @param reason  what is wrong with it
   */
  constructor(
    readonly bytes: Uint8Array,
    readonly reason: string,
    options: ErrorOptions & { readonly place?: RecordPlace } = {},
  ) {
    const { place, ...rest } = options;
    const filename = filenameOf(bytes);
    const where = place === undefined ? "record" : `record ${place.record} of "${place.file}"`;
    const which = filename === undefined ? "" : ` (image/filename "${filename}")`;
    super(
      `Cannot decode ${where}${which}: ${reason.replace(/\.$/, "")}${place === undefined ? "" : HINT}`,
      rest,
    );
    this.file = place?.file;
    this.record = place?.record;
    this.filename = filename;
  }

  /** The same, with the record's place among the files; itself if it is not there. */
  locatedIn(files: readonly string[]): RecordError {
    for (const file of files) {
      const record = findRecord(file, this.bytes);
      if (record !== undefined)
        return new RecordError(this.bytes, this.reason, { place: { file, record }, cause: this.cause });
    }
    return this;
  }
}

/** TensorFlow's error about a record as one that says which feature is wanted, and which are there. */
export function recordError(bytes: Uint8Array, cause: TensorFlowError): RecordError {
  return new RecordError(bytes, reasonFor(bytes, cleaned(cause.reason)), { cause });
}

function reasonFor(bytes: Uint8Array, reason: string): string {
  const features = decodeExample(bytes);
  if (features === undefined)
    return `expected a tf.train.Example, got ${bytes.length} bytes of something else`;
  const label = /indices\[\d+\] = \[(-?\d+)\] does not index into shape \[(\d+)\]/.exec(reason); // see kHot()
  if (label !== null) return `expected labels in 0 … ${Number(label[2]) - 1}, got ${label[1] ?? ""}`;
  const labels = features["image/class/label"];
  const count = labels !== undefined && "int64_list" in labels ? labels.int64_list.value.length : 1;
  if (reason.startsWith("Key: image/class/label") && count !== 1)
    return `expected 1 value of the feature "image/class/label", got ${count}; images of several classes, or of none, are read with multiLabel: true and numClasses`;
  const key = /Feature: (.*) \(data type: \w+\) is required but could not be found/.exec(reason)?.[1];
  if (key === undefined) return reason;
  const keys = Object.keys(features).map((one) => `"${one}"`);
  return `expected the feature "${key}", got ${keys.length === 0 ? "none at all" : keys.join(", ")}; for records of other keys make a TFExampleDecoder`;
}

function filenameOf(bytes: Uint8Array): string | undefined {
  const feature = decodeExample(bytes)?.["image/filename"];
  const name = feature !== undefined && "bytes_list" in feature ? feature.bytes_list.value[0] : undefined;
  return name === undefined ? undefined : Buffer.from(name).toString();
}
