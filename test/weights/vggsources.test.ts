import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { exportWeights, Model } from "../../src";
import { openWeights } from "../../src/weights/formats/open";
import type { WeightsFile } from "../../src/weights/formats/weightsfile";
import { recognize } from "../../src/weights/recognize";
import { expectImported } from "./imported";
import { temporaryFolder } from "../temporary";
import { readSource } from "./sources";

/** One of each kind: what the fixtures are named by. */
const COMPUTED = ["torchvision/alexnet", "torchvision/googlenet", "torchvision/vgg11", "timm/vgg16_bn", "keras/vgg16"]; // prettier-ignore

for (const source of COMPUTED)
  test(`importWeights() of ${source} gives that library's logits to 1e-3, and the same first class`, async () => {
    await expectImported(source);
  });

const OTHERS = [
  ...["vgg16", "vgg19", "vgg11_bn", "vgg16_bn", "vgg19_bn"].map((name) => `torchvision/${name}`),
  ...["vgg11", "vgg16", "vgg19", "vgg11_bn", "vgg19_bn"].map((name) => `timm/${name}`),
  "keras/vgg19",
];

for (const source of [...COMPUTED, ...OTHERS])
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
