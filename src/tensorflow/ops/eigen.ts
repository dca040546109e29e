import { attr } from "../runtime/attributes";
import type { tf } from "../runtime/runtime";
import { execute } from "../trace/execute";

/** What a symmetric matrix only stretches, and by how much. */
export type Eigen = {
  /** float32 [..., n], ascending */
  readonly values: tf.Tensor;
  /** float32 [..., n, n]: column i, of length 1, belongs to value i; its sign is TensorFlow's */
  readonly vectors: tf.Tensor;
};

/**
 * The eigenvalues and eigenvectors of symmetric matrices. It has no gradient.
 * @param matrices  float32 [..., n, n], of which the lower triangle is read
 * @throws {TensorFlowError} INVALID_ARGUMENT if they are not square or not finite
 * @see tf.linalg.eigh
 */
export function symmetricEigen(matrices: tf.Tensor): Eigen {
  const attrs = { compute_v: attr.bool(true), T: attr.type("float32") };
  const [values, vectors] = execute("SelfAdjointEigV2", [matrices], attrs, 2);
  if (values === undefined || vectors === undefined)
    throw new TypeError("Cannot decompose a matrix: expected values and vectors, got none");
  return { values, vectors };
}
