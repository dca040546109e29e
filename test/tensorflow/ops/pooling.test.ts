import assert from "node:assert/strict";
import { test } from "node:test";
import {
  adaptiveMean,
  attr,
  blurPool,
  executeOne,
  globalMean,
  maximumPool,
  memory,
  pickPixels,
  random,
  tf,
  trace,
} from "../../../src/tensorflow";

test("maximumPool() with padding in pixels shifts its windows, and ignores what it padded", () => {
  tf.tidy(() => {
    const x = tf.tensor4d([-1, -2, -3, -4], [1, 1, 4, 1]);
    assert.deepEqual([...maximumPool(x, 3, { stride: 2 }).dataSync()], [-1, -3]);
    assert.deepEqual([...maximumPool(x, 3, { stride: 2, padding: [1, 1] }).dataSync()], [-1, -2]);
  });
});

test("maximumPool() with padding in pixels and its gradient equal TensorFlow's own of such padding, bit for bit", () => {
  tf.tidy(() => {
    const attrs = {
      T: attr.type("float32"),
      ksize: attr.ints([1, 3, 3, 1]),
      strides: attr.ints([1, 2, 2, 1]),
      padding: attr.string("EXPLICIT"),
      explicit_paddings: attr.ints([0, 0, 1, 1, 1, 1, 0, 0]),
    };
    const drawn = random.normal([2, 9, 8, 3], random.seed(1)).as4D(2, 9, 8, 3);
    const pool = (x: tf.Tensor): tf.Tensor4D =>
      maximumPool(x.as4D(2, 9, 8, 3), 3, { stride: 2, padding: [1, 1] });
    for (const x of [drawn, drawn.relu<tf.Tensor4D>(), drawn.sub<tf.Tensor4D>(9)]) {
      const own = executeOne("MaxPool", [x], attrs);
      const dy = random.normal([2, 5, 4, 3], random.seed(2));
      assert.deepEqual(pool(x).dataSync(), own.dataSync());
      const slope = executeOne("MaxPoolGrad", [x, own, dy], attrs);
      assert.deepEqual(tf.grad(pool)(x, dy).dataSync(), slope.dataSync());
    }
  });
});

test("blurPool() is the binomial mean of mirrored pixels, and its gradient is its transpose, eager and traced", () => {
  const before = memory();
  tf.tidy(() => {
    const row = tf.tensor4d([0, 16, 32, 0], [1, 1, 4, 1]).tile<tf.Tensor4D>([1, 2, 1, 1]); // mirrored: 16, 0, 16, 32, 0, 32
    assert.deepEqual([...blurPool(row, { stride: 2 }).dataSync()], [8, 20]);
    const x = random.normal([2, 9, 8, 3], random.seed(1)).as4D(2, 9, 8, 3);
    const dy = random.normal([2, 5, 4, 3], random.seed(2));
    for (const own of [false, true]) {
      const run = (a: tf.Tensor): tf.Tensor[] => {
        const blurred = (b: tf.Tensor): tf.Tensor4D => blurPool(b.as4D(2, 9, 8, 3), { stride: 2, own });
        return [blurred(a), tf.grad(blurred)(a, dy)];
      };
      const compiled = trace(run);
      const [there, back] = run(x);
      const [one, other] = [there?.mul(dy).sum(), back?.mul(x).sum()].map((sum) => sum?.dataSync()[0] ?? NaN);
      assert.ok(Math.abs((one ?? NaN) - (other ?? NaN)) < 1e-4, `${one} ${other}`);
      compiled.sync(x).forEach((tensor, i) => assertNear(tensor, (i === 0 ? there : back) ?? x));
      compiled.dispose();
    }
  });
  assert.deepEqual(memory(), before);
});

