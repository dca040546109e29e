import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { completeIn } from "../../../kernel/language/completion";
import { inspectIn } from "../../../kernel/language/inspection";
import { shellDeclarations } from "../../../kernel/magics/shell";
import { createSession } from "../../../kernel/session/core";
import { type OpenSession } from "../../../kernel/session/open";
import { atCursor, completed, completionAt, sessionAfter, textsAt } from "./ask";

const folder = mkdtempSync(join(tmpdir(), "slimlab-complete-"));
let session: OpenSession;

const firstCell = `import { inspect } from "node:util";
     interface Options { rate: number; name?: string }
     function train(options: Options, mode: "train" | "eval"): void {}
     function maybe(): Options | undefined { return undefined; }
     const config = { alpha: 1, beta: "x" };
     const loose: any = { deep: { inner: 1, get costly(): number { throw new Error("ran"); } } };
     const mark: unique symbol = Symbol("mark");
     class Marked { [mark] = 1; [inspect.custom](): string { return ""; } plain = 2; }
     const marked = new Marked();`;

before(async () => {
  mkdirSync(join(folder, "images"));
  writeFileSync(join(folder, "images", "cat.png"), "");
  writeFileSync(join(folder, "image.txt"), "");
  writeFileSync(join(folder, "shapes.ts"), "export const square = 1;");
  process.chdir(folder);
  session = await sessionAfter(firstCell);
});

after(() => {
  session.close();
  process.chdir(tmpdir());
  rmSync(folder, { recursive: true });
});

test("complete() gives members after . and ?., with and without a beginning", () => {
  assert.deepEqual(completed(session, "config.‸"), ["config.alpha", "config.beta"]);
  assert.deepEqual(completed(session, "config?.‸"), ["config?.alpha", "config?.beta"]);
  assert.deepEqual(completed(session, "config.be‸"), ["config.beta"]);
  assert.ok(textsAt(session, "'text'.toUp‸").includes("toUpperCase"));
  assert.deepEqual(completed(session, "f(config.al‸, 1)"), ["f(config.alpha, 1)"]);
});

test("complete() replaces the whole name when the cursor is within it", () => {
  assert.deepEqual(completed(session, "config.be‸ta + 1"), ["config.beta + 1"]);
  assert.deepEqual(completed(session, "con‸fig.beta").slice(0, 2), ["config.beta", "console.beta"]);
});

test("complete() knows names of this cell, earlier cells and the globals, and puts keywords last", () => {
  const texts = textsAt(session, "const content = 1; con‸");
  assert.deepEqual(texts, ["content", "config", "console", "const", "continue"], "nearest first");
  assert.ok(textsAt(session, "JS‸").includes("JSON"));
  assert.deepEqual(textsAt(session, "TRAI‸"), ["train"], "upper or lower case");
});

test("complete() knows an object's keys, and strings of a union", () => {
  assert.deepEqual(textsAt(session, "train({ ‸ })"), ["rate", "name"], "what must be there first");
  assert.deepEqual(completed(session, "train({ ra‸: 1 })"), ["train({ rate: 1 })"]);
  assert.deepEqual(completed(session, 'train({ rate: 1 }, "e‸")'), ['train({ rate: 1 }, "eval")']);
  assert.deepEqual(completed(session, 'const mode: "one" | "two" = "t‸'), [
    'const mode: "one" | "two" = "two',
  ]);
  assert.deepEqual(completed(session, 'config["‸"]'), ['config["alpha"]', 'config["beta"]']);
});

test("complete() knows modules' names and what they export", () => {
  assert.deepEqual(completed(session, 'import fs from "node:f‸"'), [
    'import fs from "node:fs"',
    'import fs from "node:fs/promises"',
  ]);
  assert.ok(textsAt(session, 'import { readFile‸ } from "node:fs"').includes("readFileSync"));
  assert.deepEqual(completed(session, 'import { s‸ } from "./shapes"'), [
    'import { square } from "./shapes"',
  ]);
  assert.deepEqual(completed(session, 'import { square } from "./sh‸"'), [
    'import { square } from "./shapes"',
  ]);
  assert.deepEqual(completed(session, 'import x from "./im‸"'), ['import x from "./images/"']);
});

