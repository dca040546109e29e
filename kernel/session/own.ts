import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const tfjsNode = "@tensorflow/tfjs-node-gpu";

/**
 * What a notebook may import in any folder: the library, and the TensorFlow.js that it computes with; with what must be there
 * for a folder to have it itself. Of tfjs-node that is its addon: the library has one of its own.
 */
const offered = new Map([
  ["slimlab", "slimlab"],
  ["@tensorflow/tfjs", "@tensorflow/tfjs"],
  [tfjsNode, join(tfjsNode, "lib", "napi-v8", "tfjs_binding.node")],
]);

const own = createRequire(__filename);

/**
 * The packages that the kernel gives to a folder, since the folder has none of that name: their names, and where the
 * kernel's own copies are. A folder's own copy goes before, save of tslab, whose executor is the session's.
 */
export function lentPackages(cwd: string): ReadonlyMap<string, string> {
  const folder = createRequire(join(cwd, "__cell__.js"));
  const isThere = ([name, file]: readonly [string, string]): boolean =>
    (folder.resolve.paths(name) ?? []).some((path) => existsSync(join(path, file)));
  const missing = [...offered].filter((one) => !isThere(one)).map(([name]) => name);
  return new Map(["tslab", ...missing].flatMap((name) => entryOf(name) ?? []));
}

/** Loads the kernel's own copy of a package. */
export function loadOwn(name: string): unknown {
  return name === tfjsNode ? Reflect.get(Object(own("slimlab")), "tf") : own(name);
}

function entryOf(name: string): [readonly [string, string]] | undefined {
  try {
    return [[name, dirname(own.resolve(`${name}/package.json`))]];
  } catch {
    return undefined; // the kernel stands alone
  }
}
