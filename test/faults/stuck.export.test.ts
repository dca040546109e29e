/** Exported models that nobody else could open, or whose refusal came too late or without a way on. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { createPredictInputFn, exportSavedModel } from "../../src/export";
import { LABELS, SIDE, thin } from "../export/classifier";
import { testSituations } from "./table";

/** The kinds and permissions of all that is in a folder. */
function modesIn(folder: string): string[] {
  const modes = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => {
    const entry = statSync(join(folder, name));
    return `${entry.isDirectory() ? "folders" : "files"} ${(entry.mode & 0o777).toString(8)}`;
  });
  return [...new Set(modes)].sort();
}

/** What an export in a process of this umask leaves. */
function exportedUnder(umask: number, folder: string): string[] {
  const before = process.umask(umask);
  const model = thin();
  try {
    const warmup = [{ inputs: {} }];
    const receiver = createPredictInputFn({ receive: "images", side: SIDE });
    exportSavedModel(model, join(folder, "servo"), { labels: LABELS, receiver, warmup });
    return modesIn(folder);
  } finally {
    model.dispose();
    process.umask(before);
  }
}

testSituations([
  {
    name: "a model exported under the usual umask is for everyone to read",
    situation: (folder) => exportedUnder(0o022, folder),
    expected: ["files 644", "folders 755"],
  },
  {
    name: "a model exported under a group's umask is for the group to replace, and for nobody else",
    situation: (folder) => exportedUnder(0o007, folder),
    expected: ["files 660", "folders 770"],
  },
]);
