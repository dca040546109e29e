"use strict";
// The gate: lint and format side by side (types are checked by the build), then the tests; and the same of what changed only.

const { spawn } = require("node:child_process");
const { readdirSync } = require("node:fs");
const { join, relative } = require("node:path");
const { changedFiles, nearestTests } = require("./changed.js");
const { SetupError } = require("./error.js");
const { places, environment } = require("./places.js");
const { run } = require("./program.js");

const TIMEOUT_MS = 20 * 60_000;

/** The paths of all test files. */
function allTests() {
  return readdirSync(join(places.root, "test"), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
    .map((entry) => relative(places.root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

/** The compiled test files whose source path contains one of the parts; all without parts. */
function testFiles(parts) {
  return allTests()
    .filter((path) => parts.length === 0 || parts.some((part) => path.includes(part)))
    .map((path) => join("dist", path.replace(/\.ts$/, ".js")));
}

/** Runs one of node_modules' programs quietly; gives what it printed if it failed. */
function lint(name, script, args) {
  const began = performance.now();
  const program = spawn(process.execPath, [join(places.nodeModules, script), ...args], {
    cwd: places.root,
    env: environment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [program.stdout, program.stderr]) stream.on("data", (data) => (text += data));
  return new Promise((resolve) => {
    program.on("close", (code) => {
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(`${code === 0 ? "✓" : "✗"} ${name} (${seconds} s)`);
      resolve(code === 0 ? "" : text);
    });
  });
}

/** Lints and checks the format of files. @returns whether all is well */
async function look(files) {
  console.log("✓ types");
  const scripts = files.filter((file) => file === "." || /\.[cm]?[jt]s$/.test(file));
  const complaints = await Promise.all([
    scripts.length === 0 ? "" : lint("lint", "eslint/bin/eslint.js", ["--no-warn-ignored", ...scripts]),
    lint("format", "prettier/bin/prettier.cjs", [
      "--check",
      "--log-level=warn",
      "--ignore-unknown",
      ...files,
    ]),
  ]);
  const text = complaints.join("\n").trim();
  if (text !== "") console.error(text);
  return text === "";
}

function runTests(files) {
  const flags = ["--test", "--test-reporter=spec", "--test-concurrency=2", `--test-timeout=${TIMEOUT_MS}`];
  return run(process.execPath, [...flags, ...files]);
}

/** @returns the exit code */
async function check(parts) {
  const files = testFiles(parts);
  if (files.length === 0)
    throw new SetupError(`Cannot run tests: expected a test path with "${parts.join('" or "')}", got none`);
  if (parts.length === 0 && !(await look(["."]))) return 1;
  return runTests(files);
}

/** @returns the exit code */
async function checkChanged() {
  const files = changedFiles();
  if (files.length > 0 && !(await look(files))) return 1;
  return runTests(testFiles(nearestTests(files, allTests())));
}

module.exports = { check, checkChanged };
