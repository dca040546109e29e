/** Where Jupyter looks, and the Python that it runs on. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The checkout, or where the package is installed. */
export const ROOT = resolve(__dirname, "..", "..", "..");

/** What the set-up says of its places. */
interface SetUp {
  /** Python environment that it makes. */
  readonly venv: string;
  readonly addon: string;
  /** The command that runs it. */
  readonly setup: string;
}

/** Where the set-up puts what it makes, and its command. */
export const { venv: VENV, addon: ADDON, setup: SETUP }: SetUp = readSetUp();

/** Asks the set-up, which is plain JavaScript since it runs before anything is built. */
function readSetUp(): SetUp {
  const told: unknown = createRequire(__filename)(join(ROOT, "scripts", "steps", "places.js"));
  const places: unknown = Reflect.get(Object(told), "places");
  const text = (name: keyof SetUp): string => String(Reflect.get(Object(places), name));
  return { venv: text("venv"), addon: text("addon"), setup: text("setup") };
}

/** A Python that has Jupyter, and what it says of it. */
export interface Jupyter {
  readonly python: string;
  /** Python's sys.prefix. */
  readonly prefix: string;
  /** The folders in which kernelspecs are looked for, first things first. */
  readonly kernels: readonly string[];
  /** Packages and their versions; undefined where one is not installed. */
  readonly versions: Readonly<Record<string, string | undefined>>;
}

const ask = `
import json, sys
from importlib.metadata import version, PackageNotFoundError
from jupyter_core.paths import jupyter_path
def tell(name):
    try: return version(name)
    except PackageNotFoundError: return None
names = ["jupyter_client", "jupyterlab", "nbconvert", "papermill"]
found = {name: tell(name) for name in names}
print(json.dumps({"prefix": sys.prefix, "kernels": jupyter_path("kernels"), "versions": {k: v for k, v in found.items() if v}}))
`;

/** Pythons to ask, the likeliest first: the one named, the activated one, those on the PATH, the set-up's. */
function pythons(): string[] {
  const { SLIMLAB_PYTHON, VIRTUAL_ENV } = process.env;
  const own = join(VENV, "bin", "python");
  return [
    ...(SLIMLAB_PYTHON ? [SLIMLAB_PYTHON] : []),
    ...(VIRTUAL_ENV ? [join(VIRTUAL_ENV, "bin", "python")] : []),
    "python3",
    "python",
    ...(existsSync(own) ? [own] : []),
  ];
}

/** The first Python that has Jupyter; undefined if none has. */
export function findJupyter(): Jupyter | undefined {
  for (const python of pythons()) {
    const { status, stdout } = spawnSync(python, ["-c", ask], { encoding: "utf8", timeout: 30_000 });
    if (status !== 0) continue;
    const told: unknown = JSON.parse(stdout);
    if (isTold(told)) return { ...told, python };
  }
  return undefined;
}

function isTold(value: unknown): value is Omit<Jupyter, "python"> {
  return typeof value === "object" && value !== null && "kernels" in value && "prefix" in value;
}

/** Jupyter's data folder of the user, by Jupyter's own rules. */
export function userDataFolder(): string {
  const { JUPYTER_DATA_DIR, XDG_DATA_HOME } = process.env;
  if (JUPYTER_DATA_DIR) return resolve(JUPYTER_DATA_DIR);
  if (process.platform === "darwin") return join(homedir(), "Library", "Jupyter");
  return join(XDG_DATA_HOME || join(homedir(), ".local", "share"), "jupyter");
}

/** Which of Jupyter's places a kernelspec goes to, as the command line says it. */
export interface Place {
  readonly user?: true;
  readonly sysPrefix?: true;
  readonly prefix?: string;
}

/**
 * The data folder of a place; the user's if the command line names none.
 * @throws {RangeError} if it is to be that of a Python with Jupyter and there is none
 */
export function dataFolder({ sysPrefix, prefix }: Place): string {
  if (prefix !== undefined) return resolve(prefix, "share", "jupyter");
  if (sysPrefix !== true) return userDataFolder();
  const jupyter = findJupyter();
  if (jupyter !== undefined) return join(jupyter.prefix, "share", "jupyter");
  throw new RangeError(
    `Cannot find sys.prefix: expected a Python that has Jupyter (python3 on the PATH, or an activated environment), got none; "${SETUP}" makes one`,
  );
}
