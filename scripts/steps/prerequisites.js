"use strict";
// What the machine must have before anything is written. Each check throws one line that names the remedy.

const { existsSync } = require("node:fs");
const { delimiter, join } = require("node:path");
const { missing } = require("./error.js");
const { places } = require("./places.js");
const { ask } = require("./program.js");
const { versionFor } = require("./tensorflow.js");

const PYTHONS = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"];

const PACKAGE_TOOLS = [
  {
    tool: "/usr/bin/apt-get",
    install: "apt-get install -y",
    compiler: "g++",
    venv: "python3-venv",
    python: "python3 python3-venv",
  },
  {
    tool: "/usr/bin/dnf",
    install: "dnf install -y",
    compiler: "gcc-c++",
    venv: "python3",
    python: "python3.12",
  },
  {
    tool: "/usr/bin/zypper",
    install: "zypper install -y",
    compiler: "gcc-c++",
    venv: "python3",
    python: "python312",
  },
  {
    tool: "/usr/bin/pacman",
    install: "pacman -S --noconfirm",
    compiler: "gcc",
    venv: "python",
    python: "python",
  },
];

/** The command that installs a thing ("compiler", "python", "venv") here. Debian names venv after Python's version. */
function installCommand(thing, version) {
  if (process.platform === "darwin")
    return thing === "compiler" ? "xcode-select --install" : "brew install python@3.12";
  const found = PACKAGE_TOOLS.find(({ tool }) => existsSync(tool));
  if (found === undefined) return `your package manager (${thing})`;
  const sudo = process.getuid?.() === 0 ? "" : "sudo ";
  if (!found.install.startsWith("apt-get")) return `${sudo}${found.install} ${found[thing]}`;
  const name = thing === "venv" ? `python${version}-venv` : found[thing];
  return `${sudo}apt-get update && ${sudo}${found.install} ${name}`;
}

/** The C++17 compiler as words of a command line: $CXX or g++. */
function expectCompiler() {
  const words = (process.env.CXX || "g++").split(" "); // "ccache g++" is a compiler too
  const program = "#include <string>\nstd::string s;\n";
  const answer = ask(words[0], [...words.slice(1), "-std=c++17", "-fsyntax-only", "-x", "c++", "-"], program);
  if (answer.ok) return words;
  const got = answer.errors === "" ? "none" : `"${answer.errors.split("\n")[0]}"`;
  throw missing(`a C++17 compiler (${words.join(" ")})`, got, installCommand("compiler"));
}

const PROBE = `
import sys
print("%d.%d" % sys.version_info[:2])
try:
    import venv, ensurepip
    print("venv")
except ImportError:
    pass
`;

/**
 * The first Python that TensorFlow has a wheel for, with its venv module: { command, version }. $PYTHON goes before all.
 * @param pythons  the least and the greatest minor version of Python 3
 */
function expectPython([least, most]) {
  const candidates = process.env.PYTHON ? [process.env.PYTHON] : PYTHONS;
  let unfit;
  let bare;
  for (const command of candidates) {
    const answer = ask(command, ["-c", PROBE]);
    const [version, venv] = answer.ok ? answer.text.split("\n") : [];
    const minor = Number(/^3\.(\d+)$/.exec(version ?? "")?.[1] ?? NaN);
    if (minor >= least && minor <= most) {
      if (venv === "venv") return { command, version };
      bare ??= version;
    } else unfit ??= version;
  }
  if (bare !== undefined) {
    throw missing(
      `Python's venv module (ensurepip)`,
      `Python ${bare} without it`,
      installCommand("venv", bare),
    );
  }
  const range = `Python 3.${least} to 3.${most} (python3 or $PYTHON)`;
  const other = unfit && versionFor(unfit);
  const or = other ? `, or go on with TensorFlow ${other}: TENSORFLOW_VERSION=${other} ${places.setup}` : "";
  throw missing(range, unfit ? `only Python ${unfit}` : "none", installCommand("python") + or);
}

/** The command line of npm: the one that runs us, or the one on the PATH. */
function expectNpm() {
  if (process.env.npm_execpath?.endsWith(".js") && existsSync(process.env.npm_execpath)) {
    return [process.execPath, process.env.npm_execpath];
  }
  const found = (process.env.PATH ?? "")
    .split(delimiter)
    .some((folder) => folder && existsSync(join(folder, "npm")));
  if (found) return ["npm"];
  throw missing("npm", "none", process.platform === "darwin" ? "brew install node@24" : "nvm install 24");
}

module.exports = { expectCompiler, expectPython, expectNpm };
