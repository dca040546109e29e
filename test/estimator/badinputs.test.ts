import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import {
  createModelFn,
  Estimator,
  type EstimatorSpec,
  type InputFn,
  type Mode,
  type ModelFnOptions,
} from "../../src/estimator";
import { createInputFn, Dataset } from "../../src/input";
import { Model, type Losses, type Predictions } from "../../src/model";
import { encodeExample, encodeJpeg, feature, frameRecord, tf } from "../../src/tensorflow";
import { createEvalStep, createTrainStep } from "../../src/training";
import { temporaryFolder, thin, thinModelFn } from "./thin";

const folder = temporaryFolder();
const SIDE = thin.fixedResizeSide;

interface Example {
  readonly file: Uint8Array;
  readonly format?: string;
  readonly label?: number;
}

/** An input function that reads a record file of these examples. */
function recordsOf(name: string, examples: readonly Example[]) {
  const path = join(folder, name);
  const records = examples.map(({ file, format = "jpeg", label = 0 }) =>
    encodeExample({
      "image/encoded": feature.bytes(file),
      "image/format": feature.bytes(format),
      "image/class/label": feature.int64(label),
    }),
  );
  writeFileSync(path, Buffer.concat(records.map((record) => frameRecord(record))));
  return createInputFn(path, {
    batchSize: 2,
    numEpochs: 1,
    dropRemainder: true,
    transform: (image) => image,
  });
}

const photo = tf.tidy(() => encodeJpeg(tf.fill<tf.Rank.R3>([SIDE, SIDE, 3], 100)));
const good = recordsOf("good", [{ file: photo }, { file: photo, label: 1 }]);

/** An input of one batch made by hand. */
function batchOf(make: () => [{ [name: string]: tf.Tensor }, tf.Tensor]): InputFn {
  const slices = tf.tidy(make);
  const dataset = Dataset.fromTensorSlices(slices).batch(2);
  return () => dataset;
}
const images = (): tf.Tensor => tf.fill([2, SIDE, SIDE, 3], 100);

/** A model whose loss is one number for each image, as after an edit that forgot the mean. */
class UnreducedModel extends Model {
  override loss(predictions: Pick<Predictions, "logits">, labels: tf.Tensor1D): Losses {
    const { regularization } = super.loss(predictions, labels);
    const crossEntropy: tf.Scalar = tf.logSumExp(predictions.logits, 1);
    return { loss: crossEntropy.add(regularization), crossEntropy, regularization };
  }
}

function unreduced(_features: unknown, _labels: unknown, mode: Mode): EstimatorSpec {
  const model = new UnreducedModel({ ...thin, isTraining: true });
  return { mode, model, trainOp: createTrainStep(model), evalStep: createEvalStep(model) };
}

/** A modelDir with a checkpoint of a thin model. */
async function trained(name: string, options: ModelFnOptions = {}): Promise<string> {
  const modelDir = join(folder, name);
  const modelFn = thinModelFn(options);
  const estimator = new Estimator({ modelFn, modelDir });
  await estimator.train({ inputFn: good, maxSteps: 1 });
  await estimator.dispose();
  modelFn.dispose();
  return modelDir;
}

interface Case {
  readonly what: string;
  readonly inputFn?: InputFn;
  readonly modelFn?: () => (features: unknown, labels: unknown, mode: Mode) => EstimatorSpec;
  readonly options?: ModelFnOptions;
  readonly modelDir?: () => string | Promise<string>;
  /** What train() and evaluate() say; evaluate() is not asked where it is undefined. */
  readonly train: RegExp;
  readonly evaluate?: RegExp;
}

