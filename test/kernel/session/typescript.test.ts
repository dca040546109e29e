/** What cells may say: TypeScript as it is today, by the options of the folder. */
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sessionIn, write } from "./cells";

const node = Number.parseInt(process.versions.node);

test("cells know the language and library of today, as far as this Node has them", async () => {
  const cells = sessionIn({ "data.json": '{ "n": 1 }', "node_modules/plain/main.js": "exports.a = 1;" });
  assert.deepEqual(await cells.value("[3, 1].toSorted()"), [1, 3]);
  assert.equal(await cells.value('import data from "./data.json" with { type: "json" }; data.n'), 1);
  assert.match(
    (await cells.failure('f(["a"], "b"); function f<T>(a: T[], b: NoInfer<T>) {}; f(["a"], 1)')).text,
    /'number' is not assignable to parameter of type 'string'/,
  );
  assert.deepEqual(
    await cells.value('const texts: string[] = ["a", 1].filter((x) => typeof x === "string"); texts'),
    ["a"],
  );
  assert.equal(await cells.value('/[\\p{L}--[a-z]]/v.test("a")'), false);
  assert.equal(
    await cells.value(
      "const pair = <const T,>(t: T) => t; const two: readonly [1, 2] = pair([1, 2]); two.length",
    ),
    2,
  );
  if (node >= 22)
    assert.deepEqual(
      await cells.value("[...new Set([1, 2]).union(new Set([3]))].values().map((x) => x * 2).toArray()"),
      [2, 4, 6],
    );
  else
    assert.match((await cells.failure("new Set([1]).union(new Set([2]))")).evalue, /'union' does not exist/);
  if (node < 24) assert.match((await cells.failure('RegExp.escape("a")')).evalue, /'escape' does not exist/);
  else assert.equal(await cells.value('RegExp.escape(".")'), "\\.");
});

test("`using` ends with its cell, whose last value is kept", async () => {
  const cells = sessionIn({});
  await cells.value(`const log: string[] = [];
    function open(name: string) { return { name, [Symbol.dispose]() { log.push(name); } }; }
    function openLate(name: string) { return { name, async [Symbol.asyncDispose]() { await null; log.push(name); } }; }`);
  assert.equal(await cells.value('using a = open("a"); log.push("within"); a.name + log.length'), "a1");
  assert.equal(
    await cells.value('await using b = openLate("b"); const twice = b.name + b.name; twice'),
    "bb",
  );
  assert.deepEqual(await cells.value("[...log, twice]"), ["within", "a", "b", "bb"]);
  assert.equal(await cells.value("{ using c = open('c'); } log.length"), 4);
  assert.match((await cells.failure('using d = open("d"); throw new Error("no")')).text, /line 1/);
  assert.deepEqual(await cells.value("log"), ["within", "a", "b", "c", "d"]);
});

test("the last value is what the user wrote last, not what TypeScript makes of a declaration", async () => {
  const cells = sessionIn({});
  for (const code of [
    "enum E { a }",
    "namespace N { export const a = 1 }",
    "@note class C {} function note(_: unknown, __: unknown) {}",
    "class S { static a = 1 }",
  ])
    assert.equal(await cells.value(code), undefined, code);
});

test("without tsconfig.json cells are strict, and packages without types are any", async () => {
  const cells = sessionIn({
    "node_modules/plain/index.js": "exports.one = 1;",
    "own.ts": "export const two = 2;",
  });
  assert.match((await cells.failure("const l: number = null;")).evalue, /^Type 'null' is not assignable/);
  assert.match((await cells.failure("function f(x) { return x; }")).evalue, /implicitly has an 'any' type/);
  assert.equal(await cells.value('import plain from "plain"; plain.one'), 1);
  assert.match(
    (await cells.failure('import "./style.css"')).evalue,
    /Cannot find module or type declarations for side-effect import/,
  );
});

test("a tsconfig.json that can't be read, or says what TypeScript does not know, is told until it is mended", async () => {
  const cells = sessionIn({
    "tsconfig.json": '{ "compilerOptions": { "target": "es1066", "strict": true } }',
  });
  const { text } = await cells.failure("1");
  assert.match(text, /tsconfig\.json, line 1, column 34\n/);
  assert.match(text, /Argument for '--target' option must be/);
  write(cells.cwd, {
    "tsconfig.json": '{ "extends": "./missing.json", "compilerOptions": { "strictest": true } }',
  });
  const both = await cells.failure("1");
  assert.match(both.text, /missing\.json/);
  assert.match(both.text, /Unknown compiler option 'strictest'/);
  write(cells.cwd, { "tsconfig.json": '{ "compilerOptions": { "strict": true, }' });
  assert.match((await cells.failure("1")).text, /'}' expected/);
  write(cells.cwd, {
    "base.json": '{ "compilerOptions": { "strict": false } }',
    "tsconfig.json": '{ "extends": "./base.json" }',
  });
  assert.equal(await cells.value("let kept: string = null; kept"), null);
  writeFileSync(join(cells.cwd, "base.json"), '{ "compilerOptions": { "strict": true } }');
  assert.match((await cells.failure("let other: string = null")).evalue, /^Type 'null'/);
  assert.equal(await cells.value("kept"), null);
  rmSync(join(cells.cwd, "tsconfig.json"));
  assert.match((await cells.failure("let other: string = null")).evalue, /^Type 'null'/);
});

test("cells have JSX where they mean it", async () => {
  const cells = sessionIn({});
  await cells.value(`namespace React { export const createElement = (type: string, props: unknown, ...children: unknown[]) => ({ type, props, children }); }
    declare global { namespace JSX { interface IntrinsicElements { [name: string]: object } } }`);
  const element = { type: "b", props: { id: "x" }, children: ["two ", 2] };
  assert.deepEqual(await cells.value('<b id="x">two {1 + 1}</b>'), element);
  assert.equal(await cells.value("<number>(2 as unknown) + 1"), 3);
  assert.equal(await cells.value("const same = <T>(x: T) => x; same(4)"), 4);
  const runtime = `export declare function jsx(type: string, props: object): string;
    export declare const jsxs: typeof jsx;
    export declare namespace JSX { interface IntrinsicElements { b: { id?: string; children?: string } } type Element = string; }`;
  const automatic = sessionIn({
    "tsconfig.json": '{ "compilerOptions": { "strict": true, "jsx": "react-jsx" } }',
    "node_modules/react/package.json":
      '{ "name": "react", "exports": { "./jsx-runtime": { "types": "./j.d.ts", "default": "./j.js" } } }',
    "node_modules/react/j.d.ts": runtime,
    "node_modules/react/j.js": "exports.jsx = exports.jsxs = (type, props) => type + JSON.stringify(props);",
    "view.tsx": "export const view = <b>from a file</b>;",
  });
  assert.equal(
    await automatic.value('const e = <b id="x">hi</b>; e.toUpperCase()'),
    'B{"ID":"X","CHILDREN":"HI"}',
  );
  assert.match((await automatic.failure("<i>no</i>")).evalue, /Property 'i' does not exist/);
  assert.equal(await automatic.value('import { view } from "./view"; view'), 'b{"children":"from a file"}');
});
