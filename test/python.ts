import { existsSync } from "node:fs";
import { resolve } from "node:path";

const installed = resolve(__dirname, "../../.venv/bin/python");

/** The Python that has TensorFlow and Jupyter: the one set-up made, or $SLIMLAB_PYTHON; undefined if there is none. */
export const python = process.env["SLIMLAB_PYTHON"] ?? (existsSync(installed) ? installed : undefined);

/** Why tests that need it are skipped, false if they are not. */
export const skip = python === undefined && "no .venv/bin/python and no SLIMLAB_PYTHON: run scripts/setup";
