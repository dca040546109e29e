"use strict";
// What has changed since the last commit, and the tests that are nearest to it.

const { basename, dirname, join } = require("node:path");
const { SetupError } = require("./error.js");
const { places } = require("./places.js");
const { ask } = require("./program.js");

/** Paths of the files that differ from the last commit, new ones too; of those that it changed if none differ. */
function changedFiles() {
  const differing = [
    ...git("diff", "--name-only", "--diff-filter=d", "HEAD"),
    ...git("ls-files", "--others", "--exclude-standard"),
  ];
  return differing.length > 0 ? differing : git("diff", "--name-only", "--diff-filter=d", "HEAD~1", "HEAD");
}

function git(...args) {
  const { ok, text, errors } = ask("git", ["-C", places.root, ...args]);
  if (!ok) throw new SetupError(`Cannot look for changes: expected git to tell them, got: ${errors}`);
  return text.split("\n").filter((line) => line !== "");
}

/**
 * The parts of paths by which tests are chosen: of src/tensorflow/trace/fuse.ts those that test/tensorflow/trace/fuse or
 * test/tensorflow/fuse begins, or else its room's, test/tensorflow/trace; of a test itself; and the test of the rooms' imports. What
 * lies above the rooms, e.g. src/index.ts, has no near ones.
 * @param tests  paths of all test files
 */
function nearestTests(files, tests) {
  const parts = files
    .filter((file) => /^(src|kernel|test)\/.+\.ts$/.test(file))
    .map((file) => {
      const room = dirname(file)
        .replace(/^src/, "test")
        .replace(/^kernel/, "test/kernel");
      const stem = basename(file).split(".")[0];
      const near = [join(room, stem), join(dirname(room), stem)].filter((part) => dirname(part) !== ".");
      const known = near.find((part) => tests.some((test) => test.startsWith(part)));
      return known ?? (dirname(file).includes("/") ? join(room, "/") : undefined);
    });
  return [...new Set(["test/architecture", ...parts.filter((part) => part !== undefined)])];
}

module.exports = { changedFiles, nearestTests };
