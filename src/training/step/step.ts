import { ALONE, together, type Cluster } from "../../distribute";
import type { DatasetIterator } from "../../input";
import type { ClassLabels } from "../../model/losses";
import type { Model } from "../../model/model";
import { expectPixels } from "../../model/pixels";
import type { ModelVariable } from "../../model/variables";
import { random, tf, type Hyperparameter, type Signature } from "../../tensorflow";
import { expectBatch } from "../batch/batch";
import { averagesOf, beginAverages } from "./averages";
import { counted } from "./count";
import { explained } from "./numerics";
import { expectFrozen } from "../features/frozen";
import { freshness, type FeatureOrigin } from "../features/origin";
import type { OptimizerState } from "../optimizers/optimizer";
import { feedOf } from "./feed";
import { hyperparametersOf } from "./hyperparameters";
import { callsOf, compilingOf, isEager, optimizerOf, type TrainStepOptions } from "./options";
import type { Pass } from "./pass";
import { savedParts, shareGathered, waitFor } from "./saved";
import type { Gathered } from "../saver/restore";
import { getTrainableVariables } from "../../model/scopes";
import { synchronize } from "../saver/synchronize";
import { inTurn } from "./turn";
import { metricsOf, readMetrics, runnerOf, updatesOf } from "./update";

