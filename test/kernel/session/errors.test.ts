import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sessionIn } from "./cells";

const cells = sessionIn({});

test("type errors name the cell, line and column and stop it before it runs", async () => {
  await cells.value("let ran = false;");
  const failure = await cells.failure("ran = true;\nconst name: string = 3;\nmissing();");
  assert.equal(failure.ename, "TypeScriptError");
  assert.equal(failure.evalue, "Type 'number' is not assignable to type 'string'.");
  assert.equal(
    failure.text,
    `TypeScriptError: the cell was not run

Cell [2], line 2, column 7
> 2 | const name: string = 3;
    |       ^
Type 'number' is not assignable to type 'string'. (TS2322)

Cell [2], line 3, column 1
> 3 | missing();
    | ^
Cannot find name 'missing'. (TS2304)`,
  );
  assert.equal(failure.traceback[0], "\u001b[31mTypeScriptError\u001b[39m: the cell was not run");
  assert.equal(await cells.value("ran"), false);
});

test("at most 20 type errors are shown", async () => {
  const { text } = await cells.failure("missing;\n".repeat(25));
  assert.equal(text.match(/Cannot find name/g)?.length, 20);
  assert.match(text, /… and 5 more$/);
});

test("errors of syntax are told where they are", async () => {
  const { text } = await cells.failure("const a = 1;\nconst b = = 2;");
  assert.match(
    text,
    /Cell \[\d+\], line 2, column 11\n> 2 \| const b = = 2;\n {4}\| {11}\^\nExpression expected\. \(TS1109\)/,
  );
  assert.match((await cells.failure("function f( {")).text, /line 1, column 14/);
  assert.match(
    (await cells.failure("return 3")).evalue,
    /'return' statement can only be used within a function/,
  );
  assert.match((await cells.failure("if (true) { break; }")).evalue, /'break' statement/);
});

test("long explanations are shown whole", async () => {
  const { text } = await cells.failure("const p: { a: { b: number } } = { a: { b: 'x' } as { b: string } };");
  assert.match(text, /Types of property 'b' are incompatible|The types of 'a\.b' are incompatible/);
});

test("run-time errors name cells and lines, show the code and hide the machinery", async () => {
  const failure = await cells.failure(
    "interface I {\n  a: number;\n}\nfunction inner(x: I): never {\n  throw new RangeError(`bad ${x.a}`);\n}\nconst outer = () => inner({ a: 1 });\nouter();",
  );
  const cell = `Cell [${cells.count}]`;
  assert.deepEqual([failure.ename, failure.evalue], ["RangeError", "bad 1"]);
  assert.equal(
    failure.text,
    `${cell}, line 5
  3 | }
  4 | function inner(x: I): never {
> 5 |   throw new RangeError(\`bad \${x.a}\`);
    |         ^
  6 | }
  7 | const outer = () => inner({ a: 1 });

RangeError: bad 1
    at inner (${cell}, line 5, column 9)
    at outer (${cell}, line 7, column 21)
    at ${cell}, line 8, column 1`,
  );
});

test("errors of an older cell's function name that cell and the caller's", async () => {
  await cells.value("function old(): never {\n  throw new Error('old');\n}");
  const older = cells.count;
  const { text } = await cells.failure("\nold();");
  assert.match(
    text,
    new RegExp(
      `at old \\(Cell \\[${older}\\], line 2, column 9\\)\\n    at Cell \\[${older + 1}\\], line 2, column 1$`,
    ),
  );
});

test("asynchronous errors keep their way", async () => {
  const { text } = await cells.failure(
    "async function later() {\n  await null;\n  throw new Error('late');\n}\nawait later();",
  );
  assert.match(
    text,
    /at later \(Cell \[\d+\], line 3, column 9\)\n {4}at async Cell \[\d+\], line 5, column 1$/,
  );
  const rejected = await cells.failure("await Promise.reject('why')");
  assert.deepEqual([rejected.ename, rejected.evalue, rejected.text], ["Error", "why", "Uncaught why"]);
});

