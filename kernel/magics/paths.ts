import { homedir } from "node:os";
import { resolve } from "node:path";

/** A path as a shell takes it: perhaps in quotes, ~ for the home. */
export function toPath(argument: string): string {
  return resolve(unquote(argument).replace(/^~(?=\/|$)/, homedir()));
}

/** A word of a command line without the quotes around it. */
export function unquote(word: string): string {
  return /^(["'])(.*)\1$/.exec(word)?.[2] ?? word;
}
