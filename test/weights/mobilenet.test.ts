import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { importWeights } from "../../src";
import { writeSafetensors } from "../../src/weights/formats/safetensorswriter";
import { memory } from "../../src/tensorflow";
import { temporaryFolder } from "../temporary";
import { readSource } from "./sources";
import { sourceValue } from "./sourcevalues";

test("importWeights() asks which of timm's two MobileNetV3 a file is of: names and shapes are the same, paddings are not", async () => {
  const before = memory();
  const file = join(temporaryFolder("mobilenet"), "weights.safetensors");
  const { entries } = readSource("timm/tf_mobilenetv3_small_100");
  const tensors = Object.entries(entries).map(([name, shape]) => ({
    name,
    shape,
    values: sourceValue(name, shape),
  }));
  await writeSafetensors(file, tensors);
  const both =
    /compute something else: timm\/(tf_)?mobilenetv3_small_100, timm\/(tf_)?mobilenetv3_small_100; give/;
  for (const source of [undefined, "timm"])
    await assert.rejects(importWeights("auto", file, source === undefined ? {} : { source }), both);
  const { model } = await importWeights("auto", file, { source: "timm/tf_mobilenetv3_small_100" });
  const { preprocessing, batchNormEpsilon } = model.options;
  assert.deepEqual(
    { preprocessing, batchNormEpsilon },
    { preprocessing: "inception", batchNormEpsilon: 1e-3 },
  );
  model.dispose();
  assert.deepEqual(memory(), before);
});
