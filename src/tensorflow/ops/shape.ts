import { attr } from "../runtime/attributes";
import { castTo, executeOne } from "../trace/execute";
import { dataType, tf } from "../runtime/runtime";

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

/**
 * What a function gives of a batch, of an empty one too: that is given a row of zeros, whose results are taken away again.
 * TensorFlow 2.21's convolutions on the CPU (oneDNN) give an empty batch its own shape instead of their result's.
 * @param batch  [batch, …], float32
 * @param fn     recorded or at once; what it gives is [batch, …] or follows no batch
 */
export function forAnyBatch<T extends tf.Tensor>(
  batch: T,
  fn: (batch: T) => Readonly<Record<string, tf.Tensor>>,
): Record<string, tf.Tensor> {
  const rows = (x: tf.Tensor): tf.Tensor1D => dynamicShape(x).slice([0], [1]);
  const results: [string, tf.Tensor][] = [];
  tf.tidy(() => {
    const added = tf.scalar(1, "int32").sub(rows(batch)).maximum(tf.scalar(0, "int32"));
    const none = (count: number): tf.Tensor1D => tf.zeros([count], "int32");
    const pads = tf.concat([none(1), added, none(2 * batch.rank - 2)]).reshape([batch.rank, 2]);
    const attrs = { T: attr.type("float32"), Tpaddings: attr.type("int32") };
    const withoutAdded = (y: tf.Tensor): tf.Tensor => {
      if (y.rank === 0) return y;
      const isOne = castTo(rows(y).equal(tf.scalar(1, "int32")), "int32");
      const size = tf.concat([rows(y).sub(added.mul(isOne)), tf.fill([y.rank - 1], -1, "int32")]);
      return dynamicSlice(y, none(y.rank), size);
    };
    const padded = executeOne("Pad", [batch, pads], attrs);
    // Tells readers of the graph what the padding leaves open.
    const outputs = fn(dynamicReshape(padded, tf.tensor1d([-1, ...batch.shape.slice(1)], "int32")) as T);
    results.push(...Object.entries(outputs).map(([name, y]): [string, tf.Tensor] => [name, withoutAdded(y)]));
    return results.map(([, y]) => y);
  });
  return Object.fromEntries(results);
}
