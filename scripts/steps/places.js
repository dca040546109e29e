"use strict";
// Where everything lies, and the environment in which every program is run. In a checkout all of it is inside the checkout;
// where the package is installed, all is in the folder .slimlab of the project that it is installed in.

const { existsSync } = require("node:fs");
const { basename, dirname, join, sep } = require("node:path");

const root = join(__dirname, "..", "..");
const isInstalled = basename(dirname(root)) === "node_modules";
const home = isInstalled ? root.slice(0, root.indexOf(`${sep}node_modules${sep}`)) : root;
const own = join(home, ".slimlab");
const venv = isInstalled ? join(own, "venv") : join(root, ".venv");
const logs = isInstalled ? join(own, "setup") : join(root, "build", "setup");
const native = join(isInstalled ? own : join(root, "dist"), "native");

const places = {
  root,
  isInstalled,
  home,
  own: isInstalled ? own : undefined,
  nodeModules: join(root, "node_modules"),
  venv,
  python: join(venv, "bin", "python"),
  kernels: join(venv, "share", "jupyter", "kernels"),
  jupyter: join(venv, "jupyter"),
  cache: isInstalled ? join(own, "cache") : join(root, ".cache"),
  dist: join(root, "dist"),
  logs,
  lock: join(logs, "lock"),
  vendor: join(root, "dist", "node_modules", "@tensorflow", "tfjs-node-gpu"),
  addon: join(native, "tensorflow.node"),
  descriptors: join(native, "descriptors.node"),
  setup: isInstalled ? "npx --no -- slimlab setup" : "npm run setup",
};

/** The caller's environment, with every cache, setting and history that a program might write sent to its place. */
function environment() {
  const { jupyter, cache } = places;
  const env = {
    ...process.env,
    npm_config_cache: join(cache, "npm"),
    npm_config_update_notifier: "false",
    PIP_CACHE_DIR: join(cache, "pip"),
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    PIP_USER: "0",
    PIP_REQUIRE_VIRTUALENV: "0",
    JUPYTER_CONFIG_DIR: join(jupyter, "config"),
    JUPYTER_DATA_DIR: join(jupyter, "data"),
    JUPYTER_RUNTIME_DIR: join(jupyter, "runtime"),
    JUPYTERLAB_SETTINGS_DIR: join(jupyter, "settings"),
    JUPYTERLAB_WORKSPACES_DIR: join(jupyter, "workspaces"),
    JUPYTER_PREFER_ENV_PATH: "1",
    JUPYTER_PLATFORM_DIRS: "0",
    IPYTHONDIR: join(jupyter, "ipython"),
    SLIMLAB_HISTORY: process.env.SLIMLAB_HISTORY ?? join(jupyter, "history.sqlite"),
    MPLCONFIGDIR: join(jupyter, "matplotlib"),
    KERAS_HOME: join(jupyter, "keras"),
    CUDA_CACHE_PATH: join(cache, "cuda"),
    RUSTUP_HOME: join(cache, "rustup"), // pip asks rustc for its version, and rustup answers by making a folder
    TF_CPP_MIN_LOG_LEVEL: process.env.TF_CPP_MIN_LOG_LEVEL ?? "3",
  };
  // A path of another Python, or a wish never to keep compiled modules, would undo what the environment is for.
  for (const name of ["PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "TF_ENABLE_ONEDNN_OPTS"])
    delete env[name];
  return env;
}

/** The folder of the TensorFlow package in the Python environment, or undefined before it is installed. */
function tensorflowFolder() {
  for (let minor = 10; minor < 30; minor++) {
    const folder = join(places.venv, "lib", `python3.${minor}`, "site-packages", "tensorflow");
    if (existsSync(folder)) return folder;
  }
  return undefined;
}

module.exports = { places, environment, tensorflowFolder };