test("globalMean() equals tf.mean, its gradient shares alike, eager and traced", () => {
  const before = memory();
  tf.tidy(() => {
    const x = random.normal([2, 3, 5, 4], random.seed(1)).as4D(2, 3, 5, 4);
    const dy = random.normal([2, 1, 1, 4], random.seed(2)).as4D(2, 1, 1, 4);
    const run = (a: tf.Tensor4D): tf.Tensor[] => [
      globalMean(a),
      tf.grad((b) => globalMean(b.as4D(2, 3, 5, 4)))(a, dy),
    ];
    const compiled = trace(run);
    for (const [mean, gradient] of [run(x), compiled.sync(x)]) {
      assert.deepEqual(mean?.shape, [2, 1, 1, 4]);
      assertNear(mean, x.mean([1, 2], true));
      assertNear(gradient, dy.div(15).tile([1, 3, 5, 1]));
    }
    compiled.dispose();
  });
  assert.deepEqual(memory(), before);
});

test("pickPixels() takes rows and columns of each image by its own lists", () => {
  tf.tidy(() => {
    const images = tf.range(0, 18, 1, "int32").as4D(2, 3, 3, 1);
    const rows = tf.tensor2d([[0], [2]], [2, 1], "int32");
    const columns = tf.tensor2d([[0, 1], [2, 0]], [2, 2], "int32"); // prettier-ignore
    const picked = pickPixels(images, rows, columns);
    assert.deepEqual([picked.dtype, picked.shape], ["int32", [2, 1, 2, 1]]);
    assert.deepEqual([...picked.dataSync()], [0, 1, 17, 15]);
  });
});

test("random.truncatedNormal() stays within two deviations and comes again with its seed", () => {
  tf.tidy(() => {
    const draw = (seed: number): number[] => [...random.truncatedNormal([1000], random.seed(seed), 1, 0.5).dataSync()];
    const drawn = draw(3);
    assert.deepEqual(drawn, draw(3));
    assert.notDeepEqual(drawn, draw(4));
    assert.ok(drawn.every((value) => value >= 0 && value <= 2));
    assert.ok(Math.abs(drawn.reduce((sum, value) => sum + value, 0) / 1000 - 1) < 0.05);
  });
}); // prettier-ignore

function assertNear(actual: tf.Tensor | undefined, expected: tf.Tensor): void {
  const difference = actual?.sub(expected).abs().max().dataSync()[0] ?? Infinity;
  assert.ok(difference < 1e-6, String(difference));
}

test("adaptiveMean() takes the means of parts that cover the image and overlap, its gradient their shares", () => {
  const before = memory();
  tf.tidy(() => {
    const x = tf.tensor4d([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5, 1]);
    const [first, second] = [(0 + 1 + 2 + 5 + 6 + 7) / 6, (2 + 3 + 4 + 7 + 8 + 9) / 6];
    const y = adaptiveMean(x, 2); // of 5 columns those 0 to 2 and 2 to 4, of 2 rows each
    assert.deepEqual([...y.dataSync()], [1, 3, 6, 8]);
    const mean = adaptiveMean(tf.concat4d([x, x], 1), 2);
    assert.ok(Math.abs((mean.dataSync()[0] ?? NaN) - first) < 1e-6);
    assert.ok(Math.abs((mean.dataSync()[1] ?? NaN) - second) < 1e-6);
    const slopes = tf.grad((at) => adaptiveMean(at.as4D(1, 2, 5, 1), 2).sum())(x);
    const expected = [1, 1, 2, 1, 1, 1, 1, 2, 1, 1].map((parts) => parts / 3);
    slopes.dataSync().forEach((slope, i) => assert.ok(Math.abs(slope - (expected[i] ?? NaN)) < 1e-6));
    const large = adaptiveMean(x, 7); // of a smaller image pixels are repeated
    assert.deepEqual([...large.dataSync().slice(0, 7)], [0, 0.5, 1.5, 2, 2.5, 3.5, 4]);
    for (let i = 0; i < 50; i++) {
      const pixel = tf.fill([4, 1, 1, 32], i).as4D(4, 1, 1, 32); // of which TensorFlow's products corrupt its memory
      assert.deepEqual([...adaptiveMean(pixel, 6).dataSync()], new Array(4 * 6 * 6 * 32).fill(i));
    }
    const compiled = trace((at: tf.Tensor4D) => adaptiveMean(at, 2));
    assert.deepEqual([...compiled.sync(x).dataSync()], [1, 3, 6, 8]);
    compiled.dispose();
  });
  assert.deepEqual(memory(), before);
});
