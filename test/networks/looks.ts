/** A network asked where it looks, what it sees, and what it is made of. */
import assert from "node:assert/strict";
import { explain, gradCam, integratedGradients, scoreCam } from "../../src/explain";
import { tf } from "../../src/tensorflow";
import { batchOf, CLASSES, thinModel, type Form } from "./forms";

/** Heat by gradients and by passes, of an endpoint and of pixels. */
export async function isExplained(form: Form): Promise<void> {
  const model = thinModel(form);
  const { images, labels } = batchOf(model);
  const preprocessed = model.preprocess(images);
  const cam = gradCam(model, preprocessed, { classIndex: [0, 1, 2, 1] });
  const same = await explain(model, preprocessed, { classIndex: [0, 1, 2, 1] });
  assert.deepEqual(cam.heatmaps.dataSync(), same.heatmaps.dataSync());
  const { defaultImageSize: side } = model.options;
  const methods = ["hiResCam", scoreCam({ channels: 3 }), integratedGradients({ steps: 2 })] as const;
  for (const method of methods) {
    const heat = await explain(model, preprocessed, { method });
    const name = typeof method === "string" ? method : method.name;
    assert.ok(heat.heatmaps.dataSync().every((value) => value >= 0 && value <= 1), name);
    assert.deepEqual(heat.probabilities.shape, [4, CLASSES]);
    if (name === "integratedGradients") assert.deepEqual(heat.heatmaps.shape, [4, side, side]);
    else assert.deepEqual(heat.heatmaps.shape, cam.heatmaps.shape, name);
    tf.dispose(heat);
  }
  tf.dispose([cam, same, preprocessed, images, labels]);
  model.dispose();
} // prettier-ignore

/** Each endpoint has as many cells as its activation has pixels, each of which sees a part of the image. */
export function seesItsImage(form: Form): void {
  const model = thinModel(form);
  for (const { name, shape } of model.declaration.endpoints) {
    const { cells, stride, size, start } = model.fieldOfView(name);
    assert.deepEqual(cells, shape.slice(1, 3), name);
    assert.ok(stride >= 1 && size >= 1 && start.every(Number.isFinite), name);
  }
  model.dispose();
}

/** Each number of the network is in one row. */
export function isSummedUp(form: Form): void {
  const model = thinModel(form);
  const trained = model.variables.all().filter(({ trainable }) => trainable);
  const total = trained.reduce((sum, { variable }) => sum + variable.size, 0);
  for (const rows of ["units", "layers"] as const) {
    const table = model.summary({ rows });
    const numbers = table.rows.map(({ parameters }) => Number(parameters));
    assert.equal(numbers.at(-1), total);
    assert.equal(numbers.slice(0, -1).reduce((sum, number) => sum + number, 0), total); // prettier-ignore
    const text = String(table);
    assert.ok(text.includes(form.architecture) && text.includes("Predict/logits"), text);
  }
  model.dispose();
}
