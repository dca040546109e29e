/** A network small enough for a test, with data made from names. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Model, type ModelOptions } from "../../src/model";
import { tf } from "../../src/tensorflow";
import type { LabeledBatch } from "../../src/input";
import { patternImages, patternIntegers } from "../patterns";

const SIDE = 32;
const VGG_MEANS = [123.68, 116.78, 103.94];

/** A ResNet-50 of a sixteenth of the channels, on images of 32 pixels. */
export function thinModel(options: ModelOptions = {}): Model {
  const sizes = { fixedResizeSide: SIDE, defaultImageSize: SIDE };
  return new Model({ numClasses: 5, width: 1 / 16, ...sizes, ...options });
}

/** Photographs 0…255 and labels 0…4; the caller disposes both. */
export function patternBatch(name: string, batch = 4, side = SIDE): LabeledBatch {
  const shape = [batch, side, side, 3] as const;
  const image = tf.tidy(() =>
    tf.tensor4d(patternImages(name, [...shape]), [...shape]).add<tf.Tensor4D>(VGG_MEANS),
  );
  return [{ image }, tf.tensor1d(patternIntegers(`${name}/labels`, [batch], 5), "int32")];
}

/** Batches as a dataset gives them: each lives until the next is asked for. */
export async function* batchesOf(...names: readonly string[]): AsyncGenerator<LabeledBatch> {
  for (const name of names) {
    const batch = patternBatch(name);
    try {
      yield await Promise.resolve(batch);
    } finally {
      tf.dispose([batch[0].image, batch[1]]);
    }
  }
}

/** The values of a tensor. */
export function valuesOf(tensor: tf.Tensor): number[] {
  return [...tensor.dataSync()];
}

/** A path in the data shared by several checkouts, and what to say where it is not there. */
export function sharedData(path: string): { readonly path: string; readonly skip: string | false } {
  const root = process.env.SLIMLAB_SHARED_DATA ?? join(__dirname, "../../../../shared/data");
  const full = join(root, path);
  return { path: full, skip: existsSync(root) ? false : `no shared data at ${root}` };
}
