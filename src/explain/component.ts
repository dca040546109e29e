/** What most of an activation's channels share. */
import { symmetricEigen, tf } from "../tensorflow";

/**
 * The first principal component of what each place has in all channels, as a map: X·v₁, where each row of X is a place, less the mean
 * of all places, and v₁ the direction in which the rows differ most (the first right singular vector of X).
 *
 * Its sign is arbitrary by itself; here it is that of the sum of the channels, with which the map correlates positively.
 * @param values    float32 [batch, h, w, channels], finite
 * @param centered  whether the mean of all places is taken off
 * @returns         float32 [batch, h, w]; the caller disposes
 */
export function firstComponent(values: tf.Tensor4D, centered = true): tf.Tensor3D {
  const [batch, height, width, channels] = values.shape;
  const cells = height * width;
  return tf.tidy(() => {
    const rows = values.reshape<tf.Tensor3D>([batch, cells, channels]);
    const x = centered ? rows.sub<tf.Tensor3D>(rows.mean(1, true)) : rows;
    // Of both Gram matrices, which have the same eigenvalues, the smaller one.
    const map =
      cells <= channels
        ? greatest(tf.matMul(x, x, false, true))
        : tf.matMul(x, greatest(tf.matMul(x, x, true, false), false));
    return withSignOf(map.as3D(batch, cells, 1), x.sum(2, true)).as3D(batch, height, width);
  });
}

/**
 * The first principal component of points of which only the products are known.
 * @param gram    float32 [batch, n, n], symmetric
 * @param scaled  whether it is as long as the points reach, or of length 1
 * @returns       float32 [batch, n, 1]: the eigenvector of the greatest eigenvalue, of either sign
 */
export function greatest(gram: tf.Tensor3D, scaled = true): tf.Tensor3D {
  const [batch, n] = gram.shape;
  return tf.tidy(() => {
    const { values, vectors } = symmetricEigen(gram);
    const vector = tf.slice(vectors, [0, 0, n - 1], [batch, n, 1]).as3D(batch, n, 1);
    if (!scaled) return vector;
    const length = tf.sqrt(tf.relu(tf.slice(values, [0, n - 1], [batch, 1])));
    return vector.mul<tf.Tensor3D>(length.expandDims(2));
  });
}

/**
 * Maps turned where they run against others.
 * @param maps    float32 [batch, n, 1], of either sign
 * @param wanted  float32 [batch, n, 1]
 * @returns       float32 [batch, n, 1]; the caller disposes
 */
export function withSignOf(maps: tf.Tensor3D, wanted: tf.Tensor): tf.Tensor3D {
  return tf.tidy(() => {
    const likeness = maps.mul(wanted).sum(1, true);
    return tf.where(likeness.less(0), maps.neg(), maps).as3D(...maps.shape);
  });
}
