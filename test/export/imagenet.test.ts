/** ResNet-50 with ImageNet weights at full size: the exported model says in Python what it says here. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { exportSavedModel } from "../../src/export";
import { Model } from "../../src/model";
import { encodeExample, feature, openCheckpoint, tf } from "../../src/tensorflow";
import { initVariablesFromCheckpoint } from "../../src/training";
import { imagenetCheckpoint, imagenetLabels, sharedPath, withoutImagenet } from "../model/imagenet";
import { skip } from "../python";
import { expectedOutputs } from "./classifier";
import { assertSame, byUs, inPython, strings, type PlainTensors } from "./serving";

/** A classifier of 1000 classes; the caller disposes. */
function imagenetModel(): Model {
  const model = new Model({ numClasses: 1000, strides: "torchvision" });
  const checkpoint = imagenetCheckpoint();
  initVariablesFromCheckpoint(model, checkpoint, { excludeScopes: "Predict/logits" });
  const reader = openCheckpoint(checkpoint);
  for (const { name, variable } of model.variables.all().filter(({ name }) => name.startsWith("Predict/")))
    tf.tidy(() => {
      const value = reader.read(name.replace("Predict", "resnet_v1_50"));
      variable.assign(value.reshape(variable.shape));
    });
  reader.close();
  return model;
}

const sizeOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).reduce(
    (sum, file) => sum + statSync(join(folder, file)).size,
    0,
  );

test(
  "ResNet-50 of 1000 classes and 224 px, exported: Python's outputs are the model's own at batch 1 and 3",
  { skip: withoutImagenet || skip },
  (t) => {
    const dir = mkdtempSync(join(tmpdir(), "slimlab-imagenet-"));
    t.after(() => {
      rmSync(dir, { recursive: true });
    });
    const model = imagenetModel();
    const photos = sharedPath("clothing/test/hat");
    const files = readdirSync(photos).sort().slice(0, 3).map((name) => readFileSync(join(photos, name))); // prettier-ignore
    const started = performance.now();
    const folder = exportSavedModel(model, join(dir, "servo"), { labels: imagenetLabels() });
    const exported = performance.now();
    const example = (file: Uint8Array): Uint8Array =>
      encodeExample({ "image/encoded": feature.bytes(file), "image/format": feature.bytes("jpeg") });
    const calls = [1, 3].map((size) => ({
      signature: "predict",
      inputs: { examples: strings(files.slice(0, size).map(example)) },
    }));
    const own = [1, 3].map((size): PlainTensors =>
      expectedOutputs(model, files.slice(0, size), { side: 256, labels: imagenetLabels() }),
    );
    const loaded = byUs({ folder, calls });
    assertSame(loaded, own);
    const began = performance.now();
    const [fused, unfused] = inPython([
      { folder, calls },
      { folder, calls, remapping: false },
    ]);
    // Logits reach 17, whose last bit is 2e-6. A function's convolutions are fused with their batch norms, in Python and here;
    // the model's own operations are not: each is to its like 1e-5, and the one to the other 1e-5 of the largest.
    const like = [assertSame(fused?.outputs ?? [], loaded), assertSame(unfused?.outputs ?? [], own)];
    assert.ok(Math.max(...like) <= 1e-5, `differences ${like.join()}`);
    const difference = assertSame(fused?.outputs ?? [], own);
    const classes = own[1]?.["classes"]?.values.map((i) => imagenetLabels()[Number(i)]);
    const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
    t.diagnostic(`exported in ${seconds(exported - started)}, ${(sizeOf(folder) / 1e6).toFixed(1)} MB`);
    t.diagnostic(
      `Python: ${seconds(performance.now() - began)}; greatest difference ${difference}, of likes ${like.join()}; ${String(classes)}`,
    );
    model.dispose();
  },
);
