import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { memory, random, tf, trace } from "../../src/tensorflow";
import { ModelVariables, resnetV1, resnetV2, type ImageShape } from "../../src/model";
import { declareNetwork } from "../../src/model/declare";
import type { ResnetName } from "../../src/model/networks/blocks";
import { resnet } from "../../src/model/networks/resnet";
import { readFixture } from "../fixtures";
import { distanceFrom, type Summary } from "../patterns";
import { loadPatterns, patternBatch, patternModel, readNumerics, relativeDistance } from "./patterned";

interface Call {
  readonly input: ImageShape;
  readonly options: { num_classes: number | null; global_pool?: boolean; output_stride?: number };
  readonly net: readonly number[];
  readonly endpoints: Readonly<Record<string, readonly number[]>>;
}
interface Counts {
  readonly count: number;
  readonly trainableCount: number;
  readonly parameters: number;
  readonly regularizedCount: number;
  readonly namesSha256: string;
}
interface NetworkTable {
  readonly calls: Readonly<Record<string, Call>>;
  readonly plainVariables: Counts;
  readonly classesVariables: Counts;
  readonly variables?: Readonly<Record<string, readonly number[]>>;
  readonly regularized?: readonly string[];
}

const ARCHITECTURES: readonly ResnetName[] = [
  "resnet_v1_50", "resnet_v1_101", "resnet_v1_152", "resnet_v1_200",
  "resnet_v2_50", "resnet_v2_101", "resnet_v2_152", "resnet_v2_200",
]; // prettier-ignore
const networks = readFixture<Record<ResnetName, NetworkTable>>("networks");

for (const name of ARCHITECTURES) {
  const table = networks[name];
  const plainEndpoints = table.calls["plain"]?.endpoints ?? {};

  test(`${name} has TF-Slim's endpoints, in order and of its shapes, in every call`, () => {
    for (const [call, { input, options, net, endpoints }] of Object.entries(table.calls)) {
      const { num_classes: numClasses, global_pool: globalPool = true, output_stride: outputStride } = options;
      const form = { numClasses: numClasses ?? undefined, globalPool, outputStride };
      const declared = declareNetwork(resnet(name, form), input);
      const whole = Object.keys(endpoints).length < 3 ? { ...plainEndpoints, ...endpoints } : endpoints;
      assert.deepEqual(declared.endpoints.map((endpoint) => [endpoint.name, [...endpoint.shape]]), Object.entries(whole), call);
      assert.deepEqual([...declared.output], net, call);
    }
  }); // prettier-ignore

  test(`${name} has TF-Slim's variables: ${table.classesVariables.parameters} parameters with 1000 classes`, () => {
    for (const [numClasses, counts] of [[undefined, table.plainVariables], [1000, table.classesVariables]] as const) {
      const { variables } = declareNetwork(resnet(name, { numClasses }), [2, 224, 224, 3]);
      const trainable = variables.filter((variable) => variable.trainable);
      const size = trainable.reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0);
      const names = variables.map((variable) => variable.name).sort().join("\n");
      assert.deepEqual({
        count: variables.length,
        trainableCount: trainable.length,
        parameters: size,
        regularizedCount: variables.filter(({ regularized }) => regularized).length,
        namesSha256: createHash("sha256").update(names).digest("hex"),
      }, counts);
    }
  }); // prettier-ignore

  // The fixture lists all variables of the two 50s, and of the others only what the test above compares.
  if (table.variables === undefined) continue;
  test(`${name} creates variables in TF-Slim's order and shapes`, () => {
    const { variables } = declareNetwork(resnet(name, { numClasses: 1000 }), [2, 224, 224, 3]);
    assert.deepEqual(variables.map((variable) => [variable.name, variable.shape]), Object.entries(table.variables ?? {}));
    const regularized = variables.filter((variable) => variable.regularized).map((variable) => variable.name);
    assert.deepEqual(regularized, table.regularized);
  }); // prettier-ignore
}

for (const name of ["resnet_v1_50", "resnet_v1_50_side224", "resnet_v2_50"]) {
  test(`${name}: logits and endpoints equal TF-Slim's to 1e-4, moving statistics after 3 updates too`, () => {
    const fixture = readNumerics(name);
    const model = patternModel(fixture);
    const images = patternBatch(fixture.images.name, fixture.images.shape);
    for (const mode of ["inference", "training"] as const) {
      const { logits, endpoints } = fixture[mode];
      const predictions = model.predict(images, { isTraining: mode === "training" });
      for (const [key, summary] of Object.entries(endpoints)) {
        const activation = predictions.endpoints[key] ?? assert.fail(`no endpoint "${key}"`);
        const distance = distanceFrom(summary, activation.dataSync(), activation.shape);
        assert.ok(distance < 1e-4, `${mode} ${key}: ${distance}`);
      }
      const distance = relativeDistance(predictions.logits.dataSync(), logits.values);
      assert.ok(distance < 1e-4, `${mode} logits: ${distance}`);
      assert.equal(predictions.updates.length, mode === "training" ? fixture.training.movingAfterUpdates.variableCount : 0);
      tf.dispose(predictions);
    }
    const moving = fixture.training.movingAfterUpdates;
    for (let round = 0; round < moving.updates; round++) {
      tf.tidy(() => {
        const { updates } = model.predict(patternBatch(`update/${round}`, fixture.images.shape), { isTraining: true });
        updates.forEach(({ variable, value }) => variable.assign(value));
      });
    }
    for (const [key, summary] of Object.entries(moving.variables)) {
      const variable = model.variables.expect(key);
      const distance = distanceFrom(summary, variable.dataSync(), variable.shape);
      assert.ok(distance < 1e-4, `${key}: ${distance}`);
    }
    const squares = model.variables.all().filter(({ trainable }) => !trainable)
      .map(({ variable }) => tf.tidy(() => variable.square().sum().dataSync()[0] ?? NaN));
    const norm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
    assert.ok(Math.abs(norm / moving.normOfAll - 1) < 1e-4, String(norm));
    images.dispose();
    model.dispose();
  });
} // prettier-ignore

