"use strict";
// What the compiler once made of sources that are gone: a module of that name would be taken for the folder that replaced it.

const { existsSync, readdirSync, rmSync } = require("node:fs");
const { join } = require("node:path");

/** Removes the compiler's outputs under a folder that have no source under another any more. */
function removeStale(outputs, sources) {
  if (!existsSync(outputs)) return;
  for (const entry of readdirSync(outputs, { withFileTypes: true })) {
    const path = join(outputs, entry.name);
    if (entry.isDirectory()) removeStale(path, join(sources, entry.name));
    const [output, stem] = /^(.*?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(entry.name) ?? [];
    if (output === undefined || !entry.isFile()) continue;
    const hasSource = [".ts", ".tsx"].some((extension) => existsSync(join(sources, stem + extension)));
    if (!hasSource) rmSync(path);
  }
}

module.exports = { removeStale };
