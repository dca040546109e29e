import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const own = resolve(__dirname, "..", "..", "..", "package.json");

/** The versions of slimlab and of what runs it. */
export interface Versions {
  readonly slimlab: string;
  readonly node: string;
  /** The compiler of cells. */
  readonly typescript: string;
  readonly tfjs: string;
}

/** What is installed here; "none" for what is not. */
export function versions(): Versions {
  return {
    slimlab: versionOf(own),
    node: process.versions.node,
    typescript: versionOf("typescript/package.json"),
    tfjs: versionOf("@tensorflow/tfjs/package.json"),
  };
}

/** versions() as lines for people. */
export function versionText(): string {
  return Object.entries(versions())
    .map(([name, version]) => `${name} ${version}`)
    .join("\n");
}

function versionOf(path: string): string {
  try {
    const manifest: unknown = JSON.parse(readFileSync(createRequire(own).resolve(path), "utf8"));
    return String(Reflect.get(Object(manifest), "version"));
  } catch {
    return "none";
  }
}
