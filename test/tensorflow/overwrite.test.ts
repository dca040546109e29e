import assert from "node:assert/strict";
import { test } from "node:test";
import { checkFinite, descend, executeOne, memory, recordFunction, tf, trace } from "../../src/tensorflow";
import { executeLending } from "../../src/tensorflow/trace/execute";
import { cpuOnly } from "../gpu";
import { pattern } from "../patterns";
import { settled } from "../settled";

const variableOf = (key: string, shape: readonly number[]): tf.Variable =>
  tf.tidy(() => tf.variable(tf.tensor(pattern(key, [...shape]), [...shape]).mul(1), false)); // of its own memory
const values = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

interface Learned {
  readonly weights: tf.Variable;
  readonly slot: tf.Variable;
  readonly sum: tf.Variable;
  readonly difference: tf.Variable;
}

const all = ({ weights, slot, sum, difference }: Learned): tf.Variable[] => [weights, slot, sum, difference];

function learnedOf(shape: readonly number[] = [37, 11]): Learned {
  const [weights, slot, sum, difference] = ["weights", "slot", "sum", "difference"].map((key) => variableOf(key, shape)); // prettier-ignore
  assert.ok(weights !== undefined && slot !== undefined && sum !== undefined && difference !== undefined);
  return { weights, slot, sum, difference };
}

/** A step of momentum with weight decay, a sum and a difference; gives what was read of the variables before. */
function learn({ weights, slot, sum, difference }: Learned, x: tf.Tensor): tf.Tensor[] {
  const before = tf.addN([weights, slot, sum, difference]).sum();
  const gradient = x.mul(weights).add(weights.mul(0.01));
  const [next, nextSlot] = descend({ variable: weights, slot, gradient, learningRate: tf.scalar(0.1) }, { momentum: 0.9 });
  slot.assign(nextSlot);
  weights.assign(next);
  sum.assign(sum.add(x));
  difference.assign(difference.sub(x));
  return [before];
} // prettier-ignore

/** What learn() makes of variables, operation by operation. */
function learnedEagerly(shape: readonly number[], x: tf.Tensor): number[][] {
  return tf.tidy(() => {
    const learned = learnedOf(shape);
    const results = [...learn(learned, x), ...all(learned)].map(values);
    tf.dispose(all(learned));
    return results;
  });
}

function assertClose(actual: readonly number[], expected: readonly number[] | undefined): void {
  assert.equal(actual.length, expected?.length);
  actual.forEach((value, i) => {
    assert.ok(
      Math.abs(value - (expected?.[i] ?? NaN)) <= 1e-5 * Math.max(1, Math.abs(value)),
      `${i}: ${value}`,
    );
  });
}

const namesOf = (variables: readonly tf.Tensor[]): string[] =>
  variables.flatMap((one) => (one instanceof tf.Variable ? one.name : [])).sort();
const SHAPE = [37, 11];

test("steps of momentum and sums overwrite the variables lent to a call, which nobody else holds", { skip: cpuOnly }, async () => {
  const before = await settled().then(memory);
  const x = tf.tensor(pattern("x", SHAPE), SHAPE);
  const [sumBefore, ...expected] = learnedEagerly(SHAPE, x);
  const learned = learnedOf();
  const fn = recordFunction((one) => learn(learned, one), [x], "learn", { overwrites: true });
  assert.deepEqual(namesOf(fn.lent), namesOf(all(learned)));
  const { outputs, overwrote } = await executeLending(fn, [x, ...fn.captures]);
  assert.ok(overwrote);
  all(learned).forEach((variable, i) => {
    assertClose(values(variable), expected[i]);
    const output = outputs[1 + fn.assigned.indexOf(variable)];
    assert.deepEqual(output?.dataSync(), variable.dataSync());
  });
  assertClose(values(outputs[0] ?? x), sumBefore); // read before any was overwritten
  tf.dispose([outputs, all(learned), x]);
  fn.dispose();
  assert.deepEqual(await settled().then(memory), before);
}); // prettier-ignore

/** What else may hold a variable's memory. */
const HOLDERS: Readonly<Record<string, (variable: tf.Variable) => tf.Tensor>> = {
  "a clone": (variable) => variable.clone(),
  "another shape of it": (variable) => variable.reshape([-1]),
  "a tensor of TensorFlow's that shares it": (variable) => executeOne("Identity", [variable]),
  "a part of it": (variable) => variable.slice([0, 0], [32, 11]),
};

