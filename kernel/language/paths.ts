import { readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type CompletionItem } from "../session/api";

/** Whether a string looks like a path that someone is typing. */
export function isPathLike(text: string): boolean {
  return /^(\.{1,2}\/|\/|~($|\/))/.test(text);
}

/**
 * The files and folders whose name begins with the last part of a path.
 * @param typed the path as far as it is typed; ~ is the home, and what is relative is so to cwd
 */
export function listPaths(typed: string, cwd: string): CompletionItem[] {
  if (typed === "~") return [{ text: "~/", kind: "directory" }];
  const slash = typed.lastIndexOf("/") + 1;
  const begin = typed.slice(slash);
  const folder = resolve(cwd, typed.slice(0, slash).replace(/^~(?=\/)/, homedir()));
  return entriesOf(folder)
    .filter(
      (name) => name.toLowerCase().startsWith(begin.toLowerCase()) && (begin !== "" || !name.startsWith(".")),
    )
    .map((name) => {
      const isFolder = statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory() ?? false;
      return { text: isFolder ? `${name}/` : name, kind: isFolder ? "directory" : "path" };
    });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return []; // not a folder, or not ours to read
  }
}
