import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { memory, openCheckpoint, tf } from "../../src/tensorflow";
import {
  adamOptimizer,
  createTrainStep,
  evaluate,
  initVariablesFromCheckpoint,
  Saver,
  withMovingAverages,
  type StepResult,
  type TrainStep,
} from "../../src/training";
import { averagesWith } from "../../src/training/step/averages";
import { readFixture } from "../fixtures";
import { pattern, type FixtureArray } from "../patterns";
import { batchesOf, patternBatch, thinModel, valuesOf } from "./thin";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

interface AveragesFixture {
  readonly name: string;
  readonly shape: readonly number[];
  readonly decays: Readonly<Record<string, readonly FixtureArray[]>>;
}

const folder = mkdtempSync(join(tmpdir(), "averages-"));
after(() => rmSync(folder, { recursive: true }));
const BIASES = "Predict/logits/biases";
const AVERAGE = "ExponentialMovingAverage";
const takeSteps = async (step: TrainStep, ...names: readonly string[]): Promise<StepResult[]> => {
  const results: StepResult[] = [];
  for await (const [{ image }, labels] of batchesOf(...names)) results.push(await step(image, labels));
  return results;
};
const averageOf = (step: TrainStep, name: string): tf.Variable =>
  step.slots[`${name}/${AVERAGE}`] ?? assert.fail(`no average of ${name}`);

const fixture = readFixture<AveragesFixture>("averages");
for (const [decay, expected] of Object.entries(fixture.decays))
  test(`averages of decay ${decay} are named and decay as tf.train.ExponentialMovingAverage's with num_updates`, () => {
    const model = thinModel();
    const biases = model.variables.expect(BIASES);
    const averages = averagesWith(model, Number(decay));
    const assign = (step: number): void =>
      tf.tidy(() => biases.assign(tf.tensor(pattern(`averages/${step}`, fixture.shape), [...fixture.shape])));
    assign(0);
    averages.begin();
    const average =
      averages.slots[fixture.name.replace("layer/weights", BIASES)] ?? assert.fail("no such name");
    expected.forEach(({ values }, i) => {
      assign(i + 1);
      tf.tidy(() => averages.follow([biases], tf.scalar(averages.decay(i))));
      valuesOf(average).forEach((one, at) => assert.ok(Math.abs(one - (values[at] ?? NaN)) < 1e-6));
    });
    averages.dispose();
    model.dispose();
  });

test("a step averages all that it changes, moving statistics too, from the weights before it on; the rest stays", async () => {
  const model = thinModel();
  const { tensors } = memory();
  const step = createTrainStep(model, { movingAverageDecay: 0.5, scopesToFreeze: "resnet_v1_50/block1" });
  tf.tidy(() => model.variables.expect(BIASES).assign(tf.ones([5]))); // after the step was made
  const names = [BIASES, "resnet_v1_50/block4/unit_3/bottleneck_v1/conv3/BatchNorm/moving_mean"];
  const expected = new Map(names.map((name) => [name, valuesOf(model.variables.expect(name))]));
  for (const [i, batch] of ["a", "b", "c"].entries()) {
    await takeSteps(step, batch);
    const kept = Math.min(0.5, (2 + i) / (11 + i));
    for (const [name, averages] of expected) {
      const values = valuesOf(model.variables.expect(name));
      expected.set(name, averages.map((one, at) => one - (1 - kept) * (one - (values[at] ?? NaN)))); // prettier-ignore
    }
  }
  for (const [name, values] of expected)
    valuesOf(averageOf(step, name)).forEach((one, at) => {
      const right = values[at] ?? NaN;
      assert.ok(
        Math.abs(one - right) <= 1e-5 * Math.max(1, Math.abs(right)),
        `${name}: ${one} is not ${right}`,
      );
    });
  const frozen = "resnet_v1_50/block1/unit_1/bottleneck_v1/conv1/weights";
  assert.deepEqual(valuesOf(averageOf(step, frozen)), valuesOf(model.variables.expect(frozen)));
  step.dispose();
  assert.equal(memory().tensors, tensors);
  model.dispose();
});

