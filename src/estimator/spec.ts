/** What a model function is given and what it gives. */
import type { Model } from "../model";
import type { tf } from "../tensorflow";
import type { EvalStep, MetricRecord, Metrics, SaverOptions, StepResult, TrainStep } from "../training";
import type { ResolvedRunConfig } from "./config";

/** What a model function is called for; the values are tf.estimator's. */
export const ModeKeys = { TRAIN: "train", EVAL: "eval", PREDICT: "infer" } as const;

/** One of ModeKeys. */
export type Mode = (typeof ModeKeys)[keyof typeof ModeKeys];

/** A batch's tensors: one, or several by name, such as `{ image }`. */
export type Features = tf.Tensor | Readonly<Record<string, tf.Tensor>>;

/** A batch's labels: int32 [batch], or float32 [batch, classes], or a record with these as `label`. */
export type Labels = tf.Tensor | Readonly<Record<string, tf.Tensor>>;

/** Outputs by name, made of a batch's features; recorded as by trace(). */
export type Predict = (features: Features) => Readonly<Record<string, tf.Tensor>>;

/**
 * What a model function gives: the cells of which an Estimator makes a training, an evaluation or predictions. The estimator
 * disposes `trainOp` and `evalStep`; the model is its maker's.
 */
export interface EstimatorSpec {
  readonly mode: Mode;
  /** What is saved, restored and exported: the same one in each mode. */
  readonly model: Model;
  /** Needed to train. */
  readonly trainOp?: TrainStep;
  /** Scalars for the event file, of a step that is summarized. @default crossEntropy, accuracy, learning_rate, and the gradients' norms if there are no histograms of them */
  readonly summaries?: (result: StepResult) => Readonly<Record<string, number>>;
  /** Whether histograms of the model's variables, by their names, go to the event file with the scalars. @default false */
  readonly summarizeVariables?: boolean;
  /** Needed to evaluate. */
  readonly evalStep?: EvalStep;
  /** What an evaluation gives beside `loss`, `crossEntropy` and `global_step`. @default none */
  readonly evalMetricOps?: Metrics<MetricRecord>;
  /** Needed to predict. */
  readonly predictions?: Predict;
  /** Signatures to export, by name, of what the receiver makes of a request. @default the model's: predict, serving_default, classify */
  readonly exportOutputs?: Readonly<Record<string, Predict>>;
  readonly scaffold?: Scaffold;
}

/** How a training begins and is saved. */
export interface Scaffold {
  /** @default from the RunConfig, in one file */
  readonly saver?: SaverOptions;
  /** Called before the first step of a modelDir without a checkpoint, e.g. to load a pretrained network. */
  readonly init?: () => void | Promise<void>;
}

/**
 * Makes the cells of a mode, from the first batch of the input. An estimator calls it once for each mode and keeps what it
 * gives, so that a second evaluation need not compile.
 * @param features  of the first batch; disposed after the call
 * @param labels    of the first batch; undefined to predict and to export
 * @param params    the estimator's
 * @param config    the estimator's, with all defaults
 */
export type ModelFn<P> = (
  features: Features,
  labels: Labels | undefined,
  mode: Mode,
  params: P,
  config: ResolvedRunConfig,
) => EstimatorSpec;

/** An input's element: [features, labels], or features alone. */
export type InputElement = Features | readonly [features: Features, labels: Labels];