test("complete() gives files where a string begins as a path", () => {
  assert.deepEqual(completed(session, 'readFile("./im‸")'), [
    'readFile("./image.txt")',
    'readFile("./images/")',
  ]);
  assert.deepEqual(completed(session, "readFile('./images/c‸"), ["readFile('./images/cat.png"]);
  assert.deepEqual(completed(session, `open(\`${folder}/sh‸\`)`), [`open(\`${folder}/shapes.ts\`)`]);
  assert.deepEqual(completed(session, 'open("./im‸ages/cat.png")')[1], 'open("./images//cat.png")');
  assert.deepEqual(completed(session, 'open("~‸")'), ['open("~/")']);
  assert.ok(
    textsAt(session, 'open("~/.‸")').every((text) => text.startsWith(".")),
    homedir(),
  );
  assert.deepEqual(textsAt(session, 'open("im‸")'), []);
});

test("complete() looks at values where there are no types, without running getters", () => {
  assert.deepEqual(textsAt(session, "loose.de‸"), ["deep"]);
  assert.deepEqual(textsAt(session, "loose.deep.in‸"), ["inner"]);
  assert.deepEqual(textsAt(session, "loose.deep.costly.to‸"), []);
});

test("complete() adds a value's members where its type leaves open which there are", async () => {
  process.env.SLIMLAB_COMPLETED = "1";
  process.env["SLIMLAB-COMPLETED"] = "1";
  const open = await sessionAfter(
    `const data: unknown = { alpha: { beta: 1 }, "two words": 2 };
     const rows = JSON.parse('[{ "name": "n", "last name": "m" }]'); const at = 0;
     const counts: Record<string, number> = { one: 1 }; class Row { known = 1; [other: string]: unknown }
     const row = new Row(); row.extra = 2; const closed = { only: 1 }; Object.assign(closed, { more: 2 });`,
  );
  assert.deepEqual(textsAt(open, "process.env.SLIMLAB_COM‸"), ["SLIMLAB_COMPLETED"]);
  assert.deepEqual(completed(open, 'process.env["SLIMLAB-‸"]'), ['process.env["SLIMLAB-COMPLETED"]']);
  assert.deepEqual(textsAt(open, "process.env['SLIMLAB-‸"), ["SLIMLAB-COMPLETED"]);
  assert.ok(textsAt(open, "process.env.‸").includes("TZ"), "what the type names");
  assert.deepEqual(textsAt(open, "(data as any).al‸"), ["alpha"]);
  assert.deepEqual(textsAt(open, "(<any>data)!.alpha.‸"), ["beta"]);
  assert.deepEqual(textsAt(open, "data.‸"), ["alpha"]);
  assert.deepEqual(completed(open, '(data as any)["‸"]').at(-1), '(data as any)["two words"]');
  for (const expression of ["rows[0].‸", "rows[at].‸", "rows[0]?.‸"])
    assert.deepEqual(textsAt(open, expression), ["name"]);
  assert.deepEqual(textsAt(open, 'rows[0]["‸'), ["last name", "name"]);
  assert.deepEqual(textsAt(open, "counts.‸"), ["one"]);
  assert.deepEqual(textsAt(open, 'counts["‸"]'), ["one"]);
  assert.deepEqual(textsAt(open, "row.‸").slice(0, 2), ["known", "extra"]);
  assert.deepEqual(textsAt(open, "closed.‸"), ["only"], "its type says which there are");
  open.close();
  Reflect.deleteProperty(process.env, "SLIMLAB_COMPLETED");
  Reflect.deleteProperty(process.env, "SLIMLAB-COMPLETED");
});

