import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const root = resolve(__dirname, "..", "..", "..");

/** The versions of slimlab and of what runs it. */
export interface Versions {
  readonly slimlab: string;
  readonly node: string;
  /** The compiler of cells. */
  readonly typescript: string;
  readonly tfjs: string;
}

/** What is installed in this checkout; "none" for what is not. */
export function versions(): Versions {
  return {
    slimlab: versionOf("."),
    node: process.versions.node,
    typescript: versionOf("node_modules/@tslab/typescript-for-tslab"),
    tfjs: versionOf("node_modules/@tensorflow/tfjs-node-gpu"),
  };
}

/** versions() as lines for people. */
export function versionText(): string {
  return Object.entries(versions())
    .map(([name, version]) => `${name} ${version}`)
    .join("\n");
}

function versionOf(folder: string): string {
  try {
    const manifest: unknown = JSON.parse(readFileSync(resolve(root, folder, "package.json"), "utf8"));
    return String(Reflect.get(Object(manifest), "version"));
  } catch {
    return "none";
  }
}
