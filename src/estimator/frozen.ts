/** A training whose frozen trunk is run once. */
import { join } from "node:path";
import type { Dataset } from "../input";
import type { Model } from "../model";
import { features, type Batch, type FeatureDataset, type FeaturesOptions, type TrainStep } from "../training";
import { frozenBefore } from "../training/features/frozen";
import { openInput, type OpenOptions } from "./features";
import type { InputElement } from "./spec";
import type { TrainingParts } from "./training";

/** How the features of a frozen trunk are computed. */
export type CacheFrozenOptions = Pick<
  FeaturesOptions,
  "views" | "storage" | "precision" | "folder" | "onProgress"
>;

/** What computing features for a training needs. */
export interface FrozenParts {
  readonly dataset: Dataset<InputElement>;
  /** The input's first element. */
  readonly first: InputElement;
  readonly model: Model;
  readonly step: TrainStep;
  /** The modelDir. */
  readonly folder: string;
  readonly options: CacheFrozenOptions;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Whether the training has a last step; else it ends after one epoch of each view. */
  readonly hasEnd: boolean;
  readonly seek: NonNullable<OpenOptions["seek"]>;
}

/**
 * The features of what a step leaves frozen, to be trained on in place of the input. The caller disposes them and the iterator.
 * @throws {TypeError} if the input's elements are not [{ image }, label]
 * @throws {RangeError} if nothing is frozen up to an endpoint
 */
export async function openFeatures(
  parts: FrozenParts,
): Promise<{ readonly made: FeatureDataset } & Pick<TrainingParts, "iterator" | "first" | "take">> {
  const { dataset, first, model, step, folder, options, seed, signal, hasEnd, seek } = parts;
  if (!areBatches(dataset, first))
    throw new TypeError(
      "Cannot cache what is frozen: expected an input of [{ image }, label], as createInputFn() gives, got another",
    );
  const { views = 1 } = options;
  const made = await features(model, dataset, {
    ...{ folder: join(folder, "features"), seed, signal, ...options },
    endpoint: frozenBefore(model, step.trained).endpoint,
    isTraining: model.options.isTraining,
    numEpochs: hasEnd ? 0 : views,
    shuffle: true,
  });
  try {
    const opened = await openInput(made, "train", { seek });
    return { made, ...opened, take: step.from(made) };
  } catch (error) {
    made.dispose();
    throw error;
  }
}

function areBatches(
  dataset: Dataset<InputElement>,
  first: InputElement,
): dataset is Dataset<InputElement & Batch> {
  return Array.isArray(first) && first.length === 2 && "image" in first[0];
}
