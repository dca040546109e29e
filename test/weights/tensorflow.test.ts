/** Checkpoints and SavedModels' variables as files of weights, against what Python's TensorFlow wrote. */
import assert from "node:assert/strict";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { memory } from "../../src/tensorflow";
import { openWeights } from "../../src/weights/formats/open";
import { openCheckpointFile, openSavedModelVariables } from "../../src/weights/formats/tensorflow";
import { fixturePath, readFixture } from "../fixtures";
import { temporaryFolder } from "../temporary";
import { expectTensors, floatsOf, type OracleTensor } from "./files";

interface Case {
  /** By their paths, packed by gzip, in base64; a graph is empty. */
  readonly files: Readonly<Record<string, string>>;
  readonly tensors: Readonly<Record<string, OracleTensor>>;
}

const oracle = readFixture<Readonly<Record<string, Case>>>("tfvariables");

function written(name: string): string {
  const folder = temporaryFolder("variables");
  for (const [path, packed] of Object.entries(oracle[name]?.files ?? {})) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), gunzipSync(Buffer.from(packed, "base64")));
  }
  return folder;
}

/** What an optimizer and the checkpoint itself keep. */
const OTHERS = /^(sgd|SGD|iteration|learning_rate|save_counter|count|total|optimizer|keras_api)/;

for (const [name, { tensors }] of Object.entries(oracle))
  test(`variables have the names and values that Python's have: ${name}`, async () => {
    const before = memory();
    const file = await openWeights(written(name));
    assert.equal(
      file.format,
      Object.keys(oracle[name]?.files ?? {}).includes("saved_model.pb") ? "savedModel" : "checkpoint",
    );
    const entries = file.entries.filter(({ name }) => name in tensors || !OTHERS.test(name));
    expectTensors({ ...file, entries }, tensors);
    file.close();
    assert.deepEqual(memory(), before);
  });

test("a variable's parts are one, in both of TensorFlow's formats", async () => {
  interface Checkpoints {
    readonly checkpoints: readonly { readonly path: string }[];
    readonly variables: Readonly<
      Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>
    >;
  }
  const { checkpoints, variables } = readFixture<Checkpoints>("checkpoints");
  for (const { path } of checkpoints) {
    const file = await openWeights(fixturePath(path));
    assert.deepEqual(file.entries.map(({ name }) => name).sort(), Object.keys(variables).sort());
    for (const name of ["tiny/embedding", "tiny/conv1/weights", "tiny/logits/biases"])
      assert.deepEqual(file.read(name), Float32Array.from(variables[name]?.values ?? []), name);
    assert.throws(() => file.read("tiny/counts"), /Cannot read "tiny\/counts".*got int32/);
    assert.throws(() => file.read("tiny/conv1/weight"), /expected a name as "tiny\/conv1\/weights"/);
    file.close();
  }
});

test("folders without variables, and damaged ones, are refused with what is there", () => {
  const folder = written("module");
  const data = join(folder, "variables", "variables.data-00000-of-00001");
  truncateSync(data, 20);
  assert.throws(
    () => openSavedModelVariables(folder),
    /Cannot read variable ".*" of ".*data-00000-of-00001": expected \d+ bytes at/,
  );
  const frozen = temporaryFolder("frozen");
  writeFileSync(join(frozen, "saved_model.pb"), "");
  const variables = join("variables", "variables.index");
  assert.throws(() => openSavedModelVariables(frozen), {
    message: `Cannot open the variables of "${frozen}": expected "${variables}" in it, got saved_model.pb`,
  });
  assert.throws(() => openSavedModelVariables("none"), /got nothing there/);
  assert.throws(() => openCheckpointFile("none"), /Cannot find checkpoint "none"/);
});

test("a checkpoint is opened by its folder, a file of it or its prefix", async () => {
  const folder = written("keras3");
  const kernel = oracle["keras3"]?.tensors["first/kernel"]?.values ?? "";
  for (const path of ["", "model.ckpt-1", "model.ckpt-1.index", "model.ckpt-1.data-00000-of-00001"]) {
    const file = await openWeights(join(folder, path));
    assert.deepEqual(file.read("first/kernel"), floatsOf(kernel));
    file.close();
  }
});
