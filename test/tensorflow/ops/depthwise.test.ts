import assert from "node:assert/strict";
import { test } from "node:test";
import { attr } from "../../../src/tensorflow/runtime/attributes";
import { executeOne } from "../../../src/tensorflow/trace/execute";
import { depthwiseConvolve, device, memory, tf, trace } from "../../../src/tensorflow";
import { pattern } from "../../patterns";
import { relativeDistance } from "../../model/patterned";

type Shape = [number, number, number, number];
type Padding = "same" | "valid" | readonly [number, number];

interface Case {
  readonly images: Shape;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: Padding;
}

const CASES: readonly Case[] = [
  { images: [2, 14, 14, 32], kernel: 3, stride: 1, padding: "same" },
  { images: [2, 29, 31, 48], kernel: 3, stride: 1, padding: [1, 1] },
  { images: [3, 16, 16, 24], kernel: 3, stride: 2, padding: "same" },
  { images: [3, 15, 15, 19], kernel: 3, stride: 2, padding: [1, 1] },
  { images: [1, 16, 12, 8], kernel: 3, stride: 2, padding: [0, 1] },
  { images: [1, 16, 13, 8], kernel: 3, stride: 2, padding: "same" }, // other pads above than at the left
  { images: [2, 13, 13, 40], kernel: 5, stride: 1, padding: "same" },
  { images: [2, 14, 14, 17], kernel: 5, stride: 2, padding: "same" },
  { images: [2, 20, 9, 16], kernel: 5, stride: 2, padding: [2, 2] },
  { images: [2, 12, 12, 96], kernel: 7, stride: 1, padding: "same" },
  { images: [2, 4, 3, 5], kernel: 7, stride: 1, padding: "same" },
  { images: [1, 11, 10, 1], kernel: 3, stride: 3, padding: "valid" },
  { images: [1, 1, 1, 16], kernel: 3, stride: 1, padding: "same" },
  { images: [1, 2, 2, 8], kernel: 3, stride: 2, padding: [1, 1] },
];

for (const one of CASES) {
  const { images, kernel, stride, padding } = one;
  const name = `${images.join(" x ")}, ${kernel} x ${kernel}, stride ${stride}, ${String(padding)}`;
  test(`depthwiseConvolve() of ${name} and its gradients equal TensorFlow's, eager and traced`, () => {
    const before = memory();
    tf.tidy(() => {
      const x = tf.tensor4d(pattern(`${name} x`, images), images);
      const filter = tf.tensor4d(pattern(`${name} filter`, [kernel, kernel, images[3], 1]), [kernel, kernel, images[3], 1]);
      const by = (own: boolean) => (a: tf.Tensor, b: tf.Tensor, slopes: tf.Tensor) => {
        const compute = (c: tf.Tensor, d: tf.Tensor): tf.Tensor =>
          depthwiseConvolve(c as tf.Tensor4D, d, { stride, padding, own });
        const { value, grads } = tf.valueAndGrads(compute)([a, b], slopes);
        return [value, ...grads];
      };
      const expected = byTensorflow(x, filter, one);
      const dy = tf.tensor4d(pattern(`${name} dy`, expected.y.shape), expected.y.shape);
      const wanted = [expected.y, ...expected.gradients(dy)].map((value) => value.dataSync());
      for (const own of [true, false]) {
        const eager = by(own)(x, filter, dy).map((value) => value.dataSync());
        const compiled = trace(by(own), { name: "depthwise" });
        const traced = compiled.sync(x, filter, dy).map((value) => value.dataSync());
        compiled.dispose();
        for (const [i, values] of wanted.entries()) {
          const distance = relativeDistance(eager[i] ?? [], values);
          assert.ok(distance < 1e-5, `output ${i} of ${own ? "own" : "TensorFlow's"}: ${distance}`);
          assert.ok(relativeDistance(traced[i] ?? [], eager[i] ?? []) < 1e-6, `output ${i} traced`);
        }
      }
    });
    assert.deepEqual(memory(), before);
  });
} // prettier-ignore

/** The same by TensorFlow's operations over images that are padded before. */
function byTensorflow(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  { stride, padding }: Case,
): { readonly y: tf.Tensor4D; gradients(dy: tf.Tensor): readonly tf.Tensor[] } {
  const pads: readonly [number, number] = typeof padding === "string" ? [0, 0] : padding;
  const padded = tf.pad4d(x, [[0, 0], [...pads], [...pads], [0, 0]]);
  const attrs = {
    T: attr.type("float32"),
    strides: attr.ints([1, stride, stride, 1]),
    padding: attr.string(padding === "same" ? "SAME" : "VALID"),
    dilations: attr.ints([1, 1, 1, 1]),
  };
  const shapeOf = ({ shape }: tf.Tensor): tf.Tensor => tf.tensor1d(shape, "int32");
  const y = executeOne("DepthwiseConv2dNative", [padded, filter], attrs) as tf.Tensor4D;
  return {
    y,
    gradients: (dy) => {
      const dx = executeOne("DepthwiseConv2dNativeBackpropInput", [shapeOf(padded), filter, dy], attrs);
      const df = executeOne("DepthwiseConv2dNativeBackpropFilter", [padded, shapeOf(filter), dy], attrs);
      return [dx.slice([0, pads[0], pads[0], 0], x.shape), df];
    },
  };
} // prettier-ignore

test("the addon's depthwise operations refuse what does not fit", { skip: device().isGpu }, () => {
  const attrs = { stride: attr.int(1), before: attr.int(1), after: attr.int(1) };
  tf.tidy(() => {
    const x = tf.zeros([1, 4, 4, 8]);
    const fails = (message: RegExp, run: () => tf.Tensor): void =>
      void assert.throws(run, { code: "INVALID_ARGUMENT", message });
    const filter = tf.zeros([3, 3, 8, 1]);
    fails(/channels, 1\]/, () => executeOne("SlimlabDepthwise", [x, tf.zeros([3, 3, 4, 1])], attrs));
    fails(/larger than the images/, () => executeOne("SlimlabDepthwise", [x, tf.zeros([7, 7, 8, 1])], attrs));
    fails(/3, 5 or 7/, () => executeOne("SlimlabDepthwiseFilterGrad", [x, tf.zeros([1, 1, 8, 1]), tf.zeros([1, 6, 6, 8])], attrs));
    fails(/another shape/, () => executeOne("SlimlabDepthwiseFilterGrad", [x, filter, tf.zeros([1, 3, 3, 8])], attrs));
    const shape = tf.tensor1d([1, 4, 4, 8], "int32");
    fails(/another shape/, () => executeOne("SlimlabDepthwiseInputGrad", [shape, filter, tf.zeros([1, 3, 3, 8])], attrs));
  });
}); // prettier-ignore
