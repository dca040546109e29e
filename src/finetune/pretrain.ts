/** A network that has learned something: for examples that need no download. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { createInputFn, preprocessForTrain, RENDERED_CLASSES, renderPhotos, writeRecords } from "../input";
import { interruptible } from "../interrupt";
import { Model, type ModelOptions } from "../model";
import { resolveOptions } from "../model/options";
import { createTrainStep, configureLearningRate, latestCheckpoint, Saver, train } from "../training";

/** Options of pretrainOnRenderedPhotos(): the network, how long it learns, and who is told. */
export interface PretrainOptions extends Omit<ModelOptions, "isTraining" | "numClasses"> {
  /** Photos of each of the eight classes. @default 200 */
  readonly perClass?: number;
  /** @default 400 */
  readonly steps?: number;
  /** @default 64 */
  readonly batchSize?: number;
  /** The greatest rate: it rises for a twentieth of the steps, then falls as a cosine. @default 0.03 */
  readonly learningRate?: number;
  /** Called after each photo and each step with the part of the work that is done, of 1; progressBar().update takes it. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Stops the work; the next call begins anew. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/** About the part of the work that rendering is. */
const renderingPart = 0.25;

/**
 * Pretrains a network on eight kinds of rendered things, all but RENDERED_CLASSES.finetuning: what a checkpoint from elsewhere is to
 * real photographs. A small one, such as `{ architecture: "resnet_v1_14", width: 0.5, strides: "keras", batchNormDecay: 0.9,
 * defaultImageSize: 64, fixedResizeSide: 73 }`, takes two processors a minute; a call with the same options and folder finds what
 * the one before has made.
 * @param folder  where photos, records and the checkpoint are kept, in a folder for these options
 * @returns       the checkpoint's path, as initVariablesFromCheckpoint() takes it
 * @throws {RangeError} what renderPhotos(), Model and train() throw of options that are none
 * @throws what the signal gives as its reason
 * @example
 * const checkpoint = await pretrainOnRenderedPhotos("build/pretrained", network);
 * initVariablesFromCheckpoint(model, checkpoint, { excludeScopes: "Predict/logits" });
 */
export async function pretrainOnRenderedPhotos(
  folder: string,
  options: PretrainOptions = {},
): Promise<string> {
  const { perClass = 200, steps = 400, batchSize = 64, learningRate = 0.03, ...others } = options;
  const { onProgress, signal, ...network } = interruptible(others);
  const settings = { perClass, steps, batchSize, learningRate, network: resolveOptions(network) };
  const home = join(folder, createHash("sha256").update(JSON.stringify(settings)).digest("hex").slice(0, 12));
  const tell = (done: number): void => onProgress?.({ done, total: 1 });
  const known = latestCheckpoint(join(home, "model"));
  if (known !== undefined) {
    tell(1);
    return known;
  }
  const stop = signal && { signal };
  const model = new Model({ ...network, isTraining: true, numClasses: RENDERED_CLASSES.pretraining.length });
  try {
    const { photoSize } = model;
    await renderPhotos(join(home, "photos"), {
      ...{ classes: RENDERED_CLASSES.pretraining, perClass, size: photoSize.resizeSide, ...stop },
      onProgress: ({ done, total }) => tell((renderingPart * done) / total),
    });
    await writeRecords(join(home, "photos"), join(home, "records"), { name: "rendered", ...stop });
    const inputFn = createInputFn(join(home, "records", "rendered_train_*"), {
      batchSize,
      shuffle: true,
      seed: 1,
      transform: (image, seed) => preprocessForTrain(image, { ...photoSize, seed, color: true }),
    });
    const cosine = { schedule: "cosine", decaySteps: steps, warmupSteps: Math.floor(steps / 20) } as const;
    const step = createTrainStep(model, {
      learningRate: configureLearningRate({ ...cosine, learningRate }),
    });
    const photos = inputFn();
    try {
      const onStep = ({ globalStep }: { readonly globalStep: number }): void =>
        tell(renderingPart + ((1 - renderingPart) * globalStep) / steps);
      await train(step, photos, { steps, onStep, ...stop });
      return await new Saver().save(join(home, "model", "model.ckpt"), model, { step });
    } finally {
      photos.dispose();
      step.dispose();
    }
  } finally {
    model.dispose();
  }
}
