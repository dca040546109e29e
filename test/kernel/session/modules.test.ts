import assert from "node:assert/strict";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { pathToFileURL } from "node:url";
import { sessionIn, write, type Cells } from "./cells";

const esm = (name: string, extra: object = {}): string =>
  JSON.stringify({
    name,
    version: "1.0.0",
    type: "module",
    exports: { ".": { types: "./index.d.ts", import: "./index.js" } },
    ...extra,
  });

const cells = sessionIn({
  "node_modules/esm-only/package.json": esm("esm-only"),
  "node_modules/esm-only/index.js":
    "export default (x) => x + 1;\nexport const named = 'n';\nexport let count = 0;\nexport function increase() { count++; }\n",
  "node_modules/esm-only/index.d.ts":
    "export default function (x: number): number;\nexport declare const named: string;\nexport declare let count: number;\nexport declare function increase(): void;\n",
  "node_modules/esm-await/package.json": esm("esm-await"),
  "node_modules/esm-await/index.js":
    "export const value = await Promise.resolve(7);\nexport default value;\n",
  "node_modules/esm-await/index.d.ts": "export declare const value: number;\nexport default value;\n",
  "node_modules/mapped/package.json": JSON.stringify({
    name: "mapped",
    version: "1.0.0",
    exports: { "./sub": { types: "./types/sub.d.ts", default: "./lib/sub.js" } },
  }),
  "node_modules/mapped/lib/sub.js": "exports.sub = 'sub';",
  "node_modules/mapped/types/sub.d.ts": "export declare const sub: string;",
  "node_modules/plain/package.json": JSON.stringify({ name: "plain", version: "1.0.0", main: "main.js" }),
  "node_modules/plain/main.js":
    "module.exports = function plain() { return 'plain'; }; module.exports.extra = 1;",
  "data.json": JSON.stringify({ list: [1, 2], name: "data" }),
  "util.ts":
    "import { deep } from './lib/deep';\nexport const scale = (x: number): number => deep * x;\nexport function fail(): never {\n  interface Gone { a: 1 }\n  throw new Error('in util');\n}\n",
  "lib/deep.ts": "export const deep: number = 10;\n",
  "broken.ts": "export const ok = 1;\nexport const bad: string = 2;\n",
  "part.jsx": "module.exports = { legacy: true };",
});

/** Changes a file so that its time of change differs. */
function change(to: Cells, name: string, text: string): void {
  write(to.cwd, { [name]: text });
  const later = Date.now() / 1000 + 5 * ++changes;
  utimesSync(join(to.cwd, name), later, later);
}

let changes = 0;

test("packages of ES modules are imported, with types", async () => {
  await cells.value(
    "import inc, { named, count, increase } from 'esm-only'; import * as whole from 'esm-only';",
  );
  assert.deepEqual(await cells.value("[inc(1), named.length, whole.named]"), [2, 1, "n"]);
  assert.deepEqual(await cells.value("increase(); [count, whole.count]"), [1, 1], "bindings live");
  assert.match((await cells.failure("inc('1')")).evalue, /not assignable to parameter of type 'number'/);
});

test("packages that await at their top are imported", async () => {
  assert.equal(await cells.value("import seven, { value } from 'esm-await'; seven + value"), 14);
  assert.equal(await cells.value("value"), 7);
});

test("local modules may import packages that cannot be required", async () => {
  write(cells.cwd, {
    "uses.ts":
      "import { value } from 'esm-await';\nimport inc from 'esm-only';\nexport const sum: number = inc(value);\n",
  });
  assert.equal(await cells.value("import { sum } from './uses'; sum"), 8);
  assert.equal(await cells.value("(await import('./uses')).sum"), 8);
  write(cells.cwd, { "lazy.ts": "import inc from 'esm-only';\nexport const two: number = inc(1);\n" });
  assert.equal(await cells.value("(await import('./lazy')).two"), 2);
});

test("import() gives packages, builtins and local files", async () => {
  assert.equal(await cells.value("const lazy = await import('esm-only'); lazy.default(4)"), 5);
  assert.equal(await cells.value("const { sep } = await import('node:path'); sep"), "/");
  assert.equal(await cells.value("(await import('./util')).scale(2)"), 20);
  assert.equal(await cells.value("(await import('plain')).default()"), "plain");
});

