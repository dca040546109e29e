"use strict";
// dist/node_modules: packages that go out with ours, unchanged, beside our code that imports them. Ours does not depend on
// them, since whoever installs it would be harmed: the install script of tfjs-node-gpu downloads a library of 2022, and
// tslab brings a TypeScript of 2023 whose commands tsc and tsserver would take the place of the project's own.

const { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { places } = require("./places.js");

const folder = join(places.dist, "node_modules");

/** What is taken of each. */
const PACKAGES = {
  "@tensorflow/tfjs-node-gpu": ["binding", "dist"],
  tslab: ["dist", "LICENSE"],
};

/** The name by which tslab asks for TypeScript. */
const FORK = "@tslab/typescript-for-tslab";

function take(name, parts) {
  const source = join(places.nodeModules, name);
  const filter = (path) => !/_tests?\.(js|d\.ts)$/.test(path);
  for (const part of parts) cpSync(join(source, part), join(folder, name, part), { recursive: true, filter });
  const manifest = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  const kept = ["name", "version", "license", "repository", "main", "types"].map((key) => [
    key,
    manifest[key],
  ]);
  write(join(folder, name, "package.json"), JSON.stringify(Object.fromEntries(kept), undefined, 2));
}

function write(path, text) {
  writeFileSync(path, `${text}\n`);
}

module.exports = {
  title: "packages that go along to dist/",
  ofCheckout: true,
  needs: ["packages"],
  madeOf: () => ["package-lock.json", "scripts/steps/vendor.js"],
  stamp: join(folder, ".slimlab-vendor"),
  makes: () => Object.keys(PACKAGES).map((name) => join(folder, name, "package.json")),
  async run() {
    rmSync(folder, { recursive: true, force: true });
    for (const [name, parts] of Object.entries(PACKAGES)) take(name, parts);
    mkdirSync(join(folder, FORK), { recursive: true });
    write(join(folder, FORK, "package.json"), JSON.stringify({ name: FORK, main: "index.js" }, undefined, 2));
    write(join(folder, FORK, "index.js"), 'module.exports = require("typescript");');
  },
};
