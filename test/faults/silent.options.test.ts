/** Options that would make nonsense of a model, a step, a schedule or an evaluation, and say nothing. */
import { createModelFn, Estimator } from "../../src/estimator";
import { Model, type ModelOptions } from "../../src/model";
import { tf } from "../../src/tensorflow";
import {
  adamOptimizer,
  adamWOptimizer,
  configureLearningRate,
  createTrainStep,
  evaluate,
  momentumOptimizer,
  rmsPropOptimizer,
  train,
  type LearningRateOptions,
  type TrainStepOptions,
} from "../../src/training";
import { thinInput } from "../estimator/thin";
import { batchesOf, patternBatch, thinModel } from "../training/thin";
import { testSituations, type Situation } from "./table";

/** Rows of one maker, by what it is given. */
function refused<T>(
  what: string,
  make: (options: T) => unknown,
  rows: readonly (readonly [options: T, expected: string])[],
): Situation[] {
  return rows.map(([options, expected]) => ({
    name: `${what} refuses ${expected}`,
    situation: () => make(options),
    expected: new RegExp(expected.replace(/[.()"[\]]/g, "\\$&") + "$"),
  }));
}

/** Creates a step of a small model, and takes one step. */
async function takeStep(options: TrainStepOptions, modelOptions: ModelOptions = {}, batch = 2) {
  const model = thinModel(modelOptions);
  const [{ image }, labels] = patternBatch("options", batch);
  try {
    const step = createTrainStep(model, options);
    try {
      return (await step(image, labels)).globalStep;
    } finally {
      step.dispose();
    }
  } finally {
    model.dispose();
    tf.dispose([image, labels]);
  }
}

const model = thinModel();
const step = createTrainStep(model, { trainableScopes: "Predict" });

testSituations([
  ...refused("Model", (options: ModelOptions) => new Model(options), [
    [
      { numClasses: 1 },
      "expected numClasses to be a whole number > 1 (the probability of one class alone is always 1), got 1",
    ],
    [{ weightDecay: -1e-4 }, "expected weightDecay to be 0 or more, got -0.0001"],
    [{ weightDecay: NaN }, "expected weightDecay to be 0 or more, got NaN"],
    [{ batchNormDecay: 1 }, "expected batchNormDecay to be in 0 … 1, but not 1, got 1"],
    [{ batchNormDecay: 99.7 }, "expected batchNormDecay to be in 0 … 1, but not 1, got 99.7"],
    [{ batchNormEpsilon: -1 }, "expected batchNormEpsilon to be 0 or more, got -1"],
    [{ seed: NaN }, "expected seed to be a whole number, got NaN"],
    [{ seed: 0.5 }, "expected seed to be a whole number, got 0.5"],
    [{ width: Infinity }, "expected width to be above 0, got Infinity"],
    [
      { dropoutKeepProb: 0.5 },
      "expected dropoutKeepProb to be 1 of this network, which drops nothing, got 0.5",
    ],
    [
      { architecture: "vgg_16", strides: "keras" },
      'expected strides to be "slim" of this network, which is no ResNet, got keras',
    ],
  ]),
  ...refused("configureLearningRate()", (options: LearningRateOptions) => configureLearningRate(options), [
    [
      { schedule: "polynomial", learningRate: 1e-5, decaySteps: 10 },
      "expected endLearningRate in 0 … 0.00001, the learningRate, got 0.0001",
    ],
    [
      { schedule: "cosine", decaySteps: 10, endLearningRate: NaN },
      "expected endLearningRate in 0 … 0.01, the learningRate, got NaN",
    ],
    [{ schedule: "polynomial", decaySteps: 10, power: -1 }, "expected power more than 0, got -1"],
    [{ schedule: "piecewise", boundaries: [1], values: [0.1, NaN] }, "expected values 0 or more, got NaN"],
    [
      { schedule: "piecewise", boundaries: [NaN], values: [0.1, 0.01] },
      "expected boundaries that ascend, got NaN",
    ],
  ]),
  {
    name: "configureLearningRate() refuses a schedule it does not know",
    // @ts-expect-error callers in JavaScript are told so when it runs
    situation: () => configureLearningRate({ schedule: "step", decaySteps: 10 }),
    expected:
      /expected schedule "constant", "exponential", "cosine", "polynomial" or "piecewise", got "step"$/,
  },
  ...refused("an optimizer", (make: () => unknown) => make(), [
    [
      () => momentumOptimizer({ momentum: 1 }),
      "momentum optimizer: expected momentum in 0 … 1, but not 1, got 1",
    ],
    [() => adamOptimizer({ beta1: 1 }), "Adam optimizer: expected beta1 in 0 … 1, but not 1, got 1"],
    [() => rmsPropOptimizer({ decay: 1 }), "RMSProp optimizer: expected decay in 0 … 1, but not 1, got 1"],
    [() => adamOptimizer({ epsilon: Infinity }), "Adam optimizer: expected epsilon 0 or more, got Infinity"],
    [() => adamWOptimizer({ weightDecay: NaN }), "AdamW optimizer: expected weightDecay 0 or more, got NaN"],
  ]),
  ...refused("a step", (options: TrainStepOptions) => takeStep(options), [
    [
      { learningRate: (_: number) => NaN },
      "Cannot train: expected a learning rate of 0 or more at step 1, got NaN",
    ],
    [
      { learningRate: (at: number) => 0.1 - at, globalStep: 4 },
      "Cannot train: expected a learning rate of 0 or more at step 5, got -3.9",
    ],
    [
      { optimizer: tf.train.sgd(NaN) },
      "Cannot train: expected a learning rate of 0 or more at step 1, got NaN",
    ],
    [{ momentum: 1 }, "expected momentum in 0 … 1, but not 1, got 1"],
    [{ seed: NaN }, "expected seed a whole number, got NaN"],
    [{ globalStep: NaN }, "expected globalStep a whole number of 0 or more, got NaN"],
  ]),
  {
    name: "a step refuses the factor of the weight decay where its kind is asked for: it would not decay",
    // @ts-expect-error callers in JavaScript are told so when it runs
    situation: () => createTrainStep(model, { weightDecay: 1e-4 }),
    expected:
      /expected weightDecay "regularizer", "decoupled" or "none", got 0.0001; its factor is an option of Model$/,
  },
  {
    name: "one image whose last activation is one pixel is nothing to normalize by",
    situation: () => takeStep({}, { isTraining: true, defaultImageSize: 32 }, 1),
    expected:
      /^Cannot normalize by a batch's moments: expected more than one value of a channel at "resnet_v1_50\/block3\/unit_6.*", got one image of 1 x 1; train with larger batches or images$/,
  },
  {
    name: "one image is enough where an activation has several pixels, or its batch norm is frozen",
    situation: async () => [
      await takeStep({}, { fixedResizeSide: 40, defaultImageSize: 40 }, 1),
      await takeStep({ trainableScopes: "Predict" }, {}, 1),
    ],
    expected: [1, 1],
  },
  ...refused("train()", (steps: number) => train(step, batchesOf("a"), { steps }), [
    [NaN, "Cannot train: expected steps a whole number, got NaN"],
    [62.5, "Cannot train: expected steps a whole number, got 62.5"],
  ]),
  {
    name: "train() has nothing to do when the steps that are left are fewer than none",
    situation: () => train(step, batchesOf("a"), { steps: -3 }),
    expected: [],
  },
  ...refused("evaluate()", (steps: number) => evaluate(model, batchesOf("a"), { steps }), [
    [0, "Cannot evaluate: expected steps a whole number of 1 or more, got 0"],
    [NaN, "Cannot evaluate: expected steps a whole number of 1 or more, got NaN"],
  ]),
  {
    name: "createModelFn() refuses decaySteps for a schedule, which would be ignored",
    situation: async (modelDir) => {
      const modelFn = createModelFn({
        model: { width: 1 / 16, fixedResizeSide: 32, defaultImageSize: 32 },
        learningRate: () => 0.1,
        decaySteps: 10,
      });
      const input = thinInput("options", "train");
      try {
        await new Estimator({ modelFn, modelDir }).train({ inputFn: input.inputFn, maxSteps: 1 });
      } finally {
        input.dispose();
        modelFn.dispose();
      }
    },
    expected: /^Cannot train: expected decaySteps with a number as learningRate, got a schedule$/,
  },
]);
