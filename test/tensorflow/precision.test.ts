/** What precision "bfloat16" computes in which type; the oracle is test/oracle/precision.py. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addBiases,
  attr,
  castTo,
  convolve,
  execute,
  frozenBatchNorm,
  fusedBatchNorm,
  globalMean,
  maximumPool,
  memory,
  relu,
  tf,
  trace,
} from "../../src/tensorflow";
import { readFixture } from "../fixtures";
import { cpuOnly } from "../gpu";
import { pattern, patternIntegers, type FixtureArray } from "../patterns";
import { nodesOf, takersOf, typeOf } from "./graphs";

interface PrecisionFixture {
  readonly epsilon: number;
  readonly x: readonly [number, number, number, number];
  readonly labels: number;
  readonly variables: Readonly<Record<string, { shape: readonly number[]; scale: number; offset: number }>>;
  readonly loss: number;
  readonly gradients: Readonly<Record<string, FixtureArray>>;
}

const fixture = readFixture<PrecisionFixture>("precision");
const bfloat16 = { name: "precise", precision: "bfloat16" } as const;

function made(key: string, shape: readonly number[], options = {}): tf.Tensor {
  return tf.tensor(pattern(`precision/${key}`, shape, options), [...shape]);
}

/** The norm of the difference over that of what is expected. */
function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const norm = (of: (i: number) => number): number =>
    Math.sqrt(Array.from(expected).reduce((sum, _, i) => sum + of(i) ** 2, 0));
  assert.equal(actual.length, expected.length);
  return norm((i) => (actual[i] ?? NaN) - (expected[i] ?? NaN)) / norm((i) => expected[i] ?? NaN);
}

type Variables = Readonly<Record<string, tf.Tensor>>;

function unitLoss(x: tf.Tensor4D, labels: tf.Tensor1D, variables: Variables): tf.Scalar {
  const { epsilon } = fixture;
  const v = (name: string): tf.Tensor => variables[name] ?? tf.scalar(NaN);
  const normalized = (
    of: tf.Tensor4D,
    i: number,
    activation: "none" | "relu",
  ): ReturnType<typeof fusedBatchNorm> =>
    fusedBatchNorm(convolve(of, v(`conv${i}`)), v(`gamma${i}`), v(`beta${i}`), { epsilon, activation });
  const { y } = normalized(normalized(x, 1, "relu").y, 2, "relu");
  const mean = globalMean(maximumPool(normalized(y, 3, "none").joinedTo(x, "relu"), 3, { stride: 2 }));
  const logits = tf.matMul(mean.reshape([x.shape[0], -1]), v("dense"));
  return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, fixture.labels), logits);
}

test("a residual unit in bfloat16 has the loss and gradients of Python's with casts at the same places", async () => {
  const before = memory();
  const x = made("x", fixture.x) as tf.Tensor4D;
  const labels = tf.tensor1d(patternIntegers("precision/labels", [fixture.x[0]], fixture.labels), "int32");
  const variables = Object.fromEntries(
    Object.entries(fixture.variables).map(([name, { shape, ...options }]) => [name, made(name, shape, options)]),
  );
  const names = Object.keys(variables);
  const compute = (images: tf.Tensor4D, classes: tf.Tensor1D, values: Variables): tf.Tensor[] => {
    const loss = (...list: tf.Tensor[]): tf.Scalar =>
      unitLoss(images, classes, Object.fromEntries(names.map((name, i) => [name, list[i] ?? tf.scalar(NaN)])));
    const { value, grads } = tf.valueAndGrads(loss)(Object.values(values));
    return [value, ...grads];
  };
  const reduced = trace(compute, bfloat16);
  const full = trace(compute, { name: "full" });
  const [loss, ...gradients] = await reduced(x, labels, variables);
  const [fullLoss, ...fullGradients] = await full(x, labels, variables);
  assert.ok(Math.abs((loss?.dataSync()[0] ?? NaN) - fixture.loss) < 1e-3 * fixture.loss);
  for (const [i, name] of names.entries()) {
    const actual = gradients[i]?.dataSync() ?? [];
    const oracle = distance(actual, fixture.gradients[name]?.values ?? []);
    assert.ok(oracle < 1e-2, `${name} is off by ${oracle}`);
    // A value that rounding puts beyond a ReLU's zero, or behind its neighbour in a window, moves its whole gradient.
    const rounding = distance(actual, fullGradients[i]?.dataSync() ?? []);
    assert.ok(rounding > 0 && rounding < 0.2, `${name} is ${rounding} from float32's`);
  }
  assert.deepEqual([reduced, full].map((one) => one.signatures()[0]?.precision), ["bfloat16", "float32"]);
  reduced.dispose();
  full.dispose();
  tf.dispose([x, labels, variables, loss, fullLoss, gradients, fullGradients]);
  assert.deepEqual(memory(), before);
}); // prettier-ignore