test("resnetV1() and resnetV2() compute the shapes that they declare, eager = traced to 1e-6, and leak nothing", () => {
  const before = memory();
  const forms = [
    {},
    { numClasses: 7 },
    { globalPool: false, outputStride: 8 },
    { strides: "torchvision" as const },
    { strides: "keras" as const, globalPool: false },
    { strides: "torchvision" as const, globalPool: false, outputStride: 16 },
  ];
  for (const [version, run] of [[1, resnetV1], [2, resnetV2]] as const) {
    for (const form of forms) {
      const variables = new ModelVariables({ seed: 1 });
      const options = { ...form, width: 1 / 16, variables, isTraining: true };
      const images = tf.tidy(() => random.uniform([2, 49, 65, 3], random.seed(5), -100, 100).as4D(2, 49, 65, 3));
      const { net, endpoints, updates } = run(images, options);
      const declared = declareNetwork(resnet(`resnet_v${version}_50`, options), [2, 49, 65, 3]);
      assert.deepEqual(Object.entries(endpoints).map(([name, { shape }]) => ({ name, shape })), declared.endpoints);
      assert.deepEqual(net.shape, declared.output);
      const compiled = trace((x: tf.Tensor4D) => {
        const again = run(x, options);
        return { net: again.net, endpoints: again.endpoints, updates: again.updates.map(({ value }) => value) };
      });
      const traced = compiled.sync(images);
      for (const [name, activation] of Object.entries({ net, ...endpoints })) {
        const other = name === "net" ? traced.net : traced.endpoints[name];
        const distance = relativeDistance(other?.dataSync() ?? [], activation.dataSync());
        assert.ok(distance < 1e-6, `${name} in ${JSON.stringify(form)}: ${distance}`);
      }
      updates.forEach(({ value }, i) => assert.ok(relativeDistance(traced.updates[i]?.dataSync() ?? [], value.dataSync()) < 1e-6));
      compiled.dispose();
      tf.dispose([images, net, endpoints, traced, updates]);
      variables.dispose();
    }
  }
  assert.deepEqual(memory(), before);
}); // prettier-ignore

interface StridesFixture {
  readonly images: { readonly name: string; readonly shape: ImageShape };
  readonly endpoints: Readonly<Record<"torchvision" | "keras", Readonly<Record<string, Summary>>>>;
}

for (const strides of ["torchvision", "keras"] as const) {
  test(`resnetV1({ strides: "${strides}" }) equals that network written out in Python, to 1e-4`, () => {
    const { images, endpoints } = readFixture<StridesFixture>("strides");
    const variables = new ModelVariables();
    tf.tidy(() => {
      const batch = patternBatch(images.name, images.shape);
      resnetV1(batch, { variables, strides });
      loadPatterns(variables);
      const result = resnetV1(batch, { variables, strides });
      for (const [name, summary] of Object.entries(endpoints[strides])) {
        const block = result.endpoints[name] ?? assert.fail(`no endpoint "${name}"`);
        const distance = distanceFrom(summary, block.dataSync(), block.shape);
        assert.ok(distance < 1e-4, `${name}: ${distance}`);
      }
    });
    variables.dispose();
  });
}

test("resnetV1() says which option is out of range", () => {
  const images = tf.zeros<tf.Rank.R4>([1, 32, 32, 3]);
  const variables = new ModelVariables();
  const fails = (options: object, message: RegExp): void =>
    void assert.throws(() => resnetV1(images, { variables, ...options }), { name: "RangeError", message });
  fails({ outputStride: 12 }, /^Cannot plan a ResNet: expected outputStride 4, 8, 16 or 32, got 12$/);
  fails({ depth: 35 }, /^Cannot build "resnet_v1_35": expected "resnet_v1_50", _101, _152, _200 or "resnet_v2_50" …, got no such network$/);
  fails({ strides: "caffe" }, /^Cannot plan a ResNet: expected strides of slim, torchvision, keras, got caffe$/);
  fails({ width: 0 }, /^Cannot plan a ResNet: expected width > 0, got 0$/);
  assert.equal(variables.all().length, 0);
  images.dispose();
}); // prettier-ignore
