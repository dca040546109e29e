import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { writeBeside } from "../../src/input/beside";
import { temporaryFolder } from "../temporary";

const refused = "Cannot write: expected room";

test("what is written beside its place comes there whole, or leaves what was there and no folder", async () => {
  const folder = temporaryFolder("beside");
  const file = join(folder, "kept.txt");
  writeFileSync(file, "before");
  const controller = new AbortController();
  const { signal } = controller;
  const failing = (target: string): Promise<void> =>
    writeBeside(target, { write: (part) => writeFile(join(part, "none"), ""), refused, signal });
  const stopped = (target: string): Promise<void> =>
    writeBeside(target, {
      write: async (part) => {
        await writeFile(part, "half");
        controller.abort(new Error("stopped"));
      },
      ...{ refused, signal },
    });
  for (const target of [file, join(folder, "new/deep/file.txt")]) {
    await assert.rejects(failing(target), /^Error: Cannot write: expected room, got .*ENOENT/);
    assert.deepEqual(readdirSync(folder), ["kept.txt"]);
  }
  await assert.rejects(stopped(file), /^Error: stopped$/);
  await assert.rejects(stopped(join(folder, "new/deep/file.txt")), /^Error: stopped$/);
  assert.deepEqual(readdirSync(folder), ["kept.txt"]);
  assert.equal(readFileSync(file, "utf8"), "before");
  await writeBeside(file, { write: (part) => writeFile(part, "after"), refused, signal: undefined });
  assert.equal(readFileSync(file, "utf8"), "after");
  assert.deepEqual(readdirSync(folder), ["kept.txt"]);
});

test("folders that were there, or that somebody has put something into, stay", async () => {
  const folder = temporaryFolder("beside");
  mkdirSync(join(folder, "there"));
  const target = join(folder, "there/new/deep/file.txt");
  const write = async (): Promise<void> => {
    await writeFile(join(folder, "there/new/other.txt"), "another's");
    throw new Error("no more");
  };
  await assert.rejects(writeBeside(target, { write, refused, signal: undefined }), /^Error: no more$/);
  assert.deepEqual(readdirSync(join(folder, "there"), { recursive: true }).sort(), ["new", "new/other.txt"]);
});
