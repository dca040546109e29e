import type { Cluster } from "../../distribute";
import { expectPrecision, expectRecompute, tf, type Precision, type Recompute } from "../../tensorflow";
import type { GradientOptions } from "../optimizers/gradients";
import { momentumOptimizer, tfjsOptimizer, type Optimizer } from "../optimizers/optimizer";
import type { ModelVariable } from "../../model/variables";
import { ratesOf, type LearningRate, type Rates } from "../optimizers/rates";
import type { Schedule } from "../optimizers/schedule";
import type { TrainableOptions } from "../../model/scopes";

/** Options of createTrainStep(). */
export interface TrainStepOptions extends TrainableOptions, GradientOptions {
  /**
   * A rate, or one for each step; by scope, `{ "resnet_v1_50": 1e-4, Predict: 1e-2 }`, or from the bottom to the head,
   * `slice(1e-5, 1e-3)`: each variable is then updated with its own rate, whatever the optimizer. A tfjs optimizer has its own.
   * @default 0.01 (TF-Slim train_image_classifier)
   */
  readonly learningRate?: LearningRate;
  /**
   * Of the default optimizer, or one for each step, as oneCycle() gives it, which then goes for another optimizer's momentum too: that
   * of RMSProp, beta1 of Adam. @default 0.9
   */
  readonly momentum?: number | Schedule;
  /** One of ours or of tfjs, whose learning rate is then fixed in the compiled step. @default momentumOptimizer({ momentum }) */
  readonly optimizer?: Optimizer | tf.Optimizer;
  /**
   * How the weights that the model regularizes decay, each by its own factor: "regularizer" in the loss, as in TF-Slim;
   * "decoupled": weights ← weights − learningRate · factor · weights before each update, with the loss the cross-entropy
   * alone; "none". @default "regularizer"
   */
  readonly weightDecay?: "regularizer" | "decoupled" | "none";
  /** Calls that make one update, by the mean of their gradients; moving statistics follow each call. @default 1 */
  readonly gradientAccumulation?: number;
  /**
   * Whether the step keeps exponential moving averages of all of the model's variables, moving statistics too, and how much of them
   * stays at each update: 0 … 1, but not 1; 0.9999 is common. At first fewer count: update n, by the global step, keeps at most
   * (1 + n) / (10 + n). They begin as the variables are before the first step, and those of variables that do not change stay. A
   * Saver keeps them, as "<variable>/ExponentialMovingAverage"; see withMovingAverages().
   * @default undefined: none
   * @see TF-Slim train_image_classifier's --moving_average_decay; tf.train.ExponentialMovingAverage with num_updates, applied after
   *   each update
   */
  readonly movingAverageDecay?: number;
  /** Whether moving statistics follow the batches: slim's update ops. @default true */
  readonly updateOps?: boolean;
  /** Whether a call whose loss or gradients are not finite changes nothing and throws, naming where that began. @default false */
  readonly checkNumerics?: boolean;
  /** Whether the results hold the norms of the gradients, as slim summarizes them. @default false */
  readonly gradientNorms?: boolean;
  /**
   * Whether an Estimator writes a histogram and the norm of each gradient with its summaries; see summarizeGradients(), by which
   * others do it. Steps without summaries are as ever. @default false (TF-Slim create_train_op)
   */
  readonly summarizeGradients?: boolean;
  /** Whether each step runs operation by operation, not compiled: slower, but a debugger sees inside. @default false */
  readonly eager?: boolean;
  /**
   * "bfloat16": convolutions and the activations between them are computed in bfloat16; weights, optimizer's variables, losses and
   * the moments of batch normalization stay float32. "auto": the faster of both, by measurement of the first eight steps of a shape;
   * signatures() says which. See trace(). inspect() computes in float32 always.
   * @default "float32"
   */
  readonly precision?: Precision;
  /**
   * "blocks": of each residual unit only the result is held, and what it computes on the way to it is computed again for the
   * gradients, which are the same: less memory for more time. Moving statistics follow each batch once.
   * @default "none"
   * @see Chen et al. 2016 (arXiv 1604.06174)
   */
  readonly recompute?: Recompute;
  /** What a model made for training draws its crops and mirrorings from, with the step's number: a whole number. @default 0 */
  readonly seed?: number;
  /**
   * Processes that train together: each call takes a batch in each of them, and the update is made with the means over all of
   * losses, gradients and moving statistics, as if their batches were one. Batches should be of one size. @default ALONE
   */
  readonly cluster?: Cluster;
  /** Updates that the model has behind it, for all its steps; 0 counts and schedules anew. @default where its last step stood, at first 0 */
  readonly globalStep?: number;
}

