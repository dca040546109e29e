/** Weights of Inceptions: auxiliary classifiers, layers counted from elsewhere, and pixels that names don't tell. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { importWeights, Model } from "../../src";
import { writeSafetensors } from "../../src/weights/formats/safetensorswriter";
import { memory, tf } from "../../src/tensorflow";
import { everyNetwork } from "../everynetwork";
import { temporaryFolder } from "../temporary";
import { readSource } from "./sources";
import { sourceValue } from "./sourcevalues";

/** A file of a source's entries, under other names. */
async function fileOf(source: string, rename: (name: string) => string = (name) => name): Promise<string> {
  const file = join(temporaryFolder("inception"), "weights.safetensors");
  const { entries } = readSource(source);
  await writeSafetensors(
    file,
    Object.entries(entries).map(([name, shape]) => ({
      ...{ name: rename(name), shape },
      get values() {
        return sourceValue(name, shape);
      },
    })),
  );
  return file;
}

test("importWeights() asks whose Inception v3 it is: GluonCV's takes other pixels", async () => {
  const before = memory();
  const file = await fileOf("torchvision/inception_v3");
  await assert.rejects(importWeights("auto", file), {
    name: "RangeError",
    message: /expected to be told whose weights it has, .*torchvision\/inception_v3, timm\/inception_v3\.gluon_in1k; give/,
  });
  const { model, missing } = await importWeights("auto", file, { source: "timm/inception_v3.gluon_in1k" });
  assert.equal(model.options.preprocessing, "torch");
  assert.deepEqual(missing, []);
  model.dispose();
  assert.deepEqual(memory(), before);
}); // prettier-ignore

test("importWeights() fills torchvision's auxiliary classifier where a model has one", async () => {
  const file = await fileOf("torchvision/inception_v3");
  const form = { architecture: "inception_v3", source: "torchvision", numClasses: 1000 } as const;
  const model = new Model({ ...form, createAuxLogits: true });
  const { missing, unused } = await importWeights(model, file);
  assert.deepEqual([missing, unused], [[], []]);
  const kernel = model.variables.expect("InceptionV3/AuxLogits/Conv2d_2b_1x1/weights");
  const given = sourceValue("AuxLogits.fc.weight", [1000, 768]);
  const values = kernel.dataSync();
  for (const [input, output] of [[0, 0], [5, 7], [767, 999]] as const)
    assert.equal(values[input * 1000 + output], given[output * 768 + input]);
  model.dispose();
}); // prettier-ignore

test("importWeights() finds Keras' layers wherever their counting begins, and beta where .weights.h5 don't say that it is", async () => {
  const from = (name: string): string =>
    name
      .replace(/beta$/, "gamma_or_beta")
      .replace(
        /^(conv2d|batch_normalization)(?:_(\d+))?\//,
        (_, layer: string, number = "0") => `${layer}_${Number(number) + 188}/`,
      );
  const { model, missing, source } = await importWeights("auto", await fileOf("keras/inception_v3", from));
  assert.deepEqual([missing, source], [[], "keras/inception_v3"]);
  const first = model.variables.expect("InceptionV3/Conv2d_1a_3x3/weights");
  assert.deepEqual(first.dataSync(), sourceValue("conv2d/kernel", [3, 3, 3, 32]));
  model.dispose();
});

const LOGITS = {
  inception_v3: ["InceptionV3/Logits/Conv2d_1c_1x1", [1, 1]],
  inception_v4: ["InceptionV4/Logits/Logits", []],
  inception_resnet_v2: ["InceptionResnetV2/Logits/Logits", []],
} as const;

const NETWORKS = ["inception_v3", "inception_v4", "inception_resnet_v2"] as const;

for (const architecture of everyNetwork(NETWORKS, ["inception_v3"]))
  test(`importWeights() reads TF-Slim's ${architecture}, with its auxiliary classifier and without`, async () => {
    const [logits, sides] = LOGITS[architecture];
    const given = new Model({ architecture, numClasses: 9, createAuxLogits: true, seed: 5 });
    const file = join(temporaryFolder("inception"), "weights.safetensors");
    const tensors = given.variables.all().map(({ name, variable }) => ({
      name: name.replace("Predict/logits", logits),
      shape: name === "Predict/logits/weights" ? [...sides, ...variable.shape] : variable.shape,
      get values() {
        return Float32Array.from(variable.dataSync());
      },
    }));
    await writeSafetensors(file, tensors);
    const { model, missing, source } = await importWeights("auto", file);
    assert.deepEqual([missing, source, model.options.numClasses], [[], `slim/${architecture}`, 9]);
    const whole = new Model({ architecture, numClasses: 9, createAuxLogits: true });
    assert.deepEqual((await importWeights(whole, file)).missing, []);
    for (const copy of [model, whole])
      for (const { name, variable } of copy.variables.all())
        assert.ok(tf.tidy(() => variable.equal(given.variables.expect(name)).all().dataSync()[0]), name);
    for (const one of [given, model, whole]) one.dispose();
  }); // prettier-ignore
