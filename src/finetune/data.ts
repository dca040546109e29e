/** What a part of a fine-tuning reads. */
import { join } from "node:path";
import type { DatasetIterator, Dataset } from "../input";
import type { Model } from "../model/model";
import { features, type Batch, type FeatureBatch } from "../training";
import type { FineTuneOptions } from "./options";
import { batchSizeOf } from "../training/batch/size";
import type { Part } from "./parts";

/** Batches to train on and to validate with. */
export interface PartData {
  /** Endless; goes on where it is. */
  readonly train: DatasetIterator<Batch | FeatureBatch>;
  /** Undefined: the photos of each call. */
  readonly validation: Dataset<FeatureBatch> | undefined;
  dispose(): void;
}

/** Features of the frozen trunk, to train the head on and to validate it with. The caller disposes them. */
export async function trunkData(
  model: Model,
  part: Part,
  options: FineTuneOptions,
  signal: AbortSignal | undefined,
): Promise<PartData> {
  const { train, validation, cacheFrozen, head = "Predict", seed } = options;
  const { views = part.epochs, storage, folder } = typeof cacheFrozen === "object" ? cacheFrozen : {};
  const shared = { trainableScopes: head, ...(storage && { storage }), ...(signal && { signal }) };
  const inFolder = (name: string): { folder?: string } =>
    folder === undefined ? {} : { folder: join(folder, name) };
  const batchSize = batchSizeOf(train);
  const trained = await features(model, train, {
    ...{ ...shared, ...inFolder("train"), views, numEpochs: 0, shuffle: true },
    ...(seed !== undefined && { seed }),
    ...(batchSize !== undefined && { batchSize }),
  });
  try {
    const held = await features(model, validation, {
      ...shared,
      ...inFolder("validation"),
      isTraining: false,
    });
    const iterator = trained.iterator();
    const all = [iterator, trained, held];
    return { train: iterator, validation: held, dispose: () => all.forEach((one) => one.dispose()) };
  } catch (error) {
    trained.dispose();
    throw error;
  }
}
