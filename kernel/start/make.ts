import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import Module from "node:module";
import { dirname, join } from "node:path";
import { RESTORE_FLAGS } from "./flags";
import { builder, snapshotFile, snapshots } from "./snapshot";

const checker = join(__dirname, "check.js");

/** Longer than the slowest machine takes. */
const timeout = 120_000;

/**
 * Makes the start-up snapshot, unless there is one, and takes away those that this Node had before. Where it can't be made,
 * kernels start without it.
 */
export function makeSnapshot(): void {
  const file = snapshotFile();
  if (existsSync(file)) return;
  const draft = `${file}.${process.pid}`;
  const script = `${draft}.js`;
  try {
    mkdirSync(snapshots, { recursive: true });
    writeFileSync(script, asScript(builder));
    if (!run("--no-warnings", "--snapshot-blob", draft, "--build-snapshot", script)) return;
    if (!run("--snapshot-blob", draft, checker)) return;
    const [node = ""] = file.slice(snapshots.length + 1).split("-");
    const before = readdirSync(snapshots).filter((name) => name.startsWith(node) && name.endsWith(".blob"));
    renameSync(draft, file); // whole or not at all
    for (const name of before) rmSync(join(snapshots, name), { force: true });
  } catch {
    // A project that can't be written to starts slower, that is all.
  } finally {
    for (const made of [draft, script]) rmSync(made, { force: true });
  }
}

/** A CommonJS module as a script, which is all that Node makes snapshots of. */
function asScript(path: string): string {
  const given = `{}, require, {}, ${JSON.stringify(path)}, ${JSON.stringify(dirname(path))}`;
  return `${Module.wrap(readFileSync(path, "utf8")).replace(/;$/, "")}(${given});\n`;
}

function run(...args: readonly string[]): boolean {
  const env = { ...process.env };
  delete env["NODE_OPTIONS"]; // what they load would be in the snapshot
  const options = { cwd: dirname(snapshots), env, stdio: "ignore", timeout } as const;
  return spawnSync(process.execPath, [...RESTORE_FLAGS, ...args], options).status === 0;
}
