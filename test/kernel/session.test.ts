import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createSession } from "../../kernel/session";

const shown: unknown[] = [];
const starting = createSession((value) => void shown.push(value));
after(async () => (await starting).executor.close());

test("session gives the last expression's value and keeps declarations", async () => {
  const session = await starting;
  assert.deepEqual(await session.run("const half = (x: number) => x / 2;"), {
    status: "ok",
    value: undefined,
  });
  assert.deepEqual(await session.run("half(6)"), { status: "ok", value: 3 });
  assert.deepEqual(await session.run("display(half(8))"), { status: "ok", value: undefined });
  assert.deepEqual(shown, [4]);
});

test("session points at type errors without running the cell", async () => {
  const session = await starting;
  const outcome = await session.run("let ran = true;\nconst name: string = 3;");
  assert.deepEqual(outcome, {
    status: "error",
    ename: "TypeScriptError",
    evalue: "Type 'number' is not assignable to type 'string'.",
    traceback: [
      "TypeScriptError: the cell was not run",
      "2:7 - Type 'number' is not assignable to type 'string'.\n    const name: string = 3;\n          ^",
    ],
  });
  const loop = await session.run("for await (const x of 3) x;");
  assert.match(loop.status === "error" ? (loop.traceback[1] ?? "") : "", /^1:23 - .*\n.*\n {26}\^$/);
});

test("session tells errors with their fields and causes, without frames of Node and the kernel", async () => {
  const session = await starting;
  const outcome = await session.run(
    `throw Object.assign(new RangeError("outer", { cause: new Error("inner") }), { code: "X" })`,
  );
  assert.ok(outcome.status === "error");
  assert.deepEqual([outcome.ename, outcome.evalue], ["RangeError", "outer"]);
  assert.match(
    outcome.traceback.join("\n"),
    /RangeError: outer\n +at cell[^]* \{\n +code: 'X',[^]*cause\]: Error: inner/,
  );
  assert.doesNotMatch(outcome.traceback.join("\n"), /node:|tslab/);
});

test("session completes members", async () => {
  const session = await starting;
  assert.deepEqual(session.complete("Math.ab", 7).candidates, ["abs"]);
});
