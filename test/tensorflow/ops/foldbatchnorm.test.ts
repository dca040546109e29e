import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addBiases,
  convolve,
  foldBatchNorm,
  frozenBatchNorm,
  memory,
  tf,
  trace,
} from "../../../src/tensorflow";
import { pattern } from "../../patterns";

const epsilon = 1e-5;
const made = (name: string, shape: number[], range = {}): tf.Tensor =>
  tf.tensor(pattern(name, shape, range), shape);

test("a folded batch normalization gives what one behind the convolution gives, its gradients too", () => {
  const before = memory();
  tf.tidy(() => {
    const x = made("x", [2, 7, 7, 5]).as4D(2, 7, 7, 5);
    const weights = made("weights", [3, 3, 5, 4]);
    const [gamma, beta, mean] = [made("gamma", [4]), made("beta", [4]), made("mean", [4])];
    const variance = made("variance", [4], { scale: 0.4, offset: 0.5 });
    const dy = made("dy", [2, 7, 7, 4]);
    const slopesOf = (layer: (x: tf.Tensor4D, w: tf.Tensor, g: tf.Tensor, b: tf.Tensor) => tf.Tensor) => {
      const run = (...given: tf.Tensor[]): tf.Tensor => {
        const [w = weights, g = gamma, b = beta] = given.slice(1);
        return layer((given[0] ?? x).as4D(2, 7, 7, 5), w, g, b);
      };
      const inputs = [x, weights, gamma, beta];
      return [run(...inputs), ...tf.grads(run)(inputs, dy)];
    };
    const apart = slopesOf((image, w, g, b) =>
      frozenBatchNorm(convolve(image, w), g, b, mean, variance, { epsilon }),
    );
    const folding = (image: tf.Tensor4D, w: tf.Tensor, g: tf.Tensor, b: tf.Tensor): tf.Tensor => {
      const folded = foldBatchNorm(w, g, b, mean, variance, { epsilon });
      return addBiases(convolve(image, folded.weights), folded.biases);
    };
    const folded = slopesOf(folding);
    const compiled = trace(() => slopesOf(folding));
    const traced = compiled.sync();
    ["y", "x", "weights", "gamma", "beta"].forEach((what, i) => {
      assertClose(folded[i], apart[i], 1e-5, what);
      assertClose(traced[i], folded[i], 1e-6, `${what}, traced`);
    });
    compiled.dispose();
  });
  assert.deepEqual(memory(), before);
});

/** Greatest difference over the greatest value. */
function assertClose(
  a: tf.Tensor | undefined,
  b: tf.Tensor | undefined,
  tolerance: number,
  what: string,
): void {
  const [actual, expected] = [a?.dataSync() ?? [], b?.dataSync() ?? []];
  assert.equal(actual.length, expected.length, what);
  assert.ok(expected.length > 0, what);
  const worst = Math.max(...Array.from(expected, (value, i) => Math.abs(value - (actual[i] ?? NaN))));
  const greatest = Math.max(...Array.from(expected, Math.abs));
  assert.ok(worst <= tolerance * greatest, `${what}: ${worst} of ${greatest}`);
}
