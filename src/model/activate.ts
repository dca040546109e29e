/** What layers end with, computed. */
import { gelu, hardSigmoid, hardSwish, relu, relu6, swish, tf } from "../tensorflow";
import type { RunOptions } from "./runoptions";
import type { Activation } from "./layers";

/** An activation of x. */
export type Activate = (x: tf.Tensor4D, kind: Activation) => tf.Tensor4D;

/** Those of a network that is run so. */
export function activations({ rectify = relu }: RunOptions): Activate {
  const functions: Readonly<Record<Activation, (x: tf.Tensor4D) => tf.Tensor4D>> = {
    none: (x) => x,
    relu: rectify,
    sigmoid: (x) => tf.sigmoid(x),
    ...{ relu6, swish, hardSwish, hardSigmoid, gelu },
  };
  return (x, kind) => functions[kind](x);
}
