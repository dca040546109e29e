import assert from "node:assert/strict";
import { test } from "node:test";
import { readFixture } from "./fixtures";
import {
  type FixtureArray,
  type Summary,
  distanceFrom,
  mix,
  pattern,
  patternImages,
  patternIntegers,
  patternVariable,
  samplePositions,
  seedOf,
} from "./patterns";

interface PatternsFixture {
  readonly mix: readonly number[];
  readonly seeds: Readonly<Record<string, number>>;
  readonly pattern: FixtureArray;
  readonly integers: FixtureArray;
  readonly images: Summary;
  readonly positions: Readonly<Record<string, readonly number[]>>;
  readonly variables: Readonly<Record<string, Summary>>;
}

const fixture = readFixture<PatternsFixture>("patterns");

test("mix(), seedOf() and samplePositions() equal Python's", () => {
  assert.deepEqual([0, 1, 2, 0xffffffff].map(mix), fixture.mix);
  for (const [name, seed] of Object.entries(fixture.seeds)) assert.equal(seedOf(name), seed, name);
  for (const [size, positions] of Object.entries(fixture.positions)) {
    assert.deepEqual(samplePositions(Number(size)), positions);
  }
});

test("pattern() and patternIntegers() equal Python's to the last bit", () => {
  const expected = Float32Array.from(fixture.pattern.values);
  assert.deepEqual(pattern("x", fixture.pattern.shape, { scale: 0.1, offset: 2 }), expected);
  assert.deepEqual([...patternIntegers("labels", [24], 5)], fixture.integers.values);
});

test("patternImages() equals Python's to the last bit", () => {
  const images = patternImages("images", [2, 13, 17, 3]);
  assert.deepEqual(samplesOf(images), Float32Array.from(fixture.images.samples));
  assert.ok(distanceFrom(fixture.images, images, [2, 13, 17, 3]) < 1e-7);
});

test("patternVariable() equals Python's to the last bit", () => {
  for (const [name, summary] of Object.entries(fixture.variables)) {
    const values = patternVariable(name, summary.shape);
    assert.deepEqual(samplesOf(values), Float32Array.from(summary.samples), name);
    assert.ok(distanceFrom(summary, values, summary.shape) < 1e-7, name);
  }
});

test("patternVariable() refuses a name that no rule knows", () => {
  assert.throws(() => patternVariable("global_step", []), /Cannot make a value for "global_step": expected/);
});

test("distanceFrom() is infinite where the shape differs or a value is not a number", () => {
  const summary = { shape: [2], mean: 1.5, std: 0.5, norm: Math.sqrt(5), samples: [1, 2] };
  assert.equal(distanceFrom(summary, [1, 2], [2]), 0);
  assert.equal(distanceFrom(summary, [1, 2], [1, 2]), Infinity);
  assert.equal(distanceFrom(summary, [1, NaN], [2]), Infinity);
  assert.ok(Math.abs(distanceFrom(summary, [1, 2.1], [2]) - 0.1 / Math.sqrt(2.5)) < 1e-12);
});

function samplesOf(values: Float32Array): Float32Array {
  return Float32Array.from(samplePositions(values.length), (i) => values[i] ?? NaN);
}