const wide = (key: string): tf.Tensor4D => made(key, [2, 9, 9, 64]) as tf.Tensor4D;
const weights = (kernel: number): tf.Tensor =>
  made(`weights ${kernel}`, [kernel, kernel, 64, 64], { scale: 0.1 });
const perChannel = (key: string, offset: number): tf.Tensor => made(key, [64], { scale: 0.3, offset });

interface Case {
  readonly compute: (x: tf.Tensor4D, filter: tf.Tensor) => tf.Tensor;
  /** The filter's side. */
  readonly kernel: number;
  /** Operations that must be in bfloat16, and in float32. */
  readonly half: readonly string[];
  readonly full?: readonly string[];
}

const POINTWISE = ["Conv2D", "Conv2DBackpropInput", "MatMul"];
const SQUARE = ["Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"];

const CASES: Readonly<Record<string, Case>> = {
  "a pointwise convolution, a bias added and the ReLU": {
    compute: (x, filter) => relu(convolve(x, filter).add<tf.Tensor4D>(perChannel("bias", 0))),
    kernel: 1,
    half: [...POINTWISE, "Add", "Relu", "ReluGrad"],
  },
  "biases as a layer has them": {
    compute: (x, filter) => relu(addBiases(convolve(x, filter), perChannel("bias", 0))),
    kernel: 3,
    half: [...SQUARE, "BiasAdd", "Relu", "ReluGrad"],
  },
  "padding in pixels, of a convolution and a maximum": {
    compute: (x, filter) => maximumPool(convolve(x, filter, { stride: 2, padding: [1, 1] }), 3, { stride: 2, padding: [1, 1] }),
    kernel: 3,
    half: [...SQUARE, "MaxPool", "MaxPoolGrad", "PadV2"],
  },
  "batch normalization by given moments": {
    compute: (x, filter) => {
      const [gamma, beta] = [perChannel("gamma", 1), perChannel("beta", 0)];
      return relu(frozenBatchNorm(convolve(x, filter), gamma, beta, perChannel("mean", 0), perChannel("variance", 1)));
    },
    kernel: 1,
    half: [...POINTWISE, "FusedBatchNormV3", "FusedBatchNormGradV3", "Relu"],
  },
  "a convolution for which Winograd's algorithm may be used": {
    compute: (x, filter) => convolve(x, filter, { own: true }),
    kernel: 3,
    half: SQUARE,
  },
  "softmax, means and squares behind a convolution": {
    compute: (x, filter) => tf.softmax(convolve(x, filter).mean([1, 2])).square(),
    kernel: 1,
    half: POINTWISE,
    full: ["Softmax", "Mean", "Square", "Sum"],
  },
  "a dense layer behind a global mean": {
    compute: (x, filter) => globalMean(convolve(globalMean(x), filter)),
    kernel: 1,
    half: [],
    full: [...POINTWISE, "Mean"],
  },
}; // prettier-ignore

for (const [what, { compute, kernel, half, full = [] }] of Object.entries(CASES)) {
  test(`in bfloat16, ${what}: near float32, at one size of batch and at any`, () => {
    tf.tidy(() => {
      const [x, filter] = [wide("x"), weights(kernel)];
      const slopes = made("slopes", compute(x, filter).shape);
      const run = (images: tf.Tensor4D, w: tf.Tensor): tf.Tensor[] => {
        const { value, grads } = tf.valueAndGrads((a, b) => compute(a as tf.Tensor4D, b).mul(slopes).sum())([images, w]);
        return [compute(images, w), value, ...grads];
      };
      const traced = trace(run, bfloat16);
      const open = trace(compute, { ...bfloat16, batch: "any" });
      const [expected, actual] = [run(x, filter), traced.sync(x, filter)];
      const off = (i: number): number => distance(actual[i]?.dataSync() ?? [], expected[i]?.dataSync() ?? []);
      assert.ok(off(0) < 1e-2, `value: ${off(0)}`);
      for (const i of [2, 3]) assert.ok(off(i) < 0.1, `gradient ${i - 2}: ${off(i)}`);
      const larger = open.sync(tf.concat([x, x]), filter).slice(0, x.shape[0]);
      assert.deepEqual(distance(larger.dataSync(), actual[0]?.dataSync() ?? []) < 1e-5, true);
      const nodes = nodesOf(traced.graph());
      const isHalf = (op: string): boolean => nodes.some((node) => node.op === op && typeOf(node) === "bfloat16");
      assert.deepEqual([half.filter((op) => !isHalf(op)), full.filter(isHalf)], [[], []]);
      for (const one of [traced, open]) one.dispose();
    });
  }); // prettier-ignore
}

