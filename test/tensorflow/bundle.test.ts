import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import {
  constant,
  memory,
  openCheckpoint,
  restoreTensors,
  saveCheckpoint,
  tf,
  trace,
} from "../../src/tensorflow";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

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
  assert.throws(() => reader.read("absent"), {
    name: "RangeError",
    message:
      /^Cannot read variable of checkpoint ".*": expected the name of one of its \d+ variables, such as "global_step", .*, got "absent"$/,
  });
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

test("restoreTensors() reads several tensors at once, recorded too", async () => {
  const prefix = path.join(folder, "several");
  saveCheckpoint(prefix, { a: tf.tensor1d([1, 2]), "b/c": tf.scalar(3, "int32") });
  const read = (): tf.Tensor[] => restoreTensors(prefix, { "b/c": "int32", a: "float32" });
  for (const restored of [read(), await trace(read, { name: "restore" })()])
    assert.deepEqual(restored.map((tensor) => [...tensor.dataSync()]), [[3], [1, 2]]); // prettier-ignore
  assert.throws(() => restoreTensors(prefix, { z: "float32" }), { code: "NOT_FOUND" });
});
