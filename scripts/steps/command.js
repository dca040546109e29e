"use strict";
// What the commands beside this folder share: a set-up first, errors in one line, an exit code.

const { rmSync } = require("node:fs");
const { SetupError } = require("./error.js");
const { places } = require("./places.js");
const { endPrograms } = require("./program.js");
const { setUp } = require("./setup.js");

/** Ends the set-up's programs when the user interrupts it; what is done stays done. */
async function interrupt(signal) {
  await endPrograms();
  rmSync(places.lock, { force: true });
  process.exit(signal === "SIGINT" ? 130 : 143);
}

/**
 * Sets up, then runs the command and exits with its code.
 * @param work  gets the command line's arguments and gives an exit code
 * @param options  progress: the stream on which the set-up is shown; tests: set up what only the tests need, too
 */
async function command(work, { progress = process.stdout, tests = false } = {}) {
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    await setUp(progress, { tests });
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    process.exitCode = (await work?.(process.argv.slice(2))) ?? 0;
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  }
}

module.exports = { command };
