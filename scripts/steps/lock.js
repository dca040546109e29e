"use strict";
// One set-up at a time in a checkout.

const { mkdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { setTimeout: sleep } = require("node:timers/promises");
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

/** Waits for the lock, takes it and gives the function that returns it. A lock whose process is gone is no lock. */
async function lock(stream) {
  mkdirSync(places.logs, { recursive: true });
  for (let told = false; ;) {
    try {
      writeFileSync(places.lock, String(process.pid), { flag: "wx" });
      return () => rmSync(places.lock, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
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
