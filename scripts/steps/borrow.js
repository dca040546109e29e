"use strict";
// A Python environment that stands on another one: its packages are links, so it costs neither a download nor room on the
// disk. Its commands and its kernelspec are its own.

const {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} = require("node:fs");
const { join, resolve } = require("node:path");
const { SetupError } = require("./error.js");
const { places } = require("./places.js");

/** What is a folder of its own; all else in an environment is linked. */
const OWN = ["", "bin", "jupyter", "share", "share/jupyter", "share/jupyter/kernels"];

/** The kernelspec of the other's set-up. */
const SPEC = "share/jupyter/kernels/slimlab";

/**
 * Makes the environment of links.
 * @param folder  the other environment: one that a set-up has made of the same lists of packages
 * @param key  what is written in its stamp then
 */
function borrow(folder, key) {
  const other = resolve(folder);
  if (readIfThere(join(other, ".slimlab-python")) !== key) {
    throw new SetupError(
      "Cannot set up slimlab: expected SLIMLAB_VENV to be a Python environment that the set-up of this version has made, " +
        `with the same TENSORFLOW_VARIANT, TENSORFLOW_VERSION and PYTHON, got "${other}"; unset it to have an own one made`,
    );
  }
  const pip = readFileSync(join(other, "bin", "pip"), "utf8");
  const before = /(?:^#!|^'''exec' "?)(\/.+)\/bin\/python/m.exec(pip)?.[1] ?? other; // it may have been moved
  for (const part of OWN) {
    mkdirSync(join(places.venv, part), { recursive: true });
    if (part === "jupyter" || !existsSync(join(other, part))) continue;
    for (const name of readdirSync(join(other, part))) {
      const path = join(part, name);
      if (OWN.includes(path) || path === SPEC || name.startsWith(".slimlab-")) continue;
      if (part === "bin") copyCommand(join(other, path), join(places.venv, path), before);
      else symlinkSync(join(other, path), join(places.venv, path));
    }
  }
}

/** Copies a command, so that it runs the Python of this environment; `before` is the folder that it names. */
function copyCommand(from, to, before) {
  cpSync(from, to, { verbatimSymlinks: true });
  if (!lstatSync(from).isFile()) return;
  const text = readFileSync(from, "latin1");
  if (text.startsWith("\x7fELF") || !text.includes(before)) return;
  // As pip names a Python whose path is too long for a first line, or has spaces.
  const exec = (_line, python) => `#!/bin/sh\n'''exec' "${before}${python}" "$0" "$@"\n' '''`;
  const named = text.startsWith(`#!${before}`) ? text.replace(/^#!.*(\/bin\/python\S*)/, exec) : text;
  writeFileSync(
    to,
    named.replaceAll(before, () => places.venv),
    "latin1",
  );
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

module.exports = { borrow };
