import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DatasetIterator } from "../../input";
import { finishFirst, shielded } from "../../interrupt";
import { Model } from "../../model/model";
import { constant, tf } from "../../tensorflow";
import { Failures } from "./heard";
import { publish } from "./publish";
import {
  expectSaved,
  gatheredEntry,
  globalStepEntry,
  iteratorEntry,
  restoreVariables,
  variablesOf,
  type Restored,
  type Saveable,
  type SavedStep,
} from "./restore";
import type { Retention } from "./retention";

/** Options of a Saver. */
export interface SaverOptions {
  /** How many of the newest checkpoints are kept; 0 keeps all. @default 5 (tf.train.Saver) */
  readonly maxToKeep?: number;
  /** Of the older ones, one in so many hours is kept for good. @default 10000 (tf.train.Saver): none */
  readonly keepCheckpointEveryNHours?: number;
  /** Into how many data files a checkpoint is written; false for one. @default false */
  readonly sharded?: number | false;
  /** Whether the `checkpoint` file names them relative to its folder, so that this may be moved. @default true */
  readonly saveRelativePaths?: boolean;
  /**
   * What becomes of an optimizer's variables that a checkpoint lacks, since it was another's or they belong to scopes that were
   * frozen: "refuse" is an error, with "initial" they begin as they do before the first step: momenta with 0, RMSProp's mean squares
   * with 1, Adam's powers with its betas. A tfjs optimizer's can't be saved: "refuse" is an error, with "initial" nothing is saved or
   * restored of them. @default "refuse"
   */
  readonly newSlots?: "refuse" | "initial";
}

/** Options of Saver.save(). */
export interface SaveCheckpointOptions {
  /** A train step, whose optimizer's variables and globalStep are saved too. @default none */
  readonly step?: SavedStep;
  /**
   * What the batches are read by: where it is at the call, as the string "iterator_state", so that the next run sees the records
   * that are left. Save when the step is done with the last batch and the next one is not asked for. @default none
   * @throws {TypeError} at once, if the order of its elements can't be repeated; see DatasetIterator.position()
   */
  readonly iterator?: DatasetIterator<unknown>;
  /** Goes into the file's name ("model.ckpt-40") and into the checkpoint as int64 "global_step". @default the train step's */
  readonly globalStep?: number;
  /** More to save, by name. @default none */
  readonly extra?: Readonly<Record<string, tf.Tensor>>;
  /** Ends it before its files are in their place: the folder is as it was. @default none: an interrupted cell ends when it is saved */
  readonly signal?: AbortSignal;
}

/**
 * Saves checkpoints in TensorFlow's V2 format in the background, keeps the newest and restores from them.
 *
 * A checkpoint is written to a temporary folder beside its place and moved there when the disk has it, its index last; then the
 * folder's `checkpoint` file names it, and only then are old ones deleted. So a process may be killed and a disk be full at any
 * moment: the folder has its latest checkpoint or the one before. What a killed process left is removed by the next save.
 * One process at a time should save in a folder. Several savers of it may: saves in one folder wait for one another, and each deletes
 * only the old ones of the name it saves under, "model.ckpt" if that is not given.
 *
 * With `step` and `iterator` a run that was stopped goes on exactly: the records that are left, in the same order and with the
 * same augmentation, learning rates and moving statistics, and with that, on a CPU, to the same bits as one that nothing stopped.
 * @example
 * const saver = new Saver({ maxToKeep: 3 });
 * const saved = saver.save("model", model, { step }); // goes on while it is written
 * await step(images, labels);
 * await saved; // "model/model.ckpt-40"
 * @example
 * const batches = inputFn().iterator();
 * if (latestCheckpoint("model") !== undefined) saver.restore("model", model, step, batches);
 * await train(step, batches, { steps: 1000 - step.globalStep, onStep: async ({ globalStep }) => {
 *   if (globalStep % 100 === 0) await saver.save("model/", model, { step, iterator: batches });
 * } });
 * @see tf.compat.v1.train.Saver
 */
