import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { python, skip as noJupyter } from "../python";
import { temporaryFolder } from "../temporary";
import { readCells, runCells, runJupyter } from "./notebook";
import { kernelEnvironment } from "./suite";

const hasPapermill =
  python !== undefined && spawnSync(python, ["-c", "import papermill, slimlab_papermill"]).status === 0;
const noPapermill = noJupyter || (!hasPapermill && "no papermill: npm test sets it up");
const skip = noJupyter;

describe("notebooks in batch", { concurrency: 2 }, () => {
  test("nbconvert ends with 0, or with 1 at an error; --allow-errors runs every cell", { skip }, async () => {
    const cells = ["throw new Error('first')", "1", "const x: string = 3", "2", "await Promise.reject(new Error('third'))", "3"]; // prettier-ignore
    const stopped = await runCells(cells);
    assert.equal(stopped.status, 1);
    assert.equal(existsSync(stopped.path), false);
    const allowed = await runCells(cells, ["--allow-errors"]);
    assert.equal(allowed.status, 0, allowed.stderr);
    assert.deepEqual(
      allowed.outputs.map((outputs) =>
        outputs.map(({ output_type, data, evalue }) => evalue ?? [output_type, data]),
      ),
      [
        ["first"],
        [["execute_result", { "text/plain": "1" }]],
        ["Type 'number' is not assignable to type 'string'."],
        [["execute_result", { "text/plain": "2" }]],
        ["third"],
        [["execute_result", { "text/plain": "3" }]],
      ],
    );
  });

  test("nbconvert keeps 100,000 lines in order and 50 MB whole", { skip }, async () => {
    const began = performance.now();
    const { status, stderr, outputs } = await runCells([
      "for (let i = 0; i < 100_000; i++) console.log(i);",
      "console.log('x'.repeat(50_000_000));",
      "'after'",
    ]);
    assert.equal(status, 0, stderr);
    const [lines = "", long = ""] = outputs.map((cell) => cell.map(({ text }) => text ?? "").join(""));
    const numbers = lines.split("\n").map(Number);
    assert.equal(numbers.length, 100_001);
    assert.equal(
      numbers.findIndex((number, i) => number !== i && i < 100_000),
      -1,
    );
    assert.equal(long.length, 50_000_001);
    assert.equal(outputs[2]?.[0]?.data["text/plain"], "'after'");
    assert.ok(performance.now() - began < 300_000);
  });

  test("two kernels run side by side without seeing each other", { skip }, async () => {
    const cells = (name: string): string[] => [
      `var mine = "${name}"; console.log(process.pid);`,
      "await new Promise((done) => setTimeout(done, 1000));",
      "mine",
    ];
    const runs = await Promise.all(["left", "right"].map((name) => runCells(cells(name))));
    for (const { status, stderr } of runs) assert.equal(status, 0, stderr);
    assert.deepEqual(
      runs.map(({ outputs }) => outputs[2]?.[0]?.data["text/plain"]),
      ["'left'", "'right'"],
    );
    const pids = runs.map(({ outputs }) => outputs[0]?.[0]?.text);
    assert.notEqual(pids[0], pids[1]);
  });

  test(
    "papermill runs a notebook with parameters, typed, after the cell that is tagged",
    { skip: noPapermill },
    async () => {
      const { folder, status, stderr } = await papermill(
        [
          "-p",
          "steps",
          "100",
          "-p",
          "name",
          'a "text"',
          "-p",
          "rate",
          "0.5",
          "-y",
          "{ fine: true, list: [1, null] }",
        ],
        "[steps === 7, name, rate / 2, fine, list]",
      );
      assert.equal(status, 0, stderr);
      const cells = readCells(join(folder, "out.ipynb"));
      assert.equal(
        cells[1]?.source,
        '// Parameters\nconst fine: boolean = true;\nconst list = [1, null];\nconst steps: number = 100;\nconst name: string = "a \\"text\\"";\nconst rate: number = 0.5;\n',
      );
      assert.equal(
        cells[2]?.outputs[0]?.data["text/plain"],
        `[ false, 'a "text"', 0.25, true, [ 1, null ] ]`,
      );
    },
  );

  test("papermill's parameters are of the type that their cell declares", { skip: noPapermill }, async () => {
    const defaults = `// [what, is] = "not" parsed;
const freeze = true, name: string = "a;b"; // const rate = "no"
let rate: number = 1e-2
const path: string | null = "in";
const optimizer:
  | "adam"
  | "sgd" = "adam";
const since = new Date("2026-01-01"), small = 1 < 2, seed = 5n;
const sizes: readonly number[] = [1], options: Record<string, number> = {};
let limit: number | undefined
const mode = null as string | null`;
    const given = {
      freeze: "false", name: "007", rate: "1e-3", path: "null", optimizer: "sgd", since: "2026-05-01", seed: "12345678901234567890",
      sizes: "[2, 0.5]", options: '{"a": 1}', limit: "undefined", mode: "eval", other: "false", count: "3",
    }; // prettier-ignore
    const words = Object.entries(given).flatMap(([name, value]) => ["-p", name, value]);
    const { folder, status, stderr } = await papermill([...words, "--prepare-only"], "", defaults);
    assert.equal(status, 0, stderr);
    assert.deepEqual(readCells(join(folder, "out.ipynb"))[1]?.source.trimEnd().split("\n"), [
      "// Parameters",
      "const freeze: boolean = false;",
      'const name: string = "007";',
      "let rate: number = 0.001;",
      "const path: string | null = null;",
      'const optimizer: | "adam" | "sgd" = "sgd";',
      'const since = new Date("2026-05-01");',
      "const seed = 12345678901234567890n;",
      "const sizes: readonly number[] = [2, 0.5];",
      'const options: Record<string, number> = { "a": 1 };',
      "let limit: number | undefined = undefined;",
      'const mode: string = "eval";',
      "const other: boolean = false;",
      "const count: number = 3;",
    ]);
    assert.match(readFileSync(join(folder, "out.ipynb"), "utf8"), /"freeze": false/);
  });

  test(
    "papermill lists the parameters of a cell, by its types, values and comments",
    { skip: noPapermill },
    () => {
      const declared = [
        "const freeze = true, name: string = 'a, b'; // said twice",
        "let rate: number = 1e-2 // how fast",
        "/* as in the paper */ const sizes: readonly number[] = [1,",
        "  2]; // of layers",
        "let limit: number | undefined",
        "const small = 1 < 2;",
      ].join("\n");
      const folder = writeNotebook("", declared);
      const args = ["-m", "papermill", "--help-notebook", "in.ipynb"];
      const { stdout } = spawnSync(python ?? "", args, { cwd: folder, encoding: "utf8" });
      const [, listed = ""] = stdout.split("'in.ipynb':\n");
      assert.deepEqual(
        listed
          .trimEnd()
          .split("\n")
          .map((line) => line.trim().replace(/\s{2,}/, " | ")),
        [
          "freeze: boolean (default true)",
          "name: string (default 'a, b')",
          "said twice",
          "rate: number (default 1e-2) | how fast",
          "sizes: readonly number[] (default [1, 2])",
          "of layers",
          "limit: number | undefined (default undefined)",
          "small: Unknown type (default 1 < 2)",
        ],
      );
    },
  );

  const refused: readonly (readonly [words: readonly string[], message: string])[] = [
    [["-p", "steps", "many"], 'Cannot set parameter "steps": expected number, got "many"'],
    [
      ["-y", "{ name: 1.10 }"],
      'Cannot set parameter "name": expected string, got 1.1 (in quotes it is a text)',
    ],
  ];
  for (const [words, message] of refused)
    test(`papermill refuses ${words.join(" ")}: ${message}`, { skip: noPapermill }, async () => {
      const { status, stderr } = await papermill([...words, "--prepare-only"], "1");
      assert.equal(status, 1);
      assert.ok(stderr.includes(message), stderr);
    });

  test(
    "papermill ends with 1 at an error, which the notebook that it wrote shows",
    { skip: noPapermill },
    async () => {
      const { folder, status, stderr } = await papermill(
        ["-p", "steps", "3"],
        "throw new RangeError(`no ${steps}`)",
      );
      assert.equal(status, 1);
      assert.match(stderr, /RangeError: no 3/);
      assert.match(readFileSync(join(folder, "out.ipynb"), "utf8"), /"evalue": "no 3"/);
    },
  );
});

const standard = 'const steps: number = 7;\nconst name: string = "default";';

/** Runs papermill over a notebook with a cell of defaults and one more. */
async function papermill(words: readonly string[], code: string, declared = standard) {
  const folder = writeNotebook(code, declared);
  const args = ["-m", "papermill", "in.ipynb", "out.ipynb", ...words];
  return { folder, ...(await runJupyter(args, kernelEnvironment(), folder)) };
}

/** A folder with in.ipynb, a notebook with a cell of defaults and one more. */
function writeNotebook(code: string, declared: string): string {
  const folder = temporaryFolder("papermill");
  const cell = (id: string, source: string, tags: readonly string[] = []) => ({
    id,
    cell_type: "code",
    source,
    metadata: { tags },
    outputs: [],
    execution_count: null,
  });
  const kernelspec = { name: "slimlab", display_name: "TypeScript (slimlab)", language: "typescript" };
  const defaults = cell("a", declared, ["parameters"]);
  const notebook = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec },
    cells: [defaults, cell("b", code)],
  };
  writeFileSync(join(folder, "in.ipynb"), JSON.stringify(notebook));
  return folder;
}
