/** A network kept, exported, and asked about a photo wherever it is: the same answers. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadClassifier, predict, saveClassifier } from "../../src/classifier";
import { createPredictInputFn, exportSavedModel, loadSavedModel } from "../../src/export";
import { preprocessForEval } from "../../src/input";
import type { Model } from "../../src/model";
import { tf } from "../../src/tensorflow";
import { relativeDistance } from "../model/patterned";
import { temporaryFolder } from "../temporary";
import { batchOf, pixels, thinModel, type Form } from "./forms";

const NAMES = ["hat", "shoe", "bag"];

/** Kept and loaded it has the same options and says the same of a photo, of which it sees the middle. */
export async function isKept(form: Form): Promise<void> {
  const model = thinModel(form);
  const dir = await saveClassifier(model, join(temporaryFolder("every"), "kept"), { classNames: NAMES });
  const loaded = loadClassifier(dir);
  assert.deepEqual(loaded.model.options, model.options);
  const photo = tf.tidy(() => pixels(1, 90, 130).squeeze([0]).as3D(90, 130, 3));
  const expected = tf.tidy(() => {
    const { defaultImageSize: size, fixedResizeSide: resizeSide, interpolation } = model.options;
    const seen = preprocessForEval(photo, { size, resizeSide, interpolation });
    return [...probabilitiesOf(model, seen.expandDims(0).as4D(1, size, size, 3))];
  });
  const answers = [await predict(loaded, photo), await predict(dir, photo), await predict(model, photo, { classNames: NAMES })]; // prettier-ignore
  for (const { photos } of answers) {
    const { probabilities = {} } = photos[0] ?? {};
    assert.deepEqual(Object.keys(probabilities), NAMES);
    assert.ok(relativeDistance(Object.values(probabilities), expected) < 1e-5);
  }
  photo.dispose();
  loaded.dispose();
  model.dispose();
}

/** Exported it gives what it gives here, as it is and as one graph of plain operations. */
export function isServed(form: Form): void {
  const model = thinModel(form);
  const { images, labels } = batchOf(model);
  const expected = tf.tidy(() => [...probabilitiesOf(model, images)]);
  for (const frozen of [false, true]) {
    const dir = join(temporaryFolder("every"), String(frozen));
    const side = model.options.defaultImageSize;
    const receiver = createPredictInputFn({ receive: "images", side });
    const served = loadSavedModel(exportSavedModel(model, dir, { receiver, frozen }));
    const { probabilities, ...others } = served.predict(images);
    const distance = relativeDistance(probabilities?.dataSync() ?? [], expected);
    assert.ok(distance < 1e-4, `frozen ${frozen}: ${distance}`);
    tf.dispose([probabilities ?? [], others]);
    served.dispose();
  }
  tf.dispose([images, labels]);
  model.dispose();
}

function probabilitiesOf(model: Model, images: tf.Tensor4D): Float32Array {
  const predictions = model.predict(model.preprocess(images), { isTraining: false });
  return Float32Array.from(model.postprocess(predictions).probabilities.dataSync());
}
