/** Checkpoints written, and restored by TensorFlow's operations: tensors by name. */
import { shielded } from "../../interrupt";
import { attr } from "../runtime/attributes";
import type { DataType } from "../runtime/datatype";
import { constant, execute, executeAsync } from "../trace/execute";
import { dataType, tf } from "../runtime/runtime";

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
  const write = (): void => {
    const slices = list(names.map(() => ""));
    execute(
      "SaveV2",
      [text(part), list(names), slices, ...values],
      { dtypes: attr.types(values.map(dataType)) },
      0,
    );
    execute("MergeV2Checkpoints", [list([part]), text(prefix)], { delete_old_dirs: attr.bool(false) }, 0);
  };
  shielded(() => tf.tidy(write));
}

/**
 * Writes tensors by name as a V2 checkpoint off the main thread, at most on one thread at a time.
 *
 * The tensors' values are those at the call, and they may be disposed or assigned to meanwhile: their memory is shared, not
 * copied. A process that is killed leaves parts behind: write to a folder of its own, then move the files.
 * @param prefix  path without an ending; its folder must exist
 * @param shards  into how many data files, of about one size; the values are spread over them
 * @throws {TensorFlowError} if the disk refuses
 */
export async function writeCheckpoint(
  prefix: string,
  tensors: Readonly<Record<string, tf.Tensor>>,
  shards = 1,
): Promise<void> {
  const write = (path: string, entries: readonly Entry[]): Promise<tf.Tensor[]> => {
    const names = entries.map(([name]) => name);
    const values = entries.map(([, value]) => value);
    return freeing([text(path), list(names), list(names.map(() => ""))], (inputs) =>
      executeAsync("SaveV2", [...inputs, ...values], { dtypes: attr.types(values.map(dataType)) }, 0),
    );
  };
  const parts = spread(Object.entries(tensors), shards);
  if (parts.length === 1) {
    await write(prefix, Object.entries(tensors));
    return;
  }
  const held = parts.map((entries) => entries.map(([name, value]): Entry => [name, tf.keep(value.clone())]));
  try {
    const paths = held.map((_, i) => `${prefix}.part-${i}`);
    for (const [i, entries] of held.entries()) await write(paths[i] ?? prefix, entries);
    const attrs = { delete_old_dirs: attr.bool(false) };
    await freeing([list(paths), text(prefix)], (inputs) =>
      executeAsync("MergeV2Checkpoints", inputs, attrs, 0),
    );
  } finally {
    tf.dispose(held.flat().map(([, value]) => value));
  }
}

const text = (value: string): tf.Tensor => constant([value], [], "string");
const list = (values: readonly string[]): tf.Tensor => constant(values, [values.length], "string");

type Entry = readonly [name: string, value: tf.Tensor];

/** The result of work that needs these tensors only when it begins. */
function freeing<T>(inputs: readonly tf.Tensor[], work: (inputs: readonly tf.Tensor[]) => T): T {
  const result = work(inputs);
  tf.dispose([...inputs]);
  return result;
}

/** Entries in so many parts of about one size, none of them empty: the largest go first, each to the smallest part. */
function spread(entries: readonly Entry[], count: number): (readonly Entry[])[] {
  const parts = Array.from({ length: Math.max(1, Math.min(count, entries.length)) }, () => ({
    size: 0,
    entries: [] as Entry[],
  }));
  for (const entry of [...entries].sort(([, a], [, b]) => b.size - a.size)) {
    const smallest = parts.reduce((least, part) => (part.size < least.size ? part : least));
    smallest.entries.push(entry);
    smallest.size += entry[1].size + 1; // an empty tensor counts too, so that no part stays empty
  }
  return parts.map((part) => part.entries);
}

/**
 * Tensors of a checkpoint by name, as one operation that can be recorded.
 * @param prefix  as TensorFlow takes it: with a pattern's characters, it is one
 * @param names   with the data types that they have in the checkpoint
 * @returns      in the order of the names; the caller disposes
 * @throws {TensorFlowError} NOT_FOUND if there is no such checkpoint or name
 * @see tf.raw_ops.RestoreV2, which reads both formats
 */
export function restoreTensors(prefix: string, names: Readonly<Record<string, DataType>>): tf.Tensor[] {
  const keys = Object.keys(names);
  return tf.tidy(() =>
    execute(
      "RestoreV2",
      [text(prefix), list(keys), list(keys.map(() => ""))],
      { dtypes: attr.types(Object.values(names)) },
      keys.length,
    ),
  );
}
