import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { exportWeights, Model } from "../../src";
import { expectFixed } from "../../src/weights/fixed";
import { openWeights } from "../../src/weights/formats/open";
import type { WeightsFile } from "../../src/weights/formats/weightsfile";
import { recognize } from "../../src/weights/recognize";
import { temporaryFolder } from "../temporary";
import { readSource } from "./sources";

const SOURCES = [
  ...["torchvision/alexnet", "torchvision/googlenet", "keras/vgg16", "keras/vgg19"],
  ...["torchvision", "timm"].flatMap((library) =>
    [11, 16, 19].flatMap((depth) => ["", "_bn"].map((end) => `${library}/vgg${depth}${end}`)),
  ),
];

/** A file of that library's names and shapes. */
function fileOf(source: string, read: WeightsFile["read"]): WeightsFile {
  const entries = Object.entries(readSource(source).entries);
  return {
    ...{ format: "safetensors", path: source, metadata: {} },
    entries: entries.map(([name, shape]) => ({ name, shape, dtype: "float32" })),
    ...{ read, parts: (name) => [read(name)], close: () => undefined },
  };
}

for (const source of SOURCES)
  test(`a file of ${source} is known by its names and shapes alone`, () => {
    const file = fileOf(source, () => assert.fail("expected names and shapes to be enough"));
    const { mapping, numClasses } = recognize(file, undefined);
    assert.deepEqual([mapping.name, numClasses], [source, 1000]);
  });

test("torchvision's VGG-16 for features alone is refused, by its name and by its classifier, which is no number", () => {
  const [name, features] = ["torchvision/vgg16", "torchvision/vgg16.IMAGENET1K_FEATURES"];
  const file = fileOf(name, () => new Float32Array(1000).fill(NaN));
  const { mapping } = recognize(file, name);
  assert.throws(() => expectFixed(file, mapping), {
    message: `Cannot import "${name}": expected weights of ${name}, got those of ${features}, as "classifier.6.bias" is NaN: their pixels are others`,
  });
  assert.throws(
    () => recognize(file, features),
    /, got one that no network here computes: it is not torchvision\/vgg16$/,
  );
  assert.doesNotThrow(() =>
    expectFixed(
      fileOf(name, () => new Float32Array(1000)),
      mapping,
    ),
  );
});

test("exportWeights() of a VGG with batch norms has torchvision's names and shapes, with biases of 0 before each norm", async () => {
  const { entries } = readSource("torchvision/vgg11_bn");
  const file = join(temporaryFolder("vgg"), "weights.safetensors");
  const model = new Model({ architecture: "vgg_a_bn", numClasses: 1000 });
  await exportWeights(model, file, { layout: "torchvision" });
  model.dispose();
  const written = await openWeights(file);
  const shapes = written.entries.map(({ name, shape }): [string, readonly number[]] => [name, shape]);
  const counts = Object.entries(entries).filter(([name]) => !name.endsWith("num_batches_tracked"));
  assert.deepEqual(Object.fromEntries(shapes.sort()), Object.fromEntries(counts.sort()));
  assert.ok(written.read("features.0.bias").every((bias) => bias === 0));
  written.close();
});
