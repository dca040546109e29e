import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { saveCheckpoint, tf } from "../../src/tensorflow";
import { findCheckpoint, listCheckpoint } from "../../src/training";
import { readCheckpointState } from "../../src/training/saver/state";
import { fixturePath, readFixture } from "../fixtures";
import { sharedData } from "./thin";

interface CheckpointsFixture {
  readonly checkpoints: readonly { readonly path: string }[];
  readonly variables: Readonly<Record<string, { readonly dtype: string; readonly shape: readonly number[] }>>;
}

const fixture = readFixture<CheckpointsFixture>("checkpoints");
for (const { path } of fixture.checkpoints) {
  test(`listCheckpoint() lists Python's ${path} as its folder's latest`, () => {
    const { prefix, variables } = listCheckpoint(dirname(fixturePath(path)));
    assert.equal(prefix, fixturePath(path));
    for (const [name, { dtype, shape }] of Object.entries(fixture.variables))
      assert.deepEqual(
        variables.find((one) => one.name === name),
        { name, dtype, shape },
      );
  });
}

const v1 = sharedData("checkpoints/Gknoblau_video_weights.ckpt");
const sharded = sharedData("checkpoints/session_bundle_half_plus_two/export");
const folder = sharedData("savedmodels/housing_regressor");

test("listCheckpoint() lists a V1 checkpoint of one file", { skip: v1.skip }, () => {
  const listing = listCheckpoint(v1.path);
  assert.equal(listing.variables.length, 14);
  assert.deepEqual(
    listing.variables.find(({ name }) => name === "mbias"),
    { name: "mbias", dtype: "float32", shape: [10] },
  );
  assert.match(String(listing), /14 variables/);
  assert.match(String(listing), /mbias\/Adam +float32 +\[10\] +10/);
});

test(
  "listCheckpoint() lists a V1 checkpoint in shards by its prefix or pattern",
  { skip: sharded.skip },
  () => {
    for (const path of [sharded.path, `${sharded.path}-?????-of-?????`]) {
      assert.deepEqual(
        listCheckpoint(path).variables.map(({ name }) => name),
        ["a", "b"],
      );
    }
  },
);

test("listCheckpoint() lists a folder's latest V2 checkpoint of two shards", { skip: folder.skip }, () => {
  const listing = listCheckpoint(folder.path);
  assert.equal(listing.prefix, join(folder.path, "model.ckpt-1000"));
  assert.equal(listing.variables.length, 66);
  assert.deepEqual(listing.variables.find(({ name }) => name === "global_step")?.dtype, "int64");
});

test("findCheckpoint() follows relative, absolute and moved paths, and a checkpoint's own files", () => {
  const root = mkdtempSync(join(tmpdir(), "checkpoint-"));
  const inside = (name: string): string => join(root, name);
  const point = (path: string): void =>
    writeFileSync(inside("checkpoint"), `model_checkpoint_path: "${path}"\n`);
  saveCheckpoint(inside("model.ckpt-3"), { a: tf.scalar(1) });
  point("model.ckpt-3");
  assert.equal(findCheckpoint(root), inside("model.ckpt-3"));
  point("/another/machine/model.ckpt-3");
  assert.equal(findCheckpoint(root), inside("model.ckpt-3"));
  mkdirSync(inside("moved"));
  saveCheckpoint(inside("moved/model.ckpt-4"), { a: tf.scalar(1) });
  point(inside("moved/model.ckpt-4"));
  assert.equal(findCheckpoint(root), inside("moved/model.ckpt-4"));
  assert.equal(findCheckpoint(inside("model.ckpt-3.index")), inside("model.ckpt-3"));
  assert.equal(findCheckpoint(inside("model.ckpt-3.data-00000-of-00001")), inside("model.ckpt-3"));
  rmSync(root, { recursive: true });
});

test(
  "findCheckpoint() finds the shards of a V1 checkpoint that a state file names",
  { skip: sharded.skip },
  () => {
    const root = mkdtempSync(join(tmpdir(), "checkpoint-"));
    copyFileSync(`${sharded.path}-00000-of-00001`, join(root, "a.ckpt-00000-of-00001"));
    writeFileSync(join(root, "checkpoint"), `model_checkpoint_path: "/gone/a.ckpt-?????-of-00001"\n`);
    assert.equal(listCheckpoint(root).variables.length, 2);
    rmSync(root, { recursive: true });
  },
);

test("readCheckpointState() reads escapes as Python writes them", () => {
  const root = mkdtempSync(join(tmpdir(), "checkpoint-"));
  const lines = ['model_checkpoint_path: "a\\"b\\303\\244"', 'all_model_checkpoint_paths: "x"'];
  writeFileSync(join(root, "checkpoint"), lines.join("\n"));
  assert.deepEqual(readCheckpointState(root), {
    latest: 'a"bä',
    all: [{ path: "x", time: undefined }],
    lastPreserved: undefined,
  });
  rmSync(root, { recursive: true });
});

test("findCheckpoint() says what it looked for and what is there", () => {
  const root = mkdtempSync(join(tmpdir(), "checkpoint-"));
  assert.throws(() => findCheckpoint(root), {
    message: `Cannot find a checkpoint in "${root}": expected a file "checkpoint" that names the latest, got none`,
  });
  writeFileSync(join(root, "checkpoint"), `model_checkpoint_path: "/gone/m.ckpt-1"`);
  assert.throws(() => findCheckpoint(root), {
    message: `Cannot find the latest checkpoint of "${root}": expected "/gone/m.ckpt-1" or "${join(root, "m.ckpt-1")}", got neither`,
  });
  writeFileSync(join(root, "checkpoint"), "nothing");
  assert.throws(
    () => findCheckpoint(root),
    /Cannot read ".*checkpoint": expected a line model_checkpoint_path/,
  );
  saveCheckpoint(join(root, "m.ckpt-7"), { a: tf.scalar(1) });
  const wrong = join(root, "m.ckpt-8");
  assert.throws(() => findCheckpoint(wrong), {
    message: `Cannot find checkpoint "${wrong}": expected a V1 or V2 checkpoint or a folder, got m.ckpt-7.data-00000-of-00001, m.ckpt-7.index`,
  });
  assert.throws(() => findCheckpoint(join(root, "other")), /got none of that name there$/);
  rmSync(root, { recursive: true });
});
