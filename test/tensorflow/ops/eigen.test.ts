import assert from "node:assert/strict";
import { test } from "node:test";
import { memory, symmetricEigen, tf, TensorFlowError, trace } from "../../../src/tensorflow";
import { settleBeforeEach } from "../../settled";

settleBeforeEach();

const MATRICES = [4, 1, 1, 4, 0, 2, 2, 3];

test("symmetricEigen() gives values that ascend and vectors that the matrices only stretch", async () => {
  const before = memory().tensors;
  const matrices = tf.tensor3d(MATRICES, [2, 2, 2]);
  const { values, vectors } = symmetricEigen(matrices);
  [3, 5, -1, 4].forEach((value, i) =>
    assert.ok(Math.abs((values.dataSync()[i] ?? NaN) - value) < 1e-6, `${i}`),
  );
  const error = tf.tidy(() =>
    tf
      .matMul(matrices, vectors)
      .sub(vectors.mul(values.expandDims(1)))
      .abs()
      .max(),
  );
  assert.ok((error.dataSync()[0] ?? NaN) < 1e-6);
  const compiled = trace(symmetricEigen, { name: "eigen" });
  const traced = await compiled(matrices);
  assert.deepEqual(traced.vectors.dataSync(), vectors.dataSync());
  compiled.dispose();
  tf.dispose([matrices, values, vectors, error, traced]);
  assert.equal(memory().tensors, before);
});

test("symmetricEigen() refuses what is not square", () => {
  assert.throws(() => symmetricEigen(tf.zeros([2, 3])), TensorFlowError);
});
