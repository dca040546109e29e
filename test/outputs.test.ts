import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "./temporary";

const script = resolve(__dirname, "../../scripts/steps/outputs.js");
const removeStale = (...folders: [outputs: string, sources: string]): void => {
  const program = `require(${JSON.stringify(script)}).removeStale(...process.argv.slice(1))`;
  execFileSync(process.execPath, ["-e", program, ...folders]);
};

test("a build leaves nothing of sources that are gone, which a folder of their name would be hidden by", () => {
  const folder = temporaryFolder("outputs");
  const write = (...paths: string[]): void => {
    for (const path of paths) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), "");
    }
  };
  write("src/runtime/index.ts", "src/view.tsx", "src/types.d.ts");
  write(
    "dist/runtime.js",
    "dist/runtime.d.ts",
    "dist/runtime.js.map",
    "dist/runtime/index.js",
    "dist/runtime/old.js",
  );
  write("dist/view.js", "dist/gone/deep.js", "dist/notes.txt");
  removeStale(join(folder, "dist"), join(folder, "src"));
  const left = readdirSync(join(folder, "dist"), { recursive: true, encoding: "utf8" }).sort();
  assert.deepEqual(left, ["gone", "notes.txt", "runtime", "runtime/index.js", "view.js"]);
  removeStale(join(folder, "none"), join(folder, "src"));
});