export class Saver {
  private readonly retention: Retention;
  private readonly shards: number;
  private readonly saveRelativePaths: boolean;
  private readonly newSlots: "refuse" | "initial";
  private readonly created = Date.now() / 1000;
  private last: Promise<void> = Promise.resolve();
  private readonly failures = new Failures();

  /** @throws {RangeError} if a number is none that it may be */
  constructor(options: SaverOptions = {}) {
    const { maxToKeep = 5, keepCheckpointEveryNHours = 10000 } = options;
    const { sharded = false, saveRelativePaths = true, newSlots = "refuse" } = options;
    expectNumber("maxToKeep", maxToKeep, "of 0 or more", Number.isSafeInteger(maxToKeep) && maxToKeep >= 0);
    expectNumber(
      "keepCheckpointEveryNHours",
      keepCheckpointEveryNHours,
      "above 0",
      keepCheckpointEveryNHours > 0,
    );
    const shards = sharded === false ? 1 : sharded;
    expectNumber("sharded", shards, "of 1 or more", Number.isSafeInteger(shards) && shards >= 1);
    const isPolicy = ["refuse", "initial"].includes(newSlots);
    if (!isPolicy)
      throw new RangeError(`Cannot create saver: expected newSlots "refuse" or "initial", got "${newSlots}"`);
    this.newSlots = newSlots;
    this.retention = { maxToKeep, keepCheckpointEveryNHours };
    this.shards = shards;
    this.saveRelativePaths = saveRelativePaths;
  }

  /**
   * Saves what the variables are now; the call returns at once, and they may be trained, assigned or disposed while it writes.
   * Saves of one saver are written one after the other.
   *
   * Who does not await each save awaits flush() at the end: it throws what went wrong meanwhile. What nobody awaits is thrown by
   * the next save() or restore(), or else when the process ends.
   * @param path  a prefix such as "model/model.ckpt", or a folder, for "model.ckpt" in it; a folder that is missing is made,
   *   and taken for one if the path ends in "/". With "[" or "\\" in it Python's TensorFlow can't read what is saved
   * @param what  a model, or tensors by name
   * @returns     the prefix written, when the disk has it: with `-${globalStep}`, if there is one
   * @throws {RangeError} at once, if globalStep is not a whole number from 0 on, or there is nothing to save
   * @throws {RangeError} at once, if gradients wait for their update in a cluster: each process has its own sums; save when the
   *   step's `accumulated` is 0, or after shareGathered()
   * @throws {TypeError} at once, if the step's optimizer is one of tfjs, whose variables can't be saved; see newSlots
   * @throws {Error} at once, what an earlier save threw for which nobody waited
   * @throws {Error} if the disk refuses; older checkpoints are as they were
   * @throws what the signal gives as its reason
   */
  save(path: string, what: Saveable, options: SaveCheckpointOptions = {}): Promise<string> {
    this.failures.throwUnheard();
    const { step, globalStep = step?.globalStep } = options;
    const prefix = prefixOf(path, globalStep);
    if (step !== undefined) expectStep(path, step, this.newSlots);
    step?.beforeSaving?.();
    const named = what instanceof Model ? variablesOf(what, `save "${path}"`) : what;
    const snapshot = shielded(() => snapshotOf(named, options, globalStep));
    const { shards, saveRelativePaths, retention, created } = this;
    const { signal } = options;
    const work = this.last.then(() =>
      publish(prefix, snapshot, { shards, saveRelativePaths, retention, created, signal }),
    );
    const { result, done } = this.failures.watch(work);
    this.last = finishFirst(() => done);
    return result;
  }

  /**
   * Waits until all that was saved is on the disk.
   * @throws what the first save threw that has failed since the last flush()
   */
  async flush(): Promise<void> {
    await this.last;
    this.failures.throwFirst();
  }