test("complete() copes with members named by symbols", () => {
  assert.deepEqual(completed(session, "marked.‸"), ["marked.plain"]);
  assert.ok(textsAt(session, "inspect.cu‸").includes("custom"));
});

test("complete() offers nothing in comments and plain strings", () => {
  assert.deepEqual(textsAt(session, "// conf‸"), []);
  assert.deepEqual(textsAt(session, '"conf‸"'), []);
});

test("complete() gives kinds and signatures", () => {
  const [item] = completionAt(session, "trai‸").matches;
  const signature = '(options: Options, mode: "train" | "eval"): void';
  assert.deepEqual(item, { text: "train", kind: "function", signature });
});

test("complete() knows magics and their arguments, and TypeScript behind %time", () => {
  assert.deepEqual(completed(session, "%ti‸"), ["%time", "%%time", "%timeit", "%%timeit"]);
  assert.deepEqual(completed(session, "%ca‸"), ["%%capture"]);
  assert.deepEqual(completed(session, "%timeit -n 1 config.al‸"), ["%timeit -n 1 config.alpha"]);
  assert.deepEqual(completed(session, "%run sh‸"), ["%run shapes.ts"]);
  assert.deepEqual(completed(session, "%%wr‸"), ["%%writefile"]);
  assert.deepEqual(completed(session, "%cd im‸"), ["%cd images/"]);
  assert.deepEqual(completed(session, "%%writefile sh‸\nx"), ["%%writefile shapes.ts\nx"]);
  assert.deepEqual(completed(session, "%%bash\ncat ./image.‸"), ["%%bash\ncat ./image.txt"]);
  assert.deepEqual(completed(session, "%time config.al‸"), ["%time config.alpha"]);
  assert.deepEqual(completed(session, "%who\nconfig.al‸"), ["%who\nconfig.alpha"]);
});

test("complete() gives files behind a !, and TypeScript around it", () => {
  session.define({}, shellDeclarations);
  assert.deepEqual(completed(session, "!cat image.‸"), ["!cat image.txt"]);
  assert.deepEqual(completed(session, "const found = !ls image.‸"), ["const found = !ls image.txt"]);
  assert.deepEqual(completed(session, "!config.al‸"), ["!config.alpha"]);
  const code =
    "!ls\nconst found = !ls -la *.ts | head\nfor (const one of [1]) {\n  !echo ${one}\n  found.joi‸\n}";
  assert.deepEqual(completed(session, code), [code.replace("joi‸", "join")]);
});

test("completeIn() and inspectIn() answer at every position of code that is whole, half or broken", async () => {
  const cells = [
    'import { inspect, type InspectOptions } from "node:util";\nexport const z = inspect(marked, { colors: true });',
    "class A extends Marked { #p = 1; get q() { return this.#p; } static { this.x } }\nnew A().q; marked[mark];",
    "const f = async <T,>(x: T, ...rest: number[]) => { for await (const y of rest) { yield y?.[0]!.a } }; f<",
    'switch (config.beta) { case "x": break; default: label: for (;;) continue label }',
    "@dec class B { constructor(private readonly a = { b: [1, ...loose] }) {} }",
    "let { a: { b = `t${config.alpha}` }, ...others }: Record<string, any> = loose; import x = require(",
    "type M = { [K in keyof Options]?: Options[K] extends infer U ? `${K & string}` : never }; /** @param */",
    ")]}' \" ` \\ 𝒳 #! <div> @ ?. ... => import( import {",
  ];
  const core = createSession();
  await core.run(firstCell);
  const { scope } = core;
  for (const cell of cells) {
    for (let position = 0; position <= cell.length; position++) {
      for (const code of [cell, cell.slice(0, position)]) {
        core.withSource(code, (context) => {
          completeIn(context, position, scope);
          inspectIn(context, position, { detail: 1, scope, cells: () => cells });
        });
      }
    }
  }
  core.close();
});

test("atCursor() finds the cursor", () => {
  assert.deepEqual(atCursor("a‸b"), { code: "ab", position: 1 });
});
