"use strict";
// Programs that the set-up and the commands start.

const { spawn, spawnSync } = require("node:child_process");
const { openSync, closeSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
const { places, environment } = require("./places.js");

/** What a program answers to a quick question: { ok, text, errors }; an absent one answers { ok: false } and nothing. */
function ask(command, args, input) {
  const result = spawnSync(command, args, { encoding: "utf8", timeout: 20_000, input: input ?? "" });
  return {
    ok: result.status === 0,
    text: (result.stdout ?? "").trim(),
    errors: (result.stderr ?? "").trim(),
  };
}

/** A program of a set-up step failed; what it printed is in the log. */
class ProgramError extends Error {
  constructor(code, log) {
    super(`exit code ${code}`);
    this.text = readFileSync(log, "utf8");
  }
}

const guards = new Set();
let ending = false;

/** Runs a program of a set-up step, its output going to the log's end. */
async function runLogged(log, command, args, options = {}) {
  if (ending) throw new Error("the set-up is ending");
  const file = openSync(log, "a");
  const guard = spawn(process.execPath, [join(__dirname, "guard.js"), command, ...args], {
    cwd: options.cwd ?? places.root,
    env: { ...environment(), ...options.env },
    stdio: ["ignore", file, file, "ipc"],
  });
  closeSync(file);
  guards.add(guard);
  await new Promise((resolve, reject) => {
    guard.on("exit", (code) => {
      guards.delete(guard);
      if (code === 0) resolve();
      else reject(new ProgramError(code, log));
    });
  });
}

/** Ends every program that runLogged started, waits until they are gone, and lets no other begin. */
async function endPrograms() {
  ending = true;
  await Promise.all(
    [...guards].map((guard) => {
      const gone = new Promise((resolve) => guard.on("exit", resolve));
      guard.kill("SIGTERM");
      return gone;
    }),
  );
}

/** Runs a program in the foreground, on this terminal, and gives its exit code. Interrupts are for the program. */
function run(command, args, options = {}) {
  const child = spawn(command, args, {
    cwd: places.isInstalled ? process.cwd() : places.root,
    env: { ...environment(), ...options.env },
    stdio: "inherit",
  });
  const leaveToChild = () => {};
  const pass = (signal) => child.kill(signal);
  process.on("SIGINT", leaveToChild).on("SIGTERM", pass);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      process.off("SIGINT", leaveToChild).off("SIGTERM", pass);
      resolve(signal === null ? code : 1);
    });
  });
}

module.exports = { ask, run, runLogged, endPrograms, ProgramError };