for (const [name, hold] of Object.entries(HOLDERS)) {
  test(`${name} keeps its values when the variable is lent`, { skip: cpuOnly }, async () => {
    const x = tf.tensor(pattern("x", SHAPE), SHAPE);
    const [, ...expected] = learnedEagerly(SHAPE, x);
    const learned = learnedOf();
    const traced = trace((one: tf.Tensor) => learn(learned, one), { name: "learn" });
    const held = hold(learned.weights);
    const kept = values(held);
    for (let call = 0; call < 2; call++) {
      const running = traced(x);
      const meanwhile = hold(learned.slot);
      const slotKept = values(meanwhile);
      tf.dispose(await running);
      assert.deepEqual(values(held), kept);
      assert.deepEqual(values(meanwhile), slotKept);
      if (call === 0) all(learned).forEach((variable, i) => assertClose(values(variable), expected[i]));
      meanwhile.dispose();
    }
    tf.dispose([held, all(learned), x]);
    traced.dispose();
  });
}

test("a call that has the variables as inputs finds them as they were", { skip: cpuOnly }, async () => {
  const shape = [1024, 1024];
  const x = tf.tensor(pattern("x", shape), shape);
  const learned = learnedOf(shape);
  const traced = trace((one: tf.Tensor) => learn(learned, one), { name: "learn" });
  const look = trace(() => {
    const slow = Array.from({ length: 4 }).reduce<tf.Tensor>((y) => tf.matMul(y, x), x); // begins long before the reads end
    return [tf.addN(all(learned)).add(slow.mul(0)).sum(), tf.addN(all(learned)).sum()];
  });
  tf.dispose(await Promise.all([traced(x), look()]));
  for (let round = 0; round < 5; round++) {
    const expected = tf.tidy(() => tf.addN(all(learned)).sum().dataSync());
    const [late, early] = await Promise.all([look(), traced(x)]).then(([seen, before]) => {
      tf.dispose(before);
      return seen;
    });
    assert.deepEqual(early?.dataSync(), expected);
    assert.deepEqual(late?.dataSync(), expected);
    tf.dispose([early, late]);
  }
  tf.dispose([x, all(learned)]);
  [traced, look].forEach((one) => one.dispose());
}); // prettier-ignore

test("whoever reads while a call runs finds all variables as they were, or all as they will be", { skip: cpuOnly }, async () => {
  const size = 2 ** 20;
  const [a, b] = [tf.variable(tf.zeros([size]).add(1), false), tf.variable(tf.zeros([size]).add(1), false)];
  const more = Array.from({ length: 6 }, () => tf.variable(tf.zeros([size]).add(1), false));
  const traced = trace((one: tf.Tensor) => {
    for (const variable of [a, ...more, b]) variable.assign(variable.add(one.mul(tf.onesLike(variable))));
    return [];
  }, { name: "count" });
  const one = tf.scalar(1);
  for (let call = 1; call <= 20; call++) {
    let isRunning = true;
    const running = traced(one).finally(() => { isRunning = false; });
    const turns = call % 5;
    for (let turn = 0; isRunning; turn++) {
      await new Promise(setImmediate);
      if (turn < turns) continue;
      const [first, last] = tf.tidy(() => [a.slice([size - 1]), b.slice([0], [1])].map((part) => part.dataSync()[0]));
      assert.equal(first, last);
      assert.ok(first === call || first === call + 1, `${first} in call ${call}`);
    }
    await running;
    assert.deepEqual([a, ...more, b].map((variable) => variable.dataSync()[size - 1]), Array.from({ length: 8 }, () => call + 1));
  }
  tf.dispose([a, b, more, one]);
  traced.dispose();
}); // prettier-ignore

test("an error leaves all variables as they were, and so does one assigned meanwhile", { skip: cpuOnly }, async () => {
  const x = tf.tensor(pattern("x", SHAPE), SHAPE);
  const learned = learnedOf();
  const kept = all(learned).map(values);
  const traced = trace(
    (one: tf.Tensor) => [...learn(learned, one), checkFinite(one.log(), "the logarithm")],
    { name: "learn" },
  );
  await assert.rejects(traced(x), /the logarithm/);
  assert.deepEqual(all(learned).map(values), kept);
  tf.dispose([all(learned), x]);
  traced.dispose();
}); // prettier-ignore

