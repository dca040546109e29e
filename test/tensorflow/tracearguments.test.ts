import assert from "node:assert/strict";
import { test } from "node:test";
import { tf, trace } from "../../src/tensorflow";

test("trace() refuses a variable as an argument that the function assigns, and an unknown batch", async () => {
  const counter = tf.variable(tf.scalar(1), true, "counter");
  const double = (w: tf.Tensor): tf.Tensor => {
    counter.assign(tf.scalar(5));
    return w.mul(2);
  };
  const traced = trace(double, { name: "double" });
  const message =
    'Cannot call "double" with variable "counter": expected one that it does not assign, got one that it does; let the function close over it';
  await assert.rejects(traced(counter), new TypeError(message));
  assert.equal(counter.dataSync()[0], 1);
  const given = await traced(tf.scalar(3));
  assert.equal(given.dataSync()[0], 6);
  assert.equal(counter.dataSync()[0], 5);
  traced.dispose();
  counter.dispose();
  given.dispose();
  // @ts-expect-error -- as from JavaScript
  assert.throws(() => trace(double, { batch: "all" }), RangeError);
});
