/**
 * An epoch of ResNet-50 with a frozen trunk: on features of it, with the trunk in each epoch, and the first with the computing of the
 * features. Of the multiplications of a step with conv1 to block3 frozen, block4's forward and backward passes are two fifths.
 */
import path from "node:path";
import { createInputFn, preprocessForTrain } from "../src/input";
import { Model } from "../src/model";
import { createTrainStep, features, train, type FeatureDataset } from "../src/training";
import { contest, timed, type Contender, type Result } from "./contest";
import { inFolder } from "./folder";
import { renderRecords } from "./records";
import type { StepBench } from "./step";

const PHOTOS_PER_CLASS = 32;

/** What is frozen. */
export const FROZEN = {
  block3: ["conv1", "block1", "block2", "block3"].map((scope) => `resnet_v1_50/${scope}`),
  head: ["resnet_v1_50"],
} as const;

/** Seconds an epoch from the second on, of one with the trunk, and of the first with the computing of the features. */
export async function benchFeatures(
  { rounds, batch, side }: StepBench,
  scopesToFreeze: readonly string[],
): Promise<Result[]> {
  return inFolder(async (folder) => {
    const { records } = await renderRecords(folder, PHOTOS_PER_CLASS);
    const inputFn = createInputFn(records, {
      ...{ batchSize: batch, shuffle: true, seed: 1 },
      transform: (image, seed) => preprocessForTrain(image, { seed, size: side, crop: "box", flip: false }),
    });
    const steps = Math.floor((2 * PHOTOS_PER_CLASS) / batch);
    const model = new Model({ isTraining: true, defaultImageSize: side, fixedResizeSide: side });
    const step = createTrainStep(model, { learningRate: 0.01, scopesToFreeze });
    let computed = 0;
    const compute = (): Promise<FeatureDataset> =>
      features(model, inputFn(), { scopesToFreeze, folder: path.join(folder, String(computed++)) });
    const made = await compute();
    const [photos, batches] = [inputFn().iterator(), made.iterator()];
    const first = async (): Promise<void> => {
      const anew = await compute();
      await train(step, anew, { steps });
      anew.dispose();
    };
    const contenders: Contender[] = [
      { name: "on features", run: () => timed(() => train(step, batches, { steps })) },
      { name: "the trunk in each epoch", isPeer: true, run: () => timed(() => train(step, photos, { steps })) }, // prettier-ignore
      { name: "features, then the first epoch", run: () => timed(first) },
    ];
    try {
      return await contest(contenders, rounds, 1);
    } finally {
      [photos, batches, made, step, model].forEach((one) => one.dispose());
    }
  });
}
