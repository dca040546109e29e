/** The links of the chain from Node to a notebook's cell, each with what to do if it is broken. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { typescriptOf } from "../session/typescript";
import { ADDON, findJupyter, ROOT, SETUP, VENV, type Jupyter } from "./places";
import { NODE_FLAGS } from "../start/flags";
import { KERNEL_NAME, MAIN, kernelSpec, readSpec } from "./spec";

/** What one check found. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** One line: what is there. */
  readonly found: string;
  /** If it is not ok: what to do. */
  readonly remedy?: string;
}

const REMEDY = `run: ${SETUP}`;
const TIMEOUT_MS = 60_000;

/** Looks at every link, in the order in which each needs the one before; yields as it goes. */
export function* findings(name = KERNEL_NAME): Generator<Finding> {
  yield checkNode();
  yield checkCompiler();
  const tensorflow = loadTensorFlow();
  yield checkWheel(tensorflow);
  yield checkAddon(tensorflow);
  yield checkGpu(tensorflow);
  const jupyter = findJupyter();
  yield checkJupyter(jupyter);
  yield checkSpec(jupyter, name);
  yield checkZeroMq();
  yield checkKernel();
}

const good = (name: string, found: string): Finding => ({ name, ok: true, found });
const bad = (name: string, found: string, remedy: string): Finding => ({ name, ok: false, found, remedy });

function checkNode(): Finding {
  const manifest = readJson(join(ROOT, "package.json"));
  const range = String(Reflect.get(Object(manifest["engines"]), "node"));
  const [, least = "", below = ""] = /^>=([\d.]+) <(\d+)$/.exec(range) ?? [];
  const found = `${process.version} at ${process.execPath}`;
  const fits =
    compare(process.versions.node, least) >= 0 && Number.parseInt(process.versions.node) < Number(below);
  return fits ? good("node", found) : bad("node", `${found}, expected ${range}`, "run: nvm install 24");
}

/** Below 0 if the version is older than the other, above 0 if it is newer. */
function compare(version: string, other: string): number {
  const [a, b] = [version, other].map((text) => text.split(".").map(Number));
  const at = (b ?? []).findIndex((number, i) => a?.[i] !== number);
  return at < 0 ? 0 : (a?.[at] ?? 0) - (b?.[at] ?? 0);
}

function checkCompiler(): Finding {
  const path = findManifest("typescript");
  if (path === undefined) return bad("compiler", "no package typescript", REMEDY);
  if (!existsSync(MAIN)) return bad("compiler", "no dist/kernel/main.js", REMEDY);
  return good("compiler", `TypeScript ${typescriptOf(process.cwd()).version} for cells`);
}

/** The package.json of a package that the kernel uses. */
function findManifest(name: string): string | undefined {
  try {
    return createRequire(__filename).resolve(`${name}/package.json`);
  } catch {
    return undefined;
  }
}

interface TensorFlow {
  readonly error?: string;
  readonly device: string;
  readonly isGpu: boolean;
  readonly version: string;
  readonly library: string;
}

/** Loads the addon in a process of its own: a library that does not fit ends the process that loads it. */
function loadTensorFlow(): TensorFlow {
  const none = { device: "", isGpu: false, version: "", library: "" };
  if (!existsSync(ADDON)) return { ...none, error: `no ${ADDON}` };
  const script = `
    const { device, version } = require(${JSON.stringify(join(ROOT, "dist", "src", "tensorflow", "index.js"))});
    const library = process.report.getReport().sharedObjects.find((path) => path.includes("libtensorflow_cc."));
    console.log(JSON.stringify({ device: device().name, isGpu: device().isGpu, version: version(), library }));`;
  const { ok, text, errors } = ask(process.execPath, [...NODE_FLAGS, "-e", script]);
  const told = ok ? parse(text) : undefined;
  if (told === undefined) return { ...none, error: lastError(errors) };
  const { device, isGpu, version, library } = told;
  return {
    device: String(device),
    isGpu: isGpu === true,
    version: String(version),
    library: String(library),
  };
}

function checkWheel({ error, library }: TensorFlow): Finding {
  const folder = error === undefined ? resolve(dirname(library)) : wheelOf(VENV);
  if (folder === undefined) return bad("wheel", `no TensorFlow in ${VENV}`, REMEDY);
  const [name] = readdirSync(dirname(folder)).filter((entry) =>
    /^tensorflow(_cpu)?-.*\.dist-info$/.test(entry),
  );
  if (name === undefined)
    return bad("wheel", `no TensorFlow package beside ${folder}`, `rm -rf ${VENV}, then ${REMEDY}`);
  const found = `${name.replace(".dist-info", "")} at ${folder}`;
  const wish = process.env["TENSORFLOW_VERSION"];
  if (!wish || name.endsWith(`-${wish}.dist-info`)) return good("wheel", found);
  return bad("wheel", `${found}, though TENSORFLOW_VERSION is ${wish}`, REMEDY);
}

