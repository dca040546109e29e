/** Checkpoints read: tensors by name, of TensorFlow's V1 and V2 formats. */
import { existsSync, statSync } from "node:fs";
import { restoreTensors } from "./bundle";
import { describeDamage, placeOfEntry } from "./bundleindex";
import { dataTypeName, isDataType, type DataType } from "../runtime/datatype";
import { asTensorFlowError, reasonOf, TensorFlowError, type TensorFlowCode } from "../runtime/error";
import { kindOfFile } from "./filekind";
import { quoteNearest } from "../runtime/nearest";
import { asNumbers, hasNumbers } from "./numbers";
import { patternOf, plainPrefix, type SecondName } from "./paths";
import type { NativeReader } from "../runtime/native";
import { native, wrap, type tf } from "../runtime/runtime";

/** One entry of a checkpoint. */
export interface CheckpointVariable {
  readonly name: string;
  /** "unknown": a type that this version does not know. */
  readonly dtype: DataType | "unknown";
  readonly shape: readonly number[];
}

/** An open checkpoint. */
export interface CheckpointReader {
  readonly prefix: string;
  /** Its entries, by name. */
  readonly variables: readonly CheckpointVariable[];
  /**
   * The value of one entry, whole, if it is stored in slices; the caller disposes.
   *
   * Numbers are float32, to which float64 is rounded, or int32; bool, complex64 and string are as they are.
   * @throws {RangeError} if there is none of that name, naming the nearest; or if int32 or float32 can't hold one of its values
   * @throws {TypeError} if it is of a type that has no numbers here, e.g. complex128 or qint8
   * @throws {Error} that names the entry and the file, if its bytes do not fit their checksum
   */
  read(name: string): tf.Tensor;
  /** Frees the reader. */
  close(): void;
}

/** The prefix of a checkpoint one of whose files this is; the path itself, if it is none. */
export function prefixOfFile(path: string): string {
  const prefix = path.replace(/\.(index|meta|data-\d{5}-of-\d{5})$/, "");
  return path.endsWith(".meta") || existsSync(`${prefix}.index`) ? prefix : path;
}

/**
 * Opens a checkpoint of either format.
 * @param path  the path without `.index`, `.data-…` or `.meta` (V2), or the file itself or its pattern (V1); or one of these files
 * @throws {Error} that quotes the path, if there is no checkpoint or it is damaged, and says what is there
 */
export function openCheckpoint(path: string): CheckpointReader {
  const prefix = prefixOfFile(path);
  const isV2 = existsSync(`${prefix}.index`);
  // Where TensorFlow reads a V2 checkpoint, it looks for its index by a pattern: for none of these names, it would be a V1 one.
  const files: SecondName = isV2
    ? plainPrefix(prefix)
    : { path: patternOf(prefix), release: () => undefined };
  let reader: NativeReader;
  try {
    reader = native.openCheckpoint(files.path);
  } catch (cause) {
    files.release();
    throw asOpenError(prefix, isV2 ? `${prefix}.index` : prefix, files.path, cause);
  }
  const variables = native
    .listCheckpoint(reader)
    .map(({ name, dtype, shape }) => ({ name, dtype: typeOf(dtype), shape }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const entries = new Map(variables.map((variable) => [variable.name, variable]));
  return {
    prefix,
    variables,
    read(name) {
      const what = `Cannot read variable "${name}" of checkpoint "${prefix}"`;
      const entry = entries.get(name);
      if (entry === undefined) throw unknownName(prefix, name, entries.keys());
      const { dtype } = entry;
      if (dtype === "unknown" || !hasNumbers(dtype))
        throw new TypeError(`${what}: expected a type of numbers, texts or booleans, got ${dtype}`);
      try {
        return asNumbers(what, wrap(native.readCheckpoint(reader, name)));
      } catch (cause) {
        if (isSliced(cause)) return asNumbers(what, wholeOf(files.path, name, dtype));
        throw asReadError(prefix, name, cause);
      }
    },
    close() {
      native.closeCheckpoint(reader);
      files.release();
    },
  };
}

function typeOf(number: number): DataType | "unknown" {
  return isDataType(number) ? dataTypeName(number) : "unknown";
}

function unknownName(prefix: string, name: string, names: Iterable<string>): RangeError {
  const known = [...names];
  const expected = `the name of one of its ${known.length} variables`;
  return new RangeError(
    `Cannot read variable of checkpoint "${prefix}": expected ${expected}, such as ${quoteNearest(name, known)}, got "${name}"`,
  );
}

/** TensorFlow's reader of V1 checkpoints does not put slices together; its operation does. */
function isSliced(cause: unknown): boolean {
  const error = asTensorFlowError("ReadCheckpoint", cause);
  return error instanceof TensorFlowError && error.code === "UNIMPLEMENTED";
}

function wholeOf(path: string, name: string, dtype: DataType): tf.Tensor {
  const [whole] = restoreTensors(path, { [name]: dtype });
  if (whole === undefined) throw new TypeError(`Cannot read "${name}": expected its slices, got none`);
  return whole;
}

/** What went wrong when a checkpoint was opened. @param used  the name by which TensorFlow was told it */
function asOpenError(prefix: string, file: string, used: string, cause: unknown): Error {
  const error = asTensorFlowError("OpenCheckpoint", cause);
  const found = kindOfFile(file);
  const kind = found === "a folder" ? `${found}; findCheckpoint() gives the latest in it` : found;
  const which = kind !== undefined && file !== prefix ? `"${file}", which is ` : "";
  const what = `Cannot open checkpoint "${prefix}": expected a V1 or V2 checkpoint there`;
  const said = reasonOf(error).replaceAll(used, prefix);
  return new Error(`${what}, got ${which}${kind ?? told(file) ?? said}`, { cause: error });
}

/** What is wrong with a file that is of no other kind. */
function told(file: string): string | undefined {
  if (statSync(file, { throwIfNoEntry: false })?.size === 0 && !file.endsWith(".index"))
    return "an empty file";
  return /\.data-\d{5}-of-\d{5}$/.test(file) ? "the data of a V2 checkpoint without its .index" : undefined;
}

/** What TensorFlow says of an entry whose bytes do not fit their checksum, end too early or are gone. */
const damage: ReadonlySet<TensorFlowCode> = new Set(["DATA_LOSS", "OUT_OF_RANGE", "NOT_FOUND"] as const);

/** What went wrong when an entry was read; if its bytes are damaged or gone, with its name and their file. */
function asReadError(prefix: string, name: string, cause: unknown): unknown {
  const error = asTensorFlowError(`ReadCheckpoint ${name}`, cause);
  const isDamage = error instanceof TensorFlowError && damage.has(error.code);
  const place = isDamage ? placeOfEntry(prefix, name) : undefined;
  if (place === undefined) return error;
  return new Error(`Cannot read variable "${name}" of "${place.file}": ${describeDamage(place)}`, {
    cause: error,
  });
}
