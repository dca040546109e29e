"use strict";
// Which TensorFlow: $TENSORFLOW_VARIANT and $TENSORFLOW_VERSION decide, else the machine and the lists of requirements.

const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { missing } = require("./error.js");
const { places } = require("./places.js");
const { ask } = require("./program.js");

/** The releases that the addon builds on, a version of each, and the least and the greatest Python 3.x that it has wheels for. */
const RELEASES = [
  { release: "2.21", version: "2.21.0", pythons: [10, 13] },
  { release: "2.22", version: "2.22.0rc0", pythons: [10, 14] },
];

/** "gpu" where an NVIDIA driver answers, else "cpu". */
function chooseVariant() {
  const wish = process.env.TENSORFLOW_VARIANT;
  if (wish === "cpu" || wish === "gpu") return wish;
  if (wish) throw missing('TENSORFLOW_VARIANT "cpu" or "gpu"', `"${wish}"`, "unset TENSORFLOW_VARIANT");
  if (process.platform !== "linux") return "cpu";
  return ask("nvidia-smi", ["-L"]).text.startsWith("GPU 0") ? "gpu" : "cpu";
}

/** The list of requirements of a variant, which names the version that is taken if nothing is said. */
function readList(variant) {
  return readFileSync(join(places.root, "scripts", "requirements", `tensorflow-${variant}.txt`), "utf8");
}

/** What is to be installed: { variant, version, isUsual, pythons }. */
function chooseTensorFlow() {
  const variant = chooseVariant();
  const [, usual] = /==([\w.]+)/.exec(readList(variant));
  const version = process.env.TENSORFLOW_VERSION || usual;
  const release = /^(\d+\.\d+)\.\d+\w*$/.exec(version)?.[1];
  const known = RELEASES.find((one) => one.release === release);
  if (known !== undefined) return { variant, version, isUsual: version === usual, pythons: known.pythons };
  const releases = RELEASES.map((one) => one.release).join(" or ");
  const expected = `TENSORFLOW_VERSION of ${releases}, e.g. "${usual}"`;
  throw missing(expected, `"${version}"`, "unset TENSORFLOW_VERSION");
}

/** The requirements of a choice, as words for pip. */
function packagesOf({ variant, version }) {
  const lines = readList(variant).split("\n");
  return lines.filter((line) => line.includes("==")).map((line) => line.replace(/==[\w.]+/, `==${version}`));
}

/** A version that has wheels for this Python ("3.14"), or undefined. */
function versionFor(python) {
  const minor = Number(/^3\.(\d+)$/.exec(python)?.[1]);
  return RELEASES.find(({ pythons: [least, most] }) => minor >= least && minor <= most)?.version;
}

module.exports = { chooseTensorFlow, packagesOf, versionFor };
