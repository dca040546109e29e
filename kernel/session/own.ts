import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** What a notebook may import in any folder: the library, the TensorFlow.js that it computes with, tslab's displays. */
const offered = ["slimlab", "@tensorflow/tfjs", "@tensorflow/tfjs-node-gpu"];

/** What makes of TensorFlow.js one that computes in TensorFlow; the library brings its own. */
const addon = join("@tensorflow", "tfjs-node-gpu", "lib", "napi-v8", "tfjs_binding.node");

const own = createRequire(__filename);

/**
 * The packages that the kernel gives to a folder, since the folder has none of that name: their names, and where the
 * kernel's own copies are. A folder's own copy goes before.
 */
export function lentPackages(cwd: string): ReadonlyMap<string, string> {
  const folder = createRequire(join(cwd, "__cell__.js"));
  const isThere = (name: string): boolean =>
    (folder.resolve.paths(name) ?? []).some((path) =>
      existsSync(join(path, addon.startsWith(`${name}/`) ? addon : name)),
    );
  const lent = offered.filter((name) => !isThere(name)).flatMap((name) => entryOf(name) ?? []);
  return new Map(lent);
}

/** Loads the kernel's own copy of a package. */
export function loadOwn(name: string): unknown {
  return addon.startsWith(`${name}/`) ? Reflect.get(Object(own("slimlab")), "tf") : own(name);
}

function entryOf(name: string): [readonly [string, string]] | undefined {
  try {
    return [[name, dirname(own.resolve(`${name}/package.json`))]];
  } catch {
    return undefined; // the kernel stands alone
  }
}
