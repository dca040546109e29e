import { statSync } from "node:fs";

/** When a file was changed last, in milliseconds; 0 if there is none. */
export function modifiedOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
