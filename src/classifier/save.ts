/** A classifier as a folder. */
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { isRunning } from "../input/running";
import { finishFirst, interruptible } from "../interrupt";
import type { Model } from "../model";
import type { PhotoSize } from "../model/preprocessing";
import { reasonOf } from "../tensorflow";
import { Saver, type History } from "../training";
import { removeFiles, replaceText } from "../training/saver/disk";
import { globalStepOf } from "../training/step/count";
import { DESCRIPTION_FILE, descriptionText, type Described, type Trained } from "./description";
import { expectDistinctNames, expectThreshold, photoSizeOf } from "../deploy/expected";

/** Options of saveClassifier(). */
export interface SaveClassifierOptions {
  /** The names of the classes, in the order of the labels. */
  readonly classNames: readonly string[];
  /**
   * How a photo of any size gets to the network: preprocessForEval()'s options, as in the transform of the validation's input.
   * @default the model's photoSize
   */
  readonly preprocessing?: Partial<PhotoSize>;
  /** Above which probability a class is predicted, of a multiLabel model: one for all, or one for each. @default 0.5 */
  readonly threshold?: number | readonly number[];
  /** How it was trained: what fineTune() gives, of which the epochs are kept. @default not told */
  readonly trained?: Pick<History, "epochs"> & Pick<Trained, "bestEpoch">;
  /** How good it is, by name: { accuracy, … }. @default the validation of the best epoch, or of the last */
  readonly metrics?: Readonly<Record<string, number>>;
  /** What else is to be known, such as on which photos it was trained. @default nothing */
  readonly notes?: string;
  /** Ends it before the new classifier is in its place: the folder is as it was. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/**
 * Saves all that a classifier is made of in a folder: `classifier.json` (the network's form, sizes and pixels, the classes, how it was
 * trained and how good it is) and its weights, moving statistics too, as a checkpoint of TensorFlow's by TF-Slim's names, which Python's
 * tf.train.latest_checkpoint() finds and initVariablesFromCheckpoint() takes. An optimizer's slots are no part of it: Saver keeps those.
 *
 * The weights are as they are when it is called, and may be trained meanwhile. A classifier that was there is replaced when the new one is on the disk; a process may
 * be killed at any moment, and the folder has one or the other. One process at a time should save in a folder.
 * @param dir  the folder; made if need be. With "[" or "\\" in its path Python's TensorFlow can't read the weights
 * @returns    the folder
 * @throws {RangeError} if class names are not one for each class, each another, or a number is none that it may be
 * @throws {Error} if the model is disposed, the folder has files but no classifier, or the disk refuses
 * @throws what the signal gives as its reason
 * @example
 * const tuned = await fineTune(model, options);
 * await saveClassifier(model, "hats", { classNames: labels, trained: tuned });
 */
export async function saveClassifier(
  model: Model,
  dir: string,
  options: SaveClassifierOptions,
): Promise<string> {
  const checkpoint = `model-${randomBytes(4).toString("hex")}.ckpt`;
  const described = describe(model, checkpoint, options);
  expectFolder(dir);
  const { signal } = interruptible(options);
  const { globalStep } = described;
  const saving = { globalStep, ...(signal && { signal }) };
  active.add(checkpoint);
  const saved = new Saver({ maxToKeep: 0 }).save(join(dir, checkpoint), model, saving); // as the weights are now
  return finishFirst(async () => {
    try {
      const prefix = await saved;
      const work = turn.then(() => replace(dir, { ...described, checkpoint: basename(prefix) }));
      turn = work.then(
        () => undefined,
        () => undefined,
      );
      await work;
    } finally {
      active.delete(checkpoint);
    }
    return dir;
  });
}

/** Weights that this process is writing and that no classifier.json names yet. */
const active = new Set<string>();
/** Descriptions are written one after the other. */
let turn: Promise<void> = Promise.resolve();

/** Names the new weights, and only then removes the old ones. */
async function replace(dir: string, described: Described): Promise<void> {
  try {
    await replaceText(dir, DESCRIPTION_FILE, descriptionText(described));
  } catch (cause) {
    await removeFiles(dir, described.checkpoint);
    const what = `Cannot save "${dir}": expected a folder with room to write to`;
    throw new Error(`${what}, got ${reasonOf(cause)}`, { cause });
  }
  await tidy(dir, described.checkpoint);
}

function describe(model: Model, checkpoint: string, options: SaveClassifierOptions): Described {
  const what = "save classifier";
  const { classNames, preprocessing, threshold = 0.5, trained, notes } = options;
  model.variables.expectAll(what);
  expectDistinctNames(what, classNames, model);
  expectThreshold(what, threshold, model);
  const metrics = options.metrics ?? metricsOf(trained);
  const odd = Object.entries(metrics).find(([, value]) => typeof value !== "number");
  if (odd !== undefined)
    throw new RangeError(`Cannot ${what}: expected metrics that are numbers, got "${odd[0]}"`);
  const { isTraining: _, ...form } = model.options;
  return {
    ...{ model: form, classNames, preprocessing: photoSizeOf(what, model, preprocessing), threshold },
    globalStep: globalStepOf(model),
    trained: trained && { epochs: trained.epochs, bestEpoch: trained.bestEpoch },
    ...{ metrics, notes, saved: new Date().toISOString(), checkpoint },
  };
}

/** The validation of the epoch whose weights the model has. */
function metricsOf(trained: SaveClassifierOptions["trained"]): Record<string, number> {
  const { epochs = [], bestEpoch } = trained ?? {};
  const epoch = epochs.find((one) => one.epoch === bestEpoch) ?? epochs.at(-1);
  if (epoch?.validationAccuracy === undefined || epoch.validationLoss === undefined) return {};
  return { accuracy: epoch.validationAccuracy, crossEntropy: epoch.validationLoss, ...epoch.metrics };
}

/** What a folder of something else has is not touched. */
function expectFolder(dir: string): void {
  if (dir === "") throw new RangeError('Cannot save "": expected the path of a folder, got none');
  if (!existsSync(dir) || existsSync(join(dir, DESCRIPTION_FILE))) return;
  const there = readdirSync(dir).filter((file) => !isOurs(file));
  if (there.length === 0) return;
  throw new Error(
    `Cannot save "${dir}": expected a new folder, an empty one, or one of a classifier, got one with ${there.slice(0, 3).join(", ")}`,
  );
}

/** What a save that was killed may have left in a new folder. */
function isOurs(file: string): boolean {
  return file === "checkpoint" || CHECKPOINT.test(file) || TEMPORARY.test(file);
}

const CHECKPOINT = /^(model-[0-9a-f]{8}\.ckpt-\d+)\./;
const TEMPORARY = /^(classifier\.json|checkpoint)\.part-\d+$/;

/** Removes the weights that were there before, and what killed processes have left of theirs. */
async function tidy(dir: string, checkpoint: string): Promise<void> {
  const files = readdirSync(dir);
  const old = new Set(files.flatMap((file) => CHECKPOINT.exec(file)?.[1] ?? []));
  old.delete(checkpoint);
  for (const one of old) if (!active.has(one.replace(/-\d+$/, ""))) await removeFiles(dir, one);
  for (const file of files) {
    const [, written] = /^classifier\.json\.part-(\d+)$/.exec(file) ?? [];
    if (written !== undefined && !isRunning(Number(written))) await rm(join(dir, file), { force: true });
  }
}
