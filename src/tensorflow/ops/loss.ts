/** Losses that TensorFlow computes with their gradient in one kernel. */
import { attr } from "../runtime/attributes";
import { castTo, execute, executeOne } from "../trace/execute";
import { tf } from "../runtime/runtime";
import { differentiable } from "./kernel";
import { dynamicShape } from "./shape";

const FLOAT = { T: attr.type("float32") };

const runL2 = differentiable({
  name: "L2Loss",
  saves: [0],
  compute: (inputs) => executeOne("L2Loss", inputs, FLOAT),
  differentiate: (dy, [x]) => [() => (x as tf.Tensor).mul(dy)],
});

/**
 * Half the sum of the squares.
 * @param x  float32, any shape
 * @see tf.nn.l2_loss
 */
export function l2Loss(x: tf.Tensor): tf.Scalar {
  return runL2([x], {}) as tf.Scalar;
}

/**
 * The mean over a batch of -log(probability of the label).
 * @param logits  float32 [batch, classes]
 * @param labels  int32 [batch], each 0 … classes - 1
 * @throws {TensorFlowError} INVALID_ARGUMENT on the CPU, if a label is out of range; a GPU gives NaN
 * @see tf.losses.sparse_softmax_cross_entropy
 */
export function sparseCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  const entropy = tf.customGrad((...args) => {
    const [scores, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const attrs = { ...FLOAT, Tlabels: attr.type("int32") };
    const outputs = execute("SparseSoftmaxCrossEntropyWithLogits", [scores, labels], attrs, 2);
    const [losses, slopes] = outputs as [tf.Tensor, tf.Tensor];
    save([slopes.div(castTo(dynamicShape(labels), "float32"))]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => (saved[0] as tf.Tensor).mul(dy);
    return { value: losses.mean(), gradFunc };
  });
  return tf.tidy(() => entropy(logits) as tf.Scalar);
}
