import assert from "node:assert/strict";
import { test } from "node:test";
import {
  descendAdam,
  descendRmsProp,
  memory,
  standardAdam,
  standardRmsProp,
  tf,
  type AdamDescent,
  type RmsPropDescent,
} from "../../../src/tensorflow";
import { pattern } from "../../patterns";

const SHAPE = [7, 19];
const valuesOf = (key: string, shape = SHAPE): tf.Tensor => tf.tensor(pattern(key, shape), shape);
const squares = (key: string, shape = SHAPE): tf.Tensor => valuesOf(key, shape).square().add(0.01);
const epsilon = 1e-3;

const adam = (changed: Partial<AdamDescent> = {}): AdamDescent => ({
  ...{ variable: valuesOf("variable"), gradient: valuesOf("gradient") },
  ...{ mean: valuesOf("mean"), square: squares("square") },
  rates: tf.tensor1d([0.1, 0.02, 0.1, 0.001]),
  ...changed,
});

const rmsProp = (changed: Partial<RmsPropDescent> = {}): RmsPropDescent => ({
  ...{ variable: valuesOf("variable"), gradient: valuesOf("gradient") },
  ...{ square: squares("square").add(1), velocity: valuesOf("velocity") },
  rates: tf.tensor1d([0.1, 0.9, 0.1]),
  ...changed,
});

const centered = (): RmsPropDescent => rmsProp({ mean: valuesOf("mean").mul(0.1) });

/** What each step gives, and the same by TensorFlow's own operations. */
const CASES: Readonly<Record<string, () => readonly (readonly (tf.Tensor | undefined)[])[]>> = {
  Adam: () => [descendAdam(adam(), { epsilon }), standardAdam(adam(), { epsilon })],
  RMSProp: () => [descendRmsProp(rmsProp(), { epsilon }), standardRmsProp(rmsProp(), { epsilon })],
  "centered RMSProp": () => [
    descendRmsProp(centered(), { epsilon }),
    standardRmsProp(centered(), { epsilon }),
  ],
};

for (const [name, steps] of Object.entries(CASES))
  test(`a step of ${name} is that of TensorFlow's own operations`, () => {
    const before = memory();
    tf.tidy(() => {
      const [actual = [], expected = []] = steps();
      assert.equal(actual.length, expected.length);
      actual.forEach((tensor, i) => {
        const off = tensor?.sub(expected[i] ?? tf.scalar(NaN)).abs().max().dataSync()[0]; // prettier-ignore
        assert.ok(off !== undefined && off < 1e-6, `output ${i} is off by ${off}`);
      });
    });
    assert.deepEqual(memory(), before);
  });

const refused = { code: "INVALID_ARGUMENT", message: /expected one shape|expected (other|\d) rates/ };

test("a slot or gradient of another shape, or other rates, are refused, by TensorFlow's own operations too", () => {
  tf.tidy(() => {
    for (const step of [descendAdam, standardAdam]) {
      for (const part of ["mean", "square", "gradient"])
        assert.throws(() => step(adam({ [part]: valuesOf(part, [19]) }), { epsilon }), refused);
      assert.throws(() => step(adam({ rates: tf.tensor1d([0.1]) }), { epsilon }), refused);
    }
    for (const step of [descendRmsProp, standardRmsProp]) {
      for (const part of ["square", "velocity", "gradient", "mean"])
        assert.throws(() => step(rmsProp({ [part]: valuesOf(part, [19]) }), { epsilon }), refused);
      assert.throws(() => step(rmsProp({ rates: tf.tensor1d([0.1]) }), { epsilon }), refused);
    }
  });
});