test("a variable assigned while a call runs keeps that: the call fails and changes nothing, or has been first", { skip: cpuOnly }, async () => {
  const shape = [512, 1024];
  const x = tf.tensor(pattern("x", shape), shape);
  const [, ...expected] = learnedEagerly(shape, x);
  for (let wait = 1; wait < 20; wait++) {
    const learned = learnedOf(shape);
    const others = [learned.weights, learned.slot, learned.difference];
    const kept = others.map(values);
    const step = trace((one: tf.Tensor) => learn(learned, one), { name: "learn" });
    let isRunning = true;
    const running = step(x).finally(() => { isRunning = false; });
    const outcome = running.then((outputs) => { tf.dispose(outputs); }, (error: unknown) => error);
    for (let turn = 0; turn < wait && isRunning; turn++) await new Promise(setImmediate);
    learned.sum.assign(x);
    const error = await outcome;
    if (error !== undefined) assert.match(String(error), /await the call first/);
    [0, 1, 3].forEach((place, i) => {
      const actual = values(others[i] ?? x);
      if (error === undefined) assertClose(actual, expected[place]);
      else assert.deepEqual(actual, kept[i]);
    });
    assert.deepEqual(values(learned.sum), values(x));
    tf.dispose(all(learned));
    step.dispose();
  }
  x.dispose();
}); // prettier-ignore

const SHARED: Readonly<Record<string, (learned: Learned, x: tf.Tensor) => tf.Tensor[]>> = {
  "what a function gives of it as it was": ({ weights }) => [weights.reshape([-1]), weights.clone()],
  "what a function gives of it as it will be": ({ weights }) => [weights.reshape([-1]).mul(2)],
};

for (const [name, give] of Object.entries(SHARED)) {
  test(`a variable is not lent if it would change ${name}`, { skip: cpuOnly }, async () => {
    const x = tf.tensor(pattern("x", SHAPE), SHAPE);
    for (const isLate of [false, true]) {
      const run = (learned: Learned, one: tf.Tensor): tf.Tensor[] => {
        const early = give(learned, one);
        const before = learn(learned, one);
        return isLate ? [...before, ...give(learned, one)] : [...before, ...early];
      };
      const reference = learnedOf();
      const expected = tf.tidy(() => run(reference, x).map(values));
      const learned = learnedOf();
      const fn = recordFunction((one) => run(learned, one), [x], "run", { overwrites: true });
      assert.ok(
        !fn.lent.includes(learned.weights) ||
          (isLate && name.endsWith("was")) ||
          (!isLate && name.endsWith("be")),
      );
      fn.dispose();
      const traced = trace((one: tf.Tensor) => run(learned, one), { name: "run" });
      const actual = await traced(x);
      actual.forEach((tensor, i) => assertClose(values(tensor), expected[i]));
      all(learned).forEach((variable, i) => assertClose(values(variable), values(all(reference)[i] ?? x)));
      tf.dispose(await traced(x));
      actual.slice(1).forEach((tensor, i) => assertClose(values(tensor), expected[1 + i])); // nor by the next call
      tf.dispose([actual, all(learned), all(reference), x.clone()]);
      traced.dispose();
    }
    x.dispose();
  });
}

test("inside another function nothing is overwritten that it still needs", { skip: cpuOnly }, async () => {
  const x = tf.tensor(pattern("x", SHAPE), SHAPE);
  const learned = learnedOf();
  const inner = trace((one: tf.Tensor) => learn(learned, one), { name: "inner" });
  const outer = trace((one: tf.Tensor) => {
    const before = learned.weights.clone();
    inner.sync(one);
    return [before.mul(1), ...inner.sync(one)];
  });
  const reference = learnedOf();
  tf.dispose([await inner(x)]);
  tf.tidy(() => learn(reference, x));
  for (let call = 0; call < 2; call++) {
    const before = values(reference.weights);
    tf.tidy(() => learn(reference, x));
    const last = tf.tidy(() => learn(reference, x).map(values));
    const [given, sum] = await outer(x);
    assertClose(values(given ?? x), before);
    assertClose(values(sum ?? x), last[0]);
    all(learned).forEach((variable, i) => assertClose(values(variable), values(all(reference)[i] ?? x)));
    tf.dispose([given, sum]);
  }
  tf.dispose([x, all(learned), all(reference)]);
  [inner, outer].forEach((one) => one.dispose());
}); // prettier-ignore
