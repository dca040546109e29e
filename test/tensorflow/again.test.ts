import assert from "node:assert/strict";
import { test } from "node:test";
import { convolve, fusedBatchNorm, tf, trace } from "../../src/tensorflow";
import { cpuOnly } from "../gpu";
import { pattern } from "../patterns";

type Layer = (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor4D;

const LAYERS: Readonly<
  Record<string, { readonly side: number; readonly again: number; readonly layer: Layer }>
> = {
  "a 3 x 3 convolution": { side: 3, again: 1, layer: (x, filter) => convolve(x, filter, { stride: 2 }) },
  "a 1 x 1 convolution": { side: 1, again: 1, layer: (x, filter) => convolve(x, filter) },
  "Winograd's convolution": {
    side: 3,
    again: 2,
    layer: (x, filter) => convolve(x, filter, { own: true }),
  },
};

/** Operations of a recording that are computed again: of which the attribute afters is { i: 1 }. */
function againIn(graph: Uint8Array): number {
  return Buffer.from(graph).toString("latin1").split("afters\x12\x02\x18\x01").length - 1;
}

for (const [name, { side, again, layer }] of Object.entries(LAYERS)) {
  test(`what ${name} takes is computed again for its filter's gradient, with the same values`, { skip: cpuOnly }, () => {
    tf.tidy(() => {
      const values = (key: string, shape: number[]): tf.Tensor => tf.tensor(pattern(key, shape), shape);
      const args = [values("x", [2, 9, 7, 64]), values("gamma", [64]), values("beta", [64]), values("filter", [side, side, 64, 64])]; // prettier-ignore
      const normalized = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor4D =>
        fusedBatchNorm(x as tf.Tensor4D, gamma, beta, { activation: "relu" }).y;
      const gradients = (isSeen: boolean) => (...xs: tf.Tensor[]): tf.Tensor[] => {
        let seen: tf.Tensor[] = [];
        const grads = tf.grads((x, gamma, beta, filter) => {
          const y = normalized(x, gamma, beta);
          if (isSeen) seen = [tf.keep(y.clone())];
          return layer(y, filter as tf.Tensor4D).square();
        })(xs);
        return [...grads, ...seen];
      };
      for (const isSeen of [false, true]) {
        const traced = trace(gradients(isSeen));
        const [actual, expected] = [traced.sync(...args), gradients(isSeen)(...args)];
        expected.forEach((tensor, i) => {
          assert.deepEqual(actual[i]?.dataSync(), tensor.dataSync());
        });
        assert.equal(againIn(traced.graph()), isSeen ? again - 1 : again);
        traced.dispose();
        tf.dispose([actual, expected]);
      }
    });
  }); // prettier-ignore
}
