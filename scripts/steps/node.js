"use strict";
// Checks the version of Node itself, so it keeps to syntax that any Node can parse.
// eslint and require(esm) need 20.19; what is newer than the range was not tried: the kernel reaches below Node's
// public interface.

var readFileSync = require("fs").readFileSync;
var join = require("path").join;

/** Throws unless the version ("20.19.0") lies in the range that package.json's "engines" names. */
function expectNode(version) {
  var manifest = JSON.parse(readFileSync(join(__dirname, "..", "..", "package.json"), "utf8"));
  var range = /^>=(\d+)\.(\d+) <(\d+)$/.exec(manifest.engines.node);
  var parts = version.replace(/^v/, "").split(".");
  var major = Number(parts[0]);
  var old = major < Number(range[1]) || (major === Number(range[1]) && Number(parts[1]) < Number(range[2]));
  if (!old && major < Number(range[3])) return;
  var install = process.platform === "darwin" ? "brew install node@24" : "nvm install 24";
  throw new Error(
    "Cannot set up slimlab: expected Node " +
      manifest.engines.node +
      ", got " +
      version.replace(/^v/, "") +
      (old ? " (too old)" : " (too new)") +
      "; bring it with: " +
      install,
  );
}

module.exports = { expectNode: expectNode };

if (require.main === module) {
  try {
    expectNode(process.argv[2] || process.versions.node);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
