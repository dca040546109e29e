/** What is printed below JavaScript: by C code, on the file descriptors themselves, by children that share them. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { temporaryFolder } from "../temporary";
import { startCells, type Cells } from "./interrupted";

let cells: Cells;

before(async () => {
  cells = await startCells();
  await cells.run(`import * as fs from "node:fs"; import * as cp from "node:child_process";`);
});
after(() => cells.close());

/** What a cell prints. */
async function printed(code: string): Promise<string> {
  const { outputs } = await cells.run(code);
  return outputs.join("");
}

test("what is printed on file descriptors is the cell's output, in order with what JavaScript prints", async () => {
  assert.equal(await printed(`console.log("a"); fs.writeSync(1, "b\\n"); console.error("c"); fs.writeSync(2, "ä\\n");`), "a\nb\nc\nä\n"); // prettier-ignore
  assert.equal(
    await printed(`(process as any)._rawDebug("C++"); console.log("JavaScript");`),
    "C++\nJavaScript\n",
  );
  const native = `require("node:v8").setFlagsFromString("--allow-natives-syntax"); (0, eval)("%DebugPrint(7)"); console.log("after");`;
  assert.match(await printed(native), /^DebugPrint: [^]*7[^]*\nafter\n$/);
  const lines = Array.from({ length: 4000 }, (_, i) => `${i}\n`).join("");
  const mixed = `for (let i = 0; i < 4000; i++) { if (i % 3 === 0) console.log(i); else fs.writeSync(1, i + "\\n"); }`;
  assert.equal(await printed(mixed), lines);
  assert.equal(await printed(`fs.writeSync(1, Buffer.from("€").subarray(0, 2)); fs.writeSync(1, Buffer.from("€").subarray(2));`), "€"); // prettier-ignore
});

test("a thread that prints much is not stopped by it", async () => {
  const part = `const part = Buffer.alloc(1 << 20, "x");`;
  const code = `${part} for (let i = 0; i < 50; i++) { let at = 0; while (at < part.length) at += fs.writeSync(1, part, at); }`;
  assert.equal((await printed(code)).length, 50 * 2 ** 20);
});

test("a child that is waited for prints as it comes, and C code after it is not cut", async () => {
  const go = join(temporaryFolder("printed"), "go");
  const { client } = cells.kernel;
  const wait = `cp.execSync("echo one; while [ ! -e ${go} ]; do sleep 0.01; done; echo two", { stdio: "inherit" });`;
  const id = await client.send("shell", "execute_request", { code: wait });
  while ((await client.receive("iopub")).content["text"] !== "one\n");
  writeFileSync(go, "");
  const texts = (await client.published(id)).map(({ content }) => content["text"]);
  assert.equal(texts.join(""), "two\n");
  await client.receive("shell");
  const killed = `try { cp.execFileSync(process.execPath, ["-e", "process.stdout.write('x'); process.kill(process.pid, 9)"], { stdio: "inherit" }); } catch { }`;
  const after = `${killed} for (let i = 0; i < 5; i++) fs.writeSync(1, Buffer.alloc(2 << 20, "y"));`;
  assert.equal((await printed(after)).replaceAll("y", ""), "x");
});

test("the last words of a process that crashes are in Jupyter's log", async () => {
  const { client, process: kernel, log } = cells.kernel;
  const gone = once(kernel, "close");
  const read = `fs.writeSync(2, "words before\\n"); const until = performance.now() + 10; while (performance.now() < until);`;
  const crash = `${read} require("node:v8").setFlagsFromString("--allow-natives-syntax"); (0, eval)("%AbortJS('last words')");`;
  await client.send("shell", "execute_request", { code: crash });
  await gone;
  assert.match(String(kernel.signalCode), /^SIG(TRAP|ILL|ABRT)$/);
  assert.match(log(), /words before[^]*last words/);
});
