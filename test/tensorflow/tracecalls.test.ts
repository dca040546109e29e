import assert from "node:assert/strict";
import test from "node:test";
import { memory, random, tf, trace } from "../../src/tensorflow";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const values = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());
const mean = (x: tf.Tensor): tf.Tensor => x.mean();

test("trace() computes with the types that its inputs have, also where tfjs names another", async () => {
  const whole = tf.tensor2d([1, 2, 3, 5], [2, 2], "int32");
  const moments = trace((x: tf.Tensor) => [x.mean(), x.mean(0), tf.moments(x).variance]);
  const results = await moments(whole);
  assert.deepEqual(results.map(values), [[2.75], [2, 3.5], [2.1875]]);
  tf.dispose([whole, ...results]);
  moments.dispose();
});

test("dispose() of a traced function lets the call that runs end, and one that waits record anew", async () => {
  const before = memory();
  const heavy = trace((x: tf.Tensor2D) => tf.matMul(tf.matMul(x, x), x).mean());
  const x = tf.ones<tf.Rank.R2>([600, 600]);
  (await heavy(x)).dispose();
  const running = heavy(x);
  const waiting = heavy(x);
  await new Promise(setImmediate);
  heavy.dispose();
  for (const result of await Promise.all([running, waiting])) {
    assert.deepEqual(values(result), [360000]);
    result.dispose();
  }
  assert.equal(heavy.signatures().length, 1);
  heavy.dispose();
  x.dispose();
  assert.deepEqual(memory(), before);
});

test("a traced function's inputs may be disposed once it is called", async () => {
  const before = memory();
  const traced = trace((x: tf.Tensor, y: tf.Tensor) => x.add(y));
  const y = tf.variable(tf.scalar(1));
  const results = [1, 2, 3]
    .map((value) => tf.tidy(() => tf.scalar(value)))
    .map((x) => {
      const result = traced(x, y);
      x.dispose();
      return result;
    });
  y.assign(tf.tidy(() => tf.scalar(10)));
  const sums = await Promise.all(results);
  assert.deepEqual(sums.map(values), [[11], [12], [13]]);
  tf.dispose(sums);
  y.dispose();
  traced.dispose();
  assert.equal(memory().functions, before.functions);
});

test("a traced function says which of its inputs or outputs is disposed", async () => {
  const traced = trace((x: { readonly a: readonly tf.Tensor[] }) => x.a.map(mean), { name: "means" });
  const gone = tf.ones([2, 3]);
  gone.dispose();
  const message =
    /Cannot use argument 0 of "means"\.a\[0\]: expected a live tensor, got a disposed one \[2,3\]/;
  await assert.rejects(traced({ a: [gone] }), message);
  assert.throws(() => traced.sync({ a: [gone] }), message);
  const careless = trace((x: tf.Tensor) => { const y = x.add(1); y.dispose(); return y; }, { name: "careless" }); // prettier-ignore
  await assert.rejects(careless(tf.scalar(1)), /Cannot use the output of "careless": expected a live tensor/);
});

test('batch: "any" serves a batch that is as long as an input that is none', async () => {
  const noisy = trace((x: tf.Tensor, seed: tf.Tensor) => x.add(random.uniform([x.shape[0] ?? 0], seed)), {
    batch: "any",
  });
  const seed = random.seed(1, 2);
  for (const size of [5, 2, 3]) {
    const [x, expected] = [tf.zeros([size]), random.uniform([size], seed)];
    const noise = await noisy(x, seed);
    assert.deepEqual(values(noise), values(expected));
    tf.dispose([x, expected, noise]);
  }
  assert.equal(noisy.signatures().length, 1);
  noisy.dispose();
  seed.dispose();
});

test("trace() names no line of its own where it refuses an asynchronous function", async () => {
  const traced = trace((x: tf.Tensor) => Promise.resolve(x) as unknown as tf.Tensor, { name: "later" });
  await assert.rejects(traced(tf.scalar(1)), ({ message }: Error) => !message.includes("interrupt"));
});
