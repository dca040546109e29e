/** Weights of other libraries, whose networks' logits are compared: see test/oracle/sources.py. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { importWeights } from "../../src";
import { writeSafetensors } from "../../src/weights/formats/safetensorswriter";
import { memory, tf } from "../../src/tensorflow";
import { relativeDistance } from "../model/patterned";
import { temporaryFolder } from "../temporary";
import { readSource, sourcePhoto, sourceValue } from "./sources";

/**
 * Fails unless importWeights() of a file as that library would write it gives its logits to 1e-3, the same first class, and leaks
 * nothing. @param source  "torchvision/resnet50"
 */
export async function expectImported(source: string): Promise<void> {
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
  const sizes = { defaultImageSize: side, fixedResizeSide: side };
  const { model, missing, ...report } = await importWeights("auto", file, { source, model: sizes });
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
}
