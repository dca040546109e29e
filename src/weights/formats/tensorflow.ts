/** TensorFlow's checkpoints, and the variables of SavedModels, as files of weights. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { kindOfFile, objectNames, openCheckpoint, type CheckpointReader } from "../../tensorflow";
import { findCheckpoint } from "../../training/saver";
import { weightsFileOf, type ReadableEntry } from "./file";
import { isFloatType } from "./floats";
import type { WeightsEntry, WeightsFile, WeightsFormat } from "./weightsfile";

/**
 * Opens a checkpoint, of TensorFlow's format V1 or V2. Its entries have the names of the variables: those of an object-based one
 * (tf.train.Checkpoint, Keras' save_weights()) the names that they had in the program, "conv1/kernel"; where several have one name,
 * their values are the same, or each has its entry's: "layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE".
 * @param path  as findCheckpoint(): a prefix, one of its files, or a folder, whose latest is taken
 * @throws {Error} that quotes the path, if there is no checkpoint or it is damaged
 */
export function openCheckpointFile(path: string): WeightsFile {
  return opened("checkpoint", path, findCheckpoint(path));
}

/**
 * Opens the variables of a SavedModel; names as in openCheckpointFile().
 * @param folder  with saved_model.pb and variables/variables.index
 * @throws {Error} that quotes the folder, if it has no variables, as a frozen one, or they are damaged
 */
export function openSavedModelVariables(folder: string): WeightsFile {
  const prefix = join(folder, "variables", "variables");
  if (existsSync(`${prefix}.index`)) return opened("savedModel", folder, prefix);
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  const got = isFolder ? readdirSync(folder).sort().join(", ") || "an empty folder" : kindOfFile(folder);
  const expected = `expected "${join("variables", "variables.index")}" in it`;
  throw new Error(`Cannot open the variables of "${folder}": ${expected}, got ${got ?? "nothing there"}`);
}

function opened(format: WeightsFormat, path: string, prefix: string): WeightsFile {
  const checkpoint = openCheckpoint(prefix);
  try {
    return weightsFileOf({
      format,
      path,
      entries: entriesOf(checkpoint),
      metadata: {},
      close: () => {
        checkpoint.close();
      },
    });
  } catch (error) {
    checkpoint.close();
    throw error;
  }
}

/** An entry with what it is called in the checkpoint. */
interface Stored extends WeightsEntry {
  readonly key: string;
  values(): Float32Array;
}

function entriesOf(checkpoint: CheckpointReader): ReadableEntry[] {
  const names = objectNames(checkpoint);
  const stored = checkpoint.variables.map(({ name: key, shape, dtype }): Stored => {
    const name = names?.get(key) ?? key;
    return { key, name, shape, dtype, values: () => valuesOf(checkpoint, key) };
  });
  // What is no tensor of the program's: the graph of objects itself.
  const variables = names === undefined ? stored : stored.filter(({ key }) => names.has(key));
  const byName = new Map<string, Stored[]>();
  for (const one of variables) byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
  return [...byName.values()].flatMap(distinct);
}

/** Entries of one name: the first, if all are copies of it, as Keras' export() stores each variable twice; else by their keys. */
function distinct(entries: readonly Stored[]): readonly ReadableEntry[] {
  const [first, ...others] = entries;
  if (first === undefined || others.length === 0) return entries;
  const isCopy = others.every((other) => isFloatType(other.dtype) && isSame(first, other));
  return isCopy ? [first] : entries.map((entry) => ({ ...entry, name: entry.key }));
}

function isSame(a: Stored, b: Stored): boolean {
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return false;
  const bytes = ({ values }: Stored): Buffer => Buffer.from(values().buffer);
  return bytes(a).equals(bytes(b));
}

/** The values of an entry, rounded to float32. */
function valuesOf(checkpoint: CheckpointReader, key: string): Float32Array {
  const tensor = checkpoint.read(key);
  try {
    return tensor.dataSync<"float32">();
  } finally {
    tensor.dispose();
  }
}
