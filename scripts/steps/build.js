"use strict";
// dist/: the library, the kernel, the tests, the benchmarks and the examples, type-checked.

const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { SetupError } = require("./error.js");
const { removeStale } = require("./outputs.js");
const { places } = require("./places.js");
const { ProgramError, runLogged } = require("./program.js");

const projects = ["tsconfig.json", join("src", "deploy", "page", "app", "tsconfig.json")];
const folders = ["src", "kernel", "test", "bench", "examples"];

module.exports = {
  title: "TypeScript to dist/",
  ofCheckout: true,
  needs: ["packages"],
  madeOf: () => [...folders, "tsconfig.json", "package-lock.json"],
  stamp: join(places.dist, ".slimlab-build"),
  makes: () => [join(places.dist, "src", "index.js")],
  async run({ log }) {
    for (const folder of folders) removeStale(join(places.dist, folder), join(places.root, folder));
    const compiler = join(places.nodeModules, "typescript", "bin", "tsc");
    try {
      for (const project of projects)
        await runLogged(log, process.execPath, [compiler, "-p", project, "--pretty", "false"]);
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      const lines = readFileSync(log, "utf8").trim().split("\n");
      const rest = lines.length > 20 ? `\n... ${lines.length - 20} more lines in build/setup/build.log` : "";
      throw new SetupError(
        `${lines.slice(0, 20).join("\n")}${rest}\nCannot build slimlab: expected no type errors`,
      );
    }
  },
};
