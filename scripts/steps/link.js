"use strict";
// node_modules/slimlab -> the checkout, so that a notebook imports "slimlab" as any other project would.

const { lstatSync, rmSync, symlinkSync } = require("node:fs");
const { join } = require("node:path");
const { places } = require("./places.js");

const path = join(places.nodeModules, "slimlab");

module.exports = {
  title: 'the name "slimlab" for notebooks',
  ofCheckout: true,
  needs: ["packages"],
  madeOf: () => [],
  isFresh: () => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false,
  makes: () => [path],
  async run() {
    rmSync(path, { force: true, recursive: true });
    symlinkSync("..", path, "dir");
  },
};
