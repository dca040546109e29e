import { Model, type ModelOptions } from "../model";
import {
  accuracyMetric,
  configureLearningRate,
  createEvalStep,
  createMetrics,
  createTrainStep,
  initVariablesFromCheckpoint,
  multiLabelMetrics,
  type AssignmentOptions,
  type MetricRecord,
  type Metrics,
  type SaverOptions,
  type LearningRate,
  type Schedule,
  type Scopes,
  type TrainStepOptions,
} from "../training";
import type { Precision } from "../tensorflow";
import type { ResolvedRunConfig } from "./config";
import { imagesOf } from "./features";
import { ModeKeys, type EstimatorSpec, type Features, type ModelFn, type Predict } from "./spec";

/** Options of createModelFn(). */
export interface ModelFnOptions extends Omit<TrainStepOptions, "globalStep"> {
  /** The network. @default a ResNet-50 for two classes */
  readonly model?: Omit<ModelOptions, "isTraining">;
  /** A pretrained network to begin with, where modelDir has no checkpoint. @default none */
  readonly checkpointPath?: string;
  /** What is not taken from it, e.g. a head for other classes. @default none */
  readonly checkpointExcludeScopes?: Scopes;
  /** Its names, and what they are in the model. @default those of the model */
  readonly checkpointAssignmentMap?: AssignmentOptions["assignmentMap"];
  /** Whether the moving averages in it are taken, where it has these. @default false */
  readonly checkpointMovingAverages?: boolean;
  /**
   * With a number as learningRate: exponential decay as configureLearningRate() has it.
   * @default none
   * @throws {TypeError} when the step is made, with a schedule or several rates as learningRate
   */
  readonly decaySteps?: number;
  /** What evaluations measure beside loss and crossEntropy. @default { accuracy: accuracyMetric() }; of a multiLabel model multiLabelMetrics() */
  readonly evalMetricOps?: Metrics<MetricRecord>;
  /** Whether histograms of all variables go to the event file with the scalars. @default false */
  readonly summarizeVariables?: boolean;
  /** Of training and evaluation; see createTrainStep(). @default "float32" */
  readonly precision?: Precision;
  /** How checkpoints are kept; `newSlots: "initial"` goes on with another optimizer or other frozen scopes. @default the RunConfig's */
  readonly saver?: SaverOptions;
}

/** A model function with the one model it makes. */
export interface ClassifierModelFn extends ModelFn<unknown> {
  /** The model of all modes; made at the first call of this or of the model function. */
  model(): Model;
  /** Frees the model. */
  dispose(): void;
}

/**
 * The walk-through's model function: a classifier that is fine-tuned from a checkpoint, evaluated and exported.
 *
 * Steps stop at numbers that are not finite (`checkNumerics`) and give the gradients' norms (`gradientNorms`), of which event
 * files have histograms (`summarizeGradients`), unless told not to. The caller disposes it after the estimator.
 * @example
 * const modelFn = createModelFn({ model: { numClasses: 2 }, checkpointPath: "resnet_v1_50.ckpt", checkpointExcludeScopes: "Predict" });
 * const estimator = new Estimator({ modelFn, modelDir: "build/model" });
 * @see the walk-through's create_model_fn
 */
export function createModelFn(options: ModelFnOptions = {}): ClassifierModelFn {
  const { model: modelOptions = {} } = options;
  let made: Model | undefined;
  const modelOf = (seed = 0): Model => (made ??= new Model({ seed, ...modelOptions, isTraining: true }));
  const predictions: Predict = (features: Features) => {
    const model = modelOf();
    const preprocessed = model.preprocess(imagesOf(features, "predict"));
    return model.postprocess(model.predict(preprocessed, { isTraining: false }));
  };
  const modelFn: ModelFn<unknown> = (_features, _labels, mode, _params, config) => {
    const model = modelOf(config.tfRandomSeed);
    switch (mode) {
      case ModeKeys.TRAIN:
        return trainSpecOf(model, options, config);
      case ModeKeys.EVAL: {
        const { evalMetricOps = metricsOf(model) } = options;
        return {
          mode,
          model,
          evalStep: createEvalStep(model, { precision: options.precision }),
          evalMetricOps,
        };
      }
      case ModeKeys.PREDICT:
        return { mode, model, predictions };
    }
  };
  const dispose = (): void => {
    made?.dispose();
    made = undefined;
  };
  return Object.assign(modelFn, { model: () => modelOf(), dispose });
}

function metricsOf({ options: { multiLabel, numClasses } }: Model): Metrics<MetricRecord> {
  return multiLabel ? multiLabelMetrics({ numClasses }) : createMetrics({ accuracy: accuracyMetric() });
}

function trainSpecOf(
  model: Model,
  options: ModelFnOptions,
  { tfRandomSeed: seed, cluster }: ResolvedRunConfig,
): EstimatorSpec {
  const { decaySteps, model: _, ...training } = options;
  const { learningRate = 0.01, saver, summarizeVariables = false } = options;
  const rate = decaySteps === undefined ? {} : { learningRate: decayOf(learningRate, decaySteps) };
  const asked = { checkNumerics: true, gradientNorms: true, summarizeGradients: true };
  // The modelDir says how far the model is, whatever it did for another.
  const trainOp = createTrainStep(model, { ...asked, seed, cluster, ...training, ...rate, globalStep: 0 });
  const init = (): void => initPretrained(model, options);
  const scaffold = { init, ...(saver && { saver }) };
  return { mode: ModeKeys.TRAIN, model, trainOp, summarizeVariables, scaffold };
}

function decayOf(learningRate: LearningRate, decaySteps: number): Schedule {
  if (typeof learningRate === "number") return configureLearningRate({ learningRate, decaySteps });
  const got = typeof learningRate === "function" ? "a schedule" : "several";
  throw new TypeError(`Cannot train: expected decaySteps with a number as learningRate, got ${got}`);
}

function initPretrained(model: Model, options: ModelFnOptions): void {
  const { checkpointPath, checkpointExcludeScopes: excludeScopes } = options;
  const { checkpointAssignmentMap: assignmentMap, checkpointMovingAverages: movingAverages } = options;
  if (checkpointPath === undefined) return;
  initVariablesFromCheckpoint(model, checkpointPath, {
    ...(excludeScopes !== undefined && { excludeScopes }),
    ...(assignmentMap !== undefined && { assignmentMap }),
    ...(movingAverages !== undefined && { movingAverages }),
  });
}
