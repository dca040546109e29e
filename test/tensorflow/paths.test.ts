import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint, saveCheckpoint, tf } from "../../src/tensorflow";
import { patternOf } from "../../src/tensorflow/formats/paths";
import { temporaryFolder } from "../temporary";

test("patternOf() takes literally what is there by its very name, and only that", () => {
  const folder = temporaryFolder("paths");
  mkdirSync(join(folder, "run[1]/b\\c"), { recursive: true });
  writeFileSync(join(folder, "run[1]/a*"), "");
  const inFolder = (path: string): string => patternOf(join(folder, path)).slice(folder.length + 1);
  assert.equal(inFolder("run[1]/a*"), "run\\[1]/a\\*");
  assert.equal(inFolder("run[1]/b*"), "run\\[1]/b*");
  assert.equal(inFolder("run[1]/b\\c/d?"), "run\\[1]/b\\\\c/d?");
  assert.equal(inFolder("run[2]/a*"), "run[2]/a*");
  assert.equal(inFolder("run*/a"), "run*/a");
  for (const path of ["train-*", "*", "/*", "./*", "a/b", ""]) assert.equal(patternOf(path), path);
});

test("openCheckpoint() leaves no links behind, also where there is no checkpoint", () => {
  const prefix = join(temporaryFolder("paths"), "[a]");
  const temporary = temporaryFolder("links");
  const given = process.env["TMPDIR"];
  process.env["TMPDIR"] = temporary; // a folder that no other process puts links in
  tf.tidy(() => saveCheckpoint(prefix, { a: tf.scalar(1) }));
  const reader = openCheckpoint(prefix);
  assert.equal(reader.prefix, prefix);
  assert.equal(readdirSync(temporary).length, 1);
  reader.close();
  writeFileSync(`${prefix}.index`, "nothing");
  assert.throws(() => openCheckpoint(prefix), { message: new RegExp(`^Cannot open checkpoint ".*\\[a\\]"`) });
  assert.deepEqual(readdirSync(temporary), []);
  if (given === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = given;
});
