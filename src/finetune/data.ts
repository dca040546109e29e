/** What a part of a fine-tuning reads. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
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

/** A folder of a run's own, which goes with the run or the process. */
export interface OwnFolder {
  readonly path: string;
  remove(this: void): void;
}

/** Makes a folder for features, where the next call finds what an interrupt leaves of them. */
export function ownFolder(): OwnFolder {
  const path = mkdtempSync(join(tmpdir(), "slimlab-trunk-"));
  const remove = (): void => {
    process.off("exit", remove);
    rmSync(path, { recursive: true, force: true });
  };
  process.once("exit", remove);
  return { path, remove };
}

/**
 * Features of the frozen trunk, to train the head on and to validate it with. The caller disposes them.
 * @param own  where they stand, if the options name no folder
 */
export async function trunkData(
  model: Model,
  part: Part,
  options: FineTuneOptions,
  { own, signal }: { readonly own: () => OwnFolder; readonly signal: AbortSignal | undefined },
): Promise<PartData> {
  const { train, validation, cacheFrozen, head = "Predict", seed } = options;
  const { views = part.epochs, storage, folder } = typeof cacheFrozen === "object" ? cacheFrozen : {};
  const shared = { trainableScopes: head, ...(storage && { storage }), ...(signal && { signal }) };
  const place = folder ?? own().path;
  const batchSize = batchSizeOf(train);
  const trained = await features(model, train, {
    ...{ ...shared, folder: join(place, "train"), views, numEpochs: 0, shuffle: true },
    ...(seed !== undefined && { seed }),
    ...(batchSize !== undefined && { batchSize }),
  });
  try {
    const held = await features(model, validation, {
      ...shared,
      folder: join(place, "validation"),
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
