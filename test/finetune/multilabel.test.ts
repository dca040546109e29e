import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { exportSavedModel } from "../../src/export";
import { fineTune } from "../../src/finetune";
import {
  balancedPositiveWeights,
  countLabels,
  createInputFn,
  renderPhoto,
  VGG_MEANS,
  writeRecords,
  type ShapeName,
} from "../../src/input";
import { gradCam } from "../../src/explain";
import { showBatch, showCam } from "../../src/inspect";
import { Model } from "../../src/model";
import { encodeExample, encodePng, feature, memory, tf } from "../../src/tensorflow";
import { createTrainStep, evaluate, multiLabelMetrics, train, withMovingAverages } from "../../src/training";
import { inPython, strings } from "../export/serving";
import { skip } from "../python";
import { temporaryFolder } from "../temporary";
import { valuesOf } from "../training/thin";

const CLASSES: readonly ShapeName[] = ["cone", "mushroom", "ring"];
const classes = { multiLabel: true, numClasses: CLASSES.length } as const;
const TILE = 24;
const SIDE = 2 * TILE;
const PHOTOS = 64;

/** Which of the four quarters of photo `i` shows which class; the others show cubes. */
function quartersOf(i: number): readonly (ShapeName | undefined)[] {
  const present = CLASSES.filter((_, index) => (i >> index) & 1);
  const turn = (i >> 3) % 4;
  return Array.from({ length: 4 }, (_, quarter) => present[(quarter + turn) % 4]);
}

/** Photos by number; the caller disposes the maker. */
function collages(): { readonly photo: (i: number) => tf.Tensor3D; dispose(): void } {
  const pool = new Map([...CLASSES, "cube" as const].map((name) => [name, Array.from({ length: 6 }, (_, seed) => renderPhoto(name, { size: TILE, seed }))])); // prettier-ignore
  const quarter = (i: number, name: ShapeName | undefined, place: number): tf.Tensor3D => pool.get(name ?? "cube")?.[(i + 2 * place) % 6] ?? assert.fail(); // prettier-ignore
  const photo = (i: number): tf.Tensor3D =>
    tf.tidy(() => {
      const quarters = quartersOf(i).map((name, place) => quarter(i, name, place));
      return tf.concat([tf.concat(quarters.slice(0, 2), 1), tf.concat(quarters.slice(2), 1)], 0);
    });
  return { photo, dispose: () => void tf.dispose([...pool.values()]) };
}

/** Class names in the order of the labels. */
const classNames = [...CLASSES].sort();

/** Captions name several classes an image, and a class that was asked for. */
function assertCaptions(model: Model, images: tf.Tensor4D): void {
  const labels = tf.tensor2d([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]); // prettier-ignore
  const options = { means: VGG_MEANS, labels, classNames };
  assert.deepEqual(showBatch(images, { labels, classNames }).captions, ["cone", "mushroom", "ring", "cone, mushroom, ring"]); // prettier-ignore
  tf.tidy(() => {
    const preprocessed = model.preprocess(images);
    const of = (classIndex?: number): readonly string[] =>
      showCam(preprocessed, gradCam(model, preprocessed, classIndex === undefined ? {} : { classIndex }), options).captions; // prettier-ignore
    assert.match(of(1)[3] ?? "", /^explains mushroom (>0.99|0\.\d\d)$/);
    assert.match(of(1)[0] ?? "", /^explains mushroom (<0.01|0\.\d\d) \(is cone\)/);
    assert.match(of()[3] ?? "", /^(cone|mushroom|ring) ✓ \(is cone, mushroom, ring\)/);
  });
  labels.dispose();
}

