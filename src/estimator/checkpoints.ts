/** Checkpoints of a training: the model, the optimizer, and where the input was. */
import { dirname, join, resolve } from "node:path";
import type { DatasetIterator } from "../input";
import type { Model } from "../model";
import { openCheckpoint } from "../tensorflow";
import type { Saver, TrainStep } from "../training";
import { globalStepIn } from "../training/saver/restore";
import { readCheckpointState } from "../training/saver/state";

/** What a training consists of. */
export interface Trained {
  readonly model: Model;
  readonly step: TrainStep;
  /** undefined: not saved. */
  readonly iterator: DatasetIterator<unknown> | undefined;
}

/**
 * Saves a training in a folder, in the background.
 * @returns the prefix, when the disk has it
 */
export function saveTraining(
  saver: Saver,
  folder: string,
  { model, step, iterator }: Trained,
): Promise<string> {
  return saver.save(join(folder, "model.ckpt"), model, { step, ...(iterator && { iterator }) });
}

/** The global step that a checkpoint says; 0 if it says none. */
export function globalStepOf(checkpoint: string): number {
  const reader = openCheckpoint(checkpoint);
  try {
    return globalStepIn(reader) ?? 0;
  } finally {
    reader.close();
  }
}

/** When a checkpoint was saved, in seconds since 1970, as its folder's `checkpoint` file says; 0 if that says nothing. */
export function savedAt(checkpoint: string): number {
  const folder = dirname(checkpoint);
  const all = readCheckpointState(folder)?.all ?? [];
  return all.find(({ path }) => resolve(folder, path) === resolve(checkpoint))?.time ?? 0;
}
