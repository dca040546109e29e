import { CorruptRecordError, TensorFlowError } from "../tensorflow";
import { expectWholeFiles, locateDamage } from "./corrupt";
import { tryRecords } from "./culprit";
import type { Decoding } from "./decoding";
import type { TFExampleDecoder } from "./example";
import { getDecoder } from "./decoder";
import { matchAll } from "./read";
import type { RecordError } from "./recorderror";

/** Options of checkRecords(). */
export interface CheckRecordsOptions<Item extends string = string> {
  /** What decodes a record. @default getDecoder() */
  readonly decoder?: TFExampleDecoder<Item>;
  /** What of a record must be decodable, e.g. ["image"] for records without labels. @default all that the decoder has */
  readonly items?: readonly Item[];
  /** Told after each record. */
  readonly onProgress?: (progress: { readonly records: number; readonly file: string }) => void;
  /** Ends the check, which rejects with the signal's reason. @default never */
  readonly signal?: AbortSignal;
}

/** What checkRecords() found. */
export interface CheckedRecords {
  /** How many records were tried: those that can be decoded, and the `bad` ones. */
  readonly records: number;
  /** The records that can't be decoded, each with its file, number, image/filename and the reason. */
  readonly bad: readonly RecordError[];
  /** The files that are damaged, each with the record and byte where; what follows there was not tried. */
  readonly damaged: readonly CorruptRecordError[];
}

/**
 * Decodes each record of TFRecord files, one after the other, and tells which can't be: images that are none, features that are
 * missing. Photos of 0.1 to 0.2 megapixels: 500 to 300 a second. createInputFn()'s onBad: "skip" finds them while they are read.
 * @param recordPaths  glob patterns; compressed files are told by their first bytes
 * @throws {Error} if no file matches a pattern
 * @example
 * const { bad } = await checkRecords("records/train-*");
 * const inputFn = createInputFn("records/train-*", { without: bad, shuffle: true });
 */
export async function checkRecords<Item extends string = "image" | "label">(
  recordPaths: string | readonly string[],
  options: CheckRecordsOptions<Item> = {},
): Promise<CheckedRecords> {
  const { onProgress, signal } = options;
  const decoding = decodingOf(options);
  const bad: RecordError[] = [];
  const damaged: CorruptRecordError[] = [];
  let records = 0;
  for (const file of matchAll(typeof recordPaths === "string" ? [recordPaths] : recordPaths)) {
    try {
      for await (const tried of tryRecords(file, [decoding])) {
        signal?.throwIfAborted();
        records++;
        if (tried !== undefined) bad.push(tried);
        onProgress?.({ records, file });
      }
      await expectWholeFiles([file], () => false);
    } catch (error) {
      damaged.push(damageOf(error, file));
    }
  }
  return { records, bad, damaged };
}

function decodingOf<Item extends string>({ decoder, items }: CheckRecordsOptions<Item>): Decoding {
  if (decoder !== undefined) return (record) => decoder.decode(record, items);
  const usual: TFExampleDecoder = getDecoder();
  return (record) => usual.decode(record, items);
}

function damageOf(error: unknown, file: string): CorruptRecordError {
  if (error instanceof CorruptRecordError) return error;
  const isDamage = error instanceof TensorFlowError && error.code === "DATA_LOSS";
  const damage = isDamage ? locateDamage([file], error.reason, error) : undefined;
  if (damage === undefined) throw error;
  return damage;
}