test("CommonJS packages, subpaths of exports, builtins and JSON are imported", async () => {
  assert.equal(await cells.value("import plain from 'plain'; plain()"), "plain");
  assert.equal(await cells.value("import { sub } from 'mapped/sub'; sub.toUpperCase()"), "SUB");
  assert.equal(
    await cells.value(
      "import { readFile } from 'fs/promises'; import fs from 'node:fs'; typeof readFile + typeof fs.statSync",
    ),
    "functionfunction",
  );
  assert.equal(await cells.value("import data from './data.json'; data.list[1]! + data.name.length"), 6);
  assert.match((await cells.failure("data.nothing")).evalue, /Property 'nothing' does not exist/);
  assert.equal(await cells.value("typeof process.version + Buffer.from('a').length"), "string1");
});

test("require() in cells finds the same modules", async () => {
  assert.equal(await cells.value("require('./util').scale(3)"), 30);
  assert.equal(await cells.value("require('plain')()"), "plain");
  assert.match(String(await cells.value("require.resolve('plain')")), /node_modules\/plain\/main\.js$/);
});

test("local TypeScript is type-checked, and loaded anew before the next cell when it changed", async () => {
  await cells.value("import { scale } from './util';");
  assert.equal(await cells.value("scale(2)"), 20);
  assert.match((await cells.failure("scale('2')")).evalue, /not assignable to parameter of type 'number'/);
  change(
    cells,
    "util.ts",
    "import { deep } from './lib/deep';\nexport const scale = (x: string): string => x + deep;\n",
  );
  assert.equal(await cells.value("scale('2')"), "210");
  change(cells, "lib/deep.ts", "export const deep: number = 11;\n");
  assert.equal(await cells.value("scale('2')"), "211", "transitively");
});

test("modules that need a changed one are loaded anew, whoever imports them; a broken one is told until it is mended", async () => {
  const own = sessionIn({
    "a.ts": "export let runs = 0; runs++;\nexport const a: number = 1;\n",
    "b.ts":
      "import { a } from './a';\nexport * from './a';\nexport { a as renamed } from './a';\nexport const twice = 2 * a;\nexport default twice;\n",
    "c.json": JSON.stringify({ list: [1] }),
  });
  await own.value("import twice, * as b from './b'; import json from './c.json'; const held = b;");
  assert.deepEqual(await own.value("[twice, b.twice, b.a, b.renamed, json.list[0]]"), [2, 2, 1, 1, 1]);
  change(own, "a.ts", "export const a: number = 5;\nexport const more = 'new';\n");
  change(own, "c.json", JSON.stringify({ list: [3, 4] }));
  assert.deepEqual(await own.value("[twice, b.twice, held.a, b.renamed, b.more, json.list.length]"), [
    10,
    10,
    5,
    5,
    "new",
    2,
  ]);
  const json = await own.value("json");
  assert.equal(inspect(json), "{ list: [ 3, 4 ] }"); // data, not getters
  assert.deepEqual(await own.value("json.list = []; json"), { list: [] });
  change(own, "a.ts", "export const a: number = 6;\nexport const more = 'new';\nnull!.x;\n");
  assert.match((await own.failure("1")).text, /a\.ts, line 3/);
  change(
    own,
    "a.ts",
    "export const a: number = 6;\nexport const more = 'new';\nif (a > 5) throw new Error('broken');\n",
  );
  assert.match((await own.failure("1")).text, /Error: broken\n {4}at [^\n]*a\.ts:3:18/);
  assert.match((await own.failure("2")).text, /Error: broken/);
  change(own, "a.ts", "export const a: number = 7;\nexport const more = 'new';\n");
  assert.deepEqual(await own.value("[twice, b.a]"), [14, 7]);
});

test("local modules may be named by their extension, as .js too, and be of any kind", async () => {
  write(cells.cwd, {
    "kinds/one.mts": "export const one: number = 1;",
    "kinds/view.tsx":
      "const React = { createElement: (tag: string) => `<${tag}>` };\ndeclare global { namespace JSX { interface IntrinsicElements { b: object } } }\nexport const view = String(<b />);",
    "kinds/legacy.js": "module.exports = { legacy: 3 };",
    "kinds/modern.js": "export const modern = 4; export { modern as renamed };",
    "kinds/index.ts": "export * from './one.mjs'; export { deep } from '../lib/deep.js';",
  });
  assert.deepEqual(await cells.value("import { one, deep } from './kinds'; [one, deep]"), [1, 11]);
  assert.equal(await cells.value("import { one as two } from './kinds/one.mts'; two"), 1);
  assert.equal(await cells.value("import { view } from './kinds/view'; view"), "<b>");
  assert.equal(await cells.value("import legacy from './kinds/legacy'; legacy.legacy"), 3);
  assert.equal(await cells.value("import { renamed } from './kinds/modern.js'; renamed"), 4);
});