const text = Buffer.from("<svg>no photograph</svg>");
const cases: readonly Case[] = [
  {
    what: "a label that is no class",
    inputFn: recordsOf("label", [{ file: photo }, { file: photo, label: 3 }]),
    train: /^RangeError: Cannot train: expected labels in 0 … 2, got 3/,
    evaluate: /^RangeError: Cannot evaluate: expected labels in 0 … 2, got 3/,
  },
  {
    what: "bytes that are no image",
    inputFn: recordsOf("svg", [{ file: text }, { file: photo }]),
    train:
      /^RecordError: Cannot decode record 0 of ".*svg": Unknown image file format. One of JPEG, .* required/,
    evaluate:
      /^RecordError: Cannot decode record 0 of ".*svg": Unknown image file format. One of JPEG, .* required/,
  },
  {
    what: "a photograph cut off",
    inputFn: recordsOf("cut", [{ file: photo.subarray(0, photo.length / 2) }, { file: photo }]),
    train: /^RecordError: Cannot decode record 0 of ".*cut": jpeg::Uncompress failed. Invalid JPEG data/,
    evaluate: /^RecordError: Cannot decode record 0 of ".*cut": jpeg::Uncompress failed. Invalid JPEG data/,
  },
  {
    what: "an empty file",
    inputFn: recordsOf("empty", []),
    train: /^RangeError: Cannot train: expected batches, got an empty dataset/,
    evaluate: /^RangeError: Cannot evaluate: expected batches, got an empty dataset/,
  },
  {
    what: "fewer examples than a batch, which are dropped",
    inputFn: recordsOf("one", [{ file: photo }]),
    train: /^RangeError: Cannot train: expected batches, got 1 elements, fewer than one batch of 2/,
    evaluate: /^RangeError: Cannot evaluate: expected batches, got 1 elements, fewer than one batch of 2/,
  },
  {
    what: "features of another name",
    inputFn: batchOf(() => [{ picture: images() }, tf.zeros([2], "int32")]),
    train: /^TypeError: Cannot train: expected images .*, got { picture: float32 \[2, 32, 32, 3\] }/,
    evaluate: /^TypeError: Cannot evaluate: expected images .*, got { picture: float32 \[2, 32, 32, 3\] }/,
  },
  {
    what: "images of one channel",
    inputFn: batchOf(() => [{ image: tf.zeros([2, SIDE, SIDE, 1]) }, tf.zeros([2], "int32")]),
    train: /^TypeError: Cannot preprocess images: expected \[batch, height, width, 3\], got \[2, 32, 32, 1\]/,
    evaluate:
      /^TypeError: Cannot preprocess images: expected \[batch, height, width, 3\], got \[2, 32, 32, 1\]/,
  },
  {
    what: "labels as rows that name no class",
    inputFn: batchOf(() => [{ image: images() }, tf.zeros([2, 3])]),
    train: /^RangeError: Cannot train: expected labels whose shares add up to 1, got 0 for image 0/,
    evaluate: /^RangeError: Cannot evaluate: expected labels whose shares add up to 1, got 0 for image 0/,
  },
  {
    what: "labels as rows of other classes",
    inputFn: batchOf(() => [{ image: images() }, tf.ones([2, 4])]),
    train:
      /^TypeError: Cannot train: expected images .* and int32 labels \[batch\], or float32 \[batch, 3\], got .* and float32 \[2, 4\]/,
    evaluate:
      /^TypeError: Cannot evaluate: expected images .* and int32 labels \[batch\], or float32 \[batch, 3\], got .* and float32 \[2, 4\]/,
  },
  {
    what: "a modelDir of other classes",
    modelDir: () => trained("classes", { model: { numClasses: 2 } }),
    train:
      /^RangeError: Cannot train: expected in ".*classes" a checkpoint of this model.*"Predict\/logits\/weights" \(expected float32 \[128, 3\], got float32 \[128, 2\]\)/,
    evaluate:
      /^RangeError: Cannot restore .*"Predict\/logits\/weights" \(expected float32 \[128, 3\], got float32 \[128, 2\]\)/,
  },
  {
    what: "a modelDir of another network",
    modelDir: () => trained("network", { model: { architecture: "resnet_v2_14" } }),
    train:
      /^RangeError: Cannot train: expected in ".*network" a checkpoint of this model.*"resnet_v1_14\/conv1\/weights" \(expected .*, got none\)/,
    evaluate: /^RangeError: Cannot restore .*"resnet_v1_14\/conv1\/weights" \(expected .*, got none\)/,
  },
  {
    what: "a modelDir of another input",
    modelDir: () => trained("input"),
    inputFn: recordsOf("other", [{ file: photo }, { file: photo }, { file: photo }, { file: photo }]),
    train:
      /^RangeError: Cannot train: .* a checkpoint of this model and input.* other names or sizes.*; with saveInput: false/,
  },
  {
    what: "an input whose order cannot be repeated",
    inputFn: () => good().map((batch) => batch, { deterministic: false }),
    train:
      /^TypeError: Cannot save where the iterator is: .*; with saveInput: false in the config, checkpoints do without/,
  },
  {
    what: "a modelDir that is a file",
    modelDir: () => join(folder, "good"),
    train: /^Error: Cannot \w+ .*good.*: expected .*folder/,
  },
  {
    what: "a pretrained network of other classes",
    options: { checkpointPath: join(folder, "classes") },
    train:
      /^RangeError: Cannot load .*"Predict\/logits\/weights" \(expected float32 \[128, 3\], got float32 \[128, 2\]\)/,
  },
  {
    what: "a pretrained network that is not there",
    options: { checkpointPath: join(folder, "nowhere.ckpt") },
    train: /^Error: Cannot find checkpoint ".*nowhere.ckpt"/,
  },
  {
    what: "a loss for each image",
    modelFn: () => unreduced,
    train: /^TypeError: Cannot train: expected loss\(\) to give scalars, got a loss of float32 \[2\]/,
    evaluate: /^TypeError: Cannot evaluate: expected loss\(\) to give scalars, got a loss of float32 \[2\]/,
  },
  {
    what: "numbers that are not finite",
    inputFn: batchOf(() => [{ image: images().mul(Infinity) }, tf.zeros([2], "int32")]),
    train:
      /^RangeError: Cannot go on training: expected finite numbers at step 1 with learning rate 0.01, got Infinity in the images/,
  },
];

for (const { what, inputFn = good, options, modelFn, modelDir, train, evaluate } of cases) {
  test(`${what}: a clear error before the second step`, async () => {
    const dir = (await modelDir?.()) ?? join(folder, what);
    const classifier = createModelFn({ ...options, model: thin });
    const estimator = new Estimator({ modelFn: modelFn?.() ?? classifier, modelDir: dir });
    const step = estimator.latestCheckpoint();
    await assert.rejects(estimator.train({ inputFn, maxSteps: 4 }), train);
    assert.ok(
      step !== undefined || [undefined, join(dir, "model.ckpt-0")].includes(estimator.latestCheckpoint()),
    );
    if (evaluate !== undefined) await assert.rejects(estimator.evaluate({ inputFn }), evaluate);
    await estimator.dispose();
    classifier.dispose();
  });
}
