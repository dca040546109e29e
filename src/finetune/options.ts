import type { Dataset } from "../input";
import type {
  Batch,
  Callback,
  FeaturesOptions,
  MetricRecord,
  Metrics,
  MonitorOptions,
  Optimizer,
  Scopes,
  TrainStepOptions,
} from "../training";

/** How the features of the frozen trunk are kept. */
export type CacheTrunkOptions = Pick<FeaturesOptions, "views" | "storage" | "folder">;

/** Options of fineTune(): what it trains on, how long and how fast; those of createTrainStep() hold for both parts. */
export interface FineTuneOptions
  extends
    MonitorOptions,
    Omit<TrainStepOptions, "learningRate" | "momentum" | "optimizer" | "globalStep" | "trainableScopes"> {
  /** Batches of [{ image }, label], which end or never do; each epoch is another pass over them. */
  readonly train: Dataset<Batch>;
  /** Batches that end, of photos that are not trained on. */
  readonly validation: Dataset<Batch>;
  /** Epochs in which all is trained. */
  readonly epochs: number;
  /** Epochs before, in which the head alone is trained. @default 1 (fastai) */
  readonly freezeEpochs?: number;
  /** The greatest rate of the head while it is trained alone; half of it is that of the head afterwards. @default 0.01 */
  readonly learningRate?: number;
  /** The greatest rate of the bottom, when all is trained, is that of the head divided by this. @default 100 (fastai) */
  readonly lrMult?: number;
  /** The part of the steps in which rates rise, when all is trained; while the head alone is, 0.99. @default 0.3 (fastai) */
  readonly pctStart?: number;
  /** The first rate, when all is trained, is the greatest divided by this; while the head alone is, 25. @default 5 (fastai) */
  readonly div?: number;
  /** One of ours; its momentum, or beta1, if it is a number, goes through the cycle. @default momentumOptimizer() */
  readonly optimizer?: Optimizer;
  /** The variables that are the head. @default "Predict" */
  readonly head?: Scopes;
  /** @default whole batches in one pass over the photos, all of a dataset that ends */
  readonly stepsPerEpoch?: number;
  /** Epochs, when all is trained, without an improvement after which it stops early; see earlyStopping(). @default none: to the end */
  readonly patience?: number;
  /** More to measure in validations. @default none */
  readonly metrics?: Metrics<MetricRecord>;
  /** What else goes on; told of both parts as of one training. @default none */
  readonly callbacks?: readonly Callback[];
  /**
   * Whether the trunk is run once while it is frozen, as by features(): each photo as often as there are `views`, the validation's
   * once. Worth while with several freezeEpochs, and exactly the same looks at the photos with a view for each, as is the default.
   * @default false
   */
  readonly cacheFrozen?: boolean | CacheTrunkOptions;
  /** Stops between two steps, with its reason as the error; the next call goes on. @default the running cell's, its Interrupt */
  readonly signal?: AbortSignal;
}
