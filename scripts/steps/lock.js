"use strict";
// One set-up at a time in a checkout or project.

const { mkdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { setTimeout: sleep } = require("node:timers/promises");
const { SetupError } = require("./error.js");
const { places } = require("./places.js");

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function holder() {
  try {
    return Number(readFileSync(places.lock, "utf8"));
  } catch {
    return undefined;
  }
}

/** Whether the lock's file or folder could be made; no, if there is one. */
function writing(make) {
  try {
    make();
    return true;
  } catch (error) {
    if (error.code === "EEXIST" && error.path === places.lock) return false;
    throw new SetupError(
      `Cannot set up slimlab: expected a ${places.isInstalled ? "project" : "checkout"} that you can write to, got ${error.code} at "${error.path}"; have it where you can`,
    );
  }
}

/** Waits for the lock, takes it and gives the function that returns it. A lock whose process is gone is no lock. */
async function lock(stream) {
  writing(() => mkdirSync(places.logs, { recursive: true }));
  if (places.isInstalled) writing(() => writeFileSync(join(places.own, ".gitignore"), "*\n"));
  for (let told = false; ;) {
    if (writing(() => writeFileSync(places.lock, String(process.pid), { flag: "wx" })))
      return () => rmSync(places.lock, { force: true });
    const pid = holder();
    if (pid === undefined) continue;
    if (pid === 0 || !isAlive(pid)) rmSync(places.lock, { force: true });
    else {
      if (!told) stream.write(`Waiting for the set-up of process ${pid}\n`);
      told = true;
      await sleep(200);
    }
  }
}

module.exports = { lock };
