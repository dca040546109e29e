/** Files of networks inside other modules and Keras models, whose last layer is called otherwise. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { importWeights } from "../../src";
import { memory } from "../../src/tensorflow";
import { configuredSide } from "../../src/weights/configured";
import type { WeightsFile } from "../../src/weights/formats/weightsfile";
import { writeSafetensors } from "../../src/weights/formats/safetensorswriter";
import { photosOf } from "../../src/weights/photos";
import { recognize } from "../../src/weights/recognize";
import { readFixture } from "../fixtures";
import { temporaryFolder } from "../temporary";
import { readSource } from "./sources";
import { sourceValue } from "./sourcevalues";

type Entries = readonly (readonly [name: string, shape: readonly number[]])[];

/** A network's entries under other names; its head is of 5 classes, and a matrix. */
function wrapped(source: string, prefix: string, head: string): Entries {
  return Object.entries(readSource(source).entries).map(([name, shape]) => {
    const own = name.replace(/:0$/, "").replace(/^(conv_preds|predictions|classifier\.1)(?=[/.])/, "HEAD");
    if (!own.startsWith("HEAD")) return [`${prefix}${own}`, shape];
    const isTorch = own.includes(".");
    const features = Math.max(...shape.filter((side) => side !== 1000));
    const matrix = isTorch ? [5, features] : [features, 5];
    return [own.replace("HEAD", head), shape.length > 1 ? matrix : [5]];
  });
}

function fileOf(entries: Entries, metadata: Readonly<Record<string, string>> = {}): WeightsFile {
  return {
    ...{ format: "keras", path: "mine.keras", metadata },
    entries: entries.map(([name, shape]) => ({ name, shape, dtype: "float32" })),
    read: () => assert.fail("expected names and shapes to be enough"),
    parts: () => assert.fail("expected names and shapes to be enough"),
    close: () => undefined,
  };
}

const KERAS = "keras/mobilenet_025";
const INSIDE = "mobilenet_0.25_224/";

test("a network is known under what modules and models put before its names", async () => {
  const before = memory();
  const folder = temporaryFolder("wrapped");
  const plain = Object.entries(readSource(KERAS).entries);
  const written = async (name: string, prefix: string, only: (name: string) => boolean): Promise<string> => {
    const file = join(folder, name);
    const tensors = plain.map(([entry, shape]) => ({
      name: (only(entry) ? prefix : "") + entry.replace(/:0$/, ""),
      shape,
      values: sourceValue(entry, shape),
    }));
    await writeSafetensors(file, tensors);
    return file;
  };
  const files = [
    await written("plain.safetensors", "", () => true),
    await written("two.safetensors", "mine/net/", () => true),
    await written("inside.safetensors", INSIDE, (entry) => !entry.startsWith("conv_preds")),
  ];
  const imported = [];
  for (const file of files) imported.push(await importWeights("auto", file));
  const [first, ...others] = imported;
  assert.ok(first);
  for (const { source, model, missing, unused } of others) {
    assert.deepEqual([source, missing, unused], [KERAS, [], first.unused]);
    for (const { name, variable } of first.model.variables.all())
      assert.deepEqual(model.variables.expect(name).dataSync(), variable.dataSync(), name);
  }
  for (const { model } of imported) model.dispose();
  assert.deepEqual(memory(), before);
});

test("a last layer under another name is taken where it is said whose weights they are, and asked for where not", () => {
  for (const [source, prefix, head] of [
    [KERAS, INSIDE, "dense_1"],
    [KERAS, "", "mine"],
    ["torchvision/mobilenet_v2", "backbone.", "head"],
    ["torchvision/mobilenet_v2", "", "classifier"],
  ] as const) {
    const file = fileOf(wrapped(source, prefix, head));
    const { mapping, numClasses } = recognize(file, source);
    const [end, layout] = source === KERAS ? ["/kernel", "same"] : [".weight", "linear"];
    assert.equal(numClasses, 5);
    assert.deepEqual(mapping.entryOf("Predict/logits/weights"), { entry: `${head}${end}`, layout });
    const message = new RegExp(`nearest, ${source}, expected no others, got "${head}.*; give { source: "${source}" } if that is its last layer$`);
    assert.throws(() => recognize(file, undefined), { message });
  }
}); // prettier-ignore

