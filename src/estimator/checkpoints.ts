/** Checkpoints of a training: the model, the optimizer, and where the input was. */
import { join } from "node:path";
import type { DatasetIterator } from "../input";
import type { Model } from "../model";
import { bytesOf, constant, openCheckpoint } from "../tensorflow";
import type { Saver, TrainStep } from "../training";

/** What a training consists of. */
export interface Trained {
  readonly model: Model;
  readonly step: TrainStep;
  /** undefined: not saved. */
  readonly iterator: DatasetIterator<unknown> | undefined;
}

const ITERATOR = "slimlab/iterator";

/**
 * Saves a training in a folder, in the background.
 * @returns when all that must be read of it is read: it may go on; `saved` when the disk has it
 */
export async function saveTraining(
  saver: Saver,
  folder: string,
  { model, step, iterator }: Trained,
): Promise<{ readonly saved: Promise<string> }> {
  const state = iterator === undefined ? undefined : constant([await iterator.state()], [], "string");
  const extra = state === undefined ? {} : { [ITERATOR]: state };
  const saved = saver.save(join(folder, "model.ckpt"), model, { step, extra });
  state?.dispose();
  return { saved };
}

/**
 * Brings a training back to where a checkpoint was.
 * @returns whether the input is where it was too; if not, it is at its start
 * @throws {RangeError} that names the variables which the checkpoint lacks or has in another shape
 */
export async function restoreTraining(
  saver: Saver,
  checkpoint: string,
  { model, step, iterator }: Trained,
): Promise<boolean> {
  saver.restore(checkpoint, model, step);
  const reader = openCheckpoint(checkpoint);
  try {
    if (iterator === undefined || !reader.variables.some(({ name }) => name === ITERATOR)) return false;
    const state = reader.read(ITERATOR);
    const [bytes] = bytesOf(state);
    state.dispose();
    if (bytes !== undefined) await iterator.restore(bytes);
    return bytes !== undefined;
  } finally {
    reader.close();
  }
}

/** The global step that a checkpoint says; 0 if it says none. */
export function globalStepOf(checkpoint: string): number {
  const reader = openCheckpoint(checkpoint);
  try {
    if (!reader.variables.some(({ name }) => name === "global_step")) return 0;
    const step = reader.read("global_step");
    const [value = 0] = step.dataSync();
    step.dispose();
    return Number(value);
  } finally {
    reader.close();
  }
}
