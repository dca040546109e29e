"use strict";
// The kernelspec "slimlab", in the Python environment only. It names this checkout or package and this Node, so it follows
// both.

const { join } = require("node:path");
const { places } = require("./places.js");
const { runLogged } = require("./program.js");

module.exports = {
  title: "the notebook kernel",
  needs: ["python", "build"],
  madeOf: () => ["kernel/cli", "kernel/start"],
  texts: () => [places.root, process.execPath],
  stamp: join(places.kernels, ".slimlab-kernel"),
  makes: () => [join(places.kernels, "slimlab", "kernel.json")],
  async run({ log }) {
    await runLogged(log, process.execPath, [
      join(places.dist, "kernel", "cli", "install.js"),
      "--prefix",
      places.venv,
    ]);
  },
};
