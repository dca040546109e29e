"use strict";
// Loaded before everything else: ends in one line under a Node that could not run the rest. Old syntax only.

try {
  require("./node.js").expectNode(process.versions.node);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
