/** Weights of other libraries, whose networks' logits are compared: see test/oracle/sources.py. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { importWeights, type Model } from "../../src";
import { writeSafetensors } from "../../src/weights/formats/safetensorswriter";
import { memory, tf } from "../../src/tensorflow";
import { distanceFrom } from "../patterns";
import { temporaryFolder } from "../temporary";
import { readSource, sourcePhotos } from "./sources";
import { balancedValue, sourceValue } from "./sourcevalues";

/**
 * Fails unless importWeights() of a file as that library would write it gives its logits to 1e-3, the same first classes, and leaks
 * nothing. @param source  "torchvision/resnet50" @returns the greatest distance of a photo's logits, over their root mean square
 */
export async function expectImported(source: string): Promise<number> {
  const before = memory();
  const model = await importedModel(source);
  const distance = distanceOfLogits(model, source);
  assert.ok(distance < 1e-3, String(distance));
  model.dispose();
  assert.deepEqual(memory(), before);
  return distance;
}

/** A model with weights from a file as that library would write it, which is gone; the caller disposes. */
export async function importedModel(source: string): Promise<Model> {
  const { side, gain, scales, entries } = readSource(source);
  const folder = temporaryFolder("sources");
  const file = join(folder, "weights.safetensors");
  const tensors = Object.entries(entries).map(([name, shape]) => ({
    ...{ name, shape },
    get values() {
      return scales ? balancedValue(name, shape, scales) : sourceValue(name, shape, gain);
    },
  }));
  await writeSafetensors(file, tensors);
  const sizes = { defaultImageSize: side, fixedResizeSide: side };
  const { model, missing, ...report } = await importWeights("auto", file, { source, model: sizes });
  rmSync(folder, { recursive: true }); // all networks together have 20 GB
  assert.equal(report.source, source);
  assert.deepEqual(missing, []);
  return model;
}

/** How far a model's logits are from the library's; fails unless the first class of each photo is the same. */
function distanceOfLogits(model: Model, source: string): number {
  const { side, photos } = readSource(source);
  const rows = tf.tidy(() => {
    const given = sourcePhotos(side).slice(0, photos.length);
    return model.predict(model.preprocess(given)).logits.arraySync();
  });
  const distances = rows.map((row, i) => {
    const photo = photos[i];
    assert.ok(photo);
    assert.equal(row.indexOf(Math.max(...row)), photo.first);
    return distanceFrom(photo.logits, row, [row.length]);
  });
  return Math.max(...distances);
}
