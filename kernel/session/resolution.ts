import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { isJson } from "../protocol";

/** What Node's `import` of a package takes. */
export interface Target {
  readonly path: string;
  /** Whether the file is an ES module. */
  readonly isModule: boolean;
}

/** The names by which Node asks a package for what it has for an `import`. */
const conditions = new Set(["import", "node", "node-addons", "module-sync", "default"]);

/**
 * The file that `import` takes for a package's specifier, which need not be the one that `require` takes.
 *
 * @see https://nodejs.org/api/esm.html#resolution-algorithm-specification
 * @returns undefined if there is none
 */
export function importTarget(specifier: string, from: string): Target | undefined {
  const path = targetOf(specifier, from) ?? requireTarget(specifier, from);
  return path === undefined ? undefined : { path, isModule: isEsFile(path) };
}

function targetOf(specifier: string, from: string): string | undefined {
  if (specifier.startsWith("#")) {
    const scope = scopeOf(from);
    return scope === undefined ? undefined : mapped(scope.folder, scope.manifest["imports"], specifier);
  }
  const [, name, rest = ""] = /^((?:@[^/]+\/)?[^./@\\][^/\\]*)(\/.*)?$/.exec(specifier) ?? [];
  if (name === undefined) return undefined;
  const folder = folderOf(name, from);
  const entries = folder === undefined ? undefined : manifestIn(folder)?.["exports"];
  if (folder === undefined || entries === undefined || entries === null) return undefined;
  const isSugar = !isJson(entries) || !Object.keys(entries).some((key) => key.startsWith("."));
  return mapped(folder, isSugar ? { ".": entries } : entries, `.${rest}`);
}

function requireTarget(specifier: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(specifier);
  } catch {
    return undefined; // whoever loads it says so
  }
}

/** A package's folder: its own, for a file of it, or one that is installed. */
function folderOf(name: string, from: string): string | undefined {
  const scope = scopeOf(from);
  if (scope?.manifest["name"] === name && "exports" in scope.manifest) return scope.folder;
  const folders = (createRequire(from).resolve.paths(name) ?? []).map((folder) => join(folder, name));
  return folders.find((folder) => manifestIn(folder) !== undefined);
}

/** What `exports` or `imports` say of a name. */
function mapped(folder: string, entries: unknown, name: string): string | undefined {
  if (!isJson(entries)) return undefined;
  const target = (value: unknown, star: string): string | undefined => {
    if (typeof value === "string")
      return value.startsWith("./") ? join(folder, value.replaceAll("*", star)) : undefined;
    if (Array.isArray(value))
      return value.map((each) => target(each, star)).find((path) => path !== undefined);
    if (!isJson(value)) return undefined;
    for (const [condition, inner] of Object.entries(value)) {
      const path = conditions.has(condition) ? target(inner, star) : undefined;
      if (path !== undefined) return path;
    }
    return undefined;
  };
  if (name in entries && !name.includes("*")) return target(entries[name], "");
  const patterns = Object.keys(entries).filter((key) => {
    const [before = "", after] = key.split("*");
    return (
      after !== undefined && name.length >= key.length && name.startsWith(before) && name.endsWith(after)
    );
  });
  const [best] = patterns.sort((a, b) => b.indexOf("*") - a.indexOf("*") || b.length - a.length);
  if (best === undefined) return undefined;
  const [before = "", after = ""] = best.split("*");
  return target(entries[best], name.slice(before.length, name.length - after.length));
}

function isEsFile(path: string): boolean {
  const extension = extname(path);
  return extension === ".mjs" || (extension === ".js" && scopeOf(path)?.manifest["type"] === "module");
}

/** The package that a file is of. */
function scopeOf(path: string): { readonly folder: string; readonly manifest: Manifest } | undefined {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = manifestIn(folder);
    if (manifest !== undefined) return { folder, manifest };
  }
  return undefined;
}

type Manifest = Readonly<Record<string, unknown>>;

/** What the package.json of a folder says; undefined if there is none that can be read. */
export function manifestIn(folder: string): Manifest | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return isJson(manifest) ? manifest : undefined;
  } catch {
    return undefined; // none there, or none that can be read
  }
}
