/** Cells compiled by the TypeScript of the user's own project. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fetchPackage } from "../../registry";
import { temporaryFolder } from "../../temporary";

const SESSION = join(__dirname, "../../../kernel/session/open");

/** Cells, inspection and completion in a process of its own, which has one TypeScript. */
const PROGRAM = `
  const { openSession } = require(${JSON.stringify(SESSION)});
  const session = openSession();
  const run = async (code) => (({ value, evalue }) => value ?? evalue)(await session.run(code));
  void (async () => {
    const found = [
      await run("interface P { x: number } const p: P = { x: 1 }; enum E { a = 2 } p.x + E.a"),
      await run("await Promise.resolve(p.x + 2)"),
      await run("const texts = [1, 'a'].filter((x) => typeof x === 'string'); const all: string[] = texts; all.length"),
      await run("const [[q]] = await [await (Promise.resolve(texts))]; q"),
      await run("p.y"),
      session.inspect("p.x", 3, 0).bundle["text/plain"].split("\\n")[0],
      session.complete("texts.fla", 9).matches.map(({ text }) => text).join(),
      await run("import * as ts from 'typescript'; ts.version"),
      require(${JSON.stringify(require.resolve("typescript"))}).version,
    ];
    console.log(JSON.stringify(found));
    process.exit();
  })();`;

for (const [version, compiler] of [
  ["5.5.4", "5.5.4"],
  ["5.9.3", "5.9.3"],
  ["5.4.5", "6.0.3"],
] as const)
  test(`a project's TypeScript ${version} leaves its cells to ${compiler}`, (t) => {
    const fetched = fetchPackage("typescript", version);
    if ("skip" in fetched) return t.skip(fetched.skip);
    const cwd = temporaryFolder("project");
    mkdirSync(join(cwd, "node_modules"));
    symlinkSync(fetched.folder, join(cwd, "node_modules/typescript"));
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", PROGRAM], { cwd, encoding: "utf8" });
    assert.equal(stderr, "");
    assert.deepEqual(JSON.parse(stdout), [
      3,
      3,
      1,
      "a",
      "Property 'y' does not exist on type 'P'.",
      "(property) P.x: number",
      "flat,flatMap",
      version,
      compiler,
    ]);
  });
