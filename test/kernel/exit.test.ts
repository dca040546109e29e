import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { temporaryFolder } from "../temporary";
import { startCells } from "./interrupted";

const kernel = startCells();
after(async () => (await kernel).close());

/** What a cell gives and prints. */
async function run(code: string): Promise<readonly unknown[]> {
  const { result, outputs } = await (await kernel).run(code);
  return [result, outputs.join("")];
}

const refused = (call: string): string =>
  `ProcessExit: Cannot end the session: expected the front end to shut it down, got process.${call} in a cell`;

test("what would end the process ends its cell as an error, and the session goes on", async () => {
  await run(`import process from "node:process"; import { exit } from "node:process"; let kept = 1;`);
  const calls = [
    ["process.exit(3)", "exit(3)"],
    ["process.exit()", "exit()"],
    ["exit(0)", "exit(0)"],
    ["(process as any).reallyExit(1)", "reallyExit(1)"],
    ["process.abort()", "abort()"],
    ["process.kill(process.pid)", `kill(${(await kernel).kernel.process.pid})`],
    [`process.kill(process.pid, "SIGKILL")`, `kill(${(await kernel).kernel.process.pid}, SIGKILL)`],
    ["process.kill(0, 9)", "kill(0, 9)"],
  ] as const;
  for (const [code, call] of calls) assert.deepEqual(await run(`${code}; kept = 2;`), [refused(call), ""]);
  assert.deepEqual(await run("kept"), ["1", ""]);
});

test("a cell ends by it also from a library, from a callback, and where it is caught", async () => {
  const library = join(temporaryFolder("exit"), "library.js");
  writeFileSync(library, `exports.main = async () => { process.on("exit", () => console.log("gone")); process.exit(2); };`); // prettier-ignore
  assert.deepEqual(await run(`import { main } from ${JSON.stringify(library)}; await main();`), [refused("exit(2)"), ""]); // prettier-ignore
  const callback = `setTimeout(() => process.exit(4), 5); let went = 0; for (;;) { await new Promise((done) => setTimeout(done, 2)); went++; }`;
  assert.deepEqual(await run(callback), [refused("exit(4)"), ""]);
  assert.deepEqual(await run("const seen = went; await new Promise((done) => setTimeout(done, 20)); went === seen"), ["true", ""]); // prettier-ignore
  assert.deepEqual(await run("try { process.exit(5) } catch { console.log('caught') }"), [refused("exit(5)"), "caught\n"]); // prettier-ignore
  const typical = `main().catch((error) => { console.error(error.name); process.exit(1); }); await new Promise(() => 0)`;
  assert.deepEqual(await run(typical), [refused("exit(2)"), "ProcessExit\n"]);
});

test("what a cell left running can't end the session either", async () => {
  await run(`let late = 0; setTimeout(() => { late = 1; process.exit(7); }, 10);`);
  const [result, printed] = await run(
    "while (late === 0) await new Promise((done) => setTimeout(done, 5)); late",
  );
  assert.equal(result, "1");
  assert.match(String(printed), /^$|exit\(7\)/);
});

test("signals that end nothing, or that somebody hears, are sent", async () => {
  const heard = `let signals = 0; process.once("SIGTERM", () => signals++); process.kill(process.pid);
    while (signals === 0) await new Promise((done) => setTimeout(done, 5)); process.kill(process.pid, 0) && signals`;
  assert.deepEqual(await run(heard), ["1", ""]);
});
