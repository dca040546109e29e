/** A network small enough for a test, and inputs of a few images made from names. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { createModelFn, type ModelFnOptions } from "../../src/estimator";
import { Dataset, type LabeledBatch } from "../../src/input";
import { tf } from "../../src/tensorflow";
import { patternImages, patternIntegers } from "../patterns";

export const SIDE = 32;
const EXAMPLES = 12;
const BATCH = 4;
export const CLASSES = 3;

/** Options of a model function for these inputs. */
export const thin = {
  architecture: "resnet_v1_14",
  numClasses: CLASSES,
  width: 1 / 16,
  fixedResizeSide: SIDE,
  defaultImageSize: SIDE,
  pixels: "any", // of examples(), which reach beyond 0…255
} as const;

export const thinModelFn = (options: ModelFnOptions = {}) =>
  createModelFn({ learningRate: 0.01, ...options, model: { ...thin, ...options.model } });

/** Images that are brighter the higher their class, so that there is something to learn. The caller disposes. */
export function examples(name: string, count: number): { image: tf.Tensor4D; label: tf.Tensor1D } {
  const labels = patternIntegers(`${name}/labels`, [count], CLASSES);
  return tf.tidy(() => {
    const label = tf.tensor1d(labels, "int32");
    const noise = tf.tensor4d(patternImages(name, [count, SIDE, SIDE, 3]), [count, SIDE, SIDE, 3]);
    const image = noise.add<tf.Tensor4D>(label.toFloat().mul(60).add(60).reshape([count, 1, 1, 1]));
    return { image, label };
  });
}

/** An input of a few images, and what frees it. */
export interface ThinInput {
  readonly inputFn: () => Dataset<LabeledBatch>;
  readonly label: tf.Tensor1D;
  dispose(): void;
}

/** Batches of four: shuffled and for ever to train, else once. */
export function thinInput(name: string, use: "train" | "evaluate", count = EXAMPLES): ThinInput {
  const { image, label } = examples(name, count);
  const slices: [{ image: tf.Tensor4D }, tf.Tensor1D] = [{ image }, label];
  const made: Dataset<LabeledBatch>[] = [];
  const inputFn = (): Dataset<LabeledBatch> => {
    const all = Dataset.fromTensorSlices(slices);
    const ordered = use === "train" ? all.shuffle(EXAMPLES, { seed: 5 }).repeat() : all;
    const dataset = ordered.batch(BATCH);
    made.push(dataset);
    return dataset;
  };
  const dispose = (): void => {
    for (const dataset of made) dataset.dispose();
    tf.dispose([image, label]);
  };
  return { inputFn, label, dispose };
}

/** A folder that is gone after the tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "slimlab-test-estimator-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
