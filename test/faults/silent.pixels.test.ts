/** Images in another range than the model's, of which a network learns or says little, and nothing is said of it. */
import { createModelFn, Estimator } from "../../src/estimator";
import { gradCam } from "../../src/explain";
import { showBatch, showCam, showImage } from "../../src/inspect";
import { Dataset, preprocessForEval, type LabeledBatch } from "../../src/input";
import { preprocessImages, type ModelOptions } from "../../src/model";
import { memory, tf, trace } from "../../src/tensorflow";
import { createEvalStep, createTrainStep, evaluate, train } from "../../src/training";
import { thin } from "../estimator/thin";
import { patternBatch, thinModel } from "../training/thin";
import { testSituations, type Situation } from "./table";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const VGG_MEANS = [123.68, 116.78, 103.94];

type Change = (images: tf.Tensor4D) => tf.Tensor4D;

const changes = {
  none: (images) => images.clone(),
  means: (images) => images.sub(VGG_MEANS),
  unit: (images) => images.div(255),
  signed: (images) => images.div<tf.Tensor4D>(127.5).sub(1),
  standard: (images) =>
    images.div<tf.Tensor4D>(255).sub<tf.Tensor4D>([0.485, 0.456, 0.406]).div([0.229, 0.224, 0.225]),
  nan: (images) => images.mul<tf.Tensor4D>(0).div(0),
  bright: (images) => images.mul(2),
  brightIntegers: (images) => tf.cast<tf.Tensor4D>(images.mul<tf.Tensor4D>(2), "int32"),
  negativeIntegers: (images) => images.toInt().sub<tf.Tensor4D>(tf.scalar(200, "int32")),
  black: (images) => tf.zerosLike(images),
  zeroOrOne: (images) => tf.cast<tf.Tensor4D>(images.greater<tf.Tensor4D>(128), "float32"),
  darkIntegers: (images) => tf.cast<tf.Tensor4D>(images.greater<tf.Tensor4D>(128), "int32"),
  integers: (images) => tf.cast<tf.Tensor4D>(images, "int32"),
  any: (images) => images.div<tf.Tensor4D>(127.5).sub(1),
} satisfies Record<string, Change>;

/** A batch of photographs, changed. */
function changed(change: Change): LabeledBatch {
  const [{ image }, label] = patternBatch("pixels", 2);
  try {
    return [{ image: tf.tidy(() => change(image)) }, label];
  } finally {
    image.dispose();
  }
}

async function withBatch<T>(change: Change, use: (batch: LabeledBatch) => T | Promise<T>): Promise<T> {
  const batch = changed(change);
  try {
    return await use(batch);
  } finally {
    tf.dispose([batch[0].image, batch[1]]);
  }
}

async function withModel<T>(
  options: ModelOptions,
  use: (model: ReturnType<typeof thinModel>) => T | Promise<T>,
): Promise<T> {
  const model = thinModel({ architecture: "resnet_v1_14", ...options });
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}

const trainOnce = (change: Change, options: ModelOptions = {}, eager = false): Promise<number> =>
  withModel(options, (model) =>
    withBatch(change, async ([{ image }, label]) => {
      const step = createTrainStep(model, { trainableScopes: "Predict", eager });
      try {
        return (await step(image, label)).globalStep;
      } finally {
        step.dispose();
      }
    }),
  );

/** Evaluates photographs, and then others with the same compiled step. */
const evaluateAfter = (change: Change): Promise<number> =>
  withModel({}, async (model) => {
    const evalStep = createEvalStep(model);
    const count = (one: Change) =>
      withBatch(one, async (batch) => (await evaluate(model, batches(batch), { evalStep })).count);
    try {
      return (await count(changes.none)) + (await count(change));
    } finally {
      evalStep.dispose();
    }
  });

