import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { temporaryFolder } from "../temporary";
import { startCells, type Cells } from "./interrupted";

let cells: Cells;

before(async () => {
  cells = await startCells();
  await cells.run(`import * as cp from "node:child_process"; import { once } from "node:events";`);
});
after(() => cells.close());

/** What a cell gives and prints. */
async function run(code: string): Promise<readonly unknown[]> {
  const { result, outputs } = await cells.run(code);
  return [result, outputs];
}

test("what children print that are waited for is their cell's output", async () => {
  assert.deepEqual(await run(`cp.execSync("echo out; echo err >&2", { stdio: "inherit" })`), ["null", ["out\n", "err\n"]]); // prettier-ignore
  assert.deepEqual(await run(`cp.execFileSync("echo", ["ä"], { stdio: [0, process.stdout, 2] })`), ["null", ["ä\n"]]); // prettier-ignore
  const both = `cp.spawnSync("sh", ["-c", "echo a; echo b >&2; echo c"], { stdio: ["ignore", 1, 1] }).stdout`;
  assert.deepEqual(await run(both), ["null", ["a\nb\nc\n"]]);
  const [failed, printed] = await run(`cp.execSync("echo why; exit 3", { stdio: "inherit" })`);
  assert.match(String(failed), /^Error: Command failed/);
  assert.deepEqual(printed, ["why\n"]);
});

test("a child that goes on behind one that is waited for is not waited for", async () => {
  const code = `cp.execSync("sleep 1000 > /dev/null & echo $!; exec 3>&1; sleep 1000 >&3 & echo $!", { stdio: "inherit" })`;
  const [, printed] = await run(code);
  assert.match(String(printed), /^\d+\n\d+\n$/);
  for (const pid of String(printed).trim().split("\n")) process.kill(Number(pid));
});

test("what other children print is their cell's output as it comes, later too", async () => {
  const ends = `const child = cp.spawn("sh", ["-c", "echo one; read line; echo two >&2"], { stdio: ["pipe", "inherit", "inherit"] });
    await once(child.stdout!, "data"); child.stdin!.end("go\\n"); await once(child, "close"); child.exitCode`;
  assert.deepEqual(await run(ends), ["0", ["one\n", "two\n"]]);
  const forked = join(temporaryFolder("forked"), "forked.js");
  writeFileSync(forked, `console.log("in the child"); process.send(7, () => process.disconnect());`);
  const code = `let told = 0; const forkedChild = cp.fork(${JSON.stringify(forked)}).on("message", (message) => { told = Number(message); });
    await once(forkedChild, "close"); told`;
  assert.deepEqual(await run(code), ["7", ["in the child\n"]]);
});

test("children with pipes of their own keep them", async () => {
  assert.deepEqual(await run(`cp.execFileSync("printf", ["%s", "value"]).toString()`), ["'value'", []]);
  assert.deepEqual(await run(`cp.spawnSync("echo", ["kept"]).output[1]!.toString()`), ["'kept\\n'", []]);
  const code = `await new Promise((done) => cp.execFile("echo", ["told"], (_, text) => done(text)))`;
  assert.deepEqual(await run(code), ["'told\\n'", []]);
});