  /**
   * Gives variables their values from a checkpoint: all of them or, at an error, none.
   * @param path  a checkpoint or a folder, whose latest is taken; see findCheckpoint()
   * @param what  a model, or variables by their names in the checkpoint
   * @param step  a train step, whose optimizer's variables and globalStep are restored too
   * @param iterator  one at any place, which goes where the saved one was; if the checkpoint has none of that, it stays
   *   where it is, and the result's `iterator` is false
   * @throws {RangeError} that names the variables which are missing or of another shape or type; see newSlots for the optimizer's
   * @throws {RangeError} that names the steps which differ, if the iterator is over another dataset or other files
   * @throws {Error} that names the variable and the file, if a checksum shows it damaged
   * @throws {Error} what an earlier save threw for which nobody waited
   */
  restore(
    path: string,
    what: Saveable<tf.Variable>,
    step?: SavedStep,
    iterator?: DatasetIterator<unknown>,
  ): Restored {
    this.failures.throwUnheard();
    return restoreVariables(path, what instanceof Model ? variablesOf(what, `restore "${path}"`) : what, {
      ...{ step, iterator, newSlots: this.newSlots },
    });
  }
}

/** What is saved, as it is now, by name. */
function snapshotOf(
  variables: Readonly<Record<string, tf.Tensor>>,
  { step, iterator, extra }: SaveCheckpointOptions,
  globalStep: number | undefined,
): Readonly<Record<string, tf.Tensor>> {
  const position = iterator?.position();
  const { gathered } = step ?? {};
  const count = gathered?.count ?? 0;
  const sums = count > 0 ? gathered?.sums : undefined;
  const tensors = { ...variables, ...step?.slots, ...sums, ...extra };
  expectTensors(tensors);
  return tf.tidy(() => {
    const numbers = {
      ...(globalStep !== undefined && { [globalStepEntry]: constant([globalStep], [], "int64") }),
      ...(count > 0 && { [gatheredEntry]: constant([count], [], "int64") }),
      ...(position !== undefined && { [iteratorEntry]: constant([position], [], "string") }),
    };
    const all = { ...tensors, ...numbers };
    return Object.fromEntries(Object.entries(all).map(([name, tensor]) => [name, tf.keep(tensor.clone())]));
  });
}

function expectTensors(tensors: Readonly<Record<string, tf.Tensor>>): void {
  const entries = Object.entries(tensors);
  if (entries.length === 0) throw new RangeError("Cannot save: expected a model or tensors, got none");
  const [disposed] = entries.find(([, tensor]) => tensor.isDisposed) ?? [];
  if (disposed !== undefined)
    throw new Error(`Cannot save "${disposed}": expected a tensor that lives, got a disposed one`);
}

function expectStep(path: string, step: SavedStep, newSlots: "refuse" | "initial"): void {
  expectSaved(`save "${path}"`, step, newSlots);
  const { gathered, cluster } = step;
  if (gathered === undefined || gathered.count === 0 || gathered.isShared || (cluster?.size ?? 1) === 1)
    return;
  throw new RangeError(
    `Cannot save "${path}": expected no gradients that wait for their update in a cluster, of which each process has its own, got those of ${gathered.count} of ${gathered.calls} calls; save when the step's accumulated is 0, or after shareGathered() in each process`,
  );
}

/** Where to save: the prefix with the step's number. */
function prefixOf(path: string, globalStep: number | undefined): string {
  if (globalStep !== undefined && !(Number.isSafeInteger(globalStep) && globalStep >= 0))
    throw new RangeError(`Cannot save "${path}": expected a global step of 0 or more, got ${globalStep}`);
  const isFolder = path.endsWith("/") || (existsSync(path) && statSync(path).isDirectory());
  const prefix = isFolder ? join(path, "model.ckpt") : path;
  return globalStep === undefined ? prefix : `${prefix}-${globalStep}`;
}

function expectNumber(name: string, value: number, expected: string, isRight: boolean): void {
  if (!isRight) throw new RangeError(`Cannot create saver: expected ${name} ${expected}, got ${value}`);
}
