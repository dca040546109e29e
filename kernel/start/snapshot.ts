import { join } from "node:path";
import { cachedDataVersionTag } from "node:v8";
import { hashOf } from "../session/hash";
import { findOwnTypeScript } from "../session/typescript";
import { stateOf } from "./kept";

/** Beside what it is made of, since whoever can write there can have any code run. It may be deleted at any time. */
export const snapshots = join(__dirname, "../../..", ".cache", "start");

/** The program that it is made of. */
export const builder = join(__dirname, "build.js");

/**
 * The file of the start-up snapshot from which this Node starts a kernel fast: it fits this build of Node on this processor,
 * and this TypeScript, alone.
 */
export function snapshotFile(): string {
  const typescript = findOwnTypeScript().path;
  const node = process.execPath;
  const made = [node, typescript, builder].map(stateOf);
  return join(snapshots, `${hashOf([node])}-${hashOf([cachedDataVersionTag(), typescript, ...made])}.blob`);
}
