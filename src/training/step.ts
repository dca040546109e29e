import { cellSignal, finishFirst, shielded } from "../interrupt";
import type { Model } from "../model/model";
import type { ModelVariable } from "../model/variables";
import { random, tf, trace, type Signature } from "../tensorflow";
import { expectBatch } from "./batch";
import { momentumOptimizer, tfjsOptimizer, type Optimizer } from "./optimizer";
import { differentiate, type Pass } from "./pass";
import type { Schedule } from "./schedule";
import { getTrainableVariables, trainedNames, type TrainableOptions } from "./scopes";

/** Options of createTrainStep(). */
export interface TrainStepOptions extends TrainableOptions {
  /** A rate, or one for each step; a tfjs optimizer has its own. @default 0.01 (TF-Slim train_image_classifier) */
  readonly learningRate?: number | Schedule;
  /** Of the default optimizer. @default 0.9 */
  readonly momentum?: number;
  /** One of ours or of tfjs, whose learning rate is then fixed in the compiled step. @default momentumOptimizer({ momentum }) */
  readonly optimizer?: Optimizer | tf.Optimizer;
  /** Whether each step runs operation by operation, not compiled: slower, but a debugger sees inside. @default false */
  readonly eager?: boolean;
  /** What a model made for training draws its crops and mirrorings from, with the step's number. @default 0 */
  readonly seed?: number;
  /** Steps that the model has behind it, e.g. from a checkpoint. @default 0 */
  readonly globalStep?: number;
}

/** What one step of training gives. */
export interface StepResult {
  /** Of the batch before the update: cross-entropy and weight decay. */
  readonly loss: number;
  readonly crossEntropy: number;
  /** 0…1, of the batch before the update */
  readonly accuracy: number;
  /** That the update was made with. */
  readonly learningRate: number;
  /** Steps done, this one included. */
  readonly globalStep: number;
}

/** What a step would do, with the tensors it would do it with. */
export interface StepInspection extends StepResult {
  /** float32 [batch, classes] */
  readonly logits: tf.Tensor2D;
  /** Activations, by TF-Slim's names. */
  readonly endpoints: Readonly<Record<string, tf.Tensor>>;
  /** Of the loss, by the names of the trained variables. */
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
  /** Frees the tensors. */
  dispose(): void;
}

/** One step of training: awaits it, the model has learned from the batch. Calls run one after the other. */
export interface TrainStep {
  /**
   * @param images  as model.preprocess() takes them; must live until the step is done
   * @param labels  int32 [batch], 0 … classes − 1
   * @throws {TypeError} if these are no batch
   * @throws {RangeError} if a label is no class of the model
   * @throws {Error} "Interrupted", before anything has changed, if the cell was interrupted
   */
  (images: tf.Tensor4D, labels: tf.Tensor1D): Promise<StepResult>;
  /** Steps done. */
  readonly globalStep: number;
  /** The variables it trains. */
  readonly trained: readonly ModelVariable[];
  /** The optimizer's variables by their names in a checkpoint, for saveVariables(); none of a tfjs optimizer. */
  readonly slots: Readonly<Record<string, tf.Variable>>;
  /** What the next step would do with a batch, looked into; changes nothing. The caller disposes the result. */
  inspect(images: tf.Tensor4D, labels: tf.Tensor1D): Promise<StepInspection>;
  /** The compiled step's recordings, one for each shape of batch; none if eager. */
  signatures(): Signature[];
  /** Frees the compiled step and the optimizer's variables; the model stays. */
  dispose(): void;
}

/**
 * A function that trains a model by one batch: preprocess, predict, loss, gradients, moving statistics and update as one
 * compiled TensorFlow function.
 *
 * What is frozen (in `scopesToFreeze`, or outside `trainableScopes`) gets no gradient; its batch norms neither use nor update
 * batch statistics, and below the lowest trained layer no backward pass is computed. Each shape of batch is compiled once, at
 * its first step. The caller disposes the step.
 * @throws {RangeError} if a scope is unknown or nothing is left to train
 * @throws {TypeError} if a tfjs optimizer comes with another learning rate or momentum
 * @example
 * const step = createTrainStep(model, { learningRate: 0.01, scopesToFreeze: "resnet_v1_50/block1" });
 * const { loss, accuracy, globalStep } = await step(images, labels);
 */
