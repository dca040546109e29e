import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { memory, tf } from "../../src/tensorflow";
import { createTrainStep, findCheckpoint, latestCheckpoint, listCheckpoint, Saver } from "../../src/training";
import { filesOf } from "../../src/training/saver/disk";
import { sweep } from "../../src/training/saver/retention";
import { readCheckpointState, stateText, type KeptCheckpoint } from "../../src/training/saver/state";
import { patternBatch, thinModel, valuesOf } from "./thin";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const root = mkdtempSync(join(tmpdir(), "saver-"));
after(() => rmSync(root, { recursive: true }));

const indexes = (folder: string): string[] =>
  readdirSync(folder).flatMap((file) => (file.endsWith(".index") ? [file.slice(0, -".index".length)] : []));

function setTo(variable: tf.Variable, value: number): void {
  const filled = tf.fill(variable.shape, value);
  variable.assign(filled);
  filled.dispose();
}

test("save() saves what the variables are at the call, while training goes on; restore() takes training back there", async () => {
  const folder = join(root, "step");
  const model = thinModel({ isTraining: true });
  const step = createTrainStep(model);
  const [{ image }, labels] = patternBatch("saver");
  const everything = (): number[][] =>
    [...model.variables.all().map(({ variable }) => variable), ...Object.values(step.slots)].map(valuesOf);
  await step(image, labels);
  await step(image, labels);
  const before = memory();
  const saver = new Saver({ sharded: 3 });
  const then = everything();
  const saved = saver.save(`${folder}/`, model, { step });
  await step(image, labels);
  const next = everything();
  assert.equal(await saved, join(folder, "model.ckpt-2"));
  const { variables } = listCheckpoint(folder);
  const momenta = variables.filter(({ name }) => name.endsWith("/Momentum")).map(({ name }) => name);
  assert.deepEqual(momenta.sort(), step.trained.map(({ name }) => `${name}/Momentum`).sort());
  const [counter] = variables.filter(({ name }) => name === "global_step");
  assert.deepEqual(counter, { name: "global_step", dtype: "int64", shape: [] });
  await step(image, labels);
  assert.deepEqual(saver.restore(folder, model, step), {
    checkpoint: join(folder, "model.ckpt-2"),
    globalStep: 2,
    iterator: false,
    newSlots: [],
  });
  assert.equal(step.globalStep, 2);
  assert.deepEqual(everything(), then);
  await step(image, labels);
  assert.deepEqual(everything(), next);
  assert.deepEqual(memory(), before);
  tf.dispose([image, labels]);
  step.dispose();
  model.dispose();
});

test("save() writes calls that do not wait for each other one after the other; flush() waits for them", async () => {
  const folder = join(root, "row");
  const a = tf.variable(tf.scalar(0));
  setTo(a, 0);
  const before = memory();
  const saver = new Saver({ maxToKeep: 2 });
  for (let globalStep = 1; globalStep <= 4; globalStep++) {
    setTo(a, globalStep);
    void saver.save(join(folder, "a.ckpt"), { a }, { globalStep });
  }
  await saver.flush();
  assert.deepEqual(indexes(folder), ["a.ckpt-3", "a.ckpt-4"]);
  for (const globalStep of [3, 4]) {
    assert.equal(saver.restore(join(folder, `a.ckpt-${globalStep}`), { a }).globalStep, globalStep);
    assert.equal(a.dataSync()[0], globalStep);
  }
  assert.deepEqual(memory(), before);
  a.dispose();
});

test("save() keeps the folder's list of checkpoints, with relative paths, so that it may be moved", async () => {
  const folder = join(root, "list");
  const a = tf.variable(tf.scalar(1));
  const lines = ["model_checkpoint_path", "all_model_checkpoint_paths", "all_model_checkpoint_paths"];
  const list = (...steps: readonly number[]): string =>
    steps.map((step, i) => `${lines[i]}: "model.ckpt-${step}"\n`).join("");
  const listed = (): string =>
    readFileSync(join(folder, "checkpoint"), "utf8").replace(/^\w+_timestamps?: \d+(\.\d+)?\n/gm, "");
  for (const globalStep of [1, 2]) await new Saver().save(`${folder}/`, { a }, { globalStep });
  assert.equal(listed(), list(2, 1, 2));
  for (const file of filesOf(folder, "model.ckpt-1")) rmSync(join(folder, file));
  await new Saver().save(folder, { a }, { globalStep: 2 });
  assert.equal(listed(), list(2, 2));
  renameSync(folder, join(root, "moved"));
  assert.equal(findCheckpoint(join(root, "moved")), join(root, "moved/model.ckpt-2"));
  a.dispose();
});

