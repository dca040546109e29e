import { statSync } from "node:fs";
import Module from "node:module";
import type ts from "typescript";

/** What a start-up snapshot holds. */
export interface Kept {
  readonly typescript: typeof ts;
  /** The main module of that TypeScript. */
  readonly path: string;
  /** Files of declarations, parsed and bound, by their paths; with the state that each was in. */
  readonly files: ReadonlyMap<string, { readonly file: ts.SourceFile; readonly state: string }>;
}

declare global {
  /** Where a process finds what the snapshot holds from which it was started. */
  var slimlabKept: Kept | undefined;
}

const kept = globalThis.slimlabKept;
Reflect.deleteProperty(globalThis, "slimlabKept");

/** Whether this process was started from a snapshot. */
export const isRestored = kept !== undefined;

/** Gives the snapshot's TypeScript to all who load it. */
export function offerTypeScript(): void {
  if (kept === undefined) return;
  const loaded = new Module(kept.path);
  [loaded.filename, loaded.loaded, loaded.exports] = [kept.path, true, kept.typescript];
  require.cache[kept.path] = loaded;
}

/**
 * A file of declarations as the snapshot holds it; undefined if it has changed since, or is read by another TypeScript. Of a
 * folder's language they are read the same from ES2015 on, where its identifiers are the same.
 */
export function keptFile(
  typescript: typeof ts,
  path: string,
  language: ts.ScriptTarget,
): ts.SourceFile | undefined {
  const found = kept?.files.get(path);
  if (found === undefined || kept?.typescript !== typescript) return undefined;
  if (language < typescript.ScriptTarget.ES2015) return undefined;
  return stateOf(path) === found.state ? found.file : undefined;
}

/** What tells whether a file is as it was. */
export function stateOf(path: string): string {
  const { size, mtimeMs, ino } = statSync(path);
  return `${size}-${mtimeMs}-${ino}`;
}
