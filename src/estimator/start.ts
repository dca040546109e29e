/** How a training begins: its first batch, the model made of it, and the weights of modelDir or new ones. */
import { agree } from "../distribute";
import type { Dataset, DatasetIterator } from "../input";
import { SummaryWriter } from "../summary";
import { reasonOf } from "../tensorflow";
import { Saver, type StepResult } from "../training";
import { seekChief } from "../training/saver/synchronize";
import { restoreIterator } from "../training/saver/restore";
import type { Cells } from "./cells";
import { openInput } from "./features";
import { openFeatures, type CacheFrozenOptions } from "./frozen";
import type { InputElement } from "./spec";
import { Training, type TrainingParts } from "./training";

/** What a training is made of before its first batch is there. */
export interface TrainingStart extends Pick<
  TrainingParts,
  "config" | "folder" | "hooks" | "told" | "onProgress" | "signal" | "between" | "alsoSaveEverySteps"
> {
  readonly cells: Pick<Cells<unknown>, "training" | "hyperparameters">;
  readonly dataset: Dataset<InputElement>;
  /** The checkpoint to go on from; undefined: from new weights. */
  readonly checkpoint: string | undefined;
  /** Steps to take; undefined: to maxSteps. */
  readonly steps: number | undefined;
  readonly maxSteps: number | undefined;
  /** How what is frozen is run once; undefined: it is run in each step. */
  readonly cacheFrozen: CacheFrozenOptions | undefined;
}

/** Begins a training and carries it through. @returns the last step's result */
export async function runTraining(start: TrainingStart): Promise<StepResult | undefined> {
  const { cells, dataset, checkpoint, steps, maxSteps, cacheFrozen, ...given } = start;
  expectAlone(start);
  await start.hooks.begin();
  const seekThere = (one: DatasetIterator<InputElement>): Promise<boolean> => seek(start, one);
  const opened = await openInput(dataset, "train", cacheFrozen === undefined ? { seek: seekThere } : {});
  let trunk: Awaited<ReturnType<typeof openFeatures>> | undefined;
  try {
    const { spec, step } = cells.training(opened.first);
    const { keepCheckpointMax: maxToKeep, keepCheckpointEveryNHours } = start.config;
    const saver = new Saver({ maxToKeep, keepCheckpointEveryNHours, ...spec.scaffold?.saver });
    const { isChief } = start.config.cluster;
    if (isChief) {
      if (checkpoint === undefined) await spec.scaffold?.init?.();
      else fitting(start, () => saver.restore(checkpoint, spec.model, step));
    }
    await step.synchronize();
    const lastStep = steps === undefined ? maxSteps : step.globalStep + steps;
    if (cacheFrozen !== undefined) {
      const { folder, signal, config } = start;
      const own = { dataset, first: opened.first, model: spec.model, step, seek: seekThere, folder, signal };
      const hasEnd = lastStep !== undefined;
      trunk = await openFeatures({ ...own, options: cacheFrozen, seed: config.tfRandomSeed, hasEnd });
    }
    const { iterator, first, take } = trunk ?? { ...opened, take: step };
    const writer = isChief ? new SummaryWriter(start.folder, { purgeStep: step.globalStep + 1 }) : undefined;
    writer?.hparams({ ...step.hyperparameters, ...cells.hyperparameters }, ["crossEntropy", "accuracy"]);
    try {
      const isRestored = checkpoint !== undefined;
      const parts = { ...given, spec, step, take, iterator, first, lastStep, saver, writer, isRestored };
      return await new Training(parts).run();
    } finally {
      await writer?.close();
    }
  } finally {
    for (const one of [opened.iterator, trunk?.iterator, trunk?.made]) one?.dispose();
  }
}

function expectAlone({ cacheFrozen, config }: TrainingStart): void {
  if (cacheFrozen === undefined || config.cluster.size === 1) return;
  throw new TypeError("Cannot train: expected one process with cacheFrozen, got a cluster, whose processes share one place in the input"); // prettier-ignore
}

/** Takes an input where the checkpoint says that it was, if it is to be saved. @returns whether it did */
async function seek(start: TrainingStart, iterator: DatasetIterator<InputElement>): Promise<boolean> {
  const { config, checkpoint } = start;
  const { cluster } = config;
  if (!config.saveInput) return false;
  expectPosition(iterator);
  const isThere =
    !cluster.isChief ||
    (checkpoint !== undefined && fitting(start, () => restoreIterator(checkpoint, iterator)));
  const follow = await agree(cluster, isThere);
  if (follow && cluster.size > 1) await seekChief(cluster, iterator);
  return follow;
}

/** Before the first step: an input that can't tell where it is makes every checkpoint fail. */
function expectPosition(iterator: DatasetIterator<InputElement>): void {
  try {
    iterator.position();
  } catch (error) {
    throw new TypeError(`${reasonOf(error)}; with saveInput: false in the config, checkpoints do without`, {
      cause: error,
    });
  }
}

/** What is restored, or an error that says whose checkpoint does not fit. */
function fitting<T>({ folder }: TrainingStart, restore: () => T): T {
  try {
    return restore();
  } catch (error) {
    const reason = reasonOf(error);
    const hint = reason.includes("restore iterator") ? "; with saveInput: false in the config, the input begins anew" : ""; // prettier-ignore
    throw new RangeError(
      `Cannot train: expected in "${folder}" a checkpoint of this model and input, got another: ${reason}${hint}`,
      { cause: error },
    );
  }
}
