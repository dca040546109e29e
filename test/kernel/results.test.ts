import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { python, skip } from "../python";
import { settled } from "../settled";
import { Results } from "../../kernel/results/results";
import { isSmall } from "../../kernel/results/small";
import { openSession } from "../../kernel/session/open";
import { startCells, type Cells } from "./interrupted";

let cells: Cells;

before(async () => {
  cells = await startCells();
});
after(() => cells.close());

/** The results of cells, each as text. */
async function resultsOf(...codes: readonly string[]): Promise<readonly unknown[]> {
  const results: unknown[] = [];
  for (const code of codes) results.push((await cells.run(code)).result);
  return results;
}

test("_, __, ___, Out and In hold what IPython's hold", { skip }, async () => {
  // What is written alike in both languages but for the declarations.
  const given = ["1 + 1", "_ * 21", "'a'", "[_, __, ___]", "Out[1] + 1", "x = 5", "_", "In[1]", "_"];
  const own = ["_ = 'mine'", "3", "_", "Out[11]"];
  const pythonCells = JSON.stringify([...given, ...own]);
  const script = join(__dirname, "../../../test/kernel/ipython.py");
  const answer: unknown = JSON.parse(
    execFileSync(python ?? "", [script], { input: pythonCells, encoding: "utf8" }),
  );
  const expected = Array.isArray(answer) ? answer.map((cell: { result: unknown }) => cell.result) : [];
  const declared = [...given, ...own].map((code) => (/^\w+ = /.test(code) ? `const ${code};` : code));
  const results = await resultsOf(...declared);
  const spaced = results.map((result) => String(result ?? null).replace(/^\[ (.*) \]$/, "[$1]"));
  assert.deepEqual(
    spaced,
    expected.map((text) => String(text)),
  );
  await cells.run("%reset");
});

test("_ has the type of its value, also of one that other cells or modules declare", async () => {
  const code = `class Point { constructor(readonly x: number) {} }\nnew Point(3)`;
  assert.deepEqual(await resultsOf(code, "_.x.toFixed(1)", "_.length"), ["Point { x: 3 }", "'3.0'", "3"]);
  const anew = await resultsOf("new Point(4)", "class Point { constructor(readonly y: number) {} }", "_.x");
  assert.deepEqual(anew, ["Point { x: 4 }", undefined, "4"], "after its class was declared anew");
  const again = [
    "new Point(5)",
    "new Point(5)",
    "new Point(5)",
    "class Point { z = 6 }",
    "new Point()",
    "_.z",
  ];
  assert.equal((await resultsOf(...again)).at(-1), "6", "which has the name that it had before");
  const [, wrong] = await resultsOf("7", "_.toUpperCase()");
  assert.match(String(wrong), /^TypeScriptError: Property 'toUpperCase' does not exist on type 'number'/);
  const stats = `(await import("node:fs")).statSync("/")`;
  const [, , directory, missing] = await resultsOf(stats, "const kept = _;", "kept.isDirectory()", "kept.x");
  assert.equal(directory, "true");
  assert.match(String(missing), /does not exist on type 'Stats'/);
  await cells.run("%reset");
});

test("after %reset there is no value, and a user's own _ is gone", async () => {
  const results = await resultsOf(
    "const _ = 1;",
    "2",
    "_",
    "%reset",
    "_",
    "4",
    "_",
    "Object.keys(Out).length",
  );
  assert.deepEqual(results.slice(2, 4), ["1", undefined]);
  assert.match(String(results[4]), /Cannot find name '_'/);
  assert.deepEqual(results.slice(5), ["4", "4", "2"]);
  await cells.run("%reset");
});

test("silent cells and cells that are not counted leave Out as it is", async () => {
  assert.equal((await cells.run("undefined")).result, undefined);
  assert.deepEqual(await resultsOf("null", "_", "display(3)", "_"), ["null", "null", undefined, "null"]);
});

test("_ and Out keep nothing alive that is large, but for a cell that uses it", async () => {
  const session = openSession();
  const results = new Results(session);
  const freed = new Set<string>();
  const registry = new FinalizationRegistry((name: string) => freed.add(name));
  class Model {
    weights = 1;
  }
  const show = (value: object, cell: number): void => {
    registry.register(value, `cell ${cell}`);
    results.add(value, cell, "any");
  };
  results.begin("makeModel()", 1);
  show(new Model(), 1);
  await settled();
  assert.deepEqual([...freed], [], "it is there between two cells");
  results.begin("_.weights", 2);
  assert.equal((await session.run("_.weights")).status, "ok");
  await settled();
  assert.deepEqual([...freed], [], "it is there in a cell that uses it");
  results.begin("makeModel()", 3);
  await settled();
  assert.deepEqual([...freed], ["cell 1"], "it is gone when another begins, so that one run again has room");
  const outcome = await session.run("Out[1]");
  assert.ok(outcome.status === "error");
  assert.equal(outcome.ename, "ReferenceError");
  assert.match(
    outcome.evalue,
    /^Cannot read Out\[1\]: expected a value that is small .*, got that of cell \[1\]/,
  );
  results.begin("'long text'", 4);
  results.add("x".repeat(100_000), 4, "string");
  const long = await session.run("_.length");
  assert.ok(long.status === "ok" && long.value === 100_000);
  session.close();
});

test("Out and In keep a thousand cells", async () => {
  const session = openSession();
  const results = new Results(session);
  for (let cell = 1; cell <= 1005; cell++) {
    results.begin(`${cell}`, cell);
    results.add(cell, cell, "number");
  }
  const code = "[Object.keys(Out).length, Out[5], Out[6], In[5], In[1005]]";
  const outcome = await session.run(code);
  assert.deepEqual(outcome.status === "ok" && outcome.value, [1000, undefined, 6, undefined, "1005"]);
  results.begin("x".repeat(9_999_999), 1006);
  const few = await session.run("Object.keys(In).length");
  assert.ok(few.status === "ok" && few.value === 1);
  session.close();
});

test("isSmall() takes data for small, but nothing that holds or does more", () => {
  const cyclic: Record<string, unknown> = { a: [1, null, undefined, "x", 5n, Symbol("s")] };
  cyclic["self"] = cyclic;
  const small = [1, "text", cyclic, new Map([[{ a: 1 }, new Set([new Date(), /x/])]]), new Uint8Array(9)];
  for (const value of small) assert.ok(isSmall(value), String(value));
  const large = [
    () => 1,
    class {},
    { deep: [{ f: () => 1 }] },
    { get costly() { throw new Error("ran"); } }, // prettier-ignore
    new Proxy({}, {}),
    new Error("e"),
    Promise.resolve(1),
    new (class extends Map {})(),
    new Float32Array(new ArrayBuffer(20_000), 0, 1),
    "x".repeat(20_000),
    Array(1000).fill(1),
    new Map([["k", "x".repeat(20_000)]]),
    2n ** 9999n,
  ];
  for (const value of large) assert.ok(!isSmall(value), String(value));
});
