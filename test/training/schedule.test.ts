import assert from "node:assert/strict";
import { test } from "node:test";
import { configureLearningRate, type Schedule } from "../../src/training";
import { readFixture } from "../fixtures";

interface SchedulesFixture {
  readonly steps: readonly number[];
  readonly schedules: Readonly<Record<string, { readonly values: readonly number[] }>>;
}

const fixture = readFixture<SchedulesFixture>("schedules");

const exponential = { learningRate: 0.01, decaySteps: 10, decayRate: 0.94 };
const SCHEDULES: Readonly<Record<string, Schedule>> = {
  exponential: configureLearningRate({ ...exponential, staircase: false }),
  exponentialStaircase: configureLearningRate(exponential),
  cosine: configureLearningRate({ schedule: "cosine", learningRate: 0.1, decaySteps: 100 }),
  cosineAlpha: configureLearningRate({
    schedule: "cosine",
    learningRate: 0.1,
    decaySteps: 100,
    endLearningRate: 0.005,
  }),
  piecewise: configureLearningRate({
    schedule: "piecewise",
    boundaries: [10, 100],
    values: [0.1, 0.01, 0.001],
  }),
  polynomial: configureLearningRate({ schedule: "polynomial", learningRate: 0.1, decaySteps: 100 }),
  polynomialSquare: configureLearningRate({
    schedule: "polynomial",
    learningRate: 0.1,
    decaySteps: 100,
    endLearningRate: 0.001,
    power: 2,
  }),
};

for (const [name, rate] of Object.entries(SCHEDULES)) {
  test(`configureLearningRate() equals TensorFlow's ${name}`, () => {
    fixture.steps.forEach((step, i) => {
      const expected = fixture.schedules[name]?.values[i] ?? NaN;
      // TensorFlow reckons in float32: near its end a decay has lost digits.
      assert.ok(
        Math.abs(rate(step) - expected) <= 2e-6 * expected + 1e-8,
        `step ${step}: ${rate(step)}, ${expected}`,
      );
    });
  });
}

test("configureLearningRate() is constant when asked to be", () => {
  const rate = configureLearningRate({ schedule: "constant", learningRate: 0.3 });
  assert.deepEqual([0, 1, 1000].map(rate), [0.3, 0.3, 0.3]);
});

test("configureLearningRate() warms up evenly over the first steps, then follows the schedule", () => {
  const rate = configureLearningRate({ schedule: "constant", learningRate: 1, warmupSteps: 4 });
  assert.deepEqual([0, 1, 2, 3, 4, 5].map(rate), [0.25, 0.5, 0.75, 1, 1, 1]);
  const decayed = configureLearningRate({ learningRate: 1, decaySteps: 2, decayRate: 0.5, warmupSteps: 4 });
  assert.deepEqual([0, 1, 2, 3, 4].map(decayed), [0.25, 0.5, 0.375, 0.5, 0.25]);
});

test("configureLearningRate() refuses numbers that make no schedule", () => {
  const cannot = "Cannot configure the learning rate: expected";
  assert.throws(() => configureLearningRate({ decaySteps: 0 }), {
    name: "RangeError",
    message: `${cannot} decaySteps more than 0, got 0`,
  });
  assert.throws(() => configureLearningRate({ decaySteps: 1, learningRate: -1 }), {
    message: `${cannot} learningRate 0 or more, got -1`,
  });
  assert.throws(() => configureLearningRate({ decaySteps: 1, decayRate: 0 }), {
    message: `${cannot} decayRate more than 0, got 0`,
  });
  assert.throws(() => configureLearningRate({ decaySteps: 1, warmupSteps: -2 }), {
    message: `${cannot} warmupSteps 0 or more, got -2`,
  });
  const schedule = "piecewise";
  assert.throws(() => configureLearningRate({ schedule, boundaries: [1], values: [1] }), {
    message: `${cannot} one value more than 1 boundaries, got 1`,
  });
  assert.throws(() => configureLearningRate({ schedule, boundaries: [2, 2], values: [1, 2, 3] }), {
    message: `${cannot} boundaries that ascend, got 2, 2`,
  });
});