export function createTrainStep(model: Model, options: TrainStepOptions = {}): TrainStep {
  const { eager = false, seed = 0, globalStep = 0 } = options;
  const { numClasses } = model.options;
  const isTrained = trainedNames(model, options);
  const trained = getTrainableVariables(model, options);
  if (trained.length === 0)
    throw new RangeError("Cannot create train step: expected variables to train, got all of them frozen");
  const { optimizer, schedule } = optimizerOf(options);
  const state = optimizer(trained);

  const look = (images: tf.Tensor4D, labels: tf.Tensor1D, stepSeed: tf.Tensor1D): Pass =>
    differentiate(model, [images, labels], { trained, isTrained, seed: stepSeed });
  const update = (...[images, labels, stepSeed, learningRate]: UpdateArguments): tf.Tensor1D => {
    const pass = look(images, labels, stepSeed);
    for (const { variable, value } of pass.predictions.updates) variable.assign(value);
    state.apply(pass.gradients, learningRate);
    return metricsOf(pass);
  };
  const compiled = trace(update, { name: "trainStep" });
  const run = eager
    ? (...args: UpdateArguments): tf.Tensor1D => shielded(() => tf.tidy(() => update(...args)))
    : compiled;

  const runOne = async (images: tf.Tensor4D, labels: tf.Tensor1D): Promise<StepResult> => {
    expectBatch(images, labels, { numClasses, what: "train" });
    const learningRate = schedule(step.globalStep);
    const [stepSeed, rate] = [random.seed(seed, step.globalStep), tf.scalar(learningRate)];
    try {
      const metrics = await readMetrics(await run(images, labels, stepSeed, rate));
      return { ...metrics, learningRate, globalStep: ++step.globalStep };
    } finally {
      tf.dispose([stepSeed, rate]);
    }
  };
  const step = Object.assign(inTurn(runOne), {
    globalStep,
    trained,
    slots: state.slots,
    inspect: async (images: tf.Tensor4D, labels: tf.Tensor1D): Promise<StepInspection> => {
      expectBatch(images, labels, { numClasses, what: "inspect a step" });
      const learningRate = schedule(step.globalStep);
      const inspected = tf.tidy(() => inspectedOf(look(images, labels, random.seed(seed, step.globalStep))));
      return inspectionOf(inspected, { learningRate, globalStep: step.globalStep + 1 });
    },
    signatures: () => compiled.signatures(),
    dispose: () => {
      compiled.dispose();
      state.dispose();
    },
  });
  return step;
}

type UpdateArguments = [
  images: tf.Tensor4D,
  labels: tf.Tensor1D,
  stepSeed: tf.Tensor1D,
  learningRate: tf.Scalar,
];

/** The same function, whose calls wait for one another; an interrupt lets the one that has begun finish, and begins no other. */
function inTurn<A extends readonly unknown[], R>(
  work: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  let last: Promise<unknown> = Promise.resolve();
  return (...args) => {
    const signal = cellSignal();
    const next = last.then(() => {
      signal?.throwIfAborted();
      return work(...args);
    });
    last = next.catch(() => undefined);
    return finishFirst(next);
  };
}

function optimizerOf(options: TrainStepOptions): {
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
} {
  const { learningRate, momentum, optimizer } = options;
  if (optimizer !== undefined && momentum !== undefined)
    throw new TypeError("Cannot create train step: expected the momentum in the optimizer, got both");
  if (optimizer !== undefined && optimizer instanceof tf.Optimizer) {
    if (learningRate !== undefined)
      throw new TypeError(
        "Cannot create train step: expected the learning rate in the tfjs optimizer, got both",
      );
    const { learningRate: own } = optimizer.getConfig();
    return { optimizer: tfjsOptimizer(optimizer), schedule: () => Number(own) };
  }
  const rate = learningRate ?? 0.01;
  const schedule = typeof rate === "number" ? (): number => rate : rate;
  return { optimizer: optimizer ?? momentumOptimizer(momentum === undefined ? {} : { momentum }), schedule };
}

type Inspected = Pick<StepInspection, "logits" | "endpoints" | "gradients"> & {
  readonly metrics: tf.Tensor1D;
};

function inspectedOf(pass: Pass): Inspected {
  const { logits, endpoints } = pass.predictions;
  const gradients = Object.fromEntries(
    pass.gradients.map(({ variable, gradient }) => [variable.name, gradient]),
  );
  return { metrics: metricsOf(pass), logits, endpoints, gradients };
}

async function inspectionOf(
  { metrics, ...tensors }: Inspected,
  next: Pick<StepResult, "learningRate" | "globalStep">,
): Promise<StepInspection> {
  return { ...tensors, ...(await readMetrics(metrics)), ...next, dispose: () => tf.dispose(tensors) };
}

type Metrics = Pick<StepResult, "loss" | "crossEntropy" | "accuracy">;

/** One tensor, so that one read brings all. */
function metricsOf({ loss, crossEntropy, accuracy }: Pass): tf.Tensor1D {
  return tf.stack([loss, crossEntropy, accuracy]).as1D();
}

async function readMetrics(metrics: tf.Tensor1D): Promise<Metrics> {
  try {
    const [loss = NaN, crossEntropy = NaN, accuracy = NaN] = await metrics.data();
    return { loss, crossEntropy, accuracy };
  } finally {
    metrics.dispose();
  }
}
