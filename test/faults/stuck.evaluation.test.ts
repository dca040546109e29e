/** Evaluations that never ended, left photos out, or ended with words that did not help. */
import { Estimator, createModelFn } from "../../src/estimator";
import { createInputFn, type InputFnOptions } from "../../src/input";
import { createTrainStep, evaluate, train } from "../../src/training";
import { thinModel } from "../training/thin";
import { writeLabeledRecords } from "./labeled";
import { testSituations } from "./table";

/** Five photos of 32 x 32 pixels, labelled 0 … 4, in batches of two unless said otherwise. */
function photos(folder: string, options: InputFnOptions = {}): ReturnType<typeof createInputFn> {
  const transform: InputFnOptions["transform"] = (image) => image.resizeBilinear([32, 32]);
  return createInputFn(writeLabeledRecords(folder, [5]), { batchSize: 2, transform, ...options });
}

async function counted(
  folder: string,
  options: InputFnOptions,
): Promise<readonly [count: number, leftOut?: number]> {
  const { count, leftOut } = await evaluate(thinModel(), photos(folder, options)());
  return leftOut === undefined ? [count] : [count, leftOut];
}

testSituations([
  {
    name: "evaluate() over a dataset without an end says what to set",
    situation: async (folder) => evaluate(thinModel(), photos(folder)()),
    expected:
      /^Cannot evaluate: expected a dataset that ends, or steps, got one without an end: give createInputFn\(\) numEpochs: 1, or repeat\(\) a count$/,
  },
  {
    name: "evaluate() over an iterator without an end says it too",
    situation: async (folder) => evaluate(thinModel(), photos(folder)().iterator()),
    expected: /^Cannot evaluate: expected a dataset that ends, or steps/,
  },
  {
    name: "with steps it goes so far",
    situation: async (folder) => (await evaluate(thinModel(), photos(folder)(), { steps: 3 })).count,
    expected: 6,
  },
  {
    name: "an Estimator's evaluation without an end and steps is refused",
    situation: async (folder) => {
      const modelFn = createModelFn({ model: thinModel().options, learningRate: 0.1 });
      return new Estimator({ modelFn, modelDir: folder }).evaluate({ inputFn: photos(folder) });
    },
    expected: /^Cannot evaluate: expected a dataset that ends, or steps/,
  },
  {
    name: "each photo of a finite set is counted",
    situation: (folder) => counted(folder, { numEpochs: 1 }),
    expected: [5],
  },
  {
    name: "those that are left out are counted beside",
    situation: (folder) => counted(folder, { numEpochs: 1, dropRemainder: true }),
    expected: [4, 1],
  },
  {
    name: "a set smaller than one batch says so in evaluate() …",
    situation: (folder) => counted(folder, { numEpochs: 1, dropRemainder: true, batchSize: 8 }),
    expected:
      /^Cannot evaluate: expected batches, got 5 elements, fewer than one batch of 8: set dropRemainder: false/,
  },
  {
    name: "… and in train()",
    situation: (folder) => {
      const dataset = photos(folder, { numEpochs: 1, dropRemainder: true, batchSize: 8 })();
      return train(createTrainStep(thinModel()), dataset);
    },
    expected:
      /^Cannot train: expected batches, got 5 elements, fewer than one batch of 8: set dropRemainder: false/,
  },
]);
