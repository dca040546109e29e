/** The kernelspec: what Jupyter reads to know of the kernel and to start it. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { NODE_FLAGS } from "../start/flags";
import { makeSnapshot } from "../start/make";
import { protocolVersion } from "../wire/message";
import { logo } from "./logo";

/** The name by which notebooks ask for the kernel. */
export const KERNEL_NAME = "slimlab";

/** The program that serves a connection file. */
export const MAIN = join(__dirname, "..", "main.js");

/** The content of a kernel.json. */
export interface KernelSpec {
  readonly argv: readonly string[];
  readonly display_name: string;
  readonly language: string;
  readonly interrupt_mode: "message" | "signal";
  readonly env: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The version of Jupyter's protocol that it speaks. */
  readonly kernel_protocol_version?: string;
}

/** Options of installKernel() and writeSpec(). */
export interface SpecOptions {
  /** What notebooks call the kernel: letters, digits, ".", "-" and "_". @default "slimlab" */
  readonly name?: string;
  /** What people read. @default "TypeScript (slimlab)" */
  readonly displayName?: string;
}

/** The spec that starts this checkout's kernel by this Node. */
export function kernelSpec({ displayName = "TypeScript (slimlab)" }: SpecOptions = {}): KernelSpec {
  return {
    argv: [process.execPath, ...NODE_FLAGS, MAIN, "{connection_file}"],
    display_name: displayName,
    language: "typescript",
    interrupt_mode: "message", // a signal works as well
    env: { TF_CPP_MIN_LOG_LEVEL: "3" }, // TensorFlow's notes, by its own word warnings and errors too, would stand in cells
    metadata: { debugger: true, implementation: "slimlab", supported_encryption: ["curve"] },
    kernel_protocol_version: protocolVersion,
  };
}

/**
 * Installs the kernel below a prefix, e.g. that of a virtual environment, whose Jupyter then offers it.
 * @returns the path of kernel.json
 */
export function installKernel(prefix: string, options: SpecOptions = {}): string {
  return writeSpec(resolve(prefix, "share", "jupyter"), options);
}

/**
 * Writes the kernelspec into one of Jupyter's data folders. kernel.json appears whole or not at all, and last. The first one
 * for a Node has the snapshot made from which that starts kernels fast, which takes some seconds.
 * @returns the path of kernel.json
 * @throws {RangeError} if Jupyter would not take the name, or the folder holds another program's kernel
 */
export function writeSpec(dataFolder: string, options: SpecOptions = {}): string {
  const folder = specFolder(dataFolder, options.name);
  expectOurs("install", folder);
  mkdirSync(folder, { recursive: true });
  makeSnapshot();
  writeWhole(join(folder, "logo-svg.svg"), logo);
  const path = join(folder, "kernel.json");
  writeWhole(path, JSON.stringify(kernelSpec(options), undefined, 2) + "\n");
  return path;
}

/**
 * Takes the kernelspec away again: the files of writeSpec(), and the folder if nothing else is in it.
 * @returns the path that kernel.json had
 * @throws {RangeError} if there is none, or it is another program's
 */
export function removeSpec(dataFolder: string, name = KERNEL_NAME): string {
  const folder = specFolder(dataFolder, name);
  const path = join(folder, "kernel.json");
  if (!existsSync(path))
    throw new RangeError(`Cannot uninstall kernel "${name}": expected "${path}", got no such file`);
  expectOurs("uninstall", folder);
  for (const file of ["kernel.json", "logo-svg.svg"]) rmSync(join(folder, file), { force: true });
  if (readdirSync(folder).length === 0) rmdirSync(folder);
  return path;
}

/** A kernel.json, or undefined if there is none that can be read as one. */
export function readSpec(path: string): KernelSpec | undefined {
  try {
    const spec: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isSpec(spec) ? spec : undefined;
  } catch {
    return undefined;
  }
}

function specFolder(dataFolder: string, name = KERNEL_NAME): string {
  if (!/^[a-z0-9._-]+$/i.test(name) || /^\.+$/.test(name)) {
    throw new RangeError(
      `Cannot name kernel: expected ASCII letters, digits, ".", "-" and "_", got "${name}"`,
    );
  }
  return join(dataFolder, "kernels", name.toLowerCase()); // Jupyter lowers names
}

function expectOurs(verb: string, folder: string): void {
  const path = join(folder, "kernel.json");
  const spec = readSpec(path);
  if (!existsSync(path) || (spec !== undefined && isOurs(spec))) return;
  throw new RangeError(
    `Cannot ${verb} kernel: expected "${path}" to be slimlab's, got one of "${spec?.display_name ?? "unknown"}"`,
  );
}

/** Whether a spec starts a kernel of this project, be it of another checkout. */
export function isOurs({ argv, metadata }: KernelSpec): boolean {
  return (
    metadata?.["implementation"] === "slimlab" ||
    argv.some((word) => word.endsWith(join("dist", "kernel", "main.js")))
  );
}

function isSpec(value: unknown): value is KernelSpec {
  return typeof value === "object" && value !== null && "argv" in value && Array.isArray(value.argv);
}

function writeWhole(path: string, text: string): void {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, text);
  renameSync(fresh, path);
}
