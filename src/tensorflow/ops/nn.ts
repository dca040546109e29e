/** Operations of neural networks that TensorFlow fuses and tfjs takes apart. */
import { attr } from "../attributes";
import { executeOne } from "../execute";
import { tf } from "../runtime";

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
