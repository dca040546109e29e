import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { constant, memory, openCheckpoint, saveCheckpoint, tf } from "../../src/tensorflow";

const folder = mkdtempSync(path.join(tmpdir(), "slimlab-bundle-"));
test.after(() => rmSync(folder, { recursive: true }));

test("saveCheckpoint() writes what openCheckpoint() lists and reads, leaving no part behind", () => {
  const prefix = path.join(folder, "model.ckpt-7");
  const before = memory();
  const tensors = {
    "net/conv1/weights": tf.tensor2d([[1, 2], [3, 4]]), // prettier-ignore
    global_step: constant([7], [], "int64"),
  };
  saveCheckpoint(prefix, tensors);
  const reader = openCheckpoint(prefix);
  assert.deepEqual(reader.variables, [
    { name: "global_step", dtype: "int64", shape: [] },
    { name: "net/conv1/weights", dtype: "float32", shape: [2, 2] },
  ]);
  const weights = reader.read("net/conv1/weights");
  assert.deepEqual([...weights.dataSync()], [1, 2, 3, 4]);
  assert.throws(() => reader.read("absent"), /absent/);
  reader.close();
  assert.throws(() => reader.read("global_step"), /closed/);
  tf.dispose([weights, tensors]);
  assert.deepEqual(memory(), before);
  assert.deepEqual(readdirSync(folder).sort(), ["model.ckpt-7.data-00000-of-00001", "model.ckpt-7.index"]);
});

test("openCheckpoint() quotes the prefix of what is absent or damaged", () => {
  const absent = path.join(folder, "absent");
  assert.throws(() => openCheckpoint(absent), new RegExp(`Cannot open checkpoint "${absent}"`));
  const prefix = path.join(folder, "damaged");
  saveCheckpoint(prefix, { a: tf.ones([10]) });
  truncateSync(`${prefix}.index`, 20);
  assert.throws(() => openCheckpoint(prefix), /Cannot open checkpoint ".*damaged"/);
});
