import { attr } from "../runtime/attributes";
import { tf } from "../runtime/runtime";
import { executeOne } from "../trace/execute";
import { dynamicReshape, dynamicShape } from "./shape";

/**
 * A list of classes as 1 for each of them and 0 for the others; one that is there twice counts once.
 * @param labels  int32 [any number of classes], perhaps none, each 0 … numClasses − 1
 * @returns       float32 [numClasses]
 * @throws {TensorFlowError} INVALID_ARGUMENT on the CPU, if one is out of range; a GPU leaves it out
 */
export function kHot(labels: tf.Tensor, numClasses: number): tf.Tensor1D {
  return tf.tidy(() => {
    const indices = dynamicReshape(labels, tf.tensor1d([-1, 1], "int32"));
    const one = tf.scalar(1);
    const ones = executeOne("Fill", [dynamicShape(labels), one], { T: attr.type("float32"), index_type: attr.type("int32") }); // prettier-ignore
    const types = { T: attr.type("float32"), Tindices: attr.type("int32") };
    const counts = executeOne("ScatterNd", [indices, ones, tf.tensor1d([numClasses], "int32")], types);
    return counts.minimum<tf.Tensor1D>(one);
  });
}
