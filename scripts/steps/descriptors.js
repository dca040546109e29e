"use strict";
// The kernel's own addon: what C code prints in a cell, and how its process begins.

const { mkdirSync, renameSync } = require("node:fs");
const { dirname, join } = require("node:path");
const { places } = require("./places.js");
const { runLogged } = require("./program.js");

const darwin = process.platform === "darwin";

const sources = ["begin.cc", "descriptors.cc"];

module.exports = {
  title: "the kernel's addon",
  needs: ["packages"],
  madeOf: () => ["kernel/native", "scripts/steps/descriptors.js"],
  texts: () => [process.env.CXX ?? "", process.arch],
  stamp: join(dirname(places.descriptors), ".slimlab-descriptors"),
  makes: () => [places.descriptors],
  async run({ log, compiler }) {
    mkdirSync(dirname(places.descriptors), { recursive: true });
    const fresh = `${places.descriptors}.fresh`; // loaded once before it takes its place
    await runLogged(log, compiler[0], [
      ...compiler.slice(1),
      ...["-std=c++17", "-O2", "-shared", "-fPIC", "-pthread", "-DNAPI_VERSION=9"],
      ...(darwin ? ["-undefined", "dynamic_lookup"] : []),
      ...["-isystem", require("node-api-headers").include_dir],
      ...[...sources.map((name) => join("kernel", "native", name)), "-o", fresh],
    ]);
    await runLogged(log, process.execPath, ["-e", "process.dlopen({ exports: {} }, process.argv[1])", fresh]);
    renameSync(fresh, places.descriptors);
  },
};
