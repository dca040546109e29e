import assert from "node:assert/strict";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { sessionIn, write, type Cells } from "./cells";

/** A package of two builds, one for `import` and one for `require`, each with state of its own. */
const dual = {
  "node_modules/dual/package.json": JSON.stringify({
    name: "dual",
    version: "1.0.0",
    exports: {
      ".": {
        import: { types: "./index.d.mts", default: "./index.mjs" },
        require: { types: "./index.d.cts", default: "./index.cjs" },
      },
      "./parts/*": { import: "./parts/*.mjs", require: "./parts/*.cjs" },
    },
  }),
  "node_modules/dual/index.mjs":
    "export class Schema {}\nexport const build = 'import';\nexport default build;\n",
  "node_modules/dual/index.cjs": "exports.Schema = class Schema {};\nexports.build = 'require';\n",
  "node_modules/dual/index.d.mts":
    "export declare class Schema {}\nexport declare const build: 'import';\nexport default build;\n",
  "node_modules/dual/index.d.cts": "export declare class Schema {}\nexport declare const build: 'require';\n",
  "node_modules/dual/parts/one.mjs": "export const one = 'import';\n",
  "node_modules/dual/parts/one.cjs": "exports.one = 'require';\n",
};

/** Changes a file so that its time of change differs. */
function change(to: Cells, name: string, text: string): void {
  write(to.cwd, { [name]: text });
  const later = Date.now() / 1000 + 5 * ++changes;
  utimesSync(join(to.cwd, name), later, later);
}

let changes = 0;

test("a package of two builds is there once, as the one that its types are of, but for require()", async () => {
  const cells = sessionIn({
    ...dual,
    "local.ts": "import { Schema, build } from 'dual';\nexport { Schema, build };\n",
    "lazy.js": "export const lazily = () => import('dual');\n",
  });
  await cells.value("import standard, { Schema, build } from 'dual'; import * as dual from 'dual';");
  assert.deepEqual(await cells.value("const is: 'import' = build; [is, standard]"), ["import", "import"]);
  assert.equal(await cells.value("(await import('dual')).Schema === Schema && dual.Schema === Schema"), true);
  assert.equal(await cells.value("await import('dual') === dual"), true);
  assert.deepEqual(
    await cells.value("import * as local from './local'; [local.Schema === Schema, local.build]"),
    [true, "import"],
  );
  assert.equal(
    await cells.value("import { lazily } from './lazy'; (await lazily()).Schema === Schema"),
    true,
  );
  assert.equal(await cells.value("require('dual').build"), "require", "as in Node");
  assert.equal(await cells.value("const part = 'one'; (await import(`dual/parts/${part}`)).one"), "import");
});

test("import.meta of local modules tells of their file", async () => {
  const text =
    "export const meta = { ...import.meta };\nexport const resolve = (to: string): string => import.meta.resolve(to);\n";
  const cells = sessionIn({ ...dual, "lib/meta.ts": text, "lib/plain.js": text.replaceAll(": string", "") });
  for (const name of ["meta.ts", "plain.js"]) {
    const path = join(cells.cwd, "lib", name);
    assert.deepEqual(
      await cells.value(`import { meta } from './lib/${name}'; [meta.url, meta.filename, meta.dirname]`),
      [pathToFileURL(path).href, path, join(cells.cwd, "lib")],
    );
  }
  const url = (path: string): string => pathToFileURL(join(cells.cwd, path)).href;
  assert.deepEqual(
    await cells.value(
      "import { resolve } from './lib/meta'; ['./plain', './none.css', 'dual', 'fs'].map((to) => resolve(to))",
    ),
    [url("lib/plain.js"), url("lib/none.css"), url("node_modules/dual/index.mjs"), "node:fs"],
  );
  assert.deepEqual(await cells.value("[import.meta.resolve('./lib/meta'), import.meta.resolve('dual')]"), [
    url("lib/meta.ts"),
    url("node_modules/dual/index.mjs"),
  ]);
});

test("local modules wait at their top level, and those that import them for them", async () => {
  const cells = sessionIn({
    "order.ts": "export const order: string[] = [];\n",
    "slow.ts":
      "import { order } from './order';\norder.push('slow begins');\nexport const value: number = await new Promise((resolve) => setTimeout(resolve, 5, 1));\nfor await (const x of [Promise.resolve('x')]) order.push(x);\norder.push('slow ends');\n",
    "plain.js":
      "import { order } from './order';\nconst two = await 2;\norder.push('plain');\nexport default two;\n",
    "all.ts":
      "import { value } from './slow';\nimport two from './plain';\nimport { order } from './order';\norder.push('all');\nexport const sum: number = value + two;\nexport { order };\n",
    "nested.ts":
      "export const inner: number = (await import('./slow')).value + (await import('./all')).sum;\n",
  });
  assert.equal(await cells.value("import { sum, order } from './all'; sum"), 3);
  assert.deepEqual(await cells.value("order"), ["slow begins", "x", "slow ends", "plain", "all"]);
  assert.equal(await cells.value("import { inner } from './nested'; inner"), 4);
  change(cells, "plain.js", "const ten = await 10;\nexport default ten;\n");
  assert.equal(await cells.value("sum"), 11);
  assert.equal(await cells.value("inner"), 12);
  const own = sessionIn({ "slow.ts": "export const value = await 1;\n" });
  assert.match((await own.failure("require('./slow')")).evalue, /^Cannot require .*slow\.ts.*import it$/);
  assert.deepEqual(
    await own.value(
      "const both = await Promise.all([import('./slow'), import('./slow')]); [both[0] === both[1], both[0].value]",
    ),
    [true, 1],
  );
});

