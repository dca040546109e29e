import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { saveCheckpoint, tf } from "../../src/tensorflow";
import { initVariablesFromCheckpoint } from "../../src/training";
import { hintOf, namesInCheckpoint } from "../../src/training/saver/assignment";
import { temporaryFolder } from "../temporary";
import { thinModel, valuesOf } from "./thin";

const NAMES = ["net/conv1/weights", "net/conv10/weights", "Predict/logits/weights"];

test("namesInCheckpoint() replaces the longest scope that a name lies in", () => {
  const entries = new Set([
    "old/conv1/weights",
    "first/weights",
    "old/logits/weights",
    "Predict/logits/weights",
  ]);
  const mapped = (assignmentMap: Record<string, string>): string[] =>
    NAMES.map(namesInCheckpoint(NAMES, entries, { assignmentMap }));
  assert.deepEqual(mapped({ old: "net" }), [
    "old/conv1/weights",
    "old/conv10/weights",
    "Predict/logits/weights",
  ]);
  assert.deepEqual(mapped({ "old/": "net/", "first/": "net/conv1/" })[0], "first/weights");
  assert.deepEqual(mapped({ "old/": "/" })[0], "old/net/conv1/weights");
  assert.deepEqual(mapped({ "/": "net" })[0], "conv1/weights");
  assert.deepEqual(mapped({ "first/weights": "net/conv1/weights" })[0], "first/weights");
});

test("namesInCheckpoint() takes moving averages where there are some", () => {
  const entries = new Set([`${NAMES[0]}/ExponentialMovingAverage`, ...NAMES]);
  assert.deepEqual(NAMES.map(namesInCheckpoint(NAMES, entries, { movingAverages: true })), [
    `${NAMES[0]}/ExponentialMovingAverage`,
    ...NAMES.slice(1),
  ]);
  assert.throws(() => namesInCheckpoint(NAMES, new Set(NAMES), { movingAverages: true }), {
    message:
      /^Cannot load moving averages: expected names that end in "\/ExponentialMovingAverage", got none$/,
  });
});

test("namesInCheckpoint() refuses scopes that nothing lies in, and two that become one", () => {
  const attempt = (assignmentMap: Record<string, string>) => () =>
    namesInCheckpoint(NAMES, new Set(["tower_0/conv1/weights", "tower_1/conv1/weights"]), { assignmentMap });
  assert.throws(
    attempt({ tower_2: "net" }),
    /scope of the checkpoint, such as "tower_0", .*, got "tower_2"$/,
  );
  assert.throws(attempt({ tower_0: "nett" }), /scope of the network, such as "net", .*, got "nett"$/);
  assert.throws(
    attempt({ tower_0: "net", tower_1: "net/" }),
    /expected one scope that becomes "net", got several$/,
  );
});

test("hintOf() says which network a checkpoint is of, where it is another than the model's", () => {
  const named = (scope: string) =>
    ["a/weights", "b/biases"].map((end) => ({ name: `${scope}/${end}`, shape: [3] }));
  const scopes = [...["resnet_v1_50", "vgg_16", "alexnet_v2", "InceptionV3", "InceptionResnetV2", "MobilenetV2"], ...["efficientnet_b0", "convnext_tiny", "seresnet50", "wide_resnet50_2"]]; // prettier-ignore
  const entries = named("InceptionV1").map((entry) => ({ ...entry, dtype: "float32" }) as const);
  for (const scope of scopes)
    assert.equal(hintOf(named(scope), entries), `; it is a checkpoint of "InceptionV1", not of "${scope}"`);
});

test("hintOf() tells the map that most of the missing names ask for, and no other", () => {
  const entry = (name: string, shape = [3]) => ({ name, dtype: "float32", shape }) as const;
  const missing = ["net/a/weights", "net/b/weights"].map((name) => ({ name, shape: [3] }));
  assert.match(hintOf(missing, [entry("t/net/a/weights"), entry("t/net/b/weights")]), /\{ "t": "" \}$/);
  assert.match(hintOf(missing, [entry("web/a/weights"), entry("web/b/weights")]), /\{ "web": "net" \}$/);
  assert.match(
    hintOf(missing, missing.map(({ name }) => entry(`${name}/ExponentialMovingAverage`))), // prettier-ignore
    /movingAverages: true$/,
  );
  assert.equal(hintOf(missing, [entry("x/a/weights", [4]), entry("y/b/weights")]), "");
  assert.match(
    hintOf([{ name: "resnet_v1_50/conv1/weights", shape: [3] }], [entry("resnet_v1_101/conv1/weights")]),
    /; it is a checkpoint of "resnet_v1_101", not of "resnet_v1_50"$/,
  );
});

test("initVariablesFromCheckpoint() loads TF-Slim's logits, a tower's variables and moving averages", () => {
  const [source, target] = [thinModel({ seed: 1 }), thinModel({ seed: 2 })];
  const prefix = join(temporaryFolder("assignment"), "model.ckpt");
  const renamed = source.variables.all().map(({ name, variable }) => {
    const logits = name.replace("Predict", "resnet_v1_50");
    const isKernel = name === "Predict/logits/weights";
    const value = isKernel ? variable.expandDims(0).expandDims(0) : variable.clone();
    const average = name.includes("moving") ? "" : "/ExponentialMovingAverage";
    return [`tower_0/${logits}${average}`, value] as const;
  });
  saveCheckpoint(prefix, Object.fromEntries(renamed));
  const assignmentMap = { tower_0: "", "tower_0/resnet_v1_50/logits": "Predict/logits" };
  const report = initVariablesFromCheckpoint(target, prefix, { assignmentMap, movingAverages: true });
  assert.equal(report.loaded.length, source.variables.all().length);
  assert.deepEqual(report.unused, []);
  assert.equal(
    report.mapped["Predict/logits/biases"],
    "tower_0/resnet_v1_50/logits/biases/ExponentialMovingAverage",
  );
  for (const { name, variable } of source.variables.all())
    assert.deepEqual(valuesOf(target.variables.expect(name)), valuesOf(variable), name);
  assert.match(String(report), /of these, under other names +267 +resnet_v1_50\/conv1\/weights from tower_0/);
  tf.dispose(renamed.map(([, value]) => value));
  source.dispose();
  target.dispose();
});