/** Trains on photographs, and then on others with the same compiled step. */
const trainAfter = (change: Change): Promise<number> =>
  withModel({}, async (model) => {
    const step = createTrainStep(model, { trainableScopes: "Predict" });
    const count = (one: Change) =>
      withBatch(one, async (batch) => (await train(step, batches(batch))).length);
    try {
      return (await count(changes.none)) + (await count(change));
    } finally {
      step.dispose();
    }
  });

async function* batches(batch: LabeledBatch): AsyncGenerator<LabeledBatch> {
  yield await Promise.resolve(batch);
}

async function estimate(
  folder: string,
  change: Change,
  mode: "train" | "again" | "predict",
): Promise<number> {
  const modelFn = createModelFn({
    model: { ...thin, numClasses: 5, pixels: "0-255" },
    trainableScopes: "Predict",
  });
  const estimator = new Estimator({ modelFn, modelDir: folder });
  const input = (how: Change, made: Dataset<LabeledBatch>[], batch: LabeledBatch) => () => {
    const slices: LabeledBatch = [{ image: batch[0].image }, batch[1]];
    const dataset = Dataset.fromTensorSlices(slices).batch(2);
    made.push(dataset);
    return dataset;
  };
  const made: Dataset<LabeledBatch>[] = [];
  try {
    const first = mode === "train" ? change : changes.none;
    await withBatch(first, (batch) => estimator.train({ inputFn: input(first, made, batch), maxSteps: 1 }));
    if (mode === "train") return 1;
    if (mode === "again")
      return await withBatch(change, async (batch) => {
        await estimator.train({ inputFn: input(change, made, batch), maxSteps: 2 });
        return 2;
      });
    return await withBatch(change, async (batch) => {
      let count = 0;
      for await (const _ of estimator.predict({ inputFn: input(change, made, batch) })) count++;
      return count;
    });
  } finally {
    for (const one of made) one.dispose();
    modelFn.dispose();
  }
}

/** What is left of tensors and handles after `work`. */
async function left(work: () => unknown): Promise<number> {
  const before = memory().tensors;
  await work();
  return memory().tensors - before;
}

const refusal = (got: string): RegExp =>
  new RegExp(
    `^Cannot preprocess images: expected pixels in 0…255, got ${got}: leave scaling and means to the model .* pixels: "any"$`,
  );
const values = (low: string, high: string): RegExp => refusal(`values from ${low} to ${high}`);

const refused: Situation[] = [
  { name: "means taken off", change: changes.means, expected: values("-1[\\d.]+", "1[\\d.]+") },
  { name: "0…1", change: changes.unit, expected: values("0[\\d.]*", "[01][\\d.]*") },
  { name: "-1…1", change: changes.signed, expected: values("-[01][\\d.]*", "[01][\\d.]*") },
  {
    name: "mean 0 and deviation 1",
    change: changes.standard,
    expected: values("-[12][\\d.]*", "[12][\\d.]*"),
  },
  { name: "NaN", change: changes.nan, expected: refusal("NaN") },
  { name: "above 255", change: changes.bright, expected: values("\\d[\\d.]*", "[345][\\d.]+") },
  { name: "int32 above 255", change: changes.brightIntegers, expected: values("\\d+", "[345]\\d\\d") },
  { name: "int32 below 0", change: changes.negativeIntegers, expected: values("-\\d+", "\\d+") },
].map(({ name, change, expected }) => ({
  name: `A train step refuses images of ${name}`,
  situation: () => trainOnce(change),
  expected,
}));

const taken: Situation[] = (
  [
    ["all-black", changes.black],
    ["of 0 and 1 alone", changes.zeroOrOne],
    ["dark and int32", changes.darkIntegers],
    ["int32", changes.integers],
  ] as const
).map(([name, change]) => ({
  name: `A train step takes images that are ${name}`,
  situation: () => trainOnce(change),
  expected: 1,
}));