test("withMovingAverages() evaluates the averages, gives the weights back, and lets nobody train or save meanwhile", async () => {
  const model = thinModel();
  const step = createTrainStep(model, { movingAverageDecay: 0.9 });
  await takeSteps(step, "a", "b", "c");
  const other = thinModel();
  tf.tidy(() => {
    for (const { name, variable } of other.variables.all()) variable.assign(averageOf(step, name));
  });
  const expected = await evaluate(other, batchesOf("d"));
  const own = await evaluate(model, batchesOf("d"));
  const before = memory();
  const [{ image }, labels] = patternBatch("e");
  const averaged = await withMovingAverages(step, async () => {
    await assert.rejects(step(image, labels), {
      message:
        "Cannot train: expected the model's own weights, got its moving averages; await withMovingAverages() first",
    });
    assert.throws(
      () => new Saver().save(join(folder, "lent"), model, { step }),
      /^Error: Cannot save a train step: expected/,
    );
    await assert.rejects(
      withMovingAverages(step, () => undefined),
      /Cannot use moving averages: expected the model's own/,
    );
    return evaluate(model, batchesOf("d"));
  });
  tf.dispose([image, labels]);
  assert.deepEqual(memory(), before);
  assert.deepEqual(averaged, expected);
  assert.notEqual(averaged.loss, own.loss);
  assert.deepEqual(await evaluate(model, batchesOf("d")), own);
  await takeSteps(step, "e");
  const without = createTrainStep(model);
  await assert.rejects(
    withMovingAverages(without, () => undefined),
    {
      name: "RangeError",
      message:
        /^Cannot use moving averages: expected a train step with movingAverageDecay, got one without "resnet/,
    },
  );
  for (const one of [step, without, model, other]) one.dispose();
});

test("a training that is restored goes on with its averages, to the bit, as if nothing had stopped it", async () => {
  const run = async (isStopped: boolean): Promise<number[][]> => {
    let model = thinModel();
    const options = { movingAverageDecay: 0.99, optimizer: adamOptimizer(), learningRate: 1e-3 };
    let step = createTrainStep(model, options);
    await takeSteps(step, "a", "b");
    if (isStopped) {
      const saved = await new Saver().save(join(folder, "stopped/"), model, { step });
      for (const one of [step, model]) one.dispose();
      model = thinModel({ seed: 8 });
      step = createTrainStep(model, options);
      new Saver().restore(saved, model, step);
      assert.equal(step.globalStep, 2);
    }
    await takeSteps(step, "c", "d");
    const values = [
      ...model.variables.all().map(({ variable }) => variable),
      ...Object.values(step.slots),
    ].map(valuesOf);
    for (const one of [step, model]) one.dispose();
    return values;
  };
  assert.deepEqual(await run(true), await run(false));
});

test("a checkpoint has averages of all variables, which may be loaded, and begin anew where it has none", async () => {
  const model = thinModel();
  const step = createTrainStep(model, { movingAverageDecay: 0.9 });
  const first = await new Saver().save(join(folder, "first"), model, { step }); // before the first step
  await takeSteps(step, "a", "b");
  const saved = await new Saver().save(join(folder, "all"), model, { step });
  const reader = openCheckpoint(saved);
  const names = new Set(reader.variables.map(({ name }) => name));
  reader.close();
  for (const { name } of model.variables.all()) assert.ok(names.has(`${name}/${AVERAGE}`), name);
  const other = thinModel({ seed: 5 });
  initVariablesFromCheckpoint(other, saved, { movingAverages: true });
  for (const { name, variable } of other.variables.all())
    assert.deepEqual(valuesOf(variable), valuesOf(averageOf(step, name)), name);
  const plain = createTrainStep(model);
  const without = await new Saver().save(join(folder, "plain"), model, { step: plain });
  const anew = createTrainStep(other, { movingAverageDecay: 0.9 });
  assert.throws(() => new Saver().restore(without, other, anew), /newSlots: "initial"/);
  const { newSlots } = new Saver({ newSlots: "initial" }).restore(without, other, anew);
  assert.equal(newSlots.length, model.variables.all().length);
  for (const { name, variable } of other.variables.all())
    assert.deepEqual(valuesOf(averageOf(anew, name)), valuesOf(variable), name);
  new Saver().restore(first, other, anew);
  assert.deepEqual(valuesOf(averageOf(anew, BIASES)), [0, 0, 0, 0, 0]);
  for (const one of [step, plain, anew, model, other]) one.dispose();
});

test("a decay that is none is refused", () => {
  const model = thinModel();
  for (const movingAverageDecay of [1, -0.1, NaN])
    assert.throws(() => createTrainStep(model, { movingAverageDecay }), {
      name: "RangeError",
      message: `Cannot create train step: expected movingAverageDecay in 0 … 1, but not 1, got ${movingAverageDecay}`,
    });
  model.dispose();
});
