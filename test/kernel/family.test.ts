/** What a cell starts hears its interrupt, and nothing is left running after the session. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { temporaryFolder } from "../temporary";
import { until } from "../until";
import { startCells, type Cells } from "./interrupted";

const imports = `import * as cp from "node:child_process"; import { once } from "node:events";`;

const interrupted = "Interrupted: The cell was interrupted";

let cells: Cells;

before(async () => {
  cells = await startCells();
  await cells.run(imports);
});
after(() => cells.close());

/** Whether a process of that number, or of that group if it is negative, runs. */
function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Runs a cell that prints numbers of processes, then "go", upon which it is interrupted; gives these numbers. */
async function interrupt(code: string, stop: "signal" | "message" = "message"): Promise<number[]> {
  const { result, outputs } = await cells.run(code, stop);
  assert.equal(result, interrupted, code);
  return outputs.join("").trim().split(/\s+/).map(Number);
}

/** A shell's command that tells its number and sleeps. */
const sleeper = "echo $$; exec sleep 1000";

test("an interrupt ends the children that the cell waits for", async () => {
  const codes = [
    `console.log("go"); cp.execSync("sleep 1000")`,
    `console.log("go"); cp.execSync("sleep 1000 | cat; sleep 1000", { stdio: "inherit" })`,
    `console.log("go"); cp.spawnSync("sleep", ["1000"]).status`,
    `console.log("go"); cp.spawnSync("sleep", ["1000"], { detached: true } as object).status`,
    `console.log("go"); await null; cp.execFileSync("sh", ["-c", "sleep 1000 & sleep 1000"])`,
    `console.log("go"); for (;;) { try { cp.execSync("sleep 1000") } catch { } }`,
    `console.log("go"); for (;;) cp.execSync("true")`,
    `console.log("go"); setTimeout(() => cp.execSync("sleep 1000"), 1); await new Promise(() => 0)`,
  ];
  for (const [i, code] of codes.entries()) await interrupt(code, i % 2 === 0 ? "message" : "signal");
  const caught = `let name = ""; console.log("go"); try { cp.execSync("sleep 1000") } catch (error) { name = (error as Error).name; throw error; }`;
  await interrupt(caught);
  assert.equal((await cells.run("name")).result, "'Interrupted'");
});

test("a child that is waited for and does not end by an interrupt is ended", async () => {
  await interrupt(`console.log("go"); cp.execSync("trap '' INT; sleep 1000; sleep 1000")`);
});

test("an interrupt reaches other children of the cell, with all that they started", async () => {
  const nested = JSON.stringify(`sh -c '${sleeper}'; true`);
  const forked = join(temporaryFolder("forked"), "forked.js");
  writeFileSync(forked, `console.log(process.pid); setInterval(() => 0, 1000);`);
  for (const start of [
    `cp.spawn("sh", ["-c", ${JSON.stringify(sleeper)}], { stdio: "inherit" })`,
    `cp.spawn("sh", ["-c", ${nested}], { detached: true })`,
    `cp.exec(${JSON.stringify(sleeper)})`,
    `cp.fork(${JSON.stringify(forked)}, { silent: true })`,
    `cp.spawn("sh", ["-c", ${nested}])`,
  ]) {
    const pids = await interrupt(`{ const child = ${start};
      const [text] = await once(child.stdout!, "data");
      if (${!start.includes("inherit")}) console.log(String(text)); console.log("go"); await once(child, "exit"); }`);
    assert.ok(pids.length > 0 && pids.every((pid) => pid > 0), start);
    await until(`the end of ${start}`, () => !pids.some(runs));
  }
});

test("an interrupt leaves alone children of other cells and those that were left on purpose", async () => {
  await cells.run(
    `const server = cp.spawn("sleep", ["1000"]), other = cp.spawn("sleep", ["1000"], { detached: true });`,
  );
  const [pid = 0] =
    await interrupt(`const left = cp.spawn("sleep", ["1000"], { detached: true, stdio: "ignore" }); left.unref();
    console.log(left.pid); console.log("go"); await new Promise(() => 0)`);
  await interrupt(`console.log("go"); cp.execSync("sleep 1000")`);
  assert.equal((await cells.run("[server, other].map(({ exitCode, signalCode }) => exitCode ?? signalCode)")).result, "[ null, null ]"); // prettier-ignore
  assert.ok(runs(pid));
  process.kill(pid);
  await cells.run("server.kill(); other.kill();");
});

test("an interrupt is not lost, and none is heard twice", async () => {
  for (let i = 0; i < 8; i++) {
    await interrupt(
      `console.log("go"); for (;;) { try { cp.execSync("sleep 0.0${i}5") } catch { } ${i % 2 === 0 ? "" : "await null;"} }`,
    );
    assert.equal((await cells.run("1 + 1")).result, "2");
  }
});

for (const busy of [false, true])
  test(`no child outlives the session but what was left on purpose${busy ? ", of a busy cell either" : ""}`, async () => {
    const session = await startCells({ detached: true }); // as Jupyter does
    await session.run(imports);
    const { outputs } = await session.run(`
      const patient = cp.spawn("sh", ["-c", "trap '' TERM INT; echo ready; sleep 1000; sleep 1000"]);
      await once(patient.stdout!, "data");
      const other = cp.spawn("sh", ["-c", "sleep 1000 & sleep 1000"], { detached: true });
      const orphan = cp.execSync("sleep 1000 > /dev/null 2>&1 & echo $!").toString();
      const left = cp.spawn("sleep", ["1000"], { detached: true, stdio: "ignore" }); left.unref();
      console.log(cp.spawn("sleep", ["1000"]).pid, patient.pid, -other.pid!, orphan, left.pid);`);
    const pids = outputs.join("").trim().split(/\s+/).map(Number);
    const left = pids.pop() ?? 0;
    assert.ok(pids.length === 4 && pids.every(runs));
    const { client, process: kernel } = session.kernel;
    if (busy) {
      await client.send("shell", "execute_request", {
        code: `console.log("go"); for (;;) cp.execSync("sleep 0.01")`,
      });
      while ((await client.receive("iopub")).content["text"] !== "go\n");
    }
    const gone = once(kernel, "exit");
    await client.request("control", "shutdown_request", { restart: false });
    await gone;
    await until("no child", () => !pids.some(runs));
    assert.ok(runs(left));
    process.kill(left);
    await session.close();
  });