/**
 * The optimizer that the options say, and its learning rates of the variables that are trained.
 * @param all  the model's variables
 * @throws {RangeError} if seed, globalStep or weightDecay is none that it may be
 * @throws {TypeError} if a tfjs optimizer comes with another learning rate or decay, or an optimizer with a momentum
 */
export function optimizerOf(
  options: TrainStepOptions,
  trained: readonly ModelVariable[],
  all: readonly ModelVariable[],
): { readonly optimizer: Optimizer; readonly rates: Rates } {
  const namesOf = (variables: readonly ModelVariable[]): string[] => variables.map(({ name }) => name);
  const ratesFor = (rate: LearningRate): Rates => ratesOf(namesOf(trained), rate, namesOf(all));
  const { learningRate, momentum, optimizer } = options;
  expectValues(options);
  const isOurs = optimizer !== undefined && !(optimizer instanceof tf.Optimizer);
  if (isOurs && typeof momentum === "function" && optimizer.withMomentum !== undefined)
    return { optimizer: optimizer.withMomentum(momentum), rates: ratesFor(learningRate ?? 0.01) };
  if (optimizer !== undefined && momentum !== undefined)
    throw new TypeError("Cannot create train step: expected the momentum in the optimizer, got both");
  if (optimizer !== undefined && optimizer instanceof tf.Optimizer) {
    if (learningRate !== undefined)
      throw new TypeError(
        "Cannot create train step: expected the learning rate in the tfjs optimizer, got both",
      );
    const { learningRate: own } = optimizer.getConfig();
    return { optimizer: tfjsOptimizer(optimizer), rates: ratesFor(() => Number(own)) };
  }
  return {
    optimizer: optimizer ?? momentumOptimizer(momentum === undefined ? {} : { momentum }),
    rates: ratesFor(learningRate ?? 0.01),
  };
}

function expectValues({ seed = 0, globalStep = 0, weightDecay = "regularizer" }: TrainStepOptions): void {
  const cannot = "Cannot create train step: expected";
  if (!Number.isSafeInteger(seed)) throw new RangeError(`${cannot} seed a whole number, got ${seed}`);
  if (!(Number.isSafeInteger(globalStep) && globalStep >= 0))
    throw new RangeError(`${cannot} globalStep a whole number of 0 or more, got ${globalStep}`);
  if (["regularizer", "decoupled", "none"].includes(weightDecay)) return;
  throw new RangeError(
    `${cannot} weightDecay "regularizer", "decoupled" or "none", got ${JSON.stringify(weightDecay)}; its factor is an option of Model`,
  );
}

/**
 * How many calls make one update.
 * @throws {RangeError} if it is no whole number from 1 on
 */
export function callsOf({ gradientAccumulation = 1 }: TrainStepOptions): number {
  if (Number.isSafeInteger(gradientAccumulation) && gradientAccumulation >= 1) return gradientAccumulation;
  throw new RangeError(
    `Cannot accumulate gradients: expected a whole number of calls from 1 on, got ${gradientAccumulation}`,
  );
}

/**
 * Whether the step runs operation by operation.
 * @throws {TypeError} if it does in a cluster, where waiting for others would stop the event loop
 */
export function isEager({ eager = false, cluster }: TrainStepOptions): boolean {
  if (!eager || cluster === undefined || cluster.size === 1) return eager;
  throw new TypeError("Cannot create train step: expected a compiled one in a cluster, got eager");
}

/**
 * What the compiled step is computed in, and what of it twice.
 * @throws {RangeError} if precision or recompute is none that it may be
 * @throws {TypeError} if one is another than its default for an eager step, or precision is measured in a cluster
 */
export function compilingOf({
  precision = "float32",
  recompute = "none",
  eager = false,
  cluster,
}: TrainStepOptions): { readonly precision: Precision; readonly recompute: Recompute } {
  const cannot = "Cannot create train step: expected";
  if (eager && precision !== "float32")
    throw new TypeError(`${cannot} precision "float32" of an eager one, got "${precision}"`);
  if (eager && recompute !== "none")
    throw new TypeError(`${cannot} recompute "none" of an eager one, got ${JSON.stringify(recompute)}`);
  if (precision === "auto" && cluster !== undefined && cluster.size > 1)
    throw new TypeError(
      `${cannot} precision "float32" or "bfloat16" in a cluster, whose processes might choose differently, got "auto"`,
    );
  const what = "create train step";
  return { precision: expectPrecision(precision, what), recompute: expectRecompute(recompute, what) };
}
