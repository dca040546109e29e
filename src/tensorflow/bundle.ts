/** Checkpoints on disk: tensors by name, in TensorFlow's V1 and V2 formats. */
import { attr } from "./attributes";
import { dataTypeName, type DataType } from "./datatype";
import { asTensorFlowError } from "./error";
import { constant, execute } from "./execute";
import { dataType, native, tf, wrap } from "./runtime";

/** One entry of a checkpoint. */
export interface CheckpointVariable {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: readonly number[];
}

/** An open checkpoint. */
export interface CheckpointReader {
  readonly prefix: string;
  /** Its entries, by name. */
  readonly variables: readonly CheckpointVariable[];
  /**
   * The value of one entry; the caller disposes.
   * @throws {TensorFlowError} if there is none of that name, or the file is damaged
   */
  read(name: string): tf.Tensor;
  /** Frees the reader. */
  close(): void;
}

/**
 * Opens a checkpoint of either format.
 * @param prefix  the path without `.index` or `.data-…` (V2), or the file itself or its pattern (V1)
 * @throws {Error} that quotes the prefix, if there is no checkpoint or it is damaged
 */
export function openCheckpoint(prefix: string): CheckpointReader {
  const open = (): ReturnType<typeof native.openCheckpoint> => {
    try {
      return native.openCheckpoint(prefix);
    } catch (cause) {
      throw new Error(`Cannot open checkpoint "${prefix}": expected a V1 or V2 checkpoint there`, {
        cause: asTensorFlowError("OpenCheckpoint", cause),
      });
    }
  };
  const reader = open();
  const variables = native
    .listCheckpoint(reader)
    .map(({ name, dtype, shape }) => ({ name, dtype: dataTypeName(dtype), shape }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    prefix,
    variables,
    read(name) {
      try {
        return wrap(native.readCheckpoint(reader, name));
      } catch (cause) {
        throw asTensorFlowError(`ReadCheckpoint ${name}`, cause);
      }
    },
    close: () => native.closeCheckpoint(reader),
  };
}

/**
 * Writes tensors by name as a V2 checkpoint, whole or not at all: to a temporary name first, then merged into place.
 * @param prefix   path without an ending; its folder must exist
 * @param tensors  by the names they shall have
 * @throws {TensorFlowError} if the disk refuses
 */
export function saveCheckpoint(prefix: string, tensors: Readonly<Record<string, tf.Tensor>>): void {
  const names = Object.keys(tensors);
  const values = Object.values(tensors);
  const part = `${prefix}.part-${process.pid}`;
  tf.tidy(() => {
    const text = (value: string): tf.Tensor => constant([value], [], "string");
    const list = (strings: readonly string[]): tf.Tensor => constant(strings, [strings.length], "string");
    const slices = list(names.map(() => ""));
    execute(
      "SaveV2",
      [text(part), list(names), slices, ...values],
      { dtypes: attr.types(values.map(dataType)) },
      0,
    );
    execute("MergeV2Checkpoints", [list([part]), text(prefix)], { delete_old_dirs: attr.bool(false) }, 0);
  });
}

/**
 * Tensors of a checkpoint by name, as one operation that can be recorded.
 * @param names  with the data types that they have in the checkpoint
 * @returns      in the order of the names; the caller disposes
 * @throws {TensorFlowError} NOT_FOUND if there is no such checkpoint or name
 * @see tf.raw_ops.RestoreV2, which reads both formats
 */
export function restoreTensors(prefix: string, names: Readonly<Record<string, DataType>>): tf.Tensor[] {
  const keys = Object.keys(names);
  const list = (strings: readonly string[]): tf.Tensor => constant(strings, [strings.length], "string");
  return tf.tidy(() =>
    execute(
      "RestoreV2",
      [constant([prefix], [], "string"), list(keys), list(keys.map(() => ""))],
      { dtypes: attr.types(Object.values(names)) },
      keys.length,
    ),
  );
}
