"use strict";
// The steps of the set-up: what each makes, of what, and when it must be made anew.
// A step's key is a hash of all it is made of; its stamp, kept beside what it vouches for, holds the key it was made with.

const { createHash } = require("node:crypto");
const { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } = require("node:fs");
const { dirname, join, relative } = require("node:path");
const { places } = require("./places.js");
const { chooseTensorFlow } = require("./tensorflow.js");

const steps = {
  packages: require("./packages.js"),
  link: require("./link.js"),
  vendor: require("./vendor.js"),
  python: require("./python.js"),
  build: require("./build.js"),
  addon: require("./addon.js"),
  descriptors: require("./descriptors.js"),
  kernel: require("./kernel.js"),
  tests: require("./tests.js"),
};

/** The steps of a set-up: only in a checkout those that make the package, and for its tests alone what they need. */
function stepsFor({ tests = false } = {}) {
  const chosen = Object.entries(steps).filter(([name]) => tests || name !== "tests");
  return chosen.filter(([, step]) => !places.isInstalled || !step.ofCheckout);
}

/** Every file under a folder, in a stable order, but for what Python compiles beside the sources as it runs them. */
function filesOf(path) {
  const full = join(places.root, path);
  if (!existsSync(full)) return [];
  const entries = readdirSync(full, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".pyc"))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** A hash of files (or folders of files) and of plain texts. */
function keyOf(paths, texts = []) {
  const hash = createHash("sha256");
  for (const path of paths) {
    const full = join(places.root, path);
    const files = /\.\w+$/.test(path) ? [full] : filesOf(path);
    for (const file of files) {
      hash.update(`\0${relative(places.root, file)}\0`);
      if (existsSync(file)) hash.update(readFileSync(file));
    }
  }
  return hash.update(texts.join("\0")).digest("hex");
}

/** Those of the steps that must be made anew, each { name, step, key, needs: names of other such steps }, in order. */
function plan(chosen) {
  const choice = chooseTensorFlow();
  const stale = new Map();
  for (const [name, step] of chosen) {
    const needs = step.needs.filter((other) => stale.has(other));
    const key = keyOf(step.madeOf(choice), step.texts?.(choice));
    const fresh = step.isFresh?.() ?? readStamp(step) === key;
    if (needs.length === 0 && fresh && step.makes(choice).every((path) => existsSync(path))) continue;
    stale.set(name, { name, title: step.title, step, key, needs, choice });
  }
  return [...stale.values()];
}

function readStamp(step) {
  return existsSync(step.stamp) ? readFileSync(step.stamp, "utf8") : undefined;
}

/** Notes that a step's products are whole. */
function stamp({ step, key }) {
  if (step.stamp === undefined) return;
  mkdirSync(dirname(step.stamp), { recursive: true });
  writeFileSync(step.stamp, key);
}

module.exports = { plan, stamp, stepsFor };
