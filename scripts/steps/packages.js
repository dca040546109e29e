"use strict";
// node_modules as package-lock.json says, without running any package's install script: tfjs-node-gpu's would
// download a prebuilt library, and no other needs one.

const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { isDeepStrictEqual } = require("node:util");
const { places } = require("./places.js");
const { runLogged } = require("./program.js");

const readJson = (...parts) => JSON.parse(readFileSync(join(places.root, ...parts), "utf8"));

/**
 * npm notes what it installed in node_modules/.package-lock.json, last of all: that is this step's stamp, so that
 * an `npm install` by hand counts too. Packages for other platforms are in the lock file only.
 */
function isFresh() {
  let wanted, installed;
  try {
    wanted = readJson("package-lock.json").packages;
    installed = readJson("node_modules", ".package-lock.json").packages;
  } catch {
    return false;
  }
  const manifest = readJson("package.json");
  for (const group of ["dependencies", "devDependencies"]) {
    if (!isDeepStrictEqual(manifest[group] ?? {}, wanted[""][group] ?? {})) return false;
  }
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "" || (entry.optional && installed[path] === undefined)) return true;
    return installed[path]?.version === entry.version && installed[path]?.integrity === entry.integrity;
  });
}

module.exports = {
  title: "the packages of package-lock.json",
  ofCheckout: true,
  needs: [],
  madeOf: () => ["package-lock.json"],
  isFresh,
  makes: () => [join(places.nodeModules, "@tensorflow", "tfjs-node-gpu")],
  async run({ log, npm }) {
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    await runLogged(log, npm[0], [...npm.slice(1), "ci", ...flags]);
  },
};
