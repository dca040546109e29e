"use strict";
// The gate: lint and format side by side (types are checked by the build), then the tests.

const { spawn } = require("node:child_process");
const { readdirSync } = require("node:fs");
const { join, relative } = require("node:path");
const { SetupError } = require("./error.js");
const { places, environment } = require("./places.js");
const { run } = require("./program.js");

const TIMEOUT_MS = 20 * 60_000;

/** The compiled test files whose source path contains one of the parts; all without parts. */
function testFiles(parts) {
  return readdirSync(join(places.root, "test"), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
    .map((entry) => relative(places.root, join(entry.parentPath ?? entry.path, entry.name)))
    .filter((path) => parts.length === 0 || parts.some((part) => path.includes(part)))
    .sort()
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

/** @returns the exit code */
async function check(parts) {
  const files = testFiles(parts);
  if (files.length === 0)
    throw new SetupError(`Cannot run tests: expected a test path with "${parts.join('" or "')}", got none`);
  if (parts.length === 0) {
    console.log("✓ types");
    const complaints = await Promise.all([
      lint("lint", "eslint/bin/eslint.js", ["."]),
      lint("format", "prettier/bin/prettier.cjs", ["--check", "--log-level=warn", "."]),
    ]);
    const text = complaints.join("\n").trim();
    if (text !== "") {
      console.error(text);
      return 1;
    }
  }
  const flags = ["--test", "--test-reporter=spec", "--test-concurrency=2", `--test-timeout=${TIMEOUT_MS}`];
  return run(process.execPath, [...flags, ...files]);
}

module.exports = { check };