test("sweep() keeps for good what Python's CheckpointManager keeps", () => {
  // test/training/saver.py, retain: max_to_keep=3, keep_checkpoint_every_n_hours=2
  const hours = [0, 0.5, 1.2, 1.9, 2.1, 4, 4.2, 4.4, 5, 5.5, 9, 9.1, 9.2, 9.3, 12, 12.5];
  const there = new Set(hours.keys());
  let [kept, lastPreserved]: [readonly KeptCheckpoint[], number] = [[], 1000];
  for (const [i, hour] of hours.entries()) {
    const all = [...kept, { path: String(i), time: 1000 + 3600 * hour }];
    const swept = sweep(all, lastPreserved, { maxToKeep: 3, keepCheckpointEveryNHours: 2 });
    for (const { path } of swept.deleted) there.delete(Number(path));
    ({ kept, lastPreserved } = swept);
  }
  assert.deepEqual([...there], [4, 6, 10, 13, 14, 15]);
  assert.deepEqual(
    kept.map(({ path }) => path),
    ["13", "14", "15"],
  );
  assert.equal(lastPreserved, 33400);
});

test("a new Saver goes on with the folder's list: it deletes the old ones, keeps one an hour, and leaves others' alone", async () => {
  const folder = join(root, "restart");
  const a = tf.variable(tf.scalar(1));
  const options = { maxToKeep: 2, keepCheckpointEveryNHours: 1 };
  await new Saver().save(join(folder, "best.ckpt"), { a }, { globalStep: 7 });
  for (let globalStep = 1; globalStep <= 3; globalStep++)
    await new Saver(options).save(`${folder}/`, { a }, { globalStep });
  assert.deepEqual(indexes(folder), ["best.ckpt-7", "model.ckpt-2", "model.ckpt-3"]);
  const file = join(folder, "checkpoint");
  const anHourAgo = Date.now() / 1000 - 3601;
  const aged = readFileSync(file, "utf8").replace(/(last_preserved_timestamp): .*/, `$1: ${anHourAgo}`);
  writeFileSync(file, aged);
  for (const globalStep of [4, 5]) await new Saver(options).save(folder, { a }, { globalStep });
  assert.deepEqual(indexes(folder), ["best.ckpt-7", "model.ckpt-2", "model.ckpt-4", "model.ckpt-5"]);
  const state = readCheckpointState(folder);
  assert.deepEqual(
    state?.all.map(({ path }) => path),
    ["best.ckpt-7", "model.ckpt-4", "model.ckpt-5"],
  );
  assert.ok(state?.all.every(({ time = 0 }) => Math.abs(time - Date.now() / 1000) < 60));
  assert.ok((state.lastPreserved ?? 0) > anHourAgo + 3600);
  a.dispose();
});

test("save() under a name that is taken replaces all of its files", async () => {
  const folder = join(root, "same");
  const a = tf.variable(tf.ones([3]));
  const b = tf.variable(tf.ones([2]));
  const prefix = join(folder, "only.ckpt");
  await new Saver({ sharded: 2 }).save(prefix, { a, b });
  setTo(a, 2);
  await new Saver({ saveRelativePaths: false }).save(prefix, { a });
  setTo(a, 3);
  assert.deepEqual(new Saver().restore(folder, { a }), {
    checkpoint: prefix,
    globalStep: undefined,
    iterator: false,
    newSlots: [],
  });
  assert.deepEqual(valuesOf(a), [2, 2, 2]);
  const files = ["checkpoint", "only.ckpt.data-00000-of-00001", "only.ckpt.index"];
  assert.deepEqual(readdirSync(folder).sort(), files);
  assert.equal(readCheckpointState(folder)?.latest, prefix);
  tf.dispose([a, b]);
});

