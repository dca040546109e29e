import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { manifestIn } from "./resolution";

/** A TypeScript that can compile cells. */
export interface TypeScript {
  /** Its main module. */
  readonly path: string;
  /** e.g. "6.0.3" */
  readonly version: string;
}

/** Versions whose insides are known: those before lack `program.getResolvedModule`, those after have no JavaScript interface. */
const least = [5, 5] as const;
const below = 7;

/** The TypeScript that compiles a folder's cells: the one installed there if it is 5.5 to 6.x, else the kernel's own. */
export function typescriptOf(cwd: string): TypeScript {
  const own = findOwnTypeScript();
  const found = findTypeScript(join(cwd, "__cell__.ts"));
  if (found === undefined) return own;
  const [major = 0, minor = 0] = found.version.split(".").map(Number);
  const fits = (major > least[0] || (major === least[0] && minor >= least[1])) && major < below;
  return fits ? found : own;
}

/** The kernel's own TypeScript. */
export function findOwnTypeScript(): TypeScript {
  const own = findTypeScript(__filename);
  if (own === undefined) throw new Error("Cannot find TypeScript: expected it beside the kernel, got none");
  return own;
}

function findTypeScript(from: string): TypeScript | undefined {
  try {
    const manifest = createRequire(from).resolve("typescript/package.json");
    const version = manifestIn(dirname(manifest))?.["version"];
    if (typeof version !== "string") return undefined;
    return { path: join(dirname(manifest), "lib", "typescript.js"), version };
  } catch {
    return undefined; // not installed, or installed in half
  }
}
