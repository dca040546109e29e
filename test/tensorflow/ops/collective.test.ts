import assert from "node:assert/strict";
import { test } from "node:test";
import { allReduce, recordFunction, tf } from "../../../src/tensorflow";

const group = { size: 2, rank: 0, timeoutSecs: 0 };

test("allReduce() refuses to run outside of a traced function, where it would stop the event loop", () => {
  const x = tf.scalar(1);
  assert.throws(
    () => allReduce(x, "mean", { group, name: "loss" }),
    /^TypeError: Cannot reduce "loss": expected a traced function, got an eager call$/,
  );
  x.dispose();
});

test("allReduce() is recorded without waiting for anybody", () => {
  const x = tf.tensor1d([1, 2, 3]);
  const recorded = recordFunction((y) => [allReduce(y, "mean", { group, name: "loss" })], [x]);
  assert.deepEqual(recorded.outputShapes, [[3]]);
  recorded.dispose();
  x.dispose();
});
