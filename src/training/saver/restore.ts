import type { Model } from "../../model/model";
import type { DatasetIterator } from "../../input";
import { bytesOf, openCheckpoint, quoteNearest, tf, type CheckpointReader } from "../../tensorflow";
import { AVERAGE } from "./assignment";
import { findCheckpoint } from "./checkpoint";

/** What a checkpoint is made of: a model's variables, or tensors by the names they have in it. */
export type Saveable<T extends tf.Tensor = tf.Tensor> = Model | Readonly<Record<string, T>>;

/** What a saver needs to know of a train step: how far it is and its optimizer's variables by their names in a checkpoint. */
export interface SavedStep {
  readonly globalStep: number;
  readonly slots: Readonly<Record<string, tf.Variable>>;
  /** The optimizer's name, if it keeps more than its slots. */
  readonly unsaved?: string;
  /** The slots as they are before the first step. */
  readonly initialSlots?: () => { readonly slots: SavedStep["slots"]; dispose(): void };
  /** What is called before the slots are read. */
  readonly beforeSaving?: () => void;
  /** Those that train together. */
  readonly cluster?: { readonly size: number };
  /** With gradientAccumulation, what waits for the next update. */
  readonly gathered?: Gathered;
}

/** What a train step has gathered for its next update. */
export interface Gathered {
  /** How many calls' gradients. */
  count: number;
  /** How many calls make an update. */
  readonly calls: number;
  /** In a cluster: whether the sums are the means over all processes, so that the chief's are everybody's. */
  isShared: boolean;
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
  /** The optimizer's variables that the checkpoint lacks and that began anew; none unless the Saver's newSlots says "initial". */
  readonly newSlots: readonly string[];
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
  readonly newSlots: "refuse" | "initial";
}

/** As Saver.restore(), which has the description. */
export function restoreVariables(
  path: string,
  variables: Readonly<Record<string, tf.Variable>>,
  { step, iterator, newSlots }: RestoreOptions,
): Restored {
  const checkpoint = findCheckpoint(path);
  const reader = openCheckpoint(checkpoint);
  try {
    const has = (entry: string): boolean => reader.variables.some(({ name }) => name === entry);
    const isGathering = step !== undefined && has(gatheredEntry);
    if (step !== undefined) expectSaved(`restore "${checkpoint}"`, step, newSlots);
    const fresh = newSlots === "initial" ? slotsBegun(step, has) : [];
    const slots = Object.entries(step?.slots ?? {}).filter(([name]) => !fresh.includes(name));
    const old = { ...variables, ...Object.fromEntries(slots), ...(isGathering && step.gathered?.sums) };
    const wanted = Object.entries(old);
    if (wanted.length === 0)
      throw new RangeError(`Cannot restore "${checkpoint}": expected variables to restore, got none`);
    expectAll(wanted, reader, step?.slots ?? {});
    const globalStep = globalStepIn(reader);
    if (step !== undefined && globalStep === undefined)
      throw new RangeError(`Cannot restore "${checkpoint}": expected a "${globalStepEntry}" in it, got none`);
    const isSought = tf.tidy(() => {
      const values = wanted.map(([name, variable]) => ({ variable, value: reader.read(name) }));
      const count = isGathering ? numberIn(reader, gatheredEntry) : 0;
      expectGathered(checkpoint, count, step?.gathered?.calls ?? 1);
      const sought = iterator !== undefined && seekTo(reader, iterator);
      for (const { variable, value } of values) variable.assign(value);
      if (step !== undefined) begin(step, fresh);
      if (step !== undefined) Object.assign(step, { globalStep });
      if (step?.gathered !== undefined) setGathered(step.gathered, count);
      return sought;
    });
    return { checkpoint, globalStep, iterator: isSought, newSlots: fresh };
  } finally {
    reader.close();
  }
}

/**
 * Checks that a checkpoint can hold all that a step's optimizer keeps, or need not.
 * @throws {TypeError} that names the optimizer
 */
export function expectSaved(
  what: string,
  { unsaved }: SavedStep,
  newSlots: RestoreOptions["newSlots"],
): void {
  if (unsaved === undefined || newSlots === "initial") return;
  throw new TypeError(
    `Cannot ${what}: expected an optimizer whose variables a checkpoint can hold, such as momentumOptimizer(), got ${unsaved}; a Saver with newSlots: "initial" does without them`,
  );
}

/**
 * The slots that begin anew: those that the checkpoint lacks; all of an optimizer of which it has none for any variable, since what
 * Adam and AdamW call alike, beta1_power, is then the other's.
 */
function slotsBegun(step: SavedStep | undefined, has: (name: string) => boolean): readonly string[] {
  if (step?.initialSlots === undefined) return [];
  const names = Object.keys(step.slots);
  const isAverage = (name: string): boolean => name.endsWith(`/${AVERAGE}`);
  const isOther = !names.some((name) => name.includes("/") && !isAverage(name) && has(name));
  return names.filter((name) => (isOther && !isAverage(name)) || !has(name));
}

function begin({ slots, initialSlots }: SavedStep, names: readonly string[]): void {
  if (names.length === 0) return;
  const initial = initialSlots?.();
  for (const name of names) {
    const value = initial?.slots[name];
    if (value !== undefined) slots[name]?.assign(value);
  }
  initial?.dispose();
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

function expectAll(
  wanted: readonly (readonly [string, tf.Variable])[],
  reader: CheckpointReader,
  slots: SavedStep["slots"],
): void {
  const entries = new Map(reader.variables.map((entry) => [entry.name, entry]));
  const wrong = wanted.flatMap(([name, { dtype, shape }]) => {
    const entry = entries.get(name);
    const expected = `${dtype} [${shape.join(", ")}]`;
    const got = entry === undefined ? "none" : `${entry.dtype} [${entry.shape.join(", ")}]`;
    return got === expected ? [] : [`"${name}" (expected ${expected}, got ${got})`];
  });
  if (wrong.length === 0) return;
  const absent = wanted.flatMap(([name]) => (entries.has(name) ? [] : [`"${name}"`]));
  if (absent.length === wrong.length && absent.every((name) => name.slice(1, -1) in slots))
    throw new RangeError(
      `Cannot restore "${reader.prefix}": expected all of the optimizer's variables in it, got ${absent.length} missing, of a model that is all there: ${absent.slice(0, 3).join(", ")}${absent.length > 3 ? ", …" : ""}; for another optimizer, or scopes that were frozen, a Saver with newSlots: "initial" lets these begin anew`,
    );
  const more = wrong.length > 8 ? `, … (${wrong.length - 8} more)` : "";
  const [missing] = wanted.find(([name]) => !entries.has(name)) ?? [];
  const near = missing === undefined ? "" : `; nearest to "${missing}" are ${quoteNearest(missing, entries.keys())}`; // prettier-ignore
  throw new RangeError(
    `Cannot restore "${reader.prefix}": expected every variable in it, got ${wrong.length} missing or of another shape or type: ${wrong.slice(0, 8).join(", ")}${more}${near}`,
  );
}
