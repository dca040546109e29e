/**
 * Has a kernel's process begin anew from the start-up snapshot, where there is one that fits; the process stays the same to
 * all others. Loaded before all else, since what was loaded until then is lost.
 */
import { existsSync } from "node:fs";
import { findOwnTypeScript, typescriptOf } from "../session/typescript";
import { loadDescriptors, type Descriptors } from "../wire/descriptors";
import type { Listening } from "../wire/post";
import { NODE_FLAGS, RESTORE_FLAGS } from "./flags";
import { isRestored, offerTypeScript } from "./kept";
import { handedOn, handOn, listen } from "./listening";
import { askForHugePages, forgetPages } from "./pages";
import { snapshotFile } from "./snapshot";

const flag = "--snapshot-blob";

/** By what the process listens at its connection's ports; undefined if it does not yet. */
export const listening: Listening | undefined = begin();

/** Returns where there is nothing to begin anew from, or it can't be done; then the kernel starts without it. */
function begin(): Listening | undefined {
  if (isRestored) {
    process.execArgv.splice(0, Infinity, ...NODE_FLAGS); // children that Node starts with the same flags are not of the snapshot
    offerTypeScript();
    forgetPages();
  }
  const addon = findAddon();
  if (addon === undefined) return undefined;
  if (isRestored) return handedOn(addon);
  const listening = listen(addon, process.argv[2] ?? "");
  try {
    if (isUsual()) restore(addon, listening);
    return listening;
  } catch {
    forgetPages();
    return handedOn(addon) ?? listening; // Who needs TypeScript next says what is wrong with it.
  }
}

function findAddon(): Descriptors | undefined {
  try {
    return loadDescriptors();
  } catch {
    return undefined; // Who needs it next says what is wrong with it.
  }
}

/** Returns only where there is no snapshot. */
function restore({ become }: Descriptors, listening: Listening | undefined): void {
  const file = snapshotFile();
  if (!existsSync(file)) return;
  const args = [process.execPath, ...RESTORE_FLAGS, flag, file, ...process.argv.slice(1)];
  askForHugePages();
  become(process.execPath, args, listening === undefined ? [] : handOn(listening));
}

/** Whether Node was started as kernelspecs start it, and the folder has no TypeScript of its own. */
function isUsual(): boolean {
  if (process.send !== undefined) return false; // the channel to who started it would be closed
  if ((process.env["NODE_OPTIONS"] ?? "") !== "") return false;
  if (process.execArgv.join(" ") !== NODE_FLAGS.join(" ")) return false;
  return typescriptOf(process.cwd()).path === findOwnTypeScript().path;
}
