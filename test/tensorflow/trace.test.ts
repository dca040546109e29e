import assert from "node:assert/strict";
import test from "node:test";
import { fusedBatchNorm, memory, random, relu, tf, trace, unrecorded, type TensorTree } from "../../src/tensorflow"; // prettier-ignore
import { settleBeforeEach, settled } from "../settled";

settleBeforeEach();
const values = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());
const largest = (a: tf.Tensor, b: tf.Tensor): number => Math.max(...values(tf.abs(tf.sub(a, b))));

test("trace() gives what the function gives, in the same nested form", async () => {
  const fn = ({
    a,
    b,
  }: {
    a: tf.Tensor;
    b: readonly tf.Tensor[];
  }): { sum: tf.Tensor; list: tf.Tensor[] } => ({
    sum: tf.addN([a, ...b]),
    list: [a.mul(2), a],
  });
  const traced = trace(fn);
  const one = tf.tensor1d([1, 2]);
  const { sum, list } = await traced({ a: one, b: [one, one] });
  assert.deepEqual(values(sum), [3, 6]);
  assert.deepEqual(list.map(values), [[2, 4], [1, 2]]); // prettier-ignore
  traced.dispose();
});

test("trace() records once a signature and says what it recorded", () => {
  let runs = 0;
  const traced = trace(function doubled(x: tf.Tensor) {
    runs++;
    return x.mul(2);
  });
  for (const shape of [[2], [2], [3]]) traced.sync(tf.ones(shape)).dispose();
  traced.sync(tf.ones([3], "int32")).dispose();
  assert.equal(runs, 3);
  assert.deepEqual(
    traced.signatures().map(({ inputs, outputs }) => [...inputs, ...outputs]),
    [
      ["float32[2]", "float32[2]"],
      ["float32[3]", "float32[3]"],
      ["int32[3]", "float32[3]"],
    ],
  );
  traced.dispose();
  assert.deepEqual(traced.signatures(), []);
});

test("a tensor or variable closed over is looked up at each call", async () => {
  const variable = tf.variable(tf.scalar(2));
  const traced = trace((x: tf.Tensor) => x.mul(variable));
  assert.deepEqual(values(await traced(tf.scalar(3))), [6]);
  variable.assign(tf.scalar(5));
  assert.deepEqual(values(await traced(tf.scalar(3))), [15]);
  variable.dispose();
  await assert.rejects(
    traced(tf.scalar(3)),
    /Cannot call ".*": expected what it closed over to live, got variable/,
  );
});

test("variable.assign() inside becomes an assignment after each call, and recording itself assigns nothing", () => {
  const counter = tf.variable(tf.scalar(0));
  const traced = trace((by: tf.Tensor) => {
    counter.assign(counter.add(by));
    return counter.mul(10);
  });
  for (const expected of [10, 20, 30]) {
    assert.deepEqual(values(traced.sync(tf.scalar(1))), [expected]);
    assert.deepEqual(values(counter), [expected / 10]);
  }
  assert.deepEqual(traced.signatures()[0]?.assigned, [counter.name]);
  counter.dispose();
});

test("two variables that share one value stay apart", () => {
  const zero = tf.scalar(0);
  const [a, b] = [tf.variable(zero), tf.variable(zero)];
  const traced = trace((x: tf.Tensor) => {
    a.assign(a.add(x));
    return a.add(b).add(zero);
  });
  assert.deepEqual([1, 1].map((x) => values(traced.sync(tf.scalar(x)))[0]), [1, 2]); // prettier-ignore
  b.assign(tf.scalar(100));
  assert.deepEqual(values(traced.sync(tf.scalar(1))), [103]);
  tf.dispose([a, b]);
});

for (const [name, create] of [
  ["momentum", () => tf.train.momentum(0.1, 0.9)],
  ["adam", () => tf.train.adam(0.1)],
] as const) {
  test(`an ordinary tfjs ${name} optimizer inside a trace takes the steps that it takes outside`, async () => {
    const start = tf.tensor1d([1, 2, 3]);
    const x = tf.tensor1d([1, 1, 2]);
    const make = (): { w: tf.Variable; step: (x: tf.Tensor) => tf.Tensor } => {
      const w = tf.variable(start.clone());
      const optimizer = create();
      const step = (input: tf.Tensor): tf.Tensor => {
        const { value, grads } = tf.variableGrads(() => w.mul(input).square().sum(), [w]);
        optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
        return value;
      };
      return { w, step };
    };
    const eager = make();
    const compiled = make();
    const traced = trace(compiled.step);
    for (let i = 0; i < 5; i++) {
      assert.ok(largest(eager.step(x), await traced(x)) <= 1e-5);
      assert.ok(largest(eager.w, compiled.w) <= 1e-6);
    }
  });
}

