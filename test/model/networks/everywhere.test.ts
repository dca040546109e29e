/** Every network of networks(), in every form it can have, through the cells that take a model. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTrainStep, gradCam, Model, networks, type ModelOptions } from "../../../src";
import { ARCHITECTURES, specOf, type Architecture } from "../../../src/model/networks";
import { sourcesOf } from "../../../src/model/networks/network";
import { getTrainableVariables } from "../../../src/model/scopes";
import { memory, random, tf } from "../../../src/tensorflow";
import { everyNetwork } from "../../everynetwork";

/** Small images in which each network's windows fit, by the first letters of its name; of others 64 pixels. */
const SIDES = [["alexnet", 224], ["vgg", 224], ["inception_v3", 107], ["inception_v4", 107], ["inception_resnet", 107]] as const; // prettier-ignore

/** A thin model on small images. */
function smallModel(architecture: Architecture, options: ModelOptions = {}): Model {
  const [, side] = SIDES.find(([start]) => architecture.startsWith(start)) ?? ["", 64];
  const sizes = { defaultImageSize: side, fixedResizeSide: side, width: 1 / 8, numClasses: 3 };
  const model = new Model({ ...sizes, architecture, ...options });
  for (const { name, variable } of model.variables.all())
    if (name.endsWith("/layer_scale/gamma")) tf.tidy(() => void variable.assign(tf.onesLike(variable))); // 1e-6 at first: it learns slowly
  return model;
}

function someImages(model: Model): tf.Tensor4D {
  const { defaultImageSize: side } = model.options;
  return tf.tidy(() => random.uniform([2, side, side, 3], random.seed(3), 0, 255).as4D(2, side, side, 3));
}

test("networks() lists each network once, with its parameters and its sources", () => {
  const { rows } = networks();
  assert.deepEqual(rows.map(({ name }) => name), [...ARCHITECTURES]); // prettier-ignore
  for (const row of rows) assert.ok(Number(row["parameters"]) > 4e5, String(row["name"]));
});

/** Those that are deeper, wider or narrower than others of their kind, or of two kinds that are there. */
const LIKE_OTHERS = [
  ...["resnet_v1_26", "resnet_v1_34", "resnet_v1_101", "resnet_v1_152", "resnet_v1_200"],
  ...["resnet_v2_26", "resnet_v2_101", "resnet_v2_152", "resnet_v2_200", "wide_resnet101_2"],
  ...["seresnet34", "seresnet101", "seresnet152", "resnetblur50", "vgg_19", "vgg_16_bn", "vgg_19_bn"],
  ...["mobilenet_v1_075", "mobilenet_v1_050", "mobilenet_v2_140", "mobilenet_v2_035"],
  ...["efficientnet_b1", "efficientnet_b2", "efficientnet_b3"],
];

const NETWORKS = everyNetwork(ARCHITECTURES, ARCHITECTURES.filter((name) => !LIKE_OTHERS.includes(name))); // prettier-ignore

for (const architecture of NETWORKS)
  test(`${architecture} learns from a batch, is frozen by scope, explained and summed up, and leaks nothing`, async () => {
    const before = memory();
    const model = smallModel(architecture);
    const images = someImages(model);
    const labels = tf.tensor1d([0, 2], "int32");
    const scope = model.declaration.variables[0]?.name.split("/")[0] ?? "";
    const kept = model.variables.all().map(({ name, variable }) => [name, variable.dataSync().slice()] as const);
    const step = createTrainStep(model, { learningRate: 1e-30, scopesToFreeze: scope });
    assert.ok(getTrainableVariables(model, { scopesToFreeze: scope }).every(({ name }) => name.startsWith("Predict/")));
    const { loss } = await step(images, labels);
    assert.ok(Number.isFinite(loss));
    for (const [name, value] of kept)
      if (!name.startsWith("Predict/")) assert.deepEqual(model.variables.expect(name).dataSync(), value, name);
    step.dispose();
    const preprocessed = model.preprocess(images);
    const cam = gradCam(model, preprocessed);
    assert.ok([...cam.heatmaps.dataSync()].every((value) => value >= 0 && value <= 1));
    tf.dispose(cam);
    const cut = model.cutAt("global_pool");
    const pooled = model.activation(preprocessed, "global_pool");
    const [part, all] = [model.predict(pooled, { from: "global_pool" }), model.predict(preprocessed)];
    assert.deepEqual(part.logits.dataSync(), all.logits.dataSync());
    assert.deepEqual(pooled.shape, [2, ...cut.shape.slice(1)]);
    const declared = model.declaration.endpoints.map(({ name, shape: [, ...shape] }) => ({ name, shape: [2, ...shape] }));
    assert.deepEqual(Object.entries(all.endpoints).map(([name, { shape }]) => ({ name, shape })), declared);
    const total = model.summary().rows.at(-1);
    const trained = model.variables.all().filter(({ trainable }) => trainable);
    assert.equal(total?.["parameters"], trained.reduce((sum, { variable }) => sum + variable.size, 0));
    const whole = createTrainStep(model, { learningRate: 1e-3 });
    for (let i = 0; i < 3; i++) assert.ok(Number.isFinite((await whole(images, labels)).loss)); // in one a unit may be dropped for both
    for (const [name, value] of kept)
      assert.notDeepEqual(model.variables.expect(name).dataSync(), value, `${name} stood still`);
    whole.dispose();
    tf.dispose([part, all, pooled, preprocessed, images, labels]);
    model.dispose();
    assert.deepEqual(memory(), before);
  }); // prettier-ignore

for (const architecture of NETWORKS) {
  const spec = specOf(architecture);
  test(`${architecture} computes what it declares in the form of ${sourcesOf(spec).join(", ")}`, () => {
    for (const source of sourcesOf(spec)) {
      const model = smallModel(architecture, { source });
      const images = someImages(model);
      tf.tidy(() => {
        const { endpoints, logits } = model.predict(model.preprocess(images));
        assert.ok(logits.isFinite().all().dataSync()[0], source);
        for (const { name, shape } of model.declaration.endpoints)
          assert.deepEqual(endpoints[name]?.shape, [2, ...shape.slice(1)], `${source} ${name}`);
        const { cells } = model.fieldOfView(model.declaration.endpoints[0]?.name ?? "");
        assert.deepEqual(cells, model.declaration.endpoints[0]?.shape.slice(1, 3));
      });
      images.dispose();
      model.dispose();
    }
  });
}