test("causes, members and fields of errors are shown", async () => {
  const { text } = await cells.failure(
    "const inner = Object.assign(new Error('inner'), { code: 'E_IN' });\nthrow Object.assign(new Error('outer', { cause: inner }), { code: 'E_OUT', detail: { a: 1 } });",
  );
  assert.match(
    text,
    /Error: outer\n {4}at Cell[^\n]*\n {2}code: 'E_OUT'\n {2}detail: \{ a: 1 \}\n\nCaused by:\n/,
  );
  assert.match(text, /Error: inner\n {4}at Cell[^\n]*line 1[^\n]*\n {2}code: 'E_IN'$/);
  const several = await cells.failure("throw new AggregateError([new Error('one'), 'two'], 'both');");
  assert.match(several.text, /AggregateError: both[^]*Error 1 of 2:[^]*Error: one[^]*Error 2 of 2: 'two'$/);
  const circular = await cells.failure("const c: Error = new Error('c'); c.cause = c; throw c;");
  assert.match(circular.text, /Caused by: …$/);
});

test("what is thrown may be anything", async () => {
  assert.equal((await cells.failure("throw { a: 1 }")).text, "Uncaught { a: 1 }");
  assert.equal((await cells.failure("throw undefined")).evalue, "undefined");
  assert.equal((await cells.failure("throw null")).evalue, "null");
  const own = await cells.failure(
    "class Own extends Error { override name = 'Own'; }\nthrow new Own('mine');",
  );
  assert.deepEqual([own.ename, own.evalue], ["Own", "mine"]);
  const odd = await cells.failure("throw Object.assign(new Error('odd'), { stack: 3 });");
  assert.equal(odd.evalue, "odd");
  const hostile = "throw new Proxy(new Error(), { get() { throw new Error('trap'); } });";
  assert.match((await cells.failure(hostile)).evalue, /fails when it is looked at/);
});

test("a stack that the user prints is mapped, too", async () => {
  const stack = String(await cells.value("type T = 1;\nnew Error('shown').stack"));
  assert.match(stack, /^Error: shown\n {4}at Cell \[\d+\], line 2, column 1/);
});

test("errors of Node are shown with the user's frames", async () => {
  const { text, ename } = await cells.failure(
    "import { readFileSync } from 'node:fs';\nreadFileSync('/nowhere');",
  );
  assert.equal(ename, "Error");
  assert.match(
    text,
    /ENOENT[^\n]*\n {4}at Cell \[\d+\], line 2, column 1\n {2}errno: -2\n {2}code: 'ENOENT'/,
  );
  assert.doesNotMatch(text, /\(node:/);
});

test("silent cells are called just that", async () => {
  const outcome = await cells.session.run("null.x");
  assert.match(outcome.status === "error" ? outcome.traceback.join("\n") : "", /Cell, line 1, column 1/);
});

test("errors in timers are described by their cell", async () => {
  await cells.value(
    "const caught: unknown[] = [];\nsetTimeout(() => {\n  try { throw new Error('timer'); } catch (error) { caught.push(error); }\n}, 1);",
  );
  await sleep(20);
  const failure = cells.session.describe(await cells.value("caught[0]"));
  assert.match(failure.traceback.join("\n"), /Cell \[\d+\], line 3, column 15/);
});

test("what the compiler itself fails at is an error without its stack, and the next cell runs", async () => {
  const cells = sessionIn({});
  const { text, ename } = await cells.failure(`${"[".repeat(5000)}${"]".repeat(5000)}`);
  assert.equal(ename, "TypeScriptError");
  assert.match(
    text,
    /^TypeScriptError: Cannot compile Cell \[1\]: TypeScript 6\.\d+\.\d+ failed at it \(Maximum call stack/,
  );
  assert.doesNotMatch(text, /\n/);
  assert.equal(await cells.value("[1].length"), 1);
});

test("variables keep types of files that their cells do not import, also where a cell awaits what is in brackets", async () => {
  const cells = sessionIn({
    "node_modules/duck/package.json": '{ "name": "duck", "types": "index.d.ts", "main": "index.js" }',
    "node_modules/duck/index.js": "exports.open = async () => ({ rows: [1] });",
    "node_modules/duck/index.d.ts":
      'import type { Inner } from "./lib/inner"; export declare function open(): Promise<Inner>;',
    "node_modules/duck/lib/inner.d.ts": "export interface Inner { rows: number[] }",
    "local.ts": 'import { Hidden } from "./hidden"; export const make = () => new Hidden();',
    "hidden.ts": "export class Hidden { readonly one = 1; }",
  });
  await cells.value('import { open } from "duck"; import { make } from "./local";');
  await cells.value("const db = await (open());");
  await cells.value("const [x, y] = await [await (open()), make()];");
  await cells.value("const made = await (Promise.resolve(make())), list = await [made];");
  assert.equal(await cells.value("db.rows.length + [x, y].length + made.one + list[0]!.one"), 5);
});
