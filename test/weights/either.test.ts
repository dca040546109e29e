/** Keras files that do not say of a normalization's variable whether it is gamma or beta. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { weightsFileOf } from "../../src/weights/formats/file";
import type { WeightsFile } from "../../src/weights/formats/weightsfile";
import { recognize } from "../../src/weights/recognize";
import { readSource } from "./sources";

/** A file of a Keras network whose entries are called otherwise. */
function renamed(network: string, rename: (name: string) => string): WeightsFile {
  const entries = Object.entries(readSource(`keras/${network}`).entries).map(([name, shape]) => ({
    ...{ name: rename(name.replace(/:0$/, "")), shape, dtype: "float32" },
    values: () => new Float32Array(shape.reduce((size, side) => size * side, 1)),
  }));
  return weightsFileOf({ format: "keras", path: network, entries, metadata: {}, close: () => undefined });
}

test("a variable that is gamma or beta is the one that the network has", () => {
  const file = renamed("inception_v3", (name) =>
    name.replace(/(?<=normalization.*)\/beta$/, "/gamma_or_beta"),
  );
  assert.ok(file.entries.filter(({ name }) => name.endsWith("/gamma_or_beta")).length > 90);
  const { mapping } = recognize(file, undefined);
  assert.equal(mapping.name, "keras/inception_v3");
  const scope = "InceptionV3/Conv2d_1a_3x3/BatchNorm";
  const [first = ""] = file.entries.flatMap(({ name }) => (name.endsWith("/gamma_or_beta") ? name : []));
  assert.equal(mapping.entryOf(`${scope}/beta`)?.entry, first);
  assert.match(mapping.entryOf(`${scope}/moving_mean`)?.entry ?? "", /\/moving_mean$/);
});

test("a network that has both is not of a file that has one of them", () => {
  const file = renamed("resnet50", (name) => name.replace("conv1_bn/beta", "conv1_bn/gamma_or_beta"));
  assert.throws(() => recognize(file, undefined), /expected "conv1_bn\/beta" of \[64\], got none/);
});
