import { attr } from "../attributes";
import { executeOne } from "../execute";
import { dataType, tf } from "../runtime";

/**
 * The shape of a tensor as a tensor: computed in the graph, so that it is right for inputs of any size.
 * @returns int32 [rank]
 */
export function dynamicShape(x: tf.Tensor): tf.Tensor1D {
  return executeOne("Shape", [x], { T: attr.type(dataType(x)), out_type: attr.type("int32") }) as tf.Tensor1D;
}

/**
 * A part of a tensor whose place and size may be tensors themselves.
 * @param begin  int32 [rank]
 * @param size   int32 [rank]; -1 for all that is left
 */
export function dynamicSlice(x: tf.Tensor, begin: tf.Tensor, size: tf.Tensor): tf.Tensor {
  return executeOne("Slice", [x, begin, size], { T: attr.type(dataType(x)), Index: attr.type("int32") });
}

/**
 * A tensor's values in another shape that may be a tensor itself.
 * @param shape  int32 [new rank]; one -1 is filled in
 */
export function dynamicReshape(x: tf.Tensor, shape: tf.Tensor): tf.Tensor {
  return executeOne("Reshape", [x, shape], { T: attr.type(dataType(x)), Tshape: attr.type("int32") });
}

/** A tensor with one more dimension, of size 1, at `axis`; unlike tfjs's it holds for inputs of any size. */
export function insertAxis(x: tf.Tensor, axis: number): tf.Tensor {
  return tf.tidy(() =>
    executeOne("ExpandDims", [x, tf.scalar(axis, "int32")], {
      T: attr.type(dataType(x)),
      Tdim: attr.type("int32"),
    }),
  );
}

/** A tensor without its dimensions of size 1 at `axes`; unlike tfjs's it holds for inputs of any size. */
export function removeAxes(x: tf.Tensor, axes: readonly number[]): tf.Tensor {
  return executeOne("Squeeze", [x], { T: attr.type(dataType(x)), squeeze_dims: attr.ints(axes) });
}
