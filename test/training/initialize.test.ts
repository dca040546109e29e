import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { memory, saveCheckpoint, tf } from "../../src/tensorflow";
import { initVariablesFromCheckpoint, Saver } from "../../src/training";
import { sharedData, thinModel, valuesOf } from "./thin";

const HEAD = ["Predict/logits/weights", "Predict/logits/biases"];
const root = mkdtempSync(join(tmpdir(), "initialize-"));
after(() => rmSync(root, { recursive: true }));

test("initVariablesFromCheckpoint() loads every variable that a Saver saved", async () => {
  const [source, target] = [thinModel({ seed: 1 }), thinModel({ seed: 2 })];
  const prefix = await new Saver().save(join(root, "all"), source, { globalStep: 7 });
  const before = memory().tensors;
  const report = initVariablesFromCheckpoint(target, prefix);
  assert.equal(memory().tensors, before);
  assert.equal(report.loaded.length, source.variables.all().length);
  assert.deepEqual([report.excluded, report.missing, report.shapeMismatch], [[], [], []]);
  assert.deepEqual(report.unused, ["global_step"]);
  for (const { name, variable } of source.variables.all())
    assert.deepEqual(valuesOf(target.variables.expect(name)), valuesOf(variable), name);
  tf.dispose([...source.variables.all(), ...target.variables.all()].map(({ variable }) => variable));
});

test("initVariablesFromCheckpoint() leaves a head for other classes as it is, and says so", async () => {
  const [source, target] = [thinModel({ numClasses: 3 }), thinModel()];
  const prefix = await new Saver().save(join(root, "head"), source);
  const head = valuesOf(target.variables.expect("Predict/logits/weights"));
  const report = initVariablesFromCheckpoint(target, prefix, { excludeScopes: "Predict/logits" });
  assert.deepEqual(report.excluded, HEAD);
  assert.deepEqual(report.shapeMismatch, HEAD);
  assert.deepEqual(report.unused, ["Predict/logits/biases", "Predict/logits/weights"]);
  assert.deepEqual(valuesOf(target.variables.expect("Predict/logits/weights")), head);
  assert.match(String(report), /^From .*head\n/);
  assert.match(String(report), /loaded +265 +resnet_v1_50\/conv1\/weights, .*\(262 more\)\n/);
  assert.match(
    String(report),
    /left out, of other shape +2 +Predict\/logits\/weights, Predict\/logits\/biases/,
  );
  source.dispose();
  target.dispose();
});

test("initVariablesFromCheckpoint() takes excluded scopes as in TF-Slim's flags", async () => {
  const model = thinModel();
  const prefix = await new Saver().save(join(root, "flags"), model);
  const excludeScopes = "resnet_v1_50/conv1,resnet_v1_50/block1";
  const report = initVariablesFromCheckpoint(model, prefix, { excludeScopes });
  assert.equal(report.excluded.length, 5 + 10 * 5);
  assert.throws(() => initVariablesFromCheckpoint(model, prefix, { excludeScopes: "resnet_v1_50/block5" }), {
    message: /^Cannot leave out: expected a scope of the network, such as "resnet_v1_50\/block1", /,
  });
  model.dispose();
});

test("initVariablesFromCheckpoint() stops at missing variables unless told to ignore them", () => {
  const model = thinModel();
  const trunk = model.variables.all().filter(({ name }) => !name.startsWith("Predict"));
  const prefix = join(root, "trunk");
  saveCheckpoint(prefix, Object.fromEntries(trunk.map(({ name, variable }) => [name, variable])));
  assert.throws(() => initVariablesFromCheckpoint(model, prefix), {
    name: "RangeError",
    message: `Cannot load "${prefix}": expected every variable that is not excluded in it, got 2 for which it has none of these names: ${HEAD.join(", ")}`,
  });
  assert.deepEqual(initVariablesFromCheckpoint(model, prefix, { ignoreMissing: true }).missing, HEAD);
  model.dispose();
});

test("initVariablesFromCheckpoint() stops at another shape, names both, and has loaded nothing", async () => {
  const [source, target] = [thinModel({ numClasses: 3, seed: 1 }), thinModel({ seed: 2 })];
  const prefix = await new Saver().save(join(root, "shape"), source);
  const before = valuesOf(target.variables.expect("resnet_v1_50/conv1/weights"));
  assert.throws(() => initVariablesFromCheckpoint(target, prefix, { ignoreMissing: true }), {
    name: "RangeError",
    message:
      /has another shape or type: "Predict\/logits\/weights" \(expected float32 \[128, 5\], got float32 \[128, 3\]\), "/,
  });
  assert.deepEqual(valuesOf(target.variables.expect("resnet_v1_50/conv1/weights")), before);
  source.dispose();
  target.dispose();
});

const v1 = sharedData("checkpoints/255BITS_vocal-autoencoder.model.ckpt");
test(
  "initVariablesFromCheckpoint() refuses another network's V1 checkpoint, and names what is nearest in it",
  { skip: v1.skip },
  () => {
    const model = thinModel();
    assert.throws(() => initVariablesFromCheckpoint(model, v1.path, { ignoreMissing: true }), {
      name: "RangeError",
      message:
        /expected variables of the model in it, such as "resnet_v1_50\/conv1\/weights", got none of them; the nearest there are "/,
    });
    model.dispose();
  },
);
