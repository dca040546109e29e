"use strict";
// Where everything lies, and the environment in which every program is run: all of it inside the checkout.

const { existsSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "..", "..");
const inRoot = (...parts) => join(root, ...parts);

const places = {
  root,
  nodeModules: inRoot("node_modules"),
  venv: inRoot(".venv"),
  python: inRoot(".venv", "bin", "python"),
  dist: inRoot("dist"),
  logs: inRoot("build", "setup"),
  lock: inRoot("build", "setup", "lock"),
  vendor: inRoot("node_modules", "@tensorflow", "tfjs-node-gpu"),
  addon: inRoot("node_modules", "@tensorflow", "tfjs-node-gpu", "lib", "napi-v8", "tfjs_binding.node"),
  kernels: inRoot(".venv", "share", "jupyter", "kernels"),
};

/** The caller's environment, with every cache, setting and history that a program might write sent into the checkout. */
function environment() {
  const jupyter = inRoot(".venv", "jupyter");
  const env = {
    ...process.env,
    npm_config_cache: inRoot(".cache", "npm"),
    npm_config_update_notifier: "false",
    PIP_CACHE_DIR: inRoot(".cache", "pip"),
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
    CUDA_CACHE_PATH: inRoot(".cache", "cuda"),
    RUSTUP_HOME: inRoot(".cache", "rustup"), // pip asks rustc for its version, and rustup answers by making a folder
    TF_CPP_MIN_LOG_LEVEL: process.env.TF_CPP_MIN_LOG_LEVEL ?? "3",
  };
  // A path of another Python, or a wish never to keep compiled modules, would undo what .venv is for.
  for (const name of ["PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "TF_ENABLE_ONEDNN_OPTS"])
    delete env[name];
  return env;
}

/** The folder of the TensorFlow package in .venv, or undefined before it is installed. */
function tensorflowFolder() {
  for (let minor = 10; minor < 30; minor++) {
    const folder = join(places.venv, "lib", `python3.${minor}`, "site-packages", "tensorflow");
    if (existsSync(folder)) return folder;
  }
  return undefined;
}

module.exports = { places, environment, tensorflowFolder };
