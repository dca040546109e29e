/** A folder that is there as long as it is needed. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Does some work in a temporary folder, which is then removed. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "slimlab-bench-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The folder of real photos, records and weights that are no part of the project: $SLIMLAB_SHARED_DATA, or what lies beside it. */
export const sharedData = (): string =>
  process.env["SLIMLAB_SHARED_DATA"] ?? path.resolve(__dirname, "../../../shared/data");