test("modules that import one another see each other's functions, and values once they are set", async () => {
  const cells = sessionIn({
    "even.ts":
      "import { isOdd, name as other } from './odd';\nexport function isEven(n: number): boolean { return n === 0 || isOdd(n - 1); }\nexport const name: string = 'even';\nexport const both = () => name + other;\n",
    "odd.ts":
      "import { isEven, name as other } from './even';\nexport function isOdd(n: number): boolean { return n !== 0 && isEven(n - 1); }\nexport const early: boolean = isOdd(3);\nexport const name: string = 'odd';\nexport const late = () => other;\n",
  });
  assert.deepEqual(
    await cells.value(
      "import { isEven, both } from './even'; import { early, late } from './odd'; [isEven(4), early, both(), late()]",
    ),
    [true, true, "evenodd", "even"],
  );
});

test("what modules export lives, also through others", async () => {
  const cells = sessionIn({
    "count.ts":
      "export let count = 0;\nexport function increase(): void { count++; }\nexport function self(this: unknown): unknown { return this; }\n",
    "all.ts":
      "export * from './count';\nexport { count as again } from './count';\nexport * as counts from './count';\n",
    "use.ts":
      "import { self, count } from './all';\nexport const own: unknown = self() ?? this;\nexport const read = () => count;\n",
  });
  await cells.value(
    "import { count, again, counts, increase } from './all'; import { own, read } from './use';",
  );
  assert.deepEqual(await cells.value("increase(); [count, again, counts.count, read(), own]"), [
    1,
    1,
    1,
    1,
    undefined,
  ]);
});

test("an error in what a module awaits is told where it is, and does not stay", async () => {
  const cells = sessionIn({
    "fails.ts": "await 1;\nawait Promise.reject(new Error('late'));\nexport const value = 1;\n",
    "user.ts": "import { value } from './fails';\nexport const twice = 2 * value;\n",
  });
  const late = await cells.failure("import { twice } from './user'; twice");
  assert.match(late.text, /fails\.ts, line 2\n[^]*Error: late\n {4}at [^\n]*fails\.ts:2:22/);
  change(cells, "fails.ts", "await 1;\nexport const value = 2;\n");
  assert.equal(await cells.value("import { twice } from './user'; twice"), 4);
  change(cells, "fails.ts", "export const value = 3;\nawait Promise.reject(new Error('again'));\n");
  assert.match((await cells.failure("1")).text, /Error: again/);
  change(cells, "fails.ts", "export const value = 3;\n");
  assert.equal(await cells.value("twice"), 6);
});

test("what cannot be read is told by its file, line and column", async () => {
  const cells = sessionIn({
    "bad.ts": "export const a = 1;\nexport const b = ;\n",
    "worse.js": "export const a = 1;\nlet x = {;\n",
    "twice.js": "const f = function () {\n  let y;\n  let y;\n};\n",
    "bad.json": '{\n  "a": 1,\n  b\n}',
    "bad.cjs": "exports.a = (;\n",
    "style.css": "b { color: red }",
    "image.png": "not code",
    "assets.js": "import './style.css';\nexport const a = 1;\n",
    "required.js": "exports.a = require('./image.png');\n",
  });
  const failed = async (path: string): Promise<string> =>
    (
      await cells.failure(
        `const path${cells.count}: string = ${JSON.stringify(path)}; await import(path${cells.count})`,
      )
    ).text;
  assert.match(
    await failed("./bad.ts"),
    /bad\.ts, line 2\n[^]*> 2 \| export const b = ;\n {4}\| {18}\^\n[^]*SyntaxError: Expression expected \(bad\.ts, line 2, column 18\)\n/,
  );
  assert.match(await failed("./worse.js"), /worse\.js, line 2\n/);
  assert.match(await failed("./twice.js"), /twice\.js, line 3\n[^]*Identifier 'y' has already been declared/);
  assert.match(await failed("./bad.json"), /bad\.json, line 3\n/);
  assert.match(await failed("./bad.cjs"), /bad\.cjs, line 1\n/);
  const asset = /Cannot import .*style\.css: expected JavaScript, TypeScript or JSON, got \.css/;
  assert.match(await failed("./style.css"), asset);
  assert.match(await failed("./assets"), asset);
  assert.match(await failed("./required"), /Cannot import .*image\.png: expected .* got \.png/);
  assert.match((await cells.failure("require('./style.css')")).evalue, asset);
});
