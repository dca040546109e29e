import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { exportWeights, Model } from "../../src";
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

for (const source of SOURCES)
  test(`a file of ${source} is known by its names and shapes alone`, () => {
    const { entries } = readSource(source);
    const file: WeightsFile = {
      ...{ format: "safetensors", path: source, metadata: {} },
      entries: Object.entries(entries).map(([name, shape]) => ({ name, shape, dtype: "float32" })),
      read: () => assert.fail("expected names and shapes to be enough"),
      parts: () => assert.fail("expected names and shapes to be enough"),
      close: () => undefined,
    };
    const { mapping, numClasses } = recognize(file, undefined);
    assert.deepEqual([mapping.name, numClasses], [source, 1000]);
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
