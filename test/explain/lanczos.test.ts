import assert from "node:assert/strict";
import { test } from "node:test";
import { greatest, withSignOf } from "../../src/explain/component";
import { explain } from "../../src/explain/explain";
import { greatestByLanczos } from "../../src/explain/lanczos";
import { Model } from "../../src/model/model";
import { memory, random, tf } from "../../src/tensorflow";
import { patternImages } from "../patterns";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

/** How far it is from the vector that all eigenvectors give, as a share of its length. */
function distance(gram: tf.Tensor3D): number {
  return tf.tidy(() => {
    const wanted = greatest(gram);
    const got = withSignOf(greatestByLanczos(gram), wanted);
    return tf.norm(got.sub(wanted)).div(tf.norm(wanted)).dataSync()[0] ?? NaN;
  });
}

/** float32 [1, n, n], with these eigenvalues. */
function matrixOf(eigenvalues: readonly number[]): tf.Tensor3D {
  return tf.tidy(() => {
    const n = eigenvalues.length;
    const [q] = tf.linalg.qr(random.normal([n, n], random.seed(3)));
    const stretched = q.mul<tf.Tensor2D>(tf.tensor1d([...eigenvalues]));
    return tf.matMul(stretched, q.as2D(n, n), false, true).expandDims(0).as3D(1, n, n);
  });
}

test("greatestByLanczos() is the eigenvector of the greatest eigenvalue, however near the next is", () => {
  const before = memory().tensors;
  const others = Array.from({ length: 118 }, (_, i) => 1 - i / 60); // as far below 0 as -0.95
  for (const [near, tolerance] of [
    [1.5, 1e-4],
    [1.98, 1e-3],
    [1.99999, 1e-2],
  ] as const) {
    // prettier-ignore
    const gram = matrixOf([2, near, ...others]);
    const far = distance(gram);
    assert.ok(far < tolerance, `${near}: ${far}`);
    gram.dispose();
  }
  assert.equal(memory().tensors, before);
});

test("greatestByLanczos() takes matrices of few directions, and of none", () => {
  assert.ok(distance(matrixOf([3, ...new Array<number>(59).fill(0)])) < 1e-4);
  const none = greatestByLanczos(tf.zeros<tf.Rank.R3>([1, 60, 60]));
  assert.ok(none.dataSync().every((value) => value === 0));
});

test("kpcaCam of many cells is a map like that of the same image's eigenCam", async () => {
  const sizes = { width: 1 / 16, fixedResizeSide: 140, defaultImageSize: 140, numClasses: 3 };
  const model = new Model({ architecture: "resnet_v1_14", strides: "torchvision", ...sizes });
  const images = tf.tensor4d(patternImages("cam", [2, 140, 140, 3]), [2, 140, 140, 3]);
  const before = memory().tensors;
  const options = { endpoint: "resnet_v1_14/block1" };
  const kpca = await explain(model, images, { ...options, method: "kpcaCam" });
  const eigen = await explain(model, images, { ...options, method: "eigenCam" });
  assert.deepEqual(kpca.values.shape, [2, 35, 35]);
  const likeness = tf.tidy(() => [
    ...kpca.values
      .mul(eigen.values)
      .sum([1, 2])
      .div(
        kpca.values
          .square()
          .sum([1, 2])
          .mul(eigen.values.square().sum([1, 2]))
          .sqrt(),
      )
      .dataSync(),
  ]);
  for (const one of likeness) assert.ok(one > 0.8, `${one}`);
  tf.dispose([kpca, eigen]);
  assert.equal(memory().tensors, before);
});
