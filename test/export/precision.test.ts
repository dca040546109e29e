/** Exports that compute in bfloat16, wherever they are served. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { createPredictInputFn, exportSavedModel, loadSavedModel } from "../../src/export";
import { tf } from "../../src/tensorflow";
import { patternImages, patternVariable } from "../patterns";
import { skip } from "../python";
import { temporaryFolder } from "../temporary";
import { SIDE, thin } from "./classifier";
import { floats, inPython, plainOfAll, type PlainTensor } from "./serving";

function furthest(actual: PlainTensor | undefined, expected: PlainTensor | undefined): number {
  assert.deepEqual([actual?.dtype, actual?.shape], [expected?.dtype, expected?.shape]);
  return Math.max(...(expected?.values ?? []).map((value, i) => Math.abs(Number(value) - Number(actual?.values[i]))));
} // prettier-ignore

test("an export in bfloat16 gives in Python what it gives here, near float32's", { skip }, () => {
  const folder = temporaryFolder("export");
  const model = thin();
  for (const { name, variable } of model.variables.all())
    tf.tidy(() => variable.assign(tf.tensor(patternVariable(name, variable.shape), variable.shape)));
  const receiver = createPredictInputFn({ receive: "images", side: SIDE });
  const shape = [2, SIDE, SIDE, 3] as const;
  const images = tf.tidy(() => tf.tensor4d(patternImages("export", shape), [...shape]).add<tf.Tensor4D>(120));
  const { inputName } = receiver();
  const calls = [
    { signature: "predict", inputs: { [inputName]: floats([...images.dataSync()], [...shape]) } },
  ];
  const folders = (["float32", "bfloat16"] as const).map((precision) =>
    exportSavedModel(model, join(folder, precision), { receiver, precision }),
  );
  const [full, reduced] = folders.map((dir) => {
    const loaded = loadSavedModel(dir);
    const outputs = plainOfAll(loaded.predict(images));
    loaded.dispose();
    return outputs;
  });
  const answers = inPython(folders.map((dir) => ({ folder: dir, calls })));
  for (const [i, here] of [full, reduced].entries()) {
    const [answer] = answers[i]?.outputs ?? [];
    assert.ok(typeof answer === "object");
    const off = furthest(answer["logits"], here?.["logits"]);
    assert.ok(off < (i === 0 ? 1e-5 : 2e-2), `${i}: ${off}`);
  }
  const off = furthest(reduced?.["logits"], full?.["logits"]);
  assert.ok(off > 0 && off < 5e-2, String(off));
  assert.deepEqual(reduced?.["classes"], full?.["classes"]);
  // @ts-expect-error -- JavaScript may give any
  assert.throws(() => exportSavedModel(model, folder, { precision: "auto" }), {
    name: "RangeError",
    message: 'Cannot export model: expected precision "float32" or "bfloat16", got "auto"',
  });
  model.dispose();
  images.dispose();
});
