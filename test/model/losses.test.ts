import assert from "node:assert/strict";
import { test } from "node:test";
import {
  lossWeight,
  Model,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  type ClassLabels,
  type SoftmaxLossOptions,
} from "../../src/model";
import { memory, tf, trace } from "../../src/tensorflow";
import { readFixture } from "../fixtures";
import type { FixtureArray } from "../patterns";

interface Case {
  readonly labels: "classes" | "soft" | "kHot";
  readonly options: SoftmaxLossOptions;
  /** Of the logits. */
  readonly scale: number;
  readonly loss: number;
  readonly gradient: FixtureArray;
}
interface LossesFixture {
  readonly logits: FixtureArray;
  readonly labels: Readonly<Record<Case["labels"], FixtureArray>>;
  readonly softmax: Readonly<Record<string, Case>>;
  readonly sigmoid: Readonly<Record<string, Case>>;
}

const fixture = readFixture<LossesFixture>("losses");
const matrix = ({ shape, values }: FixtureArray): tf.Tensor2D =>
  tf.tensor2d([...values], [shape[0] ?? 0, shape[1] ?? 0]);
const logitsOf = (scale = 1): tf.Tensor2D => matrix(fixture.logits).mul(scale);
const labelsOf = (name: Case["labels"]): ClassLabels =>
  name === "classes"
    ? tf.tensor1d([...fixture.labels.classes.values], "int32")
    : matrix(fixture.labels[name]);
const valueOf = (scalar: tf.Scalar): number => scalar.dataSync()[0] ?? NaN;

/** The greatest difference of a gradient, as a part of the expected one's root mean square. */
function distance(actual: tf.Tensor, { values }: FixtureArray): number {
  const rms = Math.hypot(...values) / Math.sqrt(values.length);
  return Math.max(...[...actual.dataSync()].map((one, i) => Math.abs(one - (values[i] ?? NaN)))) / rms;
}

const LOSSES = { softmax: softmaxCrossEntropy, sigmoid: sigmoidCrossEntropy };
for (const kind of ["softmax", "sigmoid"] as const)
  for (const [name, { labels, options, scale, loss, gradient }] of Object.entries(fixture[kind]))
    test(`${kind}CrossEntropy() and its gradient equal ${name}, traced too`, () => {
      const before = memory();
      tf.tidy(() => {
        const given = labelsOf(labels);
        const run = (x: tf.Tensor2D): [tf.Scalar, tf.Tensor] => {
          const { value, grad } = tf.valueAndGrad((one) =>
            LOSSES[kind](one.as2D(...x.shape), given, options),
          )(x);
          return [value.asScalar(), grad];
        };
        const traced = trace(run);
        for (const [value, grad] of [run(logitsOf(scale)), traced.sync(logitsOf(scale))]) {
          assert.ok(Math.abs(valueOf(value) / loss - 1) < 1e-5, `${valueOf(value)} is not ${loss}`);
          assert.ok(distance(grad, gradient) < 1e-5, `gradients differ by ${distance(grad, gradient)}`);
        }
        traced.dispose();
      });
      assert.deepEqual(memory(), before);
    });

test("a model's loss is that of its options, with what its mean divides by where classes have weights", () => {
  const { loss, options } =
    fixture.softmax["torch, weight and label_smoothing"] ?? assert.fail("no such case");
  const thin = { width: 1 / 16, defaultImageSize: 32, numClasses: 5 };
  const [weighted, plain] = [new Model({ ...thin, ...options }), new Model(thin)];
  tf.tidy(() => {
    const [logits, labels] = [logitsOf(), labelsOf("classes")];
    const { crossEntropy, regularization, loss: all, weight } = weighted.loss({ logits }, labels);
    assert.ok(Math.abs(valueOf(crossEntropy) / loss - 1) < 1e-5);
    assert.equal(valueOf(all), Math.fround(valueOf(crossEntropy) + valueOf(regularization)));
    const weights = [...labels.dataSync()].map((label) => options.classWeights?.[label] ?? NaN);
    assert.equal(
      weight && valueOf(weight),
      weights.reduce((sum, one) => sum + one),
    );
    assert.equal(plain.loss({ logits }, labels).weight, undefined);
    assert.equal(valueOf(lossWeight(logits, labelsOf("soft"), options.classWeights)), 7);
  });
  for (const model of [weighted, plain]) model.dispose();
});

test("a batch of labels that weigh nothing has a loss of 0, without a slope", () => {
  tf.tidy(() => {
    const logits = tf.tensor2d([[3, 1], [-2, 5]]); // prettier-ignore
    const loss = (x: tf.Tensor): tf.Scalar =>
      softmaxCrossEntropy(x.as2D(2, 2), tf.tensor1d([1, 1], "int32"), { classWeights: [1, 0] });
    assert.equal(valueOf(loss(logits)), 0);
    assert.deepEqual([...tf.grad(loss)(logits).dataSync()].map(Math.abs), [0, 0, 0, 0]);
  });
});

test("a focal loss of any power has a finite slope where a class is certain", () => {
  tf.tidy(() => {
    const logits = tf.tensor2d([[200, -200]]);
    for (const focalGamma of [0.1, 0.5, 1, 2, 5])
      for (const label of [0, 1]) {
        const loss = (x: tf.Tensor): tf.Scalar =>
          softmaxCrossEntropy(x.as2D(1, 2), tf.tensor1d([label], "int32"), { focalGamma });
        assert.ok([...tf.grad(loss)(logits).dataSync()].every(Number.isFinite), `power ${focalGamma}`);
      }
  });
});

test("accuracy() of soft labels takes the class of which there is most", () => {
  const model = new Model({ width: 1 / 16, defaultImageSize: 32, numClasses: 3 });
  tf.tidy(() => {
    const classes = tf.tensor1d([2, 0, 1], "int32");
    const labels = tf.tensor2d([[0.3, 0.1, 0.6], [0.4, 0.4, 0.2], [0.5, 0.5, 0]]); // prettier-ignore
    assert.equal(valueOf(model.accuracy({ classes }, labels)), Math.fround(2 / 3));
  });
  model.dispose();
});

test("options and labels of losses that are none are refused", () => {
  const cases: readonly (readonly [SoftmaxLossOptions, string])[] = [
    [{ labelSmoothing: 1 }, "labelSmoothing to be in 0 … 1, but not 1, got 1"],
    [{ labelSmoothing: NaN }, "labelSmoothing to be in 0 … 1, but not 1, got NaN"],
    [{ focalGamma: -1 }, "focalGamma to be 0 or more, got -1"],
    [{ classWeights: [1] }, "classWeights to be 2 numbers, one for each class, got 1"],
    [{ classWeights: [1, -2] }, "classWeights to be 0 or more each, got -2"],
    [{ classWeights: [0, 0] }, "classWeights to be above 0 for some class, got 0"],
  ];
  tf.tidy(() => {
    const [logits, labels] = [tf.zeros<tf.Rank.R2>([1, 2]), tf.tensor1d([0], "int32")];
    for (const [options, message] of cases) {
      assert.throws(() => new Model(options), {
        name: "RangeError",
        message: `Cannot create model: expected ${message}`,
      });
      assert.throws(() => softmaxCrossEntropy(logits, labels, options), {
        name: "RangeError",
        message: `Cannot compute loss: expected ${message}`,
      });
    }
    assert.throws(() => softmaxCrossEntropy(logits, tf.zeros<tf.Rank.R2>([1, 3])), {
      name: "TypeError",
      message: "Cannot compute loss: expected labels int32 [1] or float32 [1, 2], got float32 [1, 3]",
    });
  });
});
