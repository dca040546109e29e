import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openCheckpoint, tf } from "../../src/tensorflow";
import {
  createTrainStep,
  findCheckpoint,
  initVariablesFromCheckpoint,
  saveVariables,
} from "../../src/training";
import { patternBatch, thinModel, valuesOf } from "./thin";

const root = mkdtempSync(join(tmpdir(), "saver-"));
after(() => rmSync(root, { recursive: true }));

/** What the folder's `checkpoint` file says, but for the times. */
function stateOf(folder: string): string {
  return readFileSync(join(folder, "checkpoint"), "utf8").replace(/^\w+_timestamps?: \d+(\.\d+)?\n/gm, "");
}

test("saveVariables() keeps the folder's list of checkpoints, with relative paths", () => {
  const model = thinModel();
  const folder = join(root, "list");
  const prefix = join(folder, "model.ckpt");
  assert.equal(saveVariables(model, prefix, { globalStep: 1 }), `${prefix}-1`);
  saveVariables(model, prefix, { globalStep: 2 });
  const lines = [
    'model_checkpoint_path: "model.ckpt-2"',
    'all_model_checkpoint_paths: "model.ckpt-1"',
    'all_model_checkpoint_paths: "model.ckpt-2"',
  ];
  assert.equal(stateOf(folder), `${lines.join("\n")}\n`);
  rmSync(`${prefix}-1.index`);
  saveVariables(model, prefix, { globalStep: 2 });
  assert.equal(stateOf(folder), `${lines[0]}\n${lines[2]}\n`);
  renameSync(folder, join(root, "moved"));
  assert.equal(findCheckpoint(join(root, "moved")), join(root, "moved/model.ckpt-2"));
  model.dispose();
});

test("saveVariables() saves the optimizer's slots and the global step", async () => {
  const model = thinModel();
  const step = createTrainStep(model, { globalStep: 40 });
  const [{ image }, labels] = patternBatch("slots");
  await step(image, labels);
  const { globalStep, slots } = step;
  const reader = openCheckpoint(saveVariables(model, join(root, "slots/model.ckpt"), { globalStep, slots }));
  assert.match(reader.prefix, /model\.ckpt-41$/);
  assert.deepEqual(
    reader.variables.find(({ name }) => name === "global_step"),
    {
      name: "global_step",
      dtype: "int64",
      shape: [],
    },
  );
  const name = "resnet_v1_50/conv1/weights/Momentum";
  const slot = slots[name];
  assert.ok(slot !== undefined);
  assert.deepEqual(valuesOf(reader.read(name)), valuesOf(slot));
  reader.close();
  assert.equal(initVariablesFromCheckpoint(model, reader.prefix).unused.length, 161 + 1);
  step.dispose();
  model.dispose();
});

test("saveVariables() refuses a global step that is none", () => {
  const model = thinModel();
  assert.throws(() => saveVariables(model, join(root, "x"), { globalStep: -1 }), {
    name: "RangeError",
    message: `Cannot save "${join(root, "x")}": expected a global step of 0 or more, got -1`,
  });
  model.dispose();
});

const python = join(__dirname, "../../../.venv/bin/python");
const skip = existsSync(python) ? false : "no .venv with Python's TensorFlow";

const readByPython = `
import sys, json, tensorflow as tf
path = tf.train.latest_checkpoint(sys.argv[1])
reader = tf.train.load_checkpoint(path)
weights = reader.get_tensor("Predict/logits/weights")
print(json.dumps([path, len(reader.get_variable_to_shape_map()), int(reader.get_tensor("global_step")),
                  abs(float(weights.sum()) - float(sys.argv[2])) < 1e-4, list(weights.shape)]))
`;

test("saveVariables() writes what Python's TensorFlow reads", { skip }, () => {
  const model = thinModel();
  const prefix = saveVariables(model, join(root, "python é/model.ckpt"), { globalStep: 3 });
  const environment = { ...process.env, CUDA_VISIBLE_DEVICES: "-1", TF_CPP_MIN_LOG_LEVEL: "3" };
  const sum = valuesOf(tf.tidy(() => model.variables.expect("Predict/logits/weights").sum())).join();
  const output = execFileSync(python, ["-c", readByPython, join(root, "python é"), sum], {
    encoding: "utf8",
    env: environment,
    stdio: ["ignore", "pipe", "ignore"],
  });
  assert.deepEqual(JSON.parse(output.trim().split("\n").at(-1) ?? ""), [prefix, 268, 3, true, [128, 5]]);
  model.dispose();
});
