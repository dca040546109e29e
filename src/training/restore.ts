import type { Model } from "../model/model";
import type { DatasetIterator } from "../input";
import { bytesOf, openCheckpoint, quoteNearest, tf, type CheckpointReader } from "../tensorflow";
import { findCheckpoint } from "./checkpoint";

/** What a checkpoint is made of: a model's variables, or tensors by the names they have in it. */
export type Saveable<T extends tf.Tensor = tf.Tensor> = Model | Readonly<Record<string, T>>;

/** What a saver needs to know of a train step: how far it is and its optimizer's variables by their names in a checkpoint. */
export interface SavedStep {
  readonly globalStep: number;
  readonly slots: Readonly<Record<string, tf.Variable>>;
  /** With gradientAccumulation, what waits for the next update. */
  readonly gathered?: Gathered;
}

/** What a train step has gathered for its next update. */
export interface Gathered {
  /** How many calls' gradients. */
  count: number;
  /** How many calls make an update. */
  readonly calls: number;
  /** Sums of gradients by their names in a checkpoint: "<variable>/Accumulated". */
  readonly sums: Readonly<Record<string, tf.Variable>>;
}

/** What Saver.restore() read. */
export interface Restored {
  /** The prefix read. */
  readonly checkpoint: string;
  /** The checkpoint's global_step; undefined if it has none. */
  readonly globalStep: number | undefined;
  /** Whether it has where the iterator was, and an iterator was given to go there. */
  readonly iterator: boolean;
}

/** The name in a checkpoint of how many updates were made: int64. */
export const globalStepEntry = "global_step";
/** The name in a checkpoint of where the iterator was: a string. */
export const iteratorEntry = "iterator_state";
/** The name in a checkpoint of how many calls' gradients wait for the next update: int64. */
export const gatheredEntry = "accumulated_steps";

/** A model's variables by name. @throws {Error} if it is disposed */
export function variablesOf(model: Model, what: string): Readonly<Record<string, tf.Variable>> {
  return Object.fromEntries(model.variables.expectAll(what).map(({ name, variable }) => [name, variable]));
}

/** What is restored beside the variables. */
export interface RestoreOptions {
  readonly step: SavedStep | undefined;
  readonly iterator: DatasetIterator<unknown> | undefined;
}

/** As Saver.restore(), which has the description. */
export function restoreVariables(
  path: string,
  variables: Readonly<Record<string, tf.Variable>>,
  { step, iterator }: RestoreOptions,
): Restored {
  const checkpoint = findCheckpoint(path);
  const reader = openCheckpoint(checkpoint);
  try {
    const has = (entry: string): boolean => reader.variables.some(({ name }) => name === entry);
    const isGathering = step !== undefined && has(gatheredEntry);
    const wanted = Object.entries({ ...variables, ...step?.slots, ...(isGathering && step.gathered?.sums) });
    if (wanted.length === 0)
      throw new RangeError(`Cannot restore "${checkpoint}": expected variables to restore, got none`);
    expectAll(wanted, reader);
    const globalStep = globalStepIn(reader);
    if (step !== undefined && globalStep === undefined)
      throw new RangeError(`Cannot restore "${checkpoint}": expected a "${globalStepEntry}" in it, got none`);
    return tf.tidy(() => {
      const values = wanted.map(([name, variable]) => ({ variable, value: reader.read(name) }));
      const count = isGathering ? numberIn(reader, gatheredEntry) : 0;
      expectGathered(checkpoint, count, step?.gathered?.calls ?? 1);
      const isSought = iterator !== undefined && seekTo(reader, iterator);
      for (const { variable, value } of values) variable.assign(value);
      if (step !== undefined) Object.assign(step, { globalStep });
      if (step?.gathered !== undefined) setGathered(step.gathered, count);
      return { checkpoint, globalStep, iterator: isSought };
    });
  } finally {
    reader.close();
  }
}

/**
 * Takes an iterator where a checkpoint says that it was.
 * @returns whether it says so; if not, the iterator stays where it is
 * @throws {RangeError} that names the steps which differ, if it is over another dataset or other files
 */
export function restoreIterator(path: string, iterator: DatasetIterator<unknown>): boolean {
  const reader = openCheckpoint(findCheckpoint(path));
  try {
    return tf.tidy(() => seekTo(reader, iterator));
  } finally {
    reader.close();
  }
}

function seekTo(reader: CheckpointReader, iterator: DatasetIterator<unknown>): boolean {
  if (!reader.variables.some(({ name }) => name === iteratorEntry)) return false;
  iterator.seek(bytesOf(reader.read(iteratorEntry))[0] ?? new Uint8Array());
  return true;
}

/** The global_step of a checkpoint; undefined if it has none. */
export function globalStepIn(reader: CheckpointReader): number | undefined {
  const isThere = reader.variables.some(({ name }) => name === globalStepEntry);
  return isThere ? numberIn(reader, globalStepEntry) : undefined;
}

function numberIn(reader: CheckpointReader, name: string): number {
  return tf.tidy(() => Number(reader.read(name).dataSync()[0]));
}

/** Sums that no gradient waits in are 0, and in no checkpoint. */
function setGathered(gathered: Gathered, count: number): void {
  gathered.count = count;
  if (count === 0) for (const sum of Object.values(gathered.sums)) sum.assign(tf.zerosLike(sum));
}

function expectGathered(checkpoint: string, count: number, calls: number): void {
  if (count < calls) return;
  throw new RangeError(
    `Cannot restore "${checkpoint}": expected a train step with gradientAccumulation above the ${count} calls that wait in it, got ${calls}`,
  );
}

function expectAll(wanted: readonly (readonly [string, tf.Variable])[], reader: CheckpointReader): void {
  const entries = new Map(reader.variables.map((entry) => [entry.name, entry]));
  const wrong = wanted.flatMap(([name, { dtype, shape }]) => {
    const entry = entries.get(name);
    const expected = `${dtype} [${shape.join(", ")}]`;
    const got = entry === undefined ? "none" : `${entry.dtype} [${entry.shape.join(", ")}]`;
    return got === expected ? [] : [`"${name}" (expected ${expected}, got ${got})`];
  });
  if (wrong.length === 0) return;
  const more = wrong.length > 8 ? `, … (${wrong.length - 8} more)` : "";
  const [missing] = wanted.find(([name]) => !entries.has(name)) ?? [];
  const near = missing === undefined ? "" : `; nearest to "${missing}" are ${quoteNearest(missing, entries.keys())}`; // prettier-ignore
  throw new RangeError(
    `Cannot restore "${reader.prefix}": expected every variable in it, got ${wrong.length} missing or of another shape or type: ${wrong.slice(0, 8).join(", ")}${more}${near}`,
  );
}
