import assert from "node:assert/strict";
import { test } from "node:test";
import type { WeightsFile } from "../../src/weights/formats/weightsfile";
import { recognize } from "../../src/weights/recognize";
import { expectImported } from "./imported";
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
