/** What layers end with, beside ReLU: each with a gradient that needs its input alone. */
import { attr } from "../runtime/attributes";
import { executeOne } from "../trace/execute";
import { tf } from "../runtime/runtime";
import { differentiable } from "./kernel";

const FLOAT = { T: attr.type("float32") };

const runRelu6 = differentiable({
  name: "Relu6",
  saves: [0],
  compute: (inputs) => executeOne("Relu6", inputs, FLOAT),
  differentiate: (dy, [x]) => [() => executeOne("Relu6Grad", [dy, x as tf.Tensor], FLOAT)],
});

/** min(max(x, 0), 6). @see Howard et al. 2017 (arXiv 1704.04861) */
export function relu6<T extends tf.Tensor>(x: T): T {
  return runRelu6([x], {}) as T;
}

/** A function of each number, by what its slope is. */
function pointwise<T extends tf.Tensor>(
  name: string,
  value: (x: tf.Tensor) => tf.Tensor,
  slope: (x: tf.Tensor) => tf.Tensor,
): (x: T) => T {
  const run = differentiable({
    name,
    saves: [0],
    compute: ([x]) => value(x as tf.Tensor),
    differentiate: (dy, [x]) => [() => dy.mul(slope(x as tf.Tensor))],
  });
  return (x) => run([x], {}) as T;
}

/** x sigmoid(x), or SiLU. @see Ramachandran et al. 2017 (arXiv 1710.05941) */
export const swish = pointwise<tf.Tensor4D>(
  "Swish",
  (x) => x.mul(tf.sigmoid(x)),
  (x) => {
    const s = tf.sigmoid(x);
    return s.mul(x.mul(tf.sub(1, s)).add(1));
  },
);

/** relu6(x + 3) / 6. @see Howard et al. 2019 (arXiv 1905.02244) */
export function hardSigmoid<T extends tf.Tensor>(x: T): T {
  return tf.tidy(() => relu6(x.add<T>(3)).mul<T>(1 / 6));
}

/** x relu6(x + 3) / 6. @see Howard et al. 2019 (arXiv 1905.02244) */
export const hardSwish = pointwise<tf.Tensor4D>(
  "HardSwish",
  (x) => x.mul(executeOne("Relu6", [x.add(3)], FLOAT)).mul(1 / 6),
  // 0 below -3, 1 above 3, (2 x + 3) / 6 between
  (x) => {
    const between = x.mul(1 / 3).add(0.5);
    return tf.where(x.abs().less(3), between, x.greater(0).toFloat());
  },
);

/** x Φ(x), by the error function, in the form that TensorFlow's converter to TFLite knows; it has no operation for the function alone. @see Hendrycks and Gimpel 2016 (arXiv 1606.08415) */
export const gelu = pointwise<tf.Tensor4D>(
  "Gelu",
  (x) => x.mul(0.5).mul(errorFunction(x).add(1)),
  (x) =>
    normalShare(x).add(
      x.mul(
        x
          .square()
          .mul(-0.5)
          .exp()
          .mul(1 / Math.sqrt(2 * Math.PI)),
      ),
    ),
);

/** The standard normal distribution up to x. */
function normalShare(x: tf.Tensor): tf.Tensor {
  return errorFunction(x).add(1).mul(0.5);
}

/** erf(x / √2) */
function errorFunction(x: tf.Tensor): tf.Tensor {
  return executeOne("Erf", [x.mul(Math.SQRT1_2)], FLOAT);
}
