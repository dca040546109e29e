/** Frozen SavedModels: one graph without variables, which answers as the model does. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createPredictInputFn, exportSavedModel, loadSavedModel, memory, Model, tf } from "../../src";
import { temporaryFolder } from "../temporary";

const root = temporaryFolder("frozen");
const LABELS = ["cat", "dog", "owl"];

const small = (): Model =>
  new Model({
    architecture: "resnet_v1_14",
    source: "torchvision",
    width: 1 / 4,
    numClasses: LABELS.length,
    defaultImageSize: 48,
    fixedResizeSide: 56,
  });

for (const receive of ["images", "preprocessed"] as const)
  test(`a frozen model that receives ${receive} gives the model's answers, whatever the batch`, () => {
    const model = small();
    const before = memory().tensors;
    const receiver = createPredictInputFn({
      receive,
      ...(receive === "images" && { side: 60, resizeSide: 64 }),
    });
    const folder = exportSavedModel(model, join(root, receive), { frozen: true, labels: LABELS, receiver });
    assert.deepEqual(readdirSync(join(folder, "variables")), []);
    const { signatures, signature, predict } = loadSavedModel(folder);
    assert.deepEqual(Object.keys(signatures), ["serving_default"]);
    const side = receive === "images" ? 60 : 48;
    const [input = "", { shape }] = Object.entries(signature.inputs)[0] ?? ["", { shape: [] }];
    assert.deepEqual(shape, [null, side, side, 3]);
    for (const batch of [1, 3])
      tf.tidy(() => {
        const images = tf.randomUniform<tf.Rank.R4>([batch, 64, 64, 3], 0, 255, "float32", batch);
        const middle = images.slice([0, 2, 2, 0], [batch, 60, 60, 3]);
        const preprocessed = model.preprocess(middle);
        const own = model.postprocess(model.predict(preprocessed, { isTraining: false }));
        const got = predict({ [input]: receive === "images" ? middle : preprocessed });
        assert.ok((got["logits"]?.sub(own.logits).abs().max().dataSync()[0] ?? NaN) < 1e-4);
        assert.deepEqual(got["classes"]?.dataSync(), own.classes.dataSync());
        assert.deepEqual(got["probabilities"]?.shape, [batch, LABELS.length]);
        assert.equal(got["labels"]?.shape[0], batch);
      });
    assert.equal(memory().tensors, before);
    model.dispose();
  });

test("what can't be frozen is refused by name, before anything is written", () => {
  const model = small();
  const before = memory().tensors;
  const dir = join(root, "refused");
  const frozen = (receive: "files" | "examples"): (() => string) => {
    const receiver = createPredictInputFn({ receive });
    return () => exportSavedModel(model, dir, { frozen: true, receiver });
  };
  assert.throws(frozen("files"), /Cannot export frozen model: .* got one of strings, "image_bytes"/);
  assert.throws(frozen("examples"), /got one of strings, "examples"/);
  assert.throws(() => exportSavedModel(model, dir, { frozen: true }), TypeError);
  const receiver = createPredictInputFn({ receive: "preprocessed" });
  const half = { frozen: true, receiver, precision: "bfloat16" } as const;
  assert.throws(() => exportSavedModel(model, dir, half), /expected precision "float32", got "bfloat16"$/);
  assert.throws(
    () => exportSavedModel({ own: { fn: (x) => x, example: {} } }, dir, { frozen: true }),
    /Cannot export frozen model: expected a Model, got functions/,
  );
  assert.ok(!existsSync(dir));
  assert.equal(memory().tensors, before);
  model.dispose();
});
