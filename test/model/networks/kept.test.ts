import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { loadClassifier, saveClassifier } from "../../../src/classifier";
import { placeOf } from "../../../src/explain/place";
import { createPredictInputFn, exportSavedModel } from "../../../src/export";
import { Model, type Architecture, type ModelOptions } from "../../../src/model";
import { memory, tf, trace } from "../../../src/tensorflow";
import { everyNetwork } from "../../everynetwork";
import { expectedOutputs, LABELS, photographs } from "../../export/classifier";
import { assertSame, inPython, strings } from "../../export/serving";
import { skip } from "../../python";
import { temporaryFolder } from "../../temporary";
import { patternBatch, relativeDistance } from "../patterned";

const root = temporaryFolder("networks");

/** Of each family, with the sizes in which none of its layers vanishes, and its endpoint with which Grad-CAM begins. */
const FORMS: readonly (readonly [cam: string, ModelOptions])[] = [
  ["alexnet_v2/pool5", { architecture: "alexnet_v2", source: "torchvision", defaultImageSize: 224 }],
  ["vgg_a_bn/pool5", { architecture: "vgg_a_bn", defaultImageSize: 224 }],
  ["Mixed_5c", { architecture: "inception_v1", defaultImageSize: 64 }],
  ["Mixed_5c", { architecture: "inception_v2", defaultImageSize: 64 }],
  ["Conv2d_13_pointwise", { architecture: "mobilenet_v1", source: "keras", defaultImageSize: 64 }],
  ["layer_19", { architecture: "mobilenet_v2", source: "timm", defaultImageSize: 65 }],
  ["layer_13", { architecture: "mobilenet_v3_small", defaultImageSize: 64 }],
];

function thin(options: ModelOptions): Model {
  return new Model({ numClasses: 3, width: 1 / 8, fixedResizeSide: 232, ...options });
}

function logitsOf(model: Model, images: tf.Tensor4D): tf.Tensor2D {
  return tf.tidy(() => model.predict(images).logits);
}

for (const [cam, form] of FORMS) {
  const { architecture = "resnet_v1_50", defaultImageSize: side = 224 } = form;
  test(`${architecture} gives traced what it gives eager, and kept as a classifier what it gave before`, async () => {
    const model = thin(form);
    const images = patternBatch("kept", [2, side, side, 3]);
    const eager = logitsOf(model, images);
    const before = memory();
    const compiled = trace((x: tf.Tensor4D) => logitsOf(model, x));
    const traced = compiled.sync(images);
    assert.ok(relativeDistance(traced.dataSync(), eager.dataSync()) < 1e-5);
    compiled.dispose();
    traced.dispose();
    const dir = await saveClassifier(model, join(root, architecture), { classNames: LABELS });
    const loaded = loadClassifier(dir);
    assert.deepEqual(loaded.model.options, model.options);
    const again = logitsOf(loaded.model, images);
    assert.deepEqual(again.dataSync(), eager.dataSync());
    again.dispose();
    loaded.dispose();
    assert.equal(placeOf(model, undefined).endpoint, cam);
    assert.deepEqual(memory(), before);
    tf.dispose([images, eager]);
    model.dispose();
  });
}

const EXPORTED: readonly Architecture[] = ["inception_v2", "mobilenet_v3_large", "inception_resnet_v2"];

test("SavedModels give in Python what their models give", { skip }, () => {
  const [files, side] = [photographs(2), 107]; // which Inception-ResNets need
  const exported = everyNetwork(EXPORTED, ["mobilenet_v3_large"]).map((architecture) => {
    const model = thin({ architecture, defaultImageSize: side, fixedResizeSide: side });
    const receiver = createPredictInputFn({ receive: "files", side });
    const folder = exportSavedModel(model, join(root, `exported ${architecture}`), { receiver });
    const inputs = { [receiver().inputName]: strings(files) };
    const outputs = expectedOutputs(model, files, { side });
    model.dispose();
    return { asked: { folder, calls: [{ signature: "predict", inputs }] }, outputs };
  });
  const answers = inPython(exported.map(({ asked }) => asked));
  assert.equal(answers.length, exported.length);
  exported.forEach(({ outputs }, i) => assertSame(answers[i]?.outputs ?? [], [outputs]));
}); // prettier-ignore

test("cells of VGG-16's last pool see 212 pixels, 32 apart", () => {
  const model = thin({ architecture: "vgg_16" });
  const view = { cells: [7, 7], stride: 32, size: 212, start: [15.5, 15.5] };
  assert.deepEqual(model.fieldOfView("vgg_16/pool5"), view);
  model.dispose();
});