function wheelOf(environment: string): string | undefined {
  const lib = join(environment, "lib");
  const pythons = existsSync(lib) ? readdirSync(lib) : [];
  return pythons
    .map((python) => join(lib, python, "site-packages", "tensorflow"))
    .find((path) => existsSync(path));
}

function checkAddon({ error, version }: TensorFlow): Finding {
  if (error === undefined) return good("addon", `loads, with TensorFlow ${version}`);
  return bad("addon", error, `remove ${ADDON} if it is there, then ${REMEDY}`);
}

function checkGpu({ error, device, isGpu }: TensorFlow): Finding {
  if (error !== undefined) return bad("device", "unknown until the addon loads", "see addon");
  const { text } = ask("nvidia-smi", ["-L"]);
  const [gpu] = text.split("\n").filter((line) => line.startsWith("GPU "));
  if (isGpu) return good("device", `${device} (${gpu ?? "a GPU"})`);
  if (gpu === undefined) return good("device", `${device}; no NVIDIA GPU answers here`);
  return bad("device", `${device}, though there is ${gpu}`, `run: TENSORFLOW_VARIANT=gpu ${SETUP}`);
}

function checkJupyter(jupyter: Jupyter | undefined): Finding {
  const remedy = `${REMEDY}, or activate an environment that has JupyterLab`;
  if (jupyter === undefined) return bad("jupyter", "no Python with Jupyter", remedy);
  const { python, versions } = jupyter;
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version ?? ""}`);
  const found = `${named.join(", ")} of ${python}`;
  if (versions["jupyter_client"] === undefined) return bad("jupyter", found, remedy);
  return good("jupyter", found);
}

function checkSpec(jupyter: Jupyter | undefined, name: string): Finding {
  if (jupyter === undefined) return bad("kernelspec", "nobody looks for it", "see jupyter");
  const paths = jupyter.kernels.map((folder) => join(folder, name, "kernel.json"));
  const path = paths.find((candidate) => existsSync(candidate));
  const remedy = "run: npx --no -- slimlab install";
  if (path === undefined) return bad("kernelspec", `no ${name} in ${jupyter.kernels.join(", ")}`, remedy);
  const spec = readSpec(path);
  if (spec === undefined) return bad("kernelspec", `${path} is no kernelspec`, `remove it, then ${remedy}`);
  const missing = spec.argv.filter((word) => word.startsWith("/") && !existsSync(word));
  const again = `${remedy}, with the same place`;
  if (missing.length > 0)
    return bad("kernelspec", `${path} names ${missing.join(", ")}, which is gone`, again);
  if (!spec.argv.includes(MAIN))
    return bad("kernelspec", `${path} starts another program: ${spec.argv.join(" ")}`, again);
  if (spec.argv[0] !== process.execPath)
    return bad("kernelspec", `${path} starts ${spec.argv[0]}, this is ${process.execPath}`, again);
  return good("kernelspec", path);
}

function checkZeroMq(): Finding {
  const script = `const { version, capability } = require("zeromq");
    console.log(JSON.stringify({ version, encrypts: capability.curve === true }));`;
  const { ok, text, errors } = ask(process.execPath, ["-e", script]);
  const { version, encrypts } = parse(text) ?? {};
  if (ok)
    return good(
      "zeromq",
      `loads, with libzmq ${String(version)}, ${encrypts === true ? "and" : "but not"} CurveZMQ`,
    );
  return bad("zeromq", lastError(errors), `reinstall zeromq, then ${REMEDY}`);
}

function checkKernel(): Finding {
  const { argv } = kernelSpec();
  const { ok, text, errors } = ask(process.execPath, [join(__dirname, "probe.js"), JSON.stringify(argv)]);
  const told = ok ? parse(text) : undefined;
  if (told?.["answer"] === "2") {
    const [ready, cell] = [told["readySeconds"], told["cellSeconds"]].map((value) =>
      Number(value).toFixed(2),
    );
    return good("kernel", `ready after ${ready} s; its first cell, 1 + 1, took ${cell} s`);
  }
  const got = told === undefined ? lastError(errors) : `1 + 1 gave ${String(told["answer"])}`;
  return bad("kernel", got, `mend what is above, then try: node ${MAIN} --help`);
}

function ask(command: string, args: readonly string[]): { ok: boolean; text: string; errors: string } {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" };
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    timeout: TIMEOUT_MS,
    env,
    cwd: ROOT,
  });
  return { ok: status === 0, text: stdout ?? "", errors: stderr ?? "" };
}

/** The line of a program's complaint that says what is wrong. */
function lastError(text: string): string {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return (
    lines.find((line) => /\w*Error\b.*:/.test(line)) ?? lines.at(-1) ?? "the program ended without a word"
  );
}

function parse(text: string): Record<string, unknown> | undefined {
  const [line] = text.split("\n").filter((line) => line.startsWith("{"));
  return line === undefined ? undefined : parseObject(line);
}

const readJson = (path: string): Record<string, unknown> => parseObject(readFileSync(path, "utf8")) ?? {};

function parseObject(text: string): Record<string, unknown> | undefined {
  const value: unknown = JSON.parse(text);
  return isRecord(value) ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
