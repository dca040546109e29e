import assert from "node:assert/strict";
import test from "node:test";
import { expandShorthand } from "../../kernel/shorthand";
import { createSession } from "../../kernel/session";

test("expandShorthand() writes out shorthand properties and maps columns back", () => {
  const { code, columnOf } = expandShorthand("const x = { a, b };\n({ ab, c: 1 }).d;");
  assert.equal(code, "const x = { a: a, b: b };\n({ ab: ab, c: 1 }).d;");
  assert.equal(columnOf(1, 13), 13);
  assert.equal(columnOf(1, 19), 16); // b
  assert.equal(columnOf(2, 20), 16); // .d
  assert.equal(expandShorthand("({ a: {").code, "({ a: {");
});

test("a cell's shorthand property finds a variable of an earlier cell", async () => {
  const session = await createSession(() => undefined);
  try {
    await session.run("const q = [1]");
    assert.deepEqual(await session.run("({ q })"), { status: "ok", value: { q: [1] } });
    await session.run("let r = 0; ({ q: [r] } = { q });");
    assert.deepEqual(await session.run("r"), { status: "ok", value: 1 });
    const wrong = await session.run("({ q }).missing");
    assert.equal(wrong.status, "error");
    assert.match(JSON.stringify(wrong), /1:9 - Property 'missing'/);
  } finally {
    session.executor.close();
  }
});
