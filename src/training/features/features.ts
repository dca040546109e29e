/** The features of a frozen trunk: computed once, trained on many times. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finishFirst, interruptible } from "../../interrupt";
import type { Dataset } from "../../input";
import type { Model } from "../../model/model";
import { expectPrecision, type Precision } from "../../tensorflow";
import type { Batch } from "../batch/batch";
import type { TrainableOptions } from "../../model/scopes";
import { computeFeatures, type FeaturesProgress } from "./compute";
import { featureDataset, type EpochOptions, type FeatureDataset } from "./dataset";
import { frozenCut } from "./frozen";
import type { FeatureBatch } from "./origin";
import { keyOf, nameOf, type FeatureSettings, type FeatureStorage } from "./key";
import { inFolder } from "./lock";
import { readState, type FeatureState } from "./store";

/** Options of features(). */
export interface FeaturesOptions extends TrainableOptions, Partial<EpochOptions> {
  /** Whose activations are wanted, e.g. "resnet_v1_50/block3". @default the last one up to which all is frozen, by the scopes given */
  readonly endpoint?: string;
  /**
   * How often each photo is read, each time cropped, mirrored and recoloured as the input and the model draw it: an epoch has one view
   * of each, then comes the next view's. @default 1
   */
  readonly views?: number;
  /**
   * Where features are kept for other processes, and gone on with after an interruption; a folder of their own, in which other ones
   * are replaced. @default a temporary file, as long as the dataset is used
   */
  readonly folder?: string;
  /** How they are stored; "bfloat16" halves them, rounded to 8 bits of precision. @default "float32" */
  readonly storage?: FeatureStorage;
  /**
   * "bfloat16": convolutions and the activations between them are computed in bfloat16; "auto": in the faster of both, by the first
   * eight batches where it isn't known. See trace().
   * @default "float32"
   */
  readonly precision?: Precision;
  /** Whether the model crops and mirrors at random, as a train step does. @default as the model was made */
  readonly isTraining?: boolean;
  /** What the model's crops and mirrorings are drawn from, and the order of the epochs: a whole number. @default 0 */
  readonly seed?: number;
  /**
   * Called with each batch that is computed, and awaited before the next, so that a head can learn from the first view meanwhile, by
   * `step.from(endpoint)`. Its features are freed afterwards. Not called for batches that a folder has already.
   */
  readonly onBatch?: (batch: FeatureBatch) => void | Promise<void>;
  /** Called after each batch that is computed; progressBar().update takes it. */
  readonly onProgress?: (progress: FeaturesProgress) => void;
  /** Stops between two batches, with its reason as the error. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/**
 * The activations of an endpoint for all photos of an input, as a dataset of batches [{ features }, label]: the layers before it, which
 * must be frozen, are run once and not in each epoch. train() and evaluate() go on from there; gradCam() and exports use the whole
 * model, as ever.
 *
 * Features belong to the weights before the endpoint, the preprocessing, the input's steps and the contents of its record files. Where
 * one of these is another, those in the folder are computed anew, and train() and evaluate() refuse them.
 *
 * On disk a photo takes 4 bytes a number: 196 KB at "resnet_v1_50/block3", 8 KB at "global_pool"; of files only what is used is in memory.
 * The caller disposes the dataset.
 * @param input  batches of [{ image }, label]; one that never ends is read for as many epochs as there are views
 * @throws {RangeError} if the endpoint is none to cut at, a layer before it is trained, an option is out of its range, or there are no batches
 * @throws {Error} if the disk refuses, or another process computes features in the folder
 * @throws what the signal gives as its reason; the next call with the same folder goes on from there
 * @example
 * const frozen = { scopesToFreeze: ["conv1", "block1", "block2", "block3"].map((scope) => `resnet_v1_50/${scope}`) };
 * const features = await slim.features(model, inputFn(), { ...frozen, views: 4, folder: "build/features" });
 * const step = createTrainStep(model, { ...frozen, learningRate: 0.01 });
 * await train(step, features, { steps: 400 });
 */
export async function features(
  model: Model,
  input: Dataset<Batch>,
  options: FeaturesOptions = {},
): Promise<FeatureDataset> {
  const given = interruptible(options);
  return finishFirst(() => featuresOf(model, input, given));
}

async function featuresOf(
  model: Model,
  input: Dataset<Batch>,
  options: FeaturesOptions,
): Promise<FeatureDataset> {
  const { folder, signal, onBatch, onProgress } = options;
  const settings = settingsOf(model, options);
  const cut = frozenCut(model, options);
  const key = await keyOf(model, cut, input, settings, signal);
  const [, ...shape] = cut.shape;
  const beginning: FeatureState = {
    key,
    name: nameOf(key, input),
    isComplete: false,
    rows: 0,
    batches: 0,
    batchSize: 1,
    shape,
  };
  const computed = async (place: string): Promise<FeatureState> => {
    const state = readState(place, key) ?? beginning; // of now: until the lock another process may have written on
    if (state.isComplete) return state;
    const job = { model, input, endpoint: cut.endpoint, settings, folder: place, state };
    return computeFeatures({ ...job, onBatch, onProgress, signal });
  };
  const place = folder ?? (await mkdtemp(join(tmpdir(), "features-")));
  try {
    const written = readState(place, key);
    const state = written?.isComplete === true ? written : await inFolder(place, () => computed(place));
    return featureDataset(place, state, options);
  } finally {
    if (folder === undefined) await rm(place, { recursive: true });
  }
}

function settingsOf(model: Model, options: FeaturesOptions): FeatureSettings {
  const { storage = "float32", views = 1, seed = 0, isTraining = model.options.isTraining } = options;
  const precision = expectPrecision(options.precision ?? "float32", "compute features");
  const cannot = "Cannot compute features: expected";
  if (!["float32", "bfloat16"].includes(storage))
    throw new RangeError(`${cannot} storage "float32" or "bfloat16", got ${JSON.stringify(storage)}`);
  if (!(Number.isSafeInteger(views) && views >= 1))
    throw new RangeError(`${cannot} views a whole number from 1 on, got ${views}`);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`${cannot} seed a whole number, got ${seed}`);
  return { storage, precision, views, seed, isTraining };
}