test("a traced function called in another becomes a call of one function by the other", async () => {
  const inner = trace((x: tf.Tensor) => x.mul(3).add(1), { name: "inner" });
  const outer = trace((x: tf.Tensor) => inner.sync(inner.sync(x)), { name: "outer" });
  assert.deepEqual(values(await outer(tf.scalar(2))), [22]);
  assert.equal(outer.signatures()[0]?.operations, 2);
});

test("gradients pass through a traced function called under a tape", () => {
  const square = trace((x: tf.Tensor) => x.mul(x));
  assert.deepEqual(values(tf.grad((x) => square.sync(x))(tf.scalar(3))), [6]);
});

test("await traced() leaves the event loop alive and keeps the order of calls", async () => {
  const heavy = trace((x: tf.Tensor2D) => {
    let y: tf.Tensor2D = x;
    for (let i = 0; i < 30; i++) y = tf.matMul(y, x).mul(1e-3);
    return y;
  });
  const x = tf.ones<tf.Rank.R2>([700, 700]);
  heavy.sync(x).dispose();
  let ticks = 0;
  const timer = setInterval(() => ticks++, 2);
  (await heavy(x)).dispose();
  clearInterval(timer);
  assert.ok(ticks >= 3, `expected timers to tick during a call, got ${ticks} ticks`);

  const log = tf.variable(tf.scalar(1));
  const step = trace((by: tf.Tensor) => {
    log.assign(log.mul(2).add(by));
    return log.mul(1);
  });
  const results = await Promise.all([step(tf.scalar(1)), step(tf.scalar(10)), step(tf.scalar(100))]);
  assert.deepEqual(results.map((result) => values(result)[0]), [3, 16, 132]); // prettier-ignore
  log.dispose();
});

const seeded = tf.tensor1d([1, 2], "int32");
const REFUSED: readonly (readonly [string, (x: tf.Tensor) => unknown, RegExp])[] = [
  ["dataSync()", (x) => x.mul(x.dataSync()[0] ?? 0), /got a value read inside .* at .*trace\.test/],
  ["arraySync()", (x) => (x.arraySync(), x), /got a value read inside .* at .*trace\.test/],
  ["data()", (x) => (void x.data(), x), /got a value read inside .* at .*trace\.test/],
  ["print()", (x) => (x.print(), x), /got a value read inside .* at .*trace\.test/],
  ["an async function", (x) => Promise.resolve(x), /got an asynchronous function/],
  [
    "tf.randomNormal",
    () => tf.randomNormal([2]),
    /got tf.randomNormal\(\).* use random.uniform .* at .*trace\.test/,
  ],
  ["a seeded tf.randomUniform", () => tf.randomUniform([2], 0, 1, "float32", 7), /got tf.randomUniform\(\)/],
  ["tf.truncatedNormal", () => tf.truncatedNormal([2]), /got tf.truncatedNormal\(\)/],
  ["tf.dropout", (x) => tf.dropout(x, 0.5), /got tf.dropout\(\)/],
  ["a number as output", () => 3, /Cannot use the output of "refused": expected a tensor.*got number 3/],
  [
    "an undefined output",
    () => ({ loss: undefined }),
    /Cannot use the output of "refused".loss: .* got undefined/,
  ],
  ["a caught refusal", (x) => { try { x.dataSync(); } catch { /* swallowed by the user */ } return x; }, /got a value read/], // prettier-ignore
];
for (const [what, fn, message] of REFUSED) {
  test(`trace() refuses ${what}, naming the call`, async () => {
    const before = memory();
    const x = tf.ones([2]);
    const traced = trace(fn as (x: tf.Tensor) => tf.Tensor, { name: "refused" });
    await assert.rejects(traced(x), message);
    x.dispose();
    const after = memory();
    assert.equal(after.functions, before.functions);
    if (!what.startsWith("a caught") && what !== "data()") assert.ok(after.tensors <= before.tensors + 1);
  });
}

test("trace() refuses inputs that are not tensors, and .sync is asked for inside another trace", async () => {
  const traced = trace((x: TensorTree) => x, { name: "first" });
  await assert.rejects(
    traced({ a: 1 } as unknown as TensorTree),
    /Cannot use argument 0 of "first".a: expected a tensor/,
  );
  const outer = trace((x: tf.Tensor) => (void traced(x), x), { name: "outer" });
  await assert.rejects(outer(seeded), /Cannot trace "outer": .* got "first" called without .sync/);
});

test("random.uniform() and random.normal() draw anew with the seed, eager = traced", () => {
  const draw = (seed: tf.Tensor): tf.Tensor =>
    tf.concat([random.uniform([500], seed, -1, 3), random.normal([500], seed)]);
  const traced = trace(draw);
  const [a, b] = [random.seed(1), random.seed(2)];
  assert.equal(largest(traced.sync(a), draw(a)), 0);
  assert.ok(largest(traced.sync(a), traced.sync(b)) > 0.1);
  const uniform = values(draw(a)).slice(0, 500);
  assert.ok(Math.min(...uniform) >= -1 && Math.max(...uniform) < 3);
});