test("each value is cast once, whatever takes it", () => {
  tf.tidy(() => {
    const filter = tf.variable(weights(3));
    const traced = trace((x: tf.Tensor4D) => {
      const { value, grads } = tf.variableGrads(() => convolve(convolve(x, filter), filter).square().sum(), [filter]);
      return [value, ...Object.values(grads)];
    }, bfloat16); // prettier-ignore
    traced.sync(wide("x"));
    const nodes = nodesOf(traced.graph());
    const casts = nodes.filter(({ op }) => op === "Cast").map(({ input }) => input[0]);
    assert.equal(new Set(casts).size, casts.length);
    const used = takersOf(nodes, filter.name);
    assert.deepEqual(used.filter((op) => op !== "Shape"), ["Cast"]); // prettier-ignore
    traced.dispose();
    filter.dispose();
  });
});

/** Numbers that round up, down and to even, and those that are none. */
const EDGES = [0, -0, 1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, -1 - 2 ** -8 - 2 ** -20, 2 ** -133, 3.39e38, Infinity, -Infinity, NaN]; // prettier-ignore

test("batch normalization rounds to bfloat16 as TensorFlow's Cast does", { skip: cpuOnly }, () => {
  tf.tidy(() => {
    const half = (tensor: tf.Tensor): tf.Tensor => castTo(tensor, "bfloat16");
    const x = half(tf.tensor2d(EDGES.flatMap((a) => EDGES.map(() => a)), [11, 11])); // prettier-ignore
    const side = half(tf.tensor2d(EDGES.flatMap(() => EDGES.map((b) => b / 256)), [11, 11])); // prettier-ignore
    const [zero, one] = [tf.zeros([11]), tf.ones([11])];
    const attrs = { T: attr.type("bfloat16"), sides: attr.int(1), activation: attr.string("none") };
    const [y] = execute("SlimlabNormalize", [x, zero, one, one, zero, side], attrs);
    assert.ok(y !== undefined);
    const sum = castTo(x, "float32").add(0).add(castTo(side, "float32"));
    const values = (tensor: tf.Tensor): number[] => Array.from(castTo(tensor, "float32").dataSync(), (value) => value + 0);
    assert.deepEqual(values(y), values(half(sum)));
  });
}); // prettier-ignore

for (const shape of [[3, 7, 5, 19], [4, 29, 31, 48], [1, 1, 1, 8]]) { // prettier-ignore
  test(`moments and gradients of bfloat16 are those of its values in float32, ${shape.join(" x ")}`, { skip: cpuOnly }, () => {
    tf.tidy(() => {
      const channels = shape.slice(-1);
      const [x, dy, side] = ["x", "dy", "side"].map((key) => castTo(made(key, shape), "bfloat16"));
      const [gamma, beta] = [made("gamma", channels, { offset: 1 }), made("beta", channels)];
      assert.ok(x !== undefined && dy !== undefined && side !== undefined);
      const run = (dtype: "bfloat16" | "float32", rectify: boolean): Float32Array[] => {
        const [a, b] = [x, dy].map((tensor) => castTo(tensor, dtype)) as [tf.Tensor, tf.Tensor];
        const attrs = { T: attr.type(dtype) };
        const moments = execute("SlimlabMoments", [a], { ...attrs, epsilon: attr.float(1e-5) }, 3);
        const of = [...moments.slice(0, 2), gamma, beta];
        const more = { ...attrs, sides: attr.int(0), activation: attr.string(rectify ? "relu" : "none") };
        const [y] = execute("SlimlabNormalize", [a, ...of], more);
        const counts = { outputs: attr.int(0), others: attr.int(0) };
        const gradients = execute("SlimlabNormalizeGrad", [b, a, ...of], { ...more, ...counts }, 3);
        const rounded = (tensor: tf.Tensor): tf.Tensor => castTo(castTo(tensor, "bfloat16"), "float32");
        const [dx, ...sums] = gradients;
        assert.ok(y !== undefined && dx !== undefined);
        return [...moments, ...sums, rounded(y), rounded(dx)].map((tensor) => tensor.dataSync() as Float32Array);
      };
      for (const rectify of [false, true]) assert.deepEqual(run("bfloat16", rectify), run("float32", rectify));
    });
  });
} // prettier-ignore
