/**
 * Has a kernel's process begin anew from the start-up snapshot, where there is one that fits; the process stays the same to
 * all others. Loaded before all else, since what was loaded until then is lost.
 */
import { existsSync } from "node:fs";
import { findOwnTypeScript, typescriptOf } from "../session/typescript";
import { loadDescriptors } from "../wire/descriptors";
import { NODE_FLAGS } from "./flags";
import { isRestored, offerTypeScript } from "./kept";
import { snapshotFile } from "./snapshot";

const flag = "--snapshot-blob";

if (isRestored) {
  const at = process.execArgv.indexOf(flag);
  process.execArgv.splice(at, 2); // children that Node starts with the same flags are not of the snapshot
  offerTypeScript();
} else if (isUsual()) {
  begin();
}

/** Returns only where it can't be done; then the kernel starts without it. */
function begin(): void {
  try {
    const file = snapshotFile();
    if (!existsSync(file)) return;
    const args = [process.execPath, ...NODE_FLAGS, flag, file, ...process.argv.slice(1)];
    loadDescriptors().become(process.execPath, args);
  } catch {
    // Who needs TypeScript or the addon next says what is wrong with it.
  }
}

/** Whether Node was started as kernelspecs start it, and the folder has no TypeScript of its own. */
function isUsual(): boolean {
  if (process.send !== undefined) return false; // the channel to who started it would be closed
  if ((process.env["NODE_OPTIONS"] ?? "") !== "") return false;
  if (process.execArgv.join(" ") !== NODE_FLAGS.join(" ")) return false;
  return typescriptOf(process.cwd()).path === findOwnTypeScript().path;
}
