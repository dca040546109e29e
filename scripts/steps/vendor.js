"use strict";
// dist/node_modules/@tensorflow/tfjs-node-gpu: of that package what we use, unchanged, beside our code that imports it. It
// goes out with our package, which does not depend on the vendor's: its install script downloads a library of 2022.

const { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { places } = require("./places.js");

const source = join(places.nodeModules, "@tensorflow", "tfjs-node-gpu");

module.exports = {
  title: "TensorFlow.js' Node backend to dist/",
  ofCheckout: true,
  needs: ["packages"],
  madeOf: () => ["package-lock.json", "scripts/steps/vendor.js"],
  stamp: join(places.dist, "node_modules", ".slimlab-vendor"),
  makes: () => [join(places.vendor, "package.json")],
  async run() {
    rmSync(places.vendor, { recursive: true, force: true });
    mkdirSync(places.vendor, { recursive: true });
    const filter = (path) => !/_tests?\.(js|d\.ts)$/.test(path);
    for (const folder of ["binding", "dist"])
      cpSync(join(source, folder), join(places.vendor, folder), { recursive: true, filter });
    const { name, version, license, repository, main, types } = JSON.parse(
      readFileSync(join(source, "package.json"), "utf8"),
    );
    const manifest = { name, version, license, repository, main, types };
    writeFileSync(join(places.vendor, "package.json"), JSON.stringify(manifest, undefined, 2) + "\n");
  },
};
