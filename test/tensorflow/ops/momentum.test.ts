import assert from "node:assert/strict";
import { test } from "node:test";
import { descend, memory, standardDescend, tf, type Descent } from "../../../src/tensorflow";
import { pattern } from "../../patterns";

const SHAPE = [7, 19];
const valuesOf = (key: string, shape = SHAPE): tf.Tensor => tf.tensor(pattern(key, shape), shape);
const from = (changed: Partial<Descent> = {}): Descent => ({
  variable: valuesOf("variable"),
  slot: valuesOf("slot"),
  gradient: valuesOf("gradient"),
  learningRate: tf.scalar(0.1),
  ...changed,
});

for (const ahead of [false, true])
  test(`a step of momentum, ahead ${ahead}, is that of TensorFlow's own operations`, () => {
    const before = memory();
    tf.tidy(() => {
      const expected = standardDescend(from(), { momentum: 0.9, ahead });
      descend(from(), { momentum: 0.9, ahead }).forEach((tensor, i) => {
        const off = tensor.sub(expected[i] ?? tf.scalar(NaN)).abs().max().dataSync()[0]; // prettier-ignore
        assert.ok(off !== undefined && off < 1e-6, `output ${i} is off by ${off}`);
      });
    });
    assert.deepEqual(memory(), before);
  });

test("a slot or gradient of another shape is refused, not broadcast, by TensorFlow's own operations too", () => {
  tf.tidy(() => {
    for (const part of ["slot", "gradient"])
      for (const shape of [[19], [1], [7, 1]])
        for (const step of [descend, standardDescend])
          assert.throws(() => step(from({ [part]: valuesOf(part, shape) }), { momentum: 0.9 }), {
            code: "INVALID_ARGUMENT",
            message: /expected one shape/,
          });
  });
});