/** What one step of training gives. */
export interface StepResult {
  /** Of the batch before the update: cross-entropy and weight decay, if that is in the loss. */
  readonly loss: number;
  readonly crossEntropy: number;
  /** 0…1, of the batch before the update */
  readonly accuracy: number;
  /** That the update was made with: of the last layer that is trained, if rates differ. */
  readonly learningRate: number;
  /** That the update was made with, if it follows a schedule. */
  readonly momentum?: number;
  /** Updates done, this one included. */
  readonly globalStep: number;
  /** With gradientNorms, if there was an update: L2 norms of the gradients it was made with, by variable. */
  readonly gradientNorms?: Readonly<Record<string, number>>;
  /** With gradientAccumulation: calls that wait for the next update, 0 after one. */
  readonly accumulated?: number;
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

/** One step of training, with the gradients that it applied. */
export interface StepWithGradients extends StepResult {
  /** By the names of the trained variables; none of a call that made no update. The caller disposes them. */
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
}

/** One step of training: awaits it, the model has learned from the batch. Calls run one after the other. */
export interface TrainStep {
  /**
   * @param images  as model.preprocess() takes them; must live until the step is done
   * @param labels  int32 [batch], 0 … classes − 1; or float32 [batch, classes], how much of each class is in each image
   * @throws {TypeError} if these are no batch
   * @throws {RangeError} if a label is no class of the model, or a schedule's learning rate is none
   * @throws {RangeError} if the pixels of the first batch of a shape are not in 0…255, unless the model takes any
   * @throws {RangeError} with checkNumerics, before anything has changed, if the loss or a gradient is not finite
   * @throws {Error} "Interrupted", before anything has changed, if the cell was interrupted
   */
  (images: tf.Tensor4D, labels: ClassLabels): Promise<StepResult>;
  /** The same step, which gives the gradients too, as clipped and multiplied; compiled for itself at its first call. */
  withGradients(images: tf.Tensor4D, labels: ClassLabels): Promise<StepWithGradients>;
  /**
   * The same step beginning at an endpoint: it is given the endpoint's activation, float32 [batch, height, width, channels], in
   * place of the images, and the layers before it, which are frozen, are not run. Compiled for itself at its first call; updates,
   * global step and optimizer's variables are this step's. train() does this with what features() gives.
   * @param where  an endpoint, or what features() gave, whose calls then throw if the weights before it have changed
   * @throws {RangeError} if the network can't begin there, or a layer before it is trained
   */
  from(this: void, where: string | Pick<FeatureOrigin, "endpoint" | "weights">): StepFrom;
  /** Updates that the model has behind it, those of its other steps included. */
  readonly globalStep: number;
  /** What all learning rates are multiplied by; reduceOnPlateau() lowers it. @default 1 */
  learningRateFactor: number;
  readonly model: Model;
  /** Whether its gradients shall be summarized, as the option says. */
  readonly summarizeGradients: boolean;
  /** What it was made with, as a table of runs tells it; tensorboard() writes it. */
  readonly hyperparameters: Readonly<Record<string, Hyperparameter>>;
  /** The variables it trains. */
  readonly trained: readonly ModelVariable[];
  /** The optimizer's variables, and moving averages, by their names in a checkpoint, which a Saver saves; none of a tfjs optimizer. */
  readonly slots: Readonly<Record<string, tf.Variable>>;
  /** What the optimizer keeps that no checkpoint can hold: a name of tfjs's, but for its SGD; else undefined. */
  readonly unsaved?: string;
  /** The optimizer's variables as they are before the first step. The caller disposes the result. */
  initialSlots(this: void): Pick<OptimizerState, "slots" | "dispose">;
  /** With movingAverageDecay: what a Saver calls first, so that averages have begun. */
  readonly beforeSaving?: (this: void) => void;
  /** With gradientAccumulation: what waits for the next update, which a Saver saves too. */
  readonly gathered?: Gathered;
  /**
   * Looks at the pixels of images, as train() does with each dataset's first batch: a compiled step by itself looks at the first
   * batch of each shape only.
   * @throws {RangeError} if they are not in 0…255, unless the model takes any
   */
  expectPixels(this: void, images: tf.Tensor4D): void;
  /** What the next step would do with a batch, looked into; changes nothing. The caller disposes the result. */
  inspect(images: tf.Tensor4D, labels: ClassLabels): Promise<StepInspection>;
  /** Those that train together; ALONE if it is one process. */
  readonly cluster: Cluster;
  /**
   * All processes take the chief's variables, optimizer's variables and global step, each calling this once: before the first
   * step, when the chief has its first weights or has restored a checkpoint. Alone it does nothing.
   * @param iterator  of the process's own batches: goes where the chief's is, each in its own shard
   * @throws {Error} that names who is gone
   * @throws {RangeError} if the chief's iterator is over another dataset or other files
   */
  synchronize(iterator?: DatasetIterator<unknown>): Promise<void>;
  /**
   * Makes what gradientAccumulation has gathered in each process the mean of all, so that the chief may save it for all; each
   * process calls this. Alone, and where nothing waits, it does nothing.
   * @throws {Error} that names who is gone
   */
  shareGathered(): Promise<void>;
  /** The compiled step's recordings, one for each shape of batch; none if eager. */
  signatures(): Signature[];
  /**
   * The compiled step for SummaryWriter.graph(), as a serialized GraphDef.
   * @throws {Error} if there was none yet, or it is eager
   */
  graph(): Uint8Array;
  /** Frees the compiled step and the optimizer's variables, whose memory the system gets back in the next turn; the model stays. */
  dispose(): void;
}

/** A step that begins at an endpoint; see TrainStep.from(). */
export type StepFrom = Pick<TrainStep, "withGradients"> & ((...batch: StepBatch) => Promise<StepResult>);

/**
 * A function that trains a model by one batch: preprocess, predict, loss, gradients, moving statistics and update as one
 * compiled TensorFlow function.
 *
 * What is frozen (in `scopesToFreeze`, or outside `trainableScopes`) gets no gradient; its batch norms neither use nor update
 * batch statistics, and below the lowest trained layer no backward pass is computed. Each shape of batch is compiled once, at
 * its first step. The caller disposes the step.
 * @throws {RangeError} if a scope is unknown, nothing is left to train, or an option is out of its range
 * @throws {TypeError} if it is eager in a cluster, or a tfjs optimizer comes with another learning rate or momentum
 * @example
 * const step = createTrainStep(model, { learningRate: 0.01, scopesToFreeze: "resnet_v1_50/block1" });
 * const { loss, accuracy, globalStep } = await step(images, labels);
 */
export function createTrainStep(model: Model, options: TrainStepOptions = {}): TrainStep {
  const { seed = 0, globalStep, summarizeGradients = false, cluster = ALONE } = options;
  const [eager, trained] = [isEager(options), expectTrained(model, options)];
  const { optimizer, rates } = optimizerOf(options, trained, model.variables.all());
  const [calls, state, averages] = [callsOf(options), optimizer(trained), averagesOf(model, options)];
  const feed = feedOf(rates, { momentum: state.momentum, averageDecay: averages?.decay });
  const updates = updatesOf(model, trained, { state, feed, averages }, options);
  const runner = runnerOf(updates, eager, compilingOf(options));
  const [normed, gathered] = [options.gradientNorms === true ? trained : [], updates.gathered];
  const nextSeed = (): tf.Tensor1D => seedOf(seed, step.globalStep * calls + (gathered?.count ?? 0), cluster);

  const runOne: RunStep = async (from, [images, labels], update) => {
    expectBatch(images, labels, { ...model.options, what: "train" });
    beginAverages(model, averages);
    const { values, told } = feed.numbers(step);
    const [stepSeed, numbers] = [nextSeed(), tf.tensor1d([...values])];
    const { accumulated, isUpdate } = nextCall(gathered, calls);
    try {
      const part = isUpdate ? update : "gather";
      const { metrics, gradients } = await runner.run(part, from, [images, labels, stepSeed, numbers]);
      const { norms, ...read } = await readMetrics(metrics, isUpdate ? normed : []);
      const waiting = waitFor(gathered, isUpdate ? 0 : accumulated);
      if (isUpdate) step.globalStep++;
      return { ...read, ...told, globalStep: step.globalStep, ...norms, ...waiting, gradients };
    } catch (error) {
      const at = `at step ${step.globalStep + 1} with learning rate ${told.learningRate}`;
      const look = (): Pass => updates.look(from, images, labels, stepSeed);
      throw explained(error, { model, images, look, at, cluster });
    } finally {
      tf.dispose([stepSeed, numbers]);
    }
  };
  const made = Object.assign(callables(runOne, { model, trained, cluster }), {
    ...{ cluster, globalStep: 0, learningRateFactor: 1, model, summarizeGradients, trained },
    ...{ hyperparameters: hyperparametersOf(model, options, state) },
    ...savedParts({ state, gathered, averages }, { model, initial: () => optimizer(trained) }),
    expectPixels: (images: tf.Tensor4D): void => expectPixels(images, model.options.pixels),
    inspect: async (...batch: StepBatch): Promise<StepInspection> => {
      expectBatch(...batch, { ...model.options, what: "inspect a step" });
      const next = { ...feed.numbers(step).told, globalStep: step.globalStep + 1 };
      return inspectionOf(() => updates.look(undefined, ...batch, nextSeed()), next);
    },
    synchronize: (iterator?: DatasetIterator<unknown>) => synchronize(cluster, { model, step, iterator }),
    shareGathered: () => shareGathered(cluster, runner, gathered),
    signatures: () => runner.signatures(),
    graph: () => runner.graph(),
    dispose: () => [runner, updates, state, averages].forEach((part) => part?.dispose()),
  });
  const step = counted(made, model, globalStep);
  return step;
}

/** Which of the calls that make an update comes next, and whether it makes it. */
function nextCall(gathered: Gathered | undefined, calls: number): { accumulated: number; isUpdate: boolean } {
  const accumulated = (gathered?.count ?? 0) + 1;
  return { accumulated, isUpdate: accumulated === calls };
}

/** What one call draws from: other numbers than each other call, and each other process. */
function seedOf(seed: number, call: number, { size, rank }: Cluster): tf.Tensor1D {
  return random.seed(seed, call * size + rank);
}

function expectTrained(model: Model, options: TrainStepOptions): readonly ModelVariable[] {
  const trained = getTrainableVariables(model, options);
  if (trained.length > 0) return trained;
  throw new RangeError("Cannot create train step: expected variables to train, got all of them frozen");
}

type RunStep = (
  from: string | undefined,
  batch: StepBatch,
  update: "update" | "inspectedUpdate",
) => Promise<StepWithGradients>;

/** The step as its caller has it, from the images on and from an endpoint on. */
function callables(
  runOne: RunStep,
  { model, trained, cluster }: Pick<TrainStep, "trained" | "cluster"> & { readonly model: Model },
): StepFrom & Pick<TrainStep, "from"> {
  const run = inTurn((...call: Parameters<RunStep>) => together(cluster, () => runOne(...call)));
  const from: TrainStep["from"] = (where) => {
    const origin = typeof where === "string" ? { endpoint: where } : where;
    expectFrozen(model.cutAt(origin.endpoint), trained, "begin a step at");
    const expectFresh = "weights" in origin ? freshness(model, origin, "train") : undefined;
    return callable((endpoint, batch, update) => {
      expectFresh?.();
      return run(endpoint, batch, update);
    }, origin.endpoint);
  };
  return Object.assign(callable(run, undefined), { from });
}

/** Without and with gradients. */
function callable(run: RunStep, from: string | undefined): StepFrom {
  const step = async (...batch: StepBatch): Promise<StepResult> => {
    const { gradients: _, ...result } = await run(from, batch, "update");
    return result;
  };
  return Object.assign(step, {
    withGradients: (...batch: StepBatch) => run(from, batch, "inspectedUpdate"),
  });
}

type StepBatch = [images: tf.Tensor4D, labels: ClassLabels];

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
  look: () => Pass,
  next: Pick<StepResult, "learningRate" | "momentum" | "globalStep">,
): Promise<StepInspection> {
  const { metrics, ...tensors } = tf.tidy(() => inspectedOf(look()));
  const { loss, crossEntropy, accuracy } = await readMetrics(metrics);
  return { ...tensors, loss, crossEntropy, accuracy, ...next, dispose: () => tf.dispose(tensors) };
}