test("type errors of local modules name their file and line, until they are mended", async () => {
  const failure = await cells.failure("import { ok } from './broken';");
  assert.match(failure.text, /broken\.ts, line 2, column 14\n> 2 \| export const bad: string = 2;/);
  assert.equal(await cells.value("1 + 1"), 2, "other cells run");
  change(cells, "broken.ts", "export const ok = 1;\n");
  assert.equal(await cells.value("import { ok } from './broken'; ok"), 1);
});

test("run-time errors of local modules name their file and line", async () => {
  const own = sessionIn({
    "thrower.ts":
      "interface Gone {\n  a: 1;\n}\nexport function fail(): never {\n  throw new Error('in module');\n}\n",
  });
  const { text } = await own.failure("import { fail } from './thrower';\nfail();");
  assert.match(text, /thrower\.ts, line 5\n[^]*> 5 \| {3}throw new Error\('in module'\);/);
  assert.match(text, /at fail \(.*thrower\.ts:5:9\)\n {4}at Cell \[1\], line 2, column 1$/);
});

test("a module that is not found is named, by types and at run time", async () => {
  assert.match((await cells.failure("import x from 'no-such';")).evalue, /^Cannot find module 'no-such'/);
  assert.match(
    (await cells.failure("import x from './no-such';")).evalue,
    /^Cannot find module '.\/no-such'/,
  );
  assert.match((await cells.failure("require('no-such')")).evalue, /^Cannot find module 'no-such'/);
  assert.match(
    (await cells.failure("const name: string = 'no-such'; await import(name)")).evalue,
    /^Cannot find package 'no-such'/,
  );
  write(cells.cwd, {
    "node_modules/no-such/package.json": "{}",
    "node_modules/no-such/index.js": "module.exports = 5;",
    "node_modules/no-such/index.d.ts": "declare const five: 5; export = five;",
  });
  assert.equal(await cells.value("import five from 'no-such'; five"), 5, "once it is installed it is found");
});

test("import.meta, __dirname and __filename tell of the session's folder", async () => {
  const url = pathToFileURL(join(cells.cwd, "__cell__.ts")).href;
  assert.deepEqual(await cells.value("[import.meta.url, __dirname, __filename]"), [
    url,
    cells.cwd,
    join(cells.cwd, "__cell__.ts"),
  ]);
});

test("the tslab module and modules that stand in cells work", async () => {
  assert.equal(await cells.value("import * as tslab from 'tslab'; typeof tslab.display"), "object");
  await cells.value("/** @module inCell */\nexport const inside: number = 3;");
  assert.equal(await cells.value("import { inside } from './inCell'; inside + 1"), 4);
  await cells.value("/** @module inCell */\nexport const inside: number = 4;");
  assert.equal(await cells.value("inside + 1"), 5);
  assert.match(
    (await cells.failure("/** @module wrong */\nexport const w: string = 4;")).text,
    /line 2, column 14/,
  );
  assert.match((await cells.failure("import './wrong';")).text, /wrong\.ts, line 2, column 14/);
});

test("the nearest tsconfig.json sets the compiler's options, save what the machinery needs", async () => {
  const loose = sessionIn({ "tsconfig.json": '{ "compilerOptions": { "strict": false } }' });
  assert.equal(await loose.value("let s: string = null as any; const l: number = null; l"), null);
  const strict = sessionIn({
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        strict: true,
        noUnusedLocals: true,
        module: "CommonJS",
        outDir: "out",
        baseUrl: ".",
        paths: { "#lib/*": ["src/lib/*"] },
        noEmit: true,
        experimentalDecorators: true,
        isolatedModules: true,
        verbatimModuleSyntax: true,
      },
    }),
    "src/lib/tool.ts": "export const tool = 'tool';",
    "work/.keep": "",
  });
  assert.match((await strict.failure("const l: number = null;")).evalue, /^Type 'null' is not assignable/);
  assert.equal(await strict.value("import { tool } from '#lib/tool'; tool"), "tool");
  await strict.value(
    "const names: string[] = []; function logged(target: object, key: string) { names.push(key); }\nclass D { @logged m() { return 1; } }",
  );
  assert.deepEqual(await strict.value("names"), ["m"], "decorators of TypeScript's own");
});