test("two last layers, or a matrix without biases, are no network's", () => {
  const entries = wrapped(KERAS, INSIDE, "dense");
  const two = [...entries, ["dense_1/kernel", [5, 3]], ["dense_1/bias", [3]]] as const;
  assert.throws(() => recognize(fileOf(two), KERAS), /expected no others, got "dense\/kernel", "dense\/bias", "dense_1\/kernel"; if these are the layers of a head, give/);
  const without = entries.filter(([name]) => name !== "dense/bias");
  assert.throws(() => recognize(fileOf(without), KERAS), /expected no others, got "dense\/kernel"; if these/);
}); // prettier-ignore

test("several last layers are left out where the caller says so, of names that nothing within the network has", () => {
  const leaves = { excludeScopes: "Predict/logits" };
  const [mobile, resnet] = ["torchvision/mobilenet_v2", "torchvision/resnet18"];
  const second: Entries = [["classifier.4.weight", [3, 5]], ["classifier.4.bias", [3]]];
  const heads: readonly (readonly [source: string, entries: Entries])[] = [
    [KERAS, [...wrapped(KERAS, INSIDE, "dense"), ["dense_1/kernel", [5, 3]], ["dense_1/bias", [3]]]],
    [mobile, [...wrapped(mobile, "", "classifier.1"), ...second]],
    [mobile, [...wrapped(mobile, "net.", "head.0"), ["head.3.weight", [3, 5]], ["head.3.bias", [3]]]],
  ];
  for (const [source, entries] of heads) {
    const { mapping, numClasses } = recognize(fileOf(entries), source, undefined, leaves);
    assert.deepEqual([mapping.name, numClasses], [source, undefined]);
    assert.throws(() => recognize(fileOf(entries), undefined, undefined, leaves), /give \{ source: .*, excludeScopes: "Predict\/logits" \}/);
  }
  const within: Entries = [["layer1.0.gate.weight", [64, 64]], ["layer1.0.gate.bias", [64]], ["fc.1.weight", [2, 2]]];
  const convolved: Entries = [["before.weight", [3, 3, 1, 1]], ["fc.1.weight", [2, 2]], ["fc.1.bias", [2]]];
  for (const others of [within, convolved]) {
    const file = fileOf([...Object.entries(readSource(resnet).entries), ...others]);
    assert.throws(() => recognize(file, resnet, undefined, leaves), /expected no others, got "[\w.]+", "[\w.]+", "[\w.]+"$/);
  }
}); // prettier-ignore

const configs = readFixture<Readonly<Record<string, Readonly<Record<string, string>>>>>("kerasaround");

test("a Keras model's configuration tells the side of its images", () => {
  const { plain = "" } = configs["keras2"] ?? {};
  assert.equal(configuredSide(fileOf([], { config: plain })), 8);
  assert.equal(configuredSide(fileOf([], { config: plain.replaceAll("[null, 8, 8, 3]", "[null, null, null, 3]") })), undefined);
  assert.equal(configuredSide(fileOf([])), undefined);
  const { mapping } = recognize(fileOf(wrapped(KERAS, INSIDE, "dense")), KERAS);
  const { defaultImageSize, fixedResizeSide } = photosOf(mapping, "mine.keras", undefined, 112);
  assert.deepEqual([defaultImageSize, fixedResizeSide], [112, 128]);
}); // prettier-ignore

test("what a Keras model does around a network is the network's own, or refused by its name", () => {
  const refused: Readonly<Record<string, RegExp>> = {
    "from 0 to 1": /expected pixels of -1…1 for keras\/mobilenet_025, got a model that makes 0…1 of 0…255$/,
    twice: /expected pixels of 0…255 for keras\/mobilenet_025, got a model that makes -1…1 of 0…255$/,
    lambda: /got a layer "lambda(_\d+)?" of class Lambda$/,
    greatest: /got a layer "global_max_pooling2d(_\d+)?" of class GlobalMaxPooling2D$/,
  };
  for (const [keras, cases] of Object.entries(configs))
    for (const [name, config] of Object.entries(cases)) {
      const file = fileOf(wrapped(KERAS, INSIDE, "dense"), { config });
      const message = refused[name];
      if (message === undefined) assert.equal(recognize(file, KERAS).numClasses, 5, `${keras}: ${name}`);
      else assert.throws(() => recognize(file, KERAS), { name: "RangeError", message });
    }
});

test("a file that a model here has written is for its own reader, which is named", () => {
  const own = fileOf([["resnet_v1_50/conv1/weights", [7, 7, 3, 64]], ["Predict/logits/weights", [2048, 2]]]);
  assert.throws(() => recognize(own, undefined), /got those of a Model here; initVariablesFromCheckpoint\(\) reads them/);
}); // prettier-ignore
