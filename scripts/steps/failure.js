"use strict";

const { readFileSync } = require("node:fs");
const { relative } = require("node:path");
const { SetupError } = require("./error.js");
const { places } = require("./places.js");

const NO_NETWORK =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b|network timeout|Failed to establish a new connection|Temporary failure in name resolution|Connection refused|Network is unreachable|Read timed out|ConnectTimeoutError|ProxyError/i;
const NO_SPACE = /ENOSPC|No space left on device/;
const REGISTRIES = { packages: "the npm registry", python: "the Python package index" };

/** A failed step in one line: what is missing where the log tells, else the log's last line and its place. */
function explain({ name }, log, error) {
  if (error instanceof SetupError) return error;
  const text = readFileSync(log, "utf8");
  const place = relative(places.home, log);
  if (NO_SPACE.test(text)) {
    return new SetupError(
      `Cannot set up slimlab: expected free disk space, got a full disk (see ${place}); free some, then: ${places.setup}`,
    );
  }
  const why = REGISTRIES[name] && NO_NETWORK.exec(text)?.[0];
  if (why) {
    return new SetupError(
      `Cannot set up slimlab: expected an answer of ${REGISTRIES[name]}, got "${why}" (see ${place}); connect this machine, then: ${places.setup}`,
    );
  }
  const last =
    text
      .trim()
      .split("\n")
      .filter((line) => /error/i.test(line))
      .pop() ?? text.trim().split("\n").pop();
  return new SetupError(
    `Cannot set up slimlab: step "${name}" failed: ${last || error.message} (see ${place})`,
  );
}

module.exports = { explain };