testSituations([
  ...refused,
  ...taken,
  {
    name: 'A model with pixels: "any" takes images of -1…1, compiled and eager',
    situation: async () => [
      await trainOnce(changes.any, { pixels: "any" }),
      await trainOnce(changes.any, { pixels: "any" }, true),
    ],
    expected: [1, 1],
  },
  {
    name: "An eager step refuses them too",
    situation: () => trainOnce(changes.unit, {}, true),
    expected: /^Cannot preprocess images: /,
  },
  {
    name: "evaluate() refuses images of 0…1 that come after right ones, with the same compiled step",
    situation: () => evaluateAfter(changes.unit),
    expected: /^Cannot preprocess images: /,
  },
  {
    name: "evaluate() takes right ones again",
    situation: () => evaluateAfter(changes.integers),
    expected: 4,
  },
  {
    name: "train() refuses images of 0…1 that come after right ones, with the same compiled step",
    situation: () => trainAfter(changes.unit),
    expected: /^Cannot preprocess images: /,
  },
  {
    name: "train() takes right ones again",
    situation: () => trainAfter(changes.integers),
    expected: 2,
  },
  {
    name: "Estimator.train() called again refuses images without their means, after right ones",
    situation: (folder) => estimate(folder, changes.means, "again"),
    expected: /Cannot preprocess images: /,
  },
  {
    name: "Estimator.train() refuses images without their means",
    situation: (folder) => estimate(folder, changes.means, "train"),
    expected: /Cannot preprocess images: /,
  },
  {
    name: "Estimator.predict() refuses images without their means",
    situation: (folder) => estimate(folder, changes.means, "predict"),
    expected: /Cannot preprocess images: /,
  },
  {
    name: "A traced preprocessImages() looks once, records nothing of it and leaves nothing",
    situation: () =>
      left(() =>
        withBatch(changes.none, async ([{ image }]) => {
          const sizes = { resizeSide: 32, imageSize: 32 };
          const [once, never] = (["0-255", "any"] as const).map((pixels) =>
            trace((x: tf.Tensor4D) => preprocessImages(x, { ...sizes, pixels })),
          );
          for (const one of [once, never]) tf.dispose(await one?.(image));
          const [a, b] = [once, never].map((one) => one?.signatures()[0]?.operations);
          for (const one of [once, never]) one?.dispose();
          if (a !== b) throw new Error(`expected the same operations, got ${a} and ${b}`);
        }),
      ),
    expected: 0,
  },
  {
    name: "gradCam() refuses images that are not preprocessed",
    situation: () =>
      withModel({}, (model) => withBatch(changes.none, ([{ image }]) => gradCam(model, image))),
    expected:
      /^Cannot explain images: expected images as model\.preprocess\(\) gives them, at most 151\.1, got values from .*: preprocess them first/,
  },
  ...(["showBatch", "showCam", "showImage"] as const).map((name) => ({
    name: `${name}() refuses images without their means, and shows them with these`,
    situation: () =>
      withBatch(changes.means, ([{ image }]) => {
        const show = (options: { means?: readonly number[] }) =>
          name === "showBatch"
            ? showBatch(image, options)
            : name === "showCam"
              ? showCam(image, tf.zeros([2, 1, 1]), options)
              : showImage(tf.unstack(image)[0] ?? image, options);
        tf.tidy(() => void show({ means: VGG_MEANS }));
        tf.tidy(() => void show({}));
      }),
    expected:
      /^Cannot show images: expected pixels in 0…255, got values from -1.* to 1.*: give what was subtracted as means/,
  })),
  {
    name: "A narrow image gives a crop of the size that is asked for",
    situation: () =>
      tf.tidy(() => [
        preprocessImages(tf.ones([1, 1, 40000, 3]), { resizeSide: 64, imageSize: 32 }).shape,
        preprocessForEval(tf.ones([1, 40000, 3]), { size: 32, resizeSide: 64 }).shape,
      ]),
    expected: [
      [1, 32, 32, 3],
      [32, 32, 3],
    ],
  },
]);
