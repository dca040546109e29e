/** The addon: TensorFlow's C library for JavaScript, which the set-up compiles from native/. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** The checkout, or where the package is installed. */
const root = path.resolve(__dirname, "../../..");

/**
 * Loads the addon.
 * @throws {Error} if the set-up has not made it, naming the command that does
 */
export function loadAddon(): unknown {
  const file = path.join(root, "dist", "native", "tensorflow.node");
  if (existsSync(file)) return createRequire(__filename)(file) as unknown;
  const isInstalled = path.basename(path.dirname(root)) === "node_modules";
  throw new Error(
    `Cannot load TensorFlow: expected the addon "${file}", got no such file; make it with: ` +
      (isInstalled ? "npx --no -- slimlab setup" : "npm run setup"),
  );
}
