import assert from "node:assert/strict";
import { test } from "node:test";
import { memory, tf, trace } from "../../src/tensorflow";
import { ModelVariables, type VariableDeclaration } from "../../src/model";

const weights: VariableDeclaration = {
  name: "net/conv1/weights",
  shape: [3, 3, 64, 128],
  initializer: "scaledNormal",
  trainable: true,
  regularized: true,
};

test("ModelVariables.create() draws by seed and name, with TF-Slim's variance", () => {
  const before = memory();
  const [first, same, other] = [1, 1, 2].map((seed) => new ModelVariables({ seed, weightDecay: 0.5 }));
  const draw = (variables?: ModelVariables, name = weights.name): Float32Array =>
    Float32Array.from(variables?.create({ ...weights, name }).variable.dataSync() ?? []);
  const values = draw(first);
  assert.deepEqual(draw(same), values);
  assert.notDeepEqual(draw(other), values);
  assert.notDeepEqual(draw(first, "net/conv2/weights"), values);
  const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  assert.ok(Math.abs(variance / (2 / (9 * 64)) - 1) < 0.02, String(variance));
  assert.equal(first?.find(weights.name)?.weightDecay, 0.5);
  for (const variables of [first, same, other]) variables?.dispose();
  assert.deepEqual(memory(), before);
});

test("ModelVariables.create() draws nothing for a variable that is assigned or disposed first", () => {
  const before = memory();
  const [assigned, disposed, read] = [new ModelVariables(), new ModelVariables(), new ModelVariables()];
  const [one, , other] = [assigned, disposed, read].map((variables) => variables.create(weights).variable);
  assert.equal(memory().handles, before.handles);
  tf.tidy(() => one?.assign(tf.fill([...weights.shape], 3)));
  disposed.dispose();
  assert.equal(memory().handles, before.handles + 1);
  assert.equal(one?.dataSync()[0], 3);

  const sum = trace(() => other?.abs().sum() ?? tf.scalar(0)); // a recording asks first
  const first = sum.sync();
  assert.equal(memory().handles, before.handles + 3);
  const values = Float32Array.from(other?.dataSync() ?? []);
  const expected = values.reduce((whole, value) => whole + Math.abs(value), 0);
  assert.ok(Math.abs((first.dataSync()[0] ?? NaN) / expected - 1) < 1e-5);
  sum.dispose();
  first.dispose();
  for (const variables of [assigned, read]) variables.dispose();
  assert.deepEqual(memory(), before);
});

test("ModelVariables.create() draws fully connected weights from slim's xavier interval", () => {
  const variables = new ModelVariables();
  const { variable, weightDecay } = variables.create({
    name: "Predict/logits/weights",
    shape: [2048, 2],
    initializer: "xavierUniform",
    trainable: true,
    regularized: false,
  });
  const limit = Math.sqrt(6 / 2050);
  const values = [...variable.dataSync()];
  assert.ok(values.every((value) => Math.abs(value) <= limit));
  assert.ok(Math.max(...values) > 0.95 * limit && Math.min(...values) < -0.95 * limit);
  assert.equal(weightDecay, 0);
  variables.dispose();
});

test("ModelVariables keeps TF-Slim's names while tfjs's stay unique", () => {
  const [first, second] = [new ModelVariables(), new ModelVariables()];
  const made = [first, second].map((variables) => variables.create(weights));
  assert.deepEqual(made.map(({ name }) => name), [weights.name, weights.name]);
  assert.deepEqual(made.map(({ variable }) => variable.name), [weights.name, `${weights.name}#2`]);
  assert.equal(first.create(weights), made[0]);
  assert.equal(first.find("absent"), undefined);
  first.dispose();
  second.dispose();
}); // prettier-ignore

test("ModelVariables says what is missing and what has another shape", () => {
  const variables = new ModelVariables();
  variables.create({ ...weights, initializer: "zeros" });
  assert.throws(() => variables.create({ ...weights, shape: [1] }), {
    name: "TypeError",
    message: 'Cannot use variable "net/conv1/weights": expected shape [1], got [3, 3, 64, 128]',
  });
  assert.throws(() => variables.expect("absent"), {
    name: "RangeError",
    message:
      'Cannot find variable "absent": expected one of the model\'s 1, such as "net/conv1/weights", got no such name',
  });
  variables.dispose();
  assert.equal(tf.memory().numTensors, 0);
});
