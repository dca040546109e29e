import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { cellPath } from "../../../kernel/debug/path";
import { createSession } from "../../../kernel/session/core";
import { sessionIn } from "./cells";

test("a session begins at once, and is warmed when there is time", async () => {
  const begun = process.cpuUsage();
  const session = createSession({ cwd: tmpdir() });
  assert.ok(process.cpuUsage(begun).user < 100_000);
  await session.warm();
  const cpu = process.cpuUsage();
  assert.deepEqual(await session.run("1 + 1", 1), { status: "ok", value: 2, type: "number" });
  assert.ok(process.cpuUsage(cpu).user < 500_000);
  session.close();
});

test("withSource() gives the checked code within what cells have declared, and changes nothing", async () => {
  const cells = sessionIn({});
  await cells.value("const text = 'a'; interface Kind { a: number }");
  const code = "const text = 5; text.";
  const type = cells.session.withSource(code, ({ ts, checker, sourceFile, offset }) => {
    assert.equal(sourceFile.text.slice(offset), code);
    const last = sourceFile.statements.at(-1);
    assert.ok(
      last !== undefined && ts.isExpressionStatement(last) && ts.isPropertyAccessExpression(last.expression),
    );
    return checker.typeToString(checker.getTypeAtLocation(last.expression.expression));
  });
  assert.equal(type, "5");
  const earlier = cells.session.withSource("text", ({ checker, sourceFile }) => {
    const found = checker.getSymbolsInScope(sourceFile, 111551).map(({ name }) => name);
    return ["text", "console", "Array"].map((name) => found.includes(name));
  });
  assert.deepEqual(earlier, [true, true, true]);
  assert.equal(await cells.value("text.length"), 1);
  assert.deepEqual([...cells.session.declaredNames], ["text", "Kind"]);
});

test("the debugger is told of each script, with the line of the cell of each of its lines", async () => {
  const told: { url: string; source: string; lines: readonly number[] }[] = [];
  const cells = sessionIn({}, { onScript: (script) => told.push(script) });
  const code = "interface Gone {\n  a: 1;\n}\nconst a = 1;\nfunction f() {\n  return a;\n}";
  await cells.value(code);
  assert.deepEqual(told, [{ url: cellPath(code), source: code, lines: [0, 4, 5, 6, 7] }]);
  assert.equal(cells.session.scripts.get(cellPath(code))?.label, "Cell [1]");
});

test("cells are fast and leave nothing behind", async () => {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  assert.ok(typeof collect === "function");
  const cells = sessionIn({});
  let count = 0;
  const run = async (times: number): Promise<number> => {
    const cpu = process.cpuUsage();
    for (const end = count + times; count < end; count++) {
      const codes = [
        `${count} + 1`,
        `let x = [${count}].map((v) => v + 1);`,
        `function f(a: number) { return a; }\nf(${count});`,
      ];
      await cells.value(codes[count % codes.length] ?? "");
    }
    const { user, system } = process.cpuUsage(cpu);
    return (user + system) / 1000 / times;
  };
  /** The heap when the program has just been made anew: in between, the type checker keeps the cells it has checked. */
  const heap = async (): Promise<number> => {
    await cells.value(`declare global { interface Heap${count} {} }`);
    await cells.value("1 + 1");
    for (let i = 0; i < 3; i++) Reflect.apply(collect, undefined, []);
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  await run(500);
  const before = await heap();
  const mean = await run(1000);
  const grown = (await heap()) - before;
  assert.ok(mean < 10, `a cell takes ${mean.toFixed(1)} ms of the processor`);
  assert.ok(grown < 4, `the heap has grown by ${grown.toFixed(1)} MB`);
});