/** Python's TensorFlow gives the sigmoid's probabilities of the files of these photos. */
function assertServed(model: Model, images: tf.Tensor4D, folder: string): void {
  const photos = tf.unstack(images);
  const files = photos.map((image) => tf.tidy(() => encodePng(image.as3D(SIDE, SIDE, 3))));
  const examples = files.map((file) => encodeExample({ "image/encoded": feature.bytes(file) }));
  const calls = [{ signature: "serving_default", inputs: { examples: strings(examples) } }];
  const [answer] = inPython([{ folder, calls }]);
  const [outputs] = answer?.outputs ?? [];
  assert.ok(outputs !== undefined && typeof outputs !== "string", String(outputs));
  const [logits, served] = [outputs["logits"], outputs["probabilities"]].map(
    (one) => one?.values.map(Number) ?? [],
  );
  assert.equal(served?.length, 12);
  const ours = tf.tidy(() =>
    valuesOf(model.postprocess(model.predict(model.preprocess(images))).probabilities),
  );
  served?.forEach((probability, i) => {
    assert.ok(Math.abs(probability - 1 / (1 + Math.exp(-(logits?.[i] ?? NaN)))) < 1e-6);
    assert.ok(Math.abs(probability - (ours[i] ?? NaN)) < 1e-5, `${probability}, ${ours[i]}`);
  });
  tf.dispose(photos);
}

test(
  "photos of several classes: records, training, metrics, heat maps of each class, moving averages, export",
  { skip },
  async () => {
    const [folder, out, served] = [
      temporaryFolder("photos"),
      temporaryFolder("records"),
      temporaryFolder("served"),
    ];
    const before = memory();
    const { photo, dispose } = collages();
    const classesOf: Record<string, readonly string[]> = {};
    for (let i = 0; i < PHOTOS; i++) {
      const image = photo(i);
      writeFileSync(join(folder, `${i}.png`), encodePng(image));
      image.dispose();
      classesOf[`${i}.png`] = quartersOf(i).flatMap((name) => name ?? []);
    }
    const labelsOf = (file: string): readonly string[] | undefined => classesOf[file];
    const split = { train: 0.75, validation: 0.25 };
    const { labels, written } = await writeRecords(folder, out, { labelsOf, name: "things", split });
    assert.deepEqual([labels, written], [classNames, { train: 48, validation: 16 }]);
    const [trainFiles, testFiles] = [join(out, "things_train*"), join(out, "things_validation*")];
    const counts = await countLabels(trainFiles, classes);
    assert.deepEqual(counts, [24, 24, 24]);

    const transform = (image: tf.Tensor3D): tf.Tensor3D => image;
    const training = createInputFn(trainFiles, {
      ...classes,
      batchSize: 12,
      shuffle: true,
      seed: 1,
      transform,
    })();
    const validation = createInputFn(testFiles, { ...classes, batchSize: 10, numEpochs: 1, transform })();
    const model = new Model({
      ...{
        ...classes,
        positiveWeights: balancedPositiveWeights(counts, 48),
        seed: 3,
        batchNormDecay: 0.9,
        labelSmoothing: 0.05,
      },
      ...{ architecture: "resnet_v1_14", width: 1 / 8, fixedResizeSide: SIDE, defaultImageSize: SIDE },
    });
    const metrics = multiLabelMetrics(classes);
    const rates = { epochs: 12, freezeEpochs: 1, cacheFrozen: true, learningRate: 0.2, lrMult: 1, seed: 2 };
    const tuned = await fineTune(model, { train: training, validation, metrics, ...rates });
    const best = tuned.epochs.find(({ epoch }) => epoch === tuned.bestEpoch);
    assert.ok((best?.metrics?.["meanAveragePrecision"] ?? 0) > 0.6, String(tuned));

    const step = createTrainStep(model, { learningRate: 0.01, movingAverageDecay: 0.8 });
    await train(step, training, { steps: 8 });
    const own = await evaluate(model, validation);
    await withMovingAverages(step, async () => {
      metrics.reset();
      const averaged = await evaluate(model, validation, { metrics });
      assert.notEqual(averaged.crossEntropy, own.crossEntropy);
      assert.ok(Math.abs(metrics.result().accuracy - averaged.accuracy) < 1e-6);
      assert.ok(metrics.result().meanAveragePrecision > 0.6, String(metrics));

      const images = tf.tidy(() =>
        tf.stack<tf.Tensor3D>([9, 10, 12, 15].map(photo)).toFloat().as4D(4, SIDE, SIDE, 3),
      );
      assertCaptions(model, images);
      const folderOf = exportSavedModel(model, served, { labels: classNames });
      assertServed(model, images, folderOf);
      images.dispose();
    });
    for (const one of [training, validation, step, model]) one.dispose();
    dispose();
    assert.deepEqual(memory(), before);
  },
);