test('batch: "any" serves every batch size with one recording, gradients included', async () => {
  const kernel = tf.variable(random.normal([3, 3, 3, 4], random.seed(1), 0, 0.3) as tf.Tensor4D);
  const dense = tf.variable(random.normal([4, 2], random.seed(2)) as tf.Tensor2D);
  const [gamma, beta] = [tf.ones<tf.Rank.R1>([4]), tf.zeros<tf.Rank.R1>([4])];
  const net = (x: tf.Tensor4D, labels: tf.Tensor1D): { loss: tf.Scalar; grad: tf.Tensor } => {
    const { value, grads } = tf.variableGrads(() => {
      const conv = tf.conv2d(x, kernel, 1, "same");
      const pooled = tf.mean(tf.maxPool(relu(fusedBatchNorm(conv, gamma, beta).y), 2, 2, "same"), [1, 2]);
      const logits = tf.matMul(pooled.reshape([-1, 4]), dense);
      return tf.losses
        .softmaxCrossEntropy(tf.oneHot(labels, 2).cast("float32"), logits)
        .add(tf.mean(logits))
        .asScalar();
    }, [kernel, dense]);
    const grad = grads[kernel.name];
    assert.ok(grad !== undefined);
    return { loss: value, grad };
  };
  const traced = trace(net, { batch: "any" });
  for (const size of [3, 1, 8]) {
    const x = random.uniform<tf.Tensor4D>([size, 8, 8, 3], random.seed(size));
    const labels = tf.range(0, size, 1, "int32").mod<tf.Tensor1D>(tf.scalar(2, "int32"));
    const [open, eager] = [await traced(x, labels), net(x, labels)];
    assert.ok(largest(open.loss, eager.loss) <= 1e-6);
    assert.ok(largest(open.grad, eager.grad) <= 1e-6);
  }
  assert.deepEqual(traced.signatures().map(({ inputs }) => inputs), [["float32[?,8,8,3]", "int32[?]"]]); // prettier-ignore
});

test('batch: "any" refuses what follows the batch size by no rule', async () => {
  const size = (x: tf.Tensor): number => x.shape[0] ?? 0;
  const odd = trace((x: tf.Tensor) => x.reshape([(size(x) % 2) + 1, -1]), { batch: "any", name: "odd" });
  await assert.rejects(
    odd(tf.ones([4, 2])),
    /Cannot trace "odd" for any batch: .* at sizes 4, 5, 6, got a constant \[2\]/,
  );
  const root = trace((x: tf.Tensor) => x.add(Math.sqrt(size(x))), { batch: "any", name: "root" });
  await assert.rejects(root(tf.ones([4, 2])), /Cannot trace "root" for any batch: .* by no known rule/);
  const branch = trace((x: tf.Tensor) => (size(x) > 4 ? x.neg() : x.abs()), { batch: "any", name: "branch" });
  await assert.rejects(
    branch(tf.ones([4, 2])),
    /Cannot trace "branch" for any batch: .* got "Abs" and "Neg"/,
  );
});

test("1,000 traced steps leave tensors, handles, functions and memory as they were", async () => {
  const weights = tf.variable(random.normal([256, 256], random.seed(3), 0, 0.05));
  const momentum = tf.variable(tf.zeros([256, 256]));
  const step = trace((x: tf.Tensor2D) => {
    const { value, grads } = tf.variableGrads(
      () =>
        tf
          .matMul(x, weights as tf.Tensor2D)
          .square()
          .mean()
          .asScalar(),
      [weights],
    );
    momentum.assign(momentum.mul(0.9).add(grads[weights.name] ?? 0));
    weights.assign(weights.sub(momentum.mul(0.01)));
    return { loss: value };
  });
  const x = random.normal([64, 256], random.seed(4)) as tf.Tensor2D;
  const run = async (steps: number): Promise<void> => {
    for (let i = 0; i < steps; i++) (await step(x)).loss.dispose();
  };
  await run(200).then(settled); // frees what the tests before have left
  const [before, rss] = [memory(), process.memoryUsage.rss()];
  await run(1000);
  assert.deepEqual(memory(), before);
  const grown = (process.memoryUsage.rss() - rss) / 2 ** 20;
  assert.ok(grown < 30, `expected flat memory, got ${grown.toFixed(1)} MB more`);
});

test("unrecorded() work is no part of a recording", () => {
  let seen = 0;
  const traced = trace((x: tf.Tensor) => {
    seen = unrecorded(() => tf.scalar(41).add(1).dataSync()[0] ?? 0);
    return x.add(1);
  });
  assert.deepEqual(values(traced.sync(tf.scalar(1))), [2]);
  assert.equal(seen, 42);
});
