import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { exportWeights, importWeights } from "../../src";
import { openSafetensors } from "../../src/weights/formats/safetensors";
import { writeSafetensors } from "../../src/weights/formats/safetensorswriter";
import { temporaryFolder } from "../temporary";
import { readSource } from "./sources";
import { sourceValue } from "./sourcevalues";

/** A file as that library would write it, but for what `change` makes of the values. */
async function fileOf(source: string, change = (_: string, values: Float32Array) => values): Promise<string> {
  const file = join(temporaryFolder("modern"), "weights.safetensors");
  const tensors = Object.entries(readSource(source).entries).map(([name, shape]) => ({
    ...{ name, shape },
    get values() {
      return change(name, sourceValue(name, shape));
    },
  }));
  await writeSafetensors(file, tensors);
  return file;
}

for (const [source, layout] of [
  ["torchvision/convnext_tiny", "torchvision"],
  ["timm/convnext_tiny", "timm"],
  ["timm/tf_efficientnet_b0", "timm"],
  ["timm/seresnet18", "timm"],
  ["timm/resnetblur18", "timm"],
  ["timm/resnetv2_50", "timm"],
] as const)
  test(`exportWeights() gives back what was imported of ${source}, to the bit`, async () => {
    const file = await fileOf(source);
    const { model } = await importWeights("auto", file, { source });
    const out = join(temporaryFolder("modern"), "out.safetensors");
    const { name } = await exportWeights(model, out, { layout });
    assert.equal(name, source);
    const [was, is] = [openSafetensors(file), openSafetensors(out)];
    const names = (of: typeof was): string[] => of.entries.map((entry) => entry.name).sort();
    assert.deepEqual(names(is), names(was));
    for (const entry of names(was)) assert.deepEqual(is.read(entry), was.read(entry), entry);
    [was, is].forEach((one) => one.close());
    model.dispose();
  });

test("importWeights() asks which of timm's EfficientNets a file is of, whose names and shapes are the same", async () => {
  const file = await fileOf("timm/efficientnet_b0");
  const names = ["efficientnet_b0", "tf_efficientnet_b0", "tf_efficientnet_b0\\.ap_in1k", "efficientnet_b0\\.ra4_e3600_r224_in1k", "efficientnet_blur_b0"];
  for (const options of [{}, { source: "timm" }])
    await assert.rejects(importWeights("auto", file, options), ({ message }: Error) =>
      names.every((name) => new RegExp(`timm/${name}[,;]`).test(message)));
  const { model } = await importWeights("auto", file, { source: "timm/efficientnet_b0.ra4_e3600_r224_in1k" });
  assert.equal(model.options.preprocessing, "inception");
  model.dispose();
}); // prettier-ignore

test("importWeights() refuses a Keras EfficientNet that normalizes pixels otherwise than the published ones", async () => {
  const file = await fileOf("keras/efficientnet_b0", (name, values) =>
    name === "normalization/mean" ? values.fill(0) : values,
  );
  await assert.rejects(importWeights("auto", file), {
    name: "RangeError",
    message:
      /expected "normalization\/mean" of \[0\.485, 0\.456, 0\.406\], .*got \[0, 0, 0\]: its pixels are others$/,
  });
});
