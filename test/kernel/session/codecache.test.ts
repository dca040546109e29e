import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const folder = mkdtempSync(join(tmpdir(), "slimlab-code-"));
after(() => rmSync(folder, { recursive: true }));

/** Loads TypeScript in a process of its own, uses it and keeps it; gives whether what was kept was taken. */
function load(kept: string): string {
  const program = `
    const { CodeCache } = require(${JSON.stringify(join(__dirname, "../../../kernel/session/codecache"))});
    const cache = new CodeCache(${JSON.stringify(kept)});
    const path = ${JSON.stringify(require.resolve("typescript"))};
    const taken = cache.load(path);
    const ts = require(path);
    cache.keep();
    console.log(taken, ts.transpile("const a: number = 1", { target: "es2022", alwaysStrict: false }).trim(), require.cache[path].loaded);`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", program], { encoding: "utf8" });
  return stdout.trim() + stderr;
}

test("what V8 has compiled is taken by the next process; what is cut off or can't be kept does no harm", () => {
  const kept = join(folder, "kept");
  assert.equal(load(kept), "false const a = 1; true");
  assert.equal(load(kept), "true const a = 1; true");
  const [file = "", ...others] = readdirSync(kept);
  assert.deepEqual(others, []);
  truncateSync(join(kept, file), 1000);
  assert.equal(load(kept), "false const a = 1; true");
  assert.equal(load(kept), "true const a = 1; true");
  const blocked = join(folder, "blocked");
  writeFileSync(blocked, "");
  chmodSync(blocked, 0o400);
  assert.equal(load(blocked), "false const a = 1; true");
});