test("save() lists a checkpoint once that a killed process has moved there but not named", async () => {
  const folder = join(root, "unnamed");
  const a = tf.variable(tf.scalar(1));
  const saver = new Saver({ maxToKeep: 1 });
  await saver.save(`${folder}/`, { a }, { globalStep: 1 });
  for (const ending of ["index", "data-00000-of-00001"])
    copyFileSync(join(folder, `model.ckpt-1.${ending}`), join(folder, `model.ckpt-2.${ending}`));
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  mkdirSync(join(folder, `model.ckpt-2.saving-${pid}-aaaaaa`));
  setTo(a, 2);
  await saver.save(folder, { a }, { globalStep: 2 });
  assert.deepEqual(
    readCheckpointState(folder)?.all.map(({ path }) => path),
    ["model.ckpt-2"],
  );
  assert.deepEqual(indexes(folder), ["model.ckpt-2"]);
  setTo(a, 0);
  assert.equal(saver.restore(folder, { a }).globalStep, 2);
  assert.deepEqual(valuesOf(a), [2]);
  a.dispose();
});

test("save() removes what a process left that was killed while the state file named it", async () => {
  const folder = join(root, "aside");
  const a = tf.variable(tf.scalar(1));
  const saver = new Saver();
  await saver.save(`${folder}/`, { a });
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  const aside = `model.ckpt.saving-${pid}-aaaaaa/previous`;
  mkdirSync(join(folder, aside), { recursive: true });
  for (const ending of ["index", "data-00000-of-00001"])
    renameSync(join(folder, `model.ckpt.${ending}`), join(folder, aside, `model.ckpt.${ending}`));
  const all = [{ path: `${aside}/model.ckpt`, time: 1 }];
  writeFileSync(
    join(folder, "checkpoint"),
    stateText({ latest: `${aside}/model.ckpt`, all, lastPreserved: 1 }),
  );
  setTo(a, 2);
  saver.restore(folder, { a });
  assert.deepEqual(valuesOf(a), [1]);
  await saver.save(folder, { a });
  assert.deepEqual(readdirSync(folder).sort(), [
    "checkpoint",
    "model.ckpt.data-00000-of-00001",
    "model.ckpt.index",
  ]);
  a.dispose();
});

test("latestCheckpoint() takes the newest that is there", async () => {
  const folder = join(root, "latest");
  assert.equal(latestCheckpoint(folder), undefined);
  const a = tf.variable(tf.scalar(1));
  for (const globalStep of [1, 2, 3]) await new Saver().save(`${folder}/`, { a }, { globalStep });
  assert.equal(latestCheckpoint(folder), join(folder, "model.ckpt-3"));
  rmSync(join(folder, "model.ckpt-3.index"));
  assert.equal(latestCheckpoint(folder), join(folder, "model.ckpt-2"));
  a.dispose();
});

test("restore() changes nothing unless the checkpoint has all of it", async () => {
  const prefix = join(root, "missing/a.ckpt");
  const a = tf.variable(tf.ones([2]));
  const b = tf.variable(tf.zeros([3]));
  const saver = new Saver();
  await saver.save(prefix, { a });
  setTo(a, 5);
  const wrong = { a, b, c: b };
  assert.throws(() => saver.restore(prefix, wrong), {
    name: "RangeError",
    message: `Cannot restore "${prefix}": expected every variable in it, got 2 missing or of another shape or type: "b" (expected float32 [3], got none), "c" (expected float32 [3], got none); nearest to "b" are "a"`,
  });
  assert.throws(() => saver.restore(prefix, { a: b }), /"a" \(expected float32 \[3\], got float32 \[2\]\)$/);
  assert.throws(() => saver.restore(prefix, { a }, { globalStep: 0, slots: {} }), {
    message: `Cannot restore "${prefix}": expected a "global_step" in it, got none`,
  });
  assert.deepEqual(valuesOf(a), [5, 5]);
  tf.dispose([a, b]);
});

test("Saver refuses numbers that make no sense", () => {
  const message = (text: string): object => ({ name: "RangeError", message: text });
  assert.throws(
    () => new Saver({ maxToKeep: -1 }),
    message("Cannot create saver: expected maxToKeep of 0 or more, got -1"),
  );
  assert.throws(
    () => new Saver({ sharded: 0 }),
    message("Cannot create saver: expected sharded of 1 or more, got 0"),
  );
  assert.throws(
    () => new Saver({ keepCheckpointEveryNHours: 0 }),
    message("Cannot create saver: expected keepCheckpointEveryNHours above 0, got 0"),
  );
  assert.throws(
    () => void new Saver().save("x", {}, { globalStep: 1.5 }),
    message('Cannot save "x": expected a global step of 0 or more, got 1.5'),
  );
});
