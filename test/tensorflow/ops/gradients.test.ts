import assert from "node:assert/strict";
import { test } from "node:test";
import {
  convolve,
  frozenBatchNorm,
  fusedBatchNorm,
  l2Loss,
  maximumPool,
  memory,
  relu,
  sparseCrossEntropy,
  tf,
  trace,
} from "../../../src/tensorflow";
import { readFixture } from "../../fixtures";
import { pattern, type FixtureArray } from "../../patterns";

interface Case {
  readonly inputs: Readonly<Record<string, { shape: number[]; scale: number; offset: number }>>;
  readonly outputs: Readonly<Record<string, FixtureArray>>;
  readonly gradients: Readonly<Record<string, FixtureArray>>;
}
interface GradientsFixture {
  readonly epsilon: number;
  readonly labels: readonly number[];
  readonly cases: Readonly<Record<string, Case>>;
}
type Args = readonly tf.Tensor[];

const { cases, epsilon, labels } = readFixture<GradientsFixture>("gradients");

const at = (args: Args, i: number): tf.Tensor => args[i] ?? assert.fail(`no argument ${i}`);
const image = (args: Args, i = 0): tf.Tensor4D => {
  const { shape } = at(args, i);
  assert.equal(shape.length, 4);
  return at(args, i).as4D(shape[0] ?? 0, shape[1] ?? 0, shape[2] ?? 0, shape[3] ?? 0);
};
const LAYERS: Readonly<Record<string, (args: Args) => tf.Tensor>> = {
  batchNorm: (args) => fusedBatchNorm(image(args), at(args, 1), at(args, 2), { epsilon }).y,
  frozenBatchNorm: (args) => frozenBatchNorm(image(args), at(args, 1), at(args, 2), at(args, 3), at(args, 4), { epsilon }),
  relu: (args) => relu(at(args, 0)),
  conv: (args) => convolve(image(args), at(args, 1)),
  convStride2: (args) => convolve(image(args), at(args, 1), { stride: 2, padding: [1, 1] }),
  convRoot: (args) => convolve(image(args), at(args, 1), { stride: 2, padding: [3, 3] }),
  convRate2: (args) => convolve(image(args), at(args, 1), { rate: 2 }),
  maxPool: (args) => maximumPool(image(args), 3, { stride: 2 }),
  subsample: (args) => maximumPool(image(args), 1, { stride: 2, padding: "valid" }),
  fullyConnected: (args) => tf.matMul(at(args, 0), at(args, 1)).add(at(args, 2)),
  crossEntropy: (args) => sparseCrossEntropy(at(args, 0).as2D(labels.length, -1), tf.tensor1d([...labels], "int32")),
  weightDecay: (args) => l2Loss(at(args, 0)).mul(1e-4),
}; // prettier-ignore

test("gradients.json has a case for each layer", () => {
  assert.deepEqual(Object.keys(LAYERS), Object.keys(cases));
});

for (const [name, layer] of Object.entries(LAYERS)) {
  const { inputs, outputs, gradients } = cases[name] ?? assert.fail(`no case "${name}"`);

  test(`${name} and its gradients equal Python TensorFlow's to 1e-5, and its traced self to 1e-6`, () => {
    const before = memory();
    tf.tidy(() => {
      const args = Object.entries(inputs).map(([key, { shape, ...range }]) =>
        tf.tensor(pattern(`${name}/${key}`, shape, range), shape),
      );
      const shape = outputs["y"]?.shape ?? [];
      const dy = tf.tensor(pattern(`${name}/dy`, shape), [...shape]);
      // Moving moments are given, not learned.
      const learned = args.slice(0, Object.keys(gradients).filter((key) => !/^(mean|variance)$/.test(key)).length);
      const run = (...given: tf.Tensor[]): tf.Tensor[] => {
        const all = [...given, ...args.slice(given.length)];
        const slopes = tf.grads((...xs: tf.Tensor[]) => layer([...xs, ...all.slice(xs.length)]));
        return [layer(all), ...slopes(given.slice(0, learned.length), dy)];
      };
      const eager = run(...args);
      const expected = [outputs["y"], ...Object.values(gradients)];
      eager.forEach((tensor, i) => assertClose(tensor, expected[i]?.values ?? [], 1e-5, `${name} output ${i}`));
      const compiled = trace(run, { name });
      compiled.sync(...args).forEach((tensor, i) => assertClose(tensor, eager[i]?.dataSync() ?? [], 1e-6, `${name} traced ${i}`));
      compiled.dispose();
    });
    assert.deepEqual(memory(), before);
  });
} // prettier-ignore

test("fusedBatchNorm() gives the batch's mean and its variance with Bessel's correction", () => {
  const { inputs, outputs } = cases["batchNorm"] ?? assert.fail("no case");
  tf.tidy(() => {
    const args = Object.entries(inputs).map(([key, { shape, ...range }]) =>
      tf.tensor(pattern(`batchNorm/${key}`, shape, range), shape),
    );
    const { batchMean, batchVariance } = fusedBatchNorm(image(args), at(args, 1), at(args, 2), { epsilon });
    assertClose(batchMean, outputs["batchMean"]?.values ?? [], 1e-5, "mean");
    assertClose(batchVariance, outputs["unbiasedVariance"]?.values ?? [], 1e-5, "variance");
  });
});

/** Greatest difference over root mean square. */
function assertClose(tensor: tf.Tensor, expected: ArrayLike<number>, tolerance: number, what: string): void {
  const actual = tensor.dataSync();
  assert.equal(actual.length, expected.length, what);
  const squares = Array.from(expected, (value) => value * value);
  const rms = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
  const worst = Math.max(...Array.from(expected, (value, i) => Math.abs(value - (actual[i] ?? NaN))));
  assert.ok(worst <= tolerance * Math.max(rms, 1e-30), `${what}: ${worst} of ${rms}`);
}
