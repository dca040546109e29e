import assert from "node:assert/strict";
import { test } from "node:test";
import {
  fusedBatchNorm,
  memory,
  standardBatchNorm,
  tf,
  trace,
  type FusedBatchNormOptions,
  type NormalizedBatch,
} from "../../../src/tensorflow";
import { cpuOnly } from "../../gpu";
import { pattern } from "../../patterns";

const epsilon = 1e-5;
type Norm = (
  x: tf.Tensor4D,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  options: Pick<FusedBatchNormOptions, "activation">,
) => NormalizedBatch;
const own: Norm = (x, gamma, beta, options) => fusedBatchNorm(x, gamma, beta, { epsilon, ...options });
const standard: Norm = (x, gamma, beta, options) =>
  standardBatchNorm(x, gamma, beta, { epsilon, ...options });

const SHAPES: Readonly<Record<string, [number, number, number, number]>> = {
  "one channel": [2, 5, 3, 1],
  "channels that fill no vector": [3, 7, 5, 19],
  "one row": [1, 1, 1, 8],
  "one pixel an image": [7, 1, 1, 33],
  "as many rows as are summed at once": [4, 4, 4, 16],
  "shared among threads": [4, 29, 31, 48],
  "many channels": [2, 7, 7, 2048],
};
type Layer = (norm: Norm, args: readonly tf.Tensor4D[]) => tf.Tensor4D;
const FORMS: Readonly<Record<string, Layer>> = {
  "batch norm": (norm, [x, gamma, beta]) => norm(of(x), of(gamma), of(beta), {}).y,
  "batch norm, ReLU": (norm, [x, gamma, beta]) => norm(of(x), of(gamma), of(beta), { activation: "relu" }).y,
  ...Object.fromEntries(
    (["relu6", "hardSwish", "swish"] as const).map((activation): [string, Layer] => [
      `batch norm, ${activation}`,
      (norm, [x, gamma, beta]) => norm(of(x), of(gamma), of(beta), { activation }).y,
    ]),
  ),
  "batch norm, addition": (norm, [x, gamma, beta, side]) =>
    norm(of(x), of(gamma), of(beta), {}).joinedTo(of(side), "none"),
  "batch norm, addition, ReLU": (norm, [x, gamma, beta, side]) =>
    norm(of(x), of(gamma), of(beta), {}).joinedTo(of(side), "relu"),
};

function of<T>(value: T | undefined): T {
  assert.ok(value !== undefined);
  return value;
}

for (const [form, layer] of Object.entries(FORMS)) {
  for (const [size, shape] of Object.entries(SHAPES)) {
    test(`${form} of ${size} and its gradients equal TensorFlow's operations, eager and traced`, () => {
      const before = memory();
      tf.tidy(() => {
        const [inputs, dy] = example(`${form} ${size}`, shape, { scale: 2, offset: 0 });
        const given = form.includes("addition") ? inputs : inputs.slice(0, 3);
        const expected = run(standard, layer, dy)(...given).map(valuesOf);
        const eager = run(own, layer, dy)(...given).map(valuesOf);
        const compiled = trace(run(own, layer, dy), { name: "batchNorm" });
        const traced = compiled.sync(...given).map(valuesOf);
        compiled.dispose();
        assert.equal(eager.length, expected.length);
        const isOneRow = shape.slice(0, 3).every((side) => side === 1);
        expected.forEach((values, i) => {
          // Of one row dx is 0 but for rounding, and nothing to compare by.
          if (!(isOneRow && i === 3))
            assertClose(of(eager[i]), values, form.endsWith("wish") ? 8e-6 : 4e-6, `output ${i}`);
          assertClose(of(traced[i]), of(eager[i]), 0, `output ${i} traced`);
        });
      });
      assert.deepEqual(memory(), before);
    });
  }
}

for (const [range, tolerance] of [[{ scale: 2, offset: 0.5 }, 1e-6], [{ scale: 0.1, offset: 50 }, 2e-4]] as const) {
  test(`batch norm and its gradients equal the formulas in double precision to ${tolerance} about a mean of ${range.offset}`, { skip: cpuOnly }, () => {
    tf.tidy(() => {
      const [inputs, dy] = example("formulas", [4, 29, 31, 48], range);
      const given = inputs.slice(0, 3);
      const expected = formulas(...(given.map(valuesOf) as [Float32Array, Float32Array, Float32Array]), valuesOf(dy));
      const actual = run(own, of(FORMS["batch norm"]), dy)(...given).map(valuesOf);
      expected.forEach((values, i) => assertClose(of(actual[i]), values, tolerance, `output ${i}`));
    });
  });
} // prettier-ignore

/** x, gamma, beta and side, and a gradient. */
function example(
  key: string,
  shape: [number, number, number, number],
  range: { scale: number; offset: number },
): [tf.Tensor[], tf.Tensor4D] {
  const channels = shape[3];
  const inputs = [
    tf.tensor4d(pattern(`${key} x`, shape, range), shape),
    tf.tensor(pattern(`${key} gamma`, [channels], { scale: 1, offset: 1.5 }), [channels]),
    tf.tensor(pattern(`${key} beta`, [channels]), [channels]),
    tf.tensor4d(pattern(`${key} side`, shape), shape),
  ];
  return [inputs, tf.tensor4d(pattern(`${key} dy`, shape), shape)];
}

/** y, mean, variance, and the gradients of all arguments. */
function run(norm: Norm, layer: Layer, dy: tf.Tensor4D): (...args: tf.Tensor[]) => tf.Tensor[] {
  return (...args) => {
    const compute = (...xs: tf.Tensor[]): tf.Tensor => layer(norm, xs as tf.Tensor4D[]);
    const { batchMean, batchVariance } = norm(args[0] as tf.Tensor4D, of(args[1]), of(args[2]), {});
    return [compute(...args), batchMean, batchVariance, ...tf.grads(compute)(args, dy)];
  };
} // prettier-ignore

