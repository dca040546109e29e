/** What an Estimator and its calls are given. */
import type { Dataset } from "../input";
import type { Callback } from "../training";
import type { RunConfig } from "./config";
import type { EvalProgress } from "./evaluation";
import type { CacheFrozenOptions } from "./frozen";
import type { RunHook } from "./hooks";
import type { InputElement, ModelFn } from "./spec";
import type { Progress } from "./training";
import type { WeightsOptions } from "./weights";

/** Makes an input: called once for each training, evaluation or prediction. */
export type InputFn = () => Dataset<InputElement>;

/** What an Estimator is made of. */
export interface EstimatorOptions<P> {
  readonly modelFn: ModelFn<P>;
  /** Where checkpoints and event files go. @default a new folder among the system's temporary ones */
  readonly modelDir?: string;
  readonly config?: RunConfig;
  /** What the model function is given. @default {} */
  readonly params?: P;
}

/** What goes for each call. */
export interface RunOptions {
  /** Called after each batch; progressBar().update takes it. */
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the call with the signal's reason; a training saves a checkpoint first. @default the running cell's, its Interrupt */
  readonly signal?: AbortSignal;
}

/** Options of Estimator.train(). */
export interface EstimatorTrainOptions extends RunOptions {
  readonly inputFn: InputFn;
  /** Steps to take now. @default to the input's end */
  readonly steps?: number;
  /** Steps that the model shall have behind it at the end, those of earlier calls included. @default to the input's end */
  readonly maxSteps?: number;
  readonly hooks?: readonly RunHook[];
  /**
   * As train() takes them. An epoch is what lies between two evaluations by trainAndEvaluate(), or the whole training. What they
   * change of the model when it ends, as keepBest() does, is in the last checkpoint, which is then saved again; exporters have
   * exported before.
   * @default none
   */
  readonly callbacks?: readonly Callback[];
  /** Checkpoints each so many steps beside the config's. @default none */
  readonly alsoSaveEverySteps?: number;
  /**
   * Whether layers that the train step leaves frozen run once, as by features(), and not in each step: the input's photos are read
   * `views` times, and the steps that follow are taken on what was kept of them, in the modelDir's folder "features". Not in a
   * cluster. @default false
   */
  readonly cacheFrozen?: boolean | CacheFrozenOptions;
}

/** Options of Estimator.evaluate(). */
export interface EstimatorEvaluateOptions extends RunOptions, WeightsOptions {
  readonly inputFn: InputFn;
  /** Batches at most. @default to the input's end */
  readonly steps?: number;
  readonly hooks?: readonly RunHook<EvalProgress>[];
  /** Of the evaluation, if there are several: its events go to `eval_${name}`. @default none: `eval` */
  readonly name?: string;
}

/** Options of Estimator.predict(). */
export interface EstimatorPredictOptions extends WeightsOptions {
  /** Gives features, or [features, labels], of which the labels are passed by. */
  readonly inputFn: InputFn;
  /** Which outputs are wanted. @default all */
  readonly predictKeys?: readonly string[];
}
