import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { python, skip } from "../../python";
import { temporaryFolder } from "../../temporary";
import { startCells, type CellResult, type Cells } from "../interrupted";

let cells: Cells;

before(async () => {
  cells = await startCells();
});
after(() => cells.close());

/** What a cell printed in all, and its result. */
async function run(code: string): Promise<{ readonly result: unknown; readonly printed: string }> {
  const { result, outputs }: CellResult = await cells.run(code);
  return { result, printed: outputs.join("") };
}

/** What IPython's cells printed and gave. */
function ipython(codes: readonly string[]): { readonly result: unknown; readonly printed: string }[] {
  const script = join(__dirname, "../../../../test/kernel/ipython.py");
  const text = execFileSync(python ?? "", [script], { input: JSON.stringify(codes), encoding: "utf8" });
  const shown: unknown = JSON.parse(text);
  if (!Array.isArray(shown)) throw new TypeError("Cannot read IPython's answer: expected a list");
  return shown.map(({ result, printed, errors }: Record<string, unknown>) => ({
    result: result ?? undefined,
    printed: `${String(printed)}${String(errors)}`.replaceAll("\r\n", "\n"),
  }));
}

test("!, %%capture and %run show what IPython's show", { skip }, async () => {
  const folder = temporaryFolder("run");
  writeFileSync(join(folder, "file.py"), "import sys\nprint('ran', sys.argv[1:])\nmade = 6 * 7\nmade");
  writeFileSync(
    join(folder, "file.ts"),
    "console.log('ran', process.argv.slice(2));\nconst made = 6 * 7;\nmade",
  );
  const cell = (source: string): object => ({ cell_type: "code", source, metadata: {}, outputs: [] });
  const notebook = (...sources: readonly string[]): string =>
    JSON.stringify({ cells: [{ cell_type: "markdown", source: "# a", metadata: {} }, ...sources.map(cell)], metadata: {}, nbformat: 4, nbformat_minor: 4 }); // prettier-ignore
  writeFileSync(join(folder, "py.ipynb"), notebook("print('in')", "two = 2\ntwo"));
  writeFileSync(join(folder, "ts.ipynb"), notebook("console.log('in')", "const two = 2;\ntwo"));
  const pairs: readonly (readonly [string, string])[] = [
    ["!echo hi; printf 'a b\\n'", "!echo hi; printf 'a b\\n'"],
    ["files = !printf 'a\\nb\\n\\nc'", "const files = !printf 'a\\nb\\n\\nc'"],
    ["files == ['a', 'b', '', 'c']", "files.join() === ['a', 'b', '', 'c'].join()"],
    ["!exit 3", "!exit 3"],
    ["_exit_code", "_exit_code"],
    ["!no-such-program-here 2>&1 | wc -l", "!no-such-program-here 2>&1 | wc -l"],
    ["%%capture cap\nimport sys\nprint('out'); print('err', file=sys.stderr)\n1 + 1", "%%capture cap\nconsole.log('out'); console.error('err');\n1 + 1"], // prettier-ignore
    ["cap.stdout", "cap.stdout"],
    ["cap.stderr", "cap.stderr"],
    ["len(cap.outputs)", "cap.outputs.length"],
    ["%%capture --no-stdout part\nprint('seen'); print('err', file=sys.stderr)", "%%capture --no-stdout part\nconsole.log('seen'); console.error('err')"], // prettier-ignore
    ["part.stdout + part.stderr", "part.stdout + part.stderr"],
    ["%%capture\nprint('nowhere')", "%%capture\nconsole.log('nowhere')"],
    [`%run ${folder}/file.py a b`, `%run ${folder}/file.ts a b`],
    ["made", "made"],
    [`%run ${folder}/py.ipynb`, `%run ${folder}/ts.ipynb`],
    ["two", "two"],
  ];
  const expected = ipython(pairs.map(([python]) => python));
  for (const [index, [, code]] of pairs.entries()) {
    const shown = await run(code);
    const asPython = String(shown.result ?? "").replace(/^(true|false)$/, (word) => word === "true" ? "True" : "False"); // prettier-ignore
    assert.equal(asPython, String(expected[index]?.result ?? ""), code);
    const printed = shown.printed.replace(/\[ (.*?) \]/, "[$1]");
    assert.equal(printed, expected[index]?.printed, code);
  }
});

test("%%capture keeps displays, magics and children; show() shows them in order", async () => {
  await run("%%capture all\n%env HOME\n!echo from a child\ndisplay('shown'); console.log('printed'); [1, 2]");
  assert.equal((await run("all.stdout")).result, "'from a child\\nprinted\\n'");
  const texts = "all.outputs.map(({ data }) => data['text/plain'])";
  assert.equal((await run(`${texts}.slice(1)`)).result, "[ 'shown', '[ 1, 2 ]' ]");
  assert.equal((await run("all.show()")).printed, "from a child\nprinted\n");
  assert.equal((await run("console.log('seen again')")).printed, "seen again\n");
});

test("a failed cell's outputs are kept, and its error is shown", async () => {
  const { result, printed } = await run("%%capture broken\nconsole.log('before');\nthrow new Error('why')");
  assert.deepEqual([result, printed], ["Error: why", ""]);
  assert.equal((await run("broken.stdout")).result, "'before\\n'");
  assert.match(
    String((await run("%%capture 1x\n1")).result),
    /^TypeError: Cannot capture: expected %%capture/,
  );
});

test("an interrupt ends a command", async () => {
  const { result } = await cells.run("!echo go; sleep 1000", "message");
  assert.equal(result, "Interrupted: The cell was interrupted");
  const busy = await cells.run("const never = !echo go >&2; sleep 1000", "signal");
  assert.equal(busy.result, "Interrupted: The cell was interrupted");
});

test("%run names its file in errors, and finds what the file imports from its folder", async () => {
  const folder = temporaryFolder("run");
  mkdirSync(join(folder, "sub"));
  writeFileSync(join(folder, "sub", "helper.ts"), "export const twice = (x: number) => 2 * x;");
  const text = `#!/usr/bin/env node\nimport { twice } from "./helper";\nexport const four = twice(2);\nif (four < 0) throw 1;\n`;
  writeFileSync(join(folder, "sub", "good.ts"), text);
  writeFileSync(join(folder, "bad.ts"), "const fine = 1;\nnull!.x;\n");
  writeFileSync(join(folder, "fails.ts"), "\nfunction fails() { throw new Error('inside'); }\nfails();\n");
  assert.equal((await run(`%run "${folder}/sub/good.ts"\nfour`)).result, "4");
  assert.match(String((await run(`%run ${folder}/fails.ts`)).result), /^Error: inside$/);
  assert.match(String((await run(`%run ${folder}/bad.ts`)).result), /^TypeScriptError: /);
  assert.match(String((await run(`%run ${folder}/none.ts`)).result), /ENOENT/);
  assert.match(String((await run("%run")).result), /expected %run file \[arguments\], got no file$/);
});