/** y, mean, variance, dx, dgamma and dbeta of batch norm. */
function formulas(
  x: Float32Array,
  gamma: Float32Array,
  beta: Float32Array,
  dy: Float32Array,
): Float32Array[] {
  const channels = gamma.length;
  const rows = x.length / channels;
  const sums = (value: (i: number, c: number) => number): number[] => {
    const totals = Array.from(gamma, () => 0);
    for (let i = 0; i < x.length; i++)
      totals[i % channels] = of(totals[i % channels]) + value(i, i % channels);
    return totals;
  };
  const mean = sums((i) => of(x[i])).map((sum) => sum / rows);
  const variance = sums((i, c) => (of(x[i]) - of(mean[c])) ** 2).map((sum) => sum / rows);
  const normal = Float64Array.from(x, (value, i) => {
    const c = i % channels;
    return (value - of(mean[c])) / Math.sqrt(of(variance[c]) + epsilon);
  });
  const dbeta = sums((i) => of(dy[i]));
  const dgamma = sums((i) => of(dy[i]) * of(normal[i]));
  const y = Array.from(normal, (value, i) => value * of(gamma[i % channels]) + of(beta[i % channels]));
  const dx = Array.from(normal, (value, i) => {
    const c = i % channels;
    const slope = of(dy[i]) - of(dbeta[c]) / rows - (value * of(dgamma[c])) / rows;
    return (slope * of(gamma[c])) / Math.sqrt(of(variance[c]) + epsilon);
  });
  const unbiased = variance.map((value) => (value * rows) / (rows - 1));
  return [y, mean, unbiased, dx, dgamma, dbeta].map((values) => Float32Array.from(values));
}

test(
  "fusedBatchNorm() computes moments to the last digits where the mean is 1,000 times the deviation",
  { skip: cpuOnly },
  () => {
    tf.tidy(() => {
      const values = Array.from({ length: 50_000 }, (_, i) => Math.fround(1000 + ((i * 7919) % 1009) / 1009));
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
      const x = tf.tensor4d(values, [5, 100, 100, 1]);
      const { batchMean, batchVariance } = fusedBatchNorm(x, tf.ones([1]), tf.zeros([1]));
      assert.ok(Math.abs(of(batchMean.dataSync()[0]) / mean - 1) < 1e-7);
      assert.ok(Math.abs(of(batchVariance.dataSync()[0]) / variance - 1) < 1e-6);
    });
  },
);

test("fusedBatchNorm() refuses parameters of another number of channels, sides of another shape, and no images", () => {
  tf.tidy(() => {
    const x = tf.zeros<tf.Rank.R4>([2, 3, 3, 4]);
    const [four, five] = [tf.ones([4]), tf.ones([5])];
    const refused = { code: "INVALID_ARGUMENT" };
    for (const norm of [fusedBatchNorm, standardBatchNorm]) {
      assert.throws(() => norm(x, five, four), refused);
      assert.throws(() => norm(x, four, five), refused);
      for (const shape of [
        [2, 3, 4, 4],
        [1, 1, 1, 4],
      ] as const)
        // prettier-ignore
        assert.throws(() => norm(x, four, four).joinedTo(tf.zeros([...shape]), "relu"), refused);
      assert.throws(() => norm(tf.zeros([0, 3, 3, 4]), four, four), refused);
    }
  });
});

test("fusedBatchNorm() with its ReLU keeps a NaN, as TensorFlow's do, so that a loss tells of it", () => {
  tf.tidy(() => {
    const x = tf.fill<tf.Rank.R4>([2, 3, 3, 4], NaN);
    const [ones, zeros] = [tf.ones([4]), tf.zeros([4])];
    for (const norm of [own, standard]) {
      const { y, joinedTo } = norm(x, ones, zeros, { activation: "relu" });
      const sum = norm(x, ones, zeros, {}).joinedTo(tf.zeros([2, 3, 3, 4]), "relu");
      for (const one of [y, sum, joinedTo(tf.zeros([2, 3, 3, 4]), "relu")])
        assert.ok(valuesOf(one).every(Number.isNaN));
    }
  });
});

test("a NaN in one channel makes NaN of that channel's moments, as TensorFlow's do, and of no other's", () => {
  tf.tidy(() => {
    const x = tf.tensor4d([NaN, 1, 2, 3, 4, 6], [3, 1, 1, 2]);
    for (const norm of [own, standard]) {
      const { batchMean, batchVariance } = norm(x, tf.ones([2]), tf.zeros([2]), {});
      assert.ok(Number.isNaN(batchMean.dataSync()[0]));
      assert.ok(Number.isNaN(batchVariance.dataSync()[0]));
      assert.ok(Math.abs(of(batchMean.dataSync()[1]) - 10 / 3) < 1e-6);
      assert.ok(Math.abs(of(batchVariance.dataSync()[1]) - 19 / 3) < 1e-5);
    }
  });
});

function valuesOf(tensor: tf.Tensor): Float32Array {
  return Float32Array.from(tensor.dataSync());
}

/** Greatest difference over root mean square. */
function assertClose(actual: Float32Array, expected: Float32Array, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, what);
  const rms = Math.sqrt(expected.reduce((sum, value) => sum + value * value, 0) / expected.length);
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (actual[i] ?? NaN))), 0);
  assert.ok(worst <= tolerance * Math.max(rms, 1e-30), `${what}: ${worst} of ${rms}`);
}
