"use strict";
// The Python environment: JupyterLab, nbconvert and the TensorFlow wheel, whose library and headers the addon is built on.

const { mkdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { join, relative } = require("node:path");
const { borrow } = require("./borrow.js");
const { places } = require("./places.js");
const { runLogged } = require("./program.js");
const { packagesOf } = require("./tensorflow.js");

const requirements = (name) => join("scripts", "requirements", `${name}.txt`);

/** What TensorFlow's usual version alone is content with: another brings what it asks for itself. */
const USUAL_ONLY = /^(h5py|keras)==.*\n/gm;

/** The words after `python` that install a list of requirements, and packages beside it. */
function install(name, { isUsual }, packages = []) {
  const flags = ["--no-input", "--prefer-binary", "--progress-bar=off", "--quiet", "--no-compile"];
  let constraints = requirements("constraints");
  if (!isUsual) {
    const pins = readFileSync(join(places.root, constraints), "utf8");
    constraints = join(places.logs, "constraints.txt");
    writeFileSync(constraints, pins.replace(USUAL_ONLY, ""));
  }
  return ["-m", "pip", "install", ...flags, "-r", requirements(name), ...packages, "-c", constraints];
}

/**
 * The folder for Jupyter's own settings and histories. No news: JupyterLab asks the network for them otherwise. Widgets are
 * saved with their notebook: it would show "Loading widget..." without a kernel.
 */
function settle() {
  mkdirSync(places.jupyter, { recursive: true });
  const folder = join(places.venv, "etc", "jupyter", "labconfig");
  mkdirSync(folder, { recursive: true });
  const settings = { disabledExtensions: { "@jupyterlab/apputils-extension:announcements": true } };
  writeFileSync(join(folder, "page_config.json"), JSON.stringify(settings, undefined, 2) + "\n");
  const overrides = { "@jupyter-widgets/jupyterlab-manager:plugin": { saveState: true } };
  writeFileSync(
    join(folder, "default_setting_overrides.json"),
    JSON.stringify(overrides, undefined, 2) + "\n",
  );
}

module.exports = {
  install,
  requirements,
  title: `JupyterLab and TensorFlow in ${relative(places.home, places.venv)}`,
  needs: [],
  madeOf: ({ variant }) => ["notebook", `tensorflow-${variant}`, "constraints"].map(requirements),
  texts: ({ variant, version, isUsual }) => [
    variant,
    process.env.PYTHON ?? "",
    ...(isUsual ? [] : [version]),
  ],
  stamp: join(places.venv, ".slimlab-python"),
  makes: () => [places.python],
  async run({ log, python, choice, key }) {
    try {
      rmSync(places.venv, { recursive: true, force: true });
      if (process.env.SLIMLAB_VENV) return borrow(process.env.SLIMLAB_VENV, key);
      await runLogged(log, python.command, ["-m", "venv", "--clear", places.venv]);
      await runLogged(log, places.python, install("notebook", choice, packagesOf(choice)));
    } catch (error) {
      rmSync(places.venv, { recursive: true, force: true }); // half of an environment is none
      throw error;
    }
    settle();
  },
};
