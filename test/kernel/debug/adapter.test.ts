import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { cellPaths } from "../../../kernel/debug/path";
import { Client } from "./client";

/** For what hangs, in ms: a busy machine takes its time. */
const timeout = 60_000;

const sums = `export const x: number = 2;

// a comment
type Half = number;
export function double(a: number): number {
  const b = a * 2;
  return b;
}
export let y = double(x);
y += 1;
`;

const loop = `let sum = 0;
for (let i = 0; i < 5; i++) {
  const square = i * i;
  sum += square;
}
export const total = sum;
`;

describe("breakpoints and stepping", () => {
  let client: Client;
  before(async () => {
    client = await Client.attach();
    await client.run("1"); // the first cell loads TypeScript
  });
  afterEach(() => client.reset());
  after(() => client.close());

  test("a breakpoint stops a cell that has not run before, and each time it runs", { timeout }, async () => {
    const { breakpoints } = await client.breakAt(sums, { line: 6 });
    assert.deepEqual(
      breakpoints.map(({ verified, line }) => ({ verified, line })),
      [{ verified: true, line: 6 }],
    );
    for (let round = 0; round < 3; round++) {
      const done = client.run(sums);
      const { reason, frames } = await client.stopped();
      assert.equal(reason, "breakpoint");
      assert.deepEqual(
        frames.map(({ name, line, source }) => [name, line, source.path]),
        [
          ["double", 6, client.path(sums)],
          ["<cell>", 9, client.path(sums)],
        ],
      );
      await client.request("continue");
      await client.event("continued");
      assert.equal((await done).status, "ok");
    }
  });

  test(
    "steps go by the cell's lines, into functions of other cells and out of them",
    { timeout },
    async () => {
      await client.run(sums);
      const code =
        "const a = double(4);\nconst text = [a].map((n) => `${n}`).join(); const c = 3;\nconst z = a + c;\n";
      await client.breakAt(code, { line: 1 });
      const done = client.run(code);
      assert.equal((await client.stopped()).top.line, 1);
      await client.request("stepIn");
      const into = await client.stopped();
      assert.deepEqual([into.reason, into.top.name, into.top.line], ["step", "double", 6]);
      await client.request("next");
      let { top } = await client.stopped();
      assert.deepEqual([top.name, top.line], ["double", 7]);
      await client.request("stepOut");
      ({ top } = await client.stopped());
      assert.deepEqual([top.name, top.line], ["<cell>", 2], "nothing is left to do in line 1");
      await client.request("next");
      ({ top } = await client.stopped());
      assert.deepEqual([top.name, top.line], ["<cell>", 3]);
      await client.request("next"); // leaves the cell
      assert.equal((await done).status, "ok");
      assert.equal((await client.run("const w = 1")).status, "ok", "the step ended with its cell");
    },
  );

  test("a step over await stays in the cell", { timeout }, async () => {
    const code = "const t = 1;\nawait new Promise((done) => setTimeout(done, 20));\nconst u = t + 1;\n";
    await client.breakAt(code, { line: 2 });
    const done = client.run(code);
    await client.stopped();
    await client.request("next");
    const { top } = await client.stopped();
    assert.equal(top.line, 3);
    await client.request("continue");
    assert.equal((await done).status, "ok");
  });

  test("a breakpoint on a line without code moves to the next that has some", { timeout }, async () => {
    const { breakpoints } = await client.breakAt(loop.replace("\nfor", "\n\n// so\nfor"), { line: 2 });
    assert.equal(breakpoints[0]?.line, 4);
    await client.run(sums);
    assert.equal((await client.breakAt(sums, { line: 3 })).breakpoints[0]?.line, 6, "in the function");
    await client.breakAt(sums);
  });

  test("conditions, counts and messages", { timeout }, async () => {
    await client.run(sums);
    await client.breakAt(loop, { line: 4, condition: "square > 5" });
    let done = client.run(loop);
    let { top } = await client.stopped();
    assert.equal((await client.scope(top.id, "Locals")).get("square")?.value, "9");
    await client.breakAt(loop, { line: 4, hitCondition: "2" });
    await client.request("continue");
    await done;
    await client.breakAt(loop, { line: 4, condition: "square >= x && x === 2", hitCondition: "2" });
    done = client.run(loop);
    ({ top } = await client.stopped());
    assert.equal((await client.scope(top.id, "Locals")).get("i")?.value, "3");
    await client.breakAt(loop, { line: 4, logMessage: "at {i}" });
    await client.request("continue");
    assert.equal((await done).status, "ok");
    const [refused] = (await client.breakAt(loop, { line: 4, condition: "square >" })).breakpoints;
    assert.equal(refused?.verified, false);
    assert.match(refused.message ?? "", /SyntaxError/);
    await client.breakAt(loop);
  });

  test("functions of a cell that ran before the breakpoint was set stop too", { timeout }, async () => {
    await client.run(sums);
    await client.breakAt(sums, { line: 7 });
    const done = client.run("double(5)");
    const { frames } = await client.stopped();
    assert.deepEqual([frames[0]?.line, frames[1]?.source.path], [7, client.path("double(5)")]);
    await client.breakAt(sums);
    await client.request("continue");
    await done;
  });

  test("pause stops a busy loop", { timeout }, async () => {
    const done = client.run("export let go = true;\nexport let n = 0;\nwhile (go) {\n  n++;\n}\n");
    await client.sees("n", (n) => Number(n) > 0);
    await client.request("pause", { threadId: 1 });
    const { reason, top } = await client.stopped();
    assert.equal(reason, "pause");
    assert.ok(top.line >= 3 && top.line <= 5);
    await client.request("evaluate", { expression: "go = false", frameId: top.id });
    await client.request("continue");
    assert.equal((await done).status, "ok");
  });

  test("pause stops the next cell where it begins", { timeout }, async () => {
    await client.request("pause", { threadId: 1 });
    const done = client.run("\nconst early = 1;\nconst late = 2;\n");
    const { reason, top } = await client.stopped();
    assert.deepEqual([reason, top.line], ["pause", 2]);
    await client.request("next");
    assert.equal((await client.stopped()).top.line, 3);
    await client.request("continue");
    assert.equal((await done).status, "ok");
  });

  test("an interrupt ends a paused cell", { timeout }, async () => {
    await client.breakAt(loop, { line: 4 });
    void client.run(loop); // the kernel ends its waiting, once its JavaScript has
    await client.stopped();
    client.interrupt();
    await client.event("continued");
    assert.equal((await client.run("1 + 1")).value, "2");
    assert.deepEqual((await client.request("debugInfo"))["stoppedThreads"], []);
  });

  test("exceptions stop by their filters", { timeout }, async () => {
    const caught = "try {\n  throw new RangeError('caught');\n} catch {}\n";
    const thrown = "function fail(): never {\n  throw new RangeError('not caught');\n}\nfail();\n";
    await client.request("setExceptionBreakpoints", { filters: ["uncaught"] });
    assert.equal((await client.run(caught)).status, "ok");
    let done = client.run(thrown);
    let { reason, top, body } = await client.stopped();
    assert.deepEqual([reason, top.name, top.line], ["exception", "fail", 2]);
    assert.equal(Reflect.get(body, "text"), "RangeError: not caught");
    const info = await client.request("exceptionInfo", { threadId: 1 });
    assert.deepEqual([info["exceptionId"], info["breakMode"]], ["RangeError", "unhandled"]);
    await client.request("continue");
    assert.equal((await done).status, "error");
    await client.request("setExceptionBreakpoints", { filters: ["raised"] });
    done = client.run(caught);
    ({ reason, top, body } = await client.stopped());
    assert.equal(top.line, 2);
    await client.request("continue");
    assert.equal((await done).status, "ok");
    await client.request("setExceptionBreakpoints", { filters: [] });
    assert.equal((await client.run(thrown)).status, "error");
  });

  test("local modules are stepped through like cells, and have breakpoints", { timeout }, async () => {
    const path = join(client.folder, "triple.ts");
    const text =
      "interface Box {\n  n: number;\n}\nexport function triple(n: number): number {\n  const box: Box = { n };\n  return box.n * 3;\n}\n";
    writeFileSync(path, text);
    const code = 'import { triple } from "./triple";\nconst t = triple(2);\n';
    await client.breakAt(code, { line: 2 });
    const done = client.run(code);
    await client.stopped();
    await client.request("stepIn");
    let { top } = await client.stopped();
    assert.deepEqual([top.name, top.line, top.source.path], ["triple", 5, path]);
    assert.deepEqual((await client.request("modules"))["modules"], [{ id: 0, name: "triple.ts", path }]);
    assert.equal((await client.request("source", { source: { path } }))["content"], text);
    await client.request("setBreakpoints", { source: { path }, breakpoints: [{ line: 6 }] });
    await client.request("continue");
    ({ top } = await client.stopped());
    assert.equal(top.line, 6);
    await client.request("continue");
    assert.equal((await done).status, "ok");
  });

  test("disconnect lets a paused cell go on, and nothing stops any more", { timeout }, async () => {
    await client.breakAt(loop, { line: 4 });
    const done = client.run(loop);
    await client.stopped();
    const before = await client.request("debugInfo");
    assert.deepEqual(before["stoppedThreads"], [1]);
    assert.deepEqual(before.breakpoints, [{ source: client.path(loop), breakpoints: [{ line: 4 }] }]);
    await client.request("disconnect", { restart: false, terminateDebuggee: false });
    assert.equal((await done).status, "ok");
    assert.equal((await client.run(loop)).status, "ok");
    const info = await client.request("debugInfo");
    assert.deepEqual([info["isStarted"], info["stoppedThreads"], info.breakpoints], [false, [], []]);
    assert.equal(
      (await client.send("setBreakpoints", { source: { path: "x" }, breakpoints: [] })).success,
      false,
    );
  });

  test("a debugger may attach again, and sees what ran before", { timeout }, async () => {
    await client.run(sums);
    await client.request("disconnect");
    await client.attach();
    await client.breakAt(sums, { line: 6 });
    const done = client.run("double(1)");
    assert.equal((await client.stopped()).top.line, 6);
    await client.request("continue");
    await done;
  });
});

test("what JupyterLab asks before it attaches", { timeout }, async () => {
  const client = await Client.start();
  try {
    const { body, type, request_seq, command } = await client.send("debugInfo");
    assert.deepEqual([type, request_seq, command], ["response", 1, "debugInfo"]);
    assert.deepEqual(body, {
      isStarted: false,
      ...cellPaths,
      tmpFilePrefix: client.path("").replace(/\d+\.ts$/, ""),
      breakpoints: [],
      stoppedThreads: [],
      richRendering: true,
      exceptionPaths: [],
      copyToGlobals: true,
    });
    assert.equal((await client.send("no such thing")).success, false);
    assert.deepEqual((await client.request("inspectVariables")).variables, []);
  } finally {
    await client.close();
  }
});
