/** A small network and photos in memory to fine-tune on. */
import type { FineTuned, FineTuneOptions } from "../../src/finetune";
import { Dataset } from "../../src/input";
import type { Model } from "../../src/model";
import type { tf } from "../../src/tensorflow";
import type { Batch } from "../../src/training";
import { patternBatch, thinModel, valuesOf } from "../training/thin";

const architecture = "resnet_v1_14";
export const made = (): Model => thinModel({ seed: 1, architecture });

/** Six batches of 4, in a new order each pass. */
export function trainInput(): Dataset<Batch> {
  return sliced(24).shuffle(24, { seed: 3 }).batch(4);
}

/** Single photos. */
export function sliced(count: number): Dataset<readonly [{ image: tf.Tensor3D }, tf.Scalar]> {
  const [{ image }, label] = patternBatch("photos", count);
  return Dataset.fromTensorSlices([{ image }, label] as const);
}

export function heldBack(): Dataset<Batch> {
  const [{ image }, label] = patternBatch("held back", 8);
  return Dataset.fromTensorSlices([{ image }, label] as const).batch(4);
}

export const inputs = (): Pick<FineTuneOptions, "train" | "validation"> => ({
  train: trainInput(),
  validation: heldBack(),
});

/** All but times. */
export function numbersOf({ steps, epochs, bestEpoch, isStopped }: FineTuned): unknown {
  const timeless = epochs.map(({ seconds: _, imagesPerSecond: __, ...epoch }) => epoch);
  return { steps, epochs: timeless, bestEpoch, isStopped };
}

export const weightsOf = (model: Model): unknown => model.variables.all().map(({ name, variable }) => [name, valuesOf(variable)]); // prettier-ignore
