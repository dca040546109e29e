/** Weights of other libraries, whose networks' logits are compared: see test/oracle/sources.py. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { importWeights } from "../../src";
import { writeSafetensors } from "../../src/weights/formats/safetensorswriter";
import { memory, tf } from "../../src/tensorflow";
import { relativeDistance } from "../model/patterned";
import { temporaryFolder } from "../temporary";
import { readSource, sourcePhoto, sourceValue } from "./sources";

/** Network by network: what the fixtures are named by. */
const SOURCES = [
  ...["torchvision/resnet50", "keras/resnet50"],
  ...["torchvision/mobilenet_v2", "torchvision/mobilenet_v3_large", "torchvision/mobilenet_v3_small"],
  ...["timm/mobilenetv1_100", "timm/mobilenetv2_100", "timm/mobilenetv2_140"],
  ...["timm/mobilenetv3_large_100", "timm/mobilenetv3_small_100"],
  ...["timm/tf_mobilenetv3_large_100", "timm/tf_mobilenetv3_small_100"],
  ...["keras/mobilenet", "keras/mobilenet_v2", "keras/mobilenet_v3_large", "keras/mobilenet_v3_small"],
];

for (const source of SOURCES)
  test(`importWeights() of ${source} gives that library's logits to 1e-3, and the same first class`, async () => {
    const { side, logits, entries } = readSource(source);
    const before = memory();
    const folder = temporaryFolder("sources");
    const file = join(folder, "weights.safetensors");
    const tensors = Object.entries(entries).map(([name, shape]) => ({
      ...{ name, shape },
      get values() {
        return sourceValue(name, shape);
      },
    }));
    await writeSafetensors(file, tensors);
    const { model, missing, ...report } = await importWeights("auto", file, { source });
    assert.equal(report.source, source);
    assert.deepEqual(missing, []);
    const got = tf.tidy(() => model.predict(model.preprocess(sourcePhoto(side))).logits.dataSync());
    const expected = logits.flat();
    const distance = relativeDistance(got, expected);
    assert.ok(distance < 1e-3, String(distance));
    const first = (values: ArrayLike<number>): number =>
      Array.from(values).indexOf(Math.max(...Array.from(values)));
    assert.equal(first(got), first(expected));
    model.dispose();
    assert.deepEqual(memory(), before);
  });
