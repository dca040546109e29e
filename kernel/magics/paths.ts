import { homedir } from "node:os";
import { resolve } from "node:path";

/** A path as a shell takes it: perhaps in quotes, ~ for the home. */
export function toPath(argument: string): string {
  const path = /^(["'])(.*)\1$/.exec(argument)?.[2] ?? argument;
  return resolve(path.replace(/^~(?=\/|$)/, homedir()));
}
