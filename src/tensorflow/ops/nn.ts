/** Operations of neural networks that TensorFlow fuses and tfjs takes apart. */
import { attr } from "../runtime/attributes";
import { executeOne } from "../trace/execute";
import { tf } from "../runtime/runtime";
import { differentiable } from "./kernel";

/**
 * max(x, 0), whose gradient is one kernel.
 * @param x  float32, any shape
 */
export function relu<T extends tf.Tensor>(x: T): T {
  const T = { T: attr.type("float32") };
  const rectify = tf.customGrad((...args) => {
    const [a, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const y = executeOne("Relu", [a], T);
    save([y]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => executeOne("ReluGrad", [dy, ...saved], T),
    };
  });
  return tf.tidy(() => rectify(x) as T);
}

/**
 * max(x, 0) whose gradient passes only what is above 0, too.
 * @param x  float32, any shape
 * @see Springenberg et al. 2014, "Striving for Simplicity" (arXiv 1412.6806) §3.4
 */
export function guidedRelu<T extends tf.Tensor>(x: T): T {
  const guide = tf.customGrad((...args) => {
    const [a] = args as [tf.Tensor];
    return { value: a.clone(), gradFunc: (dy: tf.Tensor) => tf.relu(dy) };
  });
  return tf.tidy(() => guide(relu(x)) as T);
}

const FLOAT = { T: attr.type("float32") };

const addTo = differentiable({
  name: "BiasAdd",
  saves: [],
  compute: (inputs) => executeOne("BiasAdd", inputs, FLOAT),
  differentiate: (dy) => [() => dy.clone(), () => executeOne("BiasAddGrad", [dy], FLOAT)],
});

/**
 * A bias for each channel added, by the operation that TensorFlow fuses with the convolution before it.
 * @param x       float32 [batch, height, width, channels]
 * @param biases  float32 [channels]
 */
export function addBiases(x: tf.Tensor4D, biases: tf.Tensor): tf.Tensor4D {
  return addTo([x, biases], {}) as tf.Tensor4D;
}
