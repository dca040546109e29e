import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { formatTime, Timing, timeFunction } from "../../../kernel/magics/timing";
import { python, skip } from "../../python";
import { startCells, type Cells } from "../interrupted";

let cells: Cells;

before(async () => {
  cells = await startCells();
});
after(() => cells.close());

/** What IPython makes of a timing: of so many loops, and the times of the runs in ms. */
function ipythonOf(loops: number, timings: readonly number[]): unknown {
  const code = `import json, sys
from IPython.core.magics.execution import TimeitResult, _format_time
loops, timings = json.loads(sys.argv[1])
sys.stdout.reconfigure(encoding="utf8")
result = TimeitResult(loops, len(timings), min(timings), max(timings), [time * loops for time in timings], 0, 3)
json.dump([str(result), [_format_time(time, 3) for time in timings]], sys.stdout, ensure_ascii=False)`;
  const given = JSON.stringify([loops, timings.map((ms) => ms / 1000)]);
  return JSON.parse(execFileSync(python ?? "", ["-c", code, given], { encoding: "utf8" }));
}

test("a timing is written as IPython's, with the best run", { skip }, () => {
  const of = [
    { loops: 10, timings: [1.5, 2.25, 0.75] },
    { loops: 1_000_000, timings: [0.000_123_4, 0.000_2] },
    { loops: 1, timings: [12_345] },
    { loops: 1, timings: [61_000, 7_265_000, 172_800_000] },
    { loops: 100, timings: [0.001, 0.009_996, 0.999_4, 999.4, 1000, 0.000_000_12] },
  ];
  for (const { loops, timings } of of) {
    const [text, each] = ipythonOf(loops, timings) as [string, string[]]; // eslint-disable-line
    assert.equal(new Timing(loops, timings).toString().replace(/; best .*\)$/, ")"), text);
    assert.deepEqual(timings.map(formatTime), each);
  }
});

test("timeFunction() runs as often as it is told, and waits for promises", async () => {
  let [running, most, calls] = [0, 0, 0];
  const timing = await timeFunction(
    async () => {
      most = Math.max(most, ++running);
      calls++;
      await new Promise((done) => setTimeout(done, 2));
      running--;
    },
    { loops: 5, repeat: 3 },
  );
  assert.deepEqual([calls, most, timing.loops, timing.repeat], [15, 1, 5, 3]);
  assert.ok(timing.best >= 1.5 && timing.best <= timing.average && timing.average <= timing.worst);
  let counted = 0;
  const { loops, timings } = await timeFunction(() => counted++, { repeat: 2 });
  assert.ok(loops >= 1000 && Number.isInteger(Math.log10(loops)), String(loops));
  assert.equal(timings.length, 2);
});

const line =
  /^[\d.]+ [nμm]?s ± [\d.]+ [nμm]?s per loop \(mean ± std\. dev\. of (\d) runs?, ([\d,]+) loops? each; best [\d.]+ [nμm]?s\)$/;

/** How many runs and loops a cell has told of. */
async function told(code: string): Promise<string> {
  const { result, outputs } = await cells.run(code);
  const last = outputs.join("").trimEnd().split("\n").at(-1) ?? "";
  const [, runs, loops] = line.exec(last) ?? [];
  assert.ok(runs !== undefined && result === undefined, `${code}: ${outputs.join("")} ${String(result)}`);
  return `${runs} x ${loops}`;
}

test("%timeit times expressions, statements, and promises to their end, without leaving variables", async () => {
  await cells.run(
    "let n = 0; const later = async () => { n++; return n }; const halve = (x: number) => x / 2;",
  );
  assert.equal(await told("%timeit -n 10 -r 3 halve(2)"), "3 x 10");
  assert.equal(await told("%timeit -r2 -n1 const inner = 1; halve(inner);"), "2 x 1");
  assert.equal(await told("%timeit -n 4 -r 1 later()"), "1 x 4");
  assert.equal(await told("%timeit -n 4 -r 1 await later()"), "1 x 4");
  assert.equal(await told("%timeit -n 4 -r 1 halve(await later())"), "1 x 4");
  assert.equal((await cells.run("n")).result, "12");
  assert.equal(
    await told(
      "%%timeit -n 2 -r 2 const start = await later()\nfor (let i = 0; i < start; i++)\n  halve(i);",
    ),
    "2 x 2",
  );
  assert.equal((await cells.run("n")).result, "13");
  assert.equal(await told("%%timeit -n 2 -r 2\nawait later();"), "2 x 2");
  for (const name of ["inner", "start"])
    assert.match(String((await cells.run(name)).result), /Cannot find name/);
});

test("%timeit -o gives the timing, -q says nothing", async () => {
  const { result, outputs } = await cells.run("%timeit -q -o -n 3 -r 2 1 + 1");
  assert.match(String(result), line);
  assert.deepEqual(outputs, []);
  assert.equal(
    (await cells.run("[_.loops, _.repeat, _.timings.length, _.best <= _.worst]")).result,
    "[ 3, 2, 2, true ]",
  );
});

test("%timeit says what is wrong at its place", async () => {
  const { result: missing } = await cells.run("%timeit missing + 1");
  assert.equal(missing, "TypeScriptError: Cannot find name 'missing'.");
  await cells.run("const boom = () => { throw new Error('boom') };");
  const failures: readonly (readonly [string, RegExp])[] = [
    ["%timeit", /^TypeError: Cannot run %timeit: expected %timeit statement, got none$/],
    ["%timeit -x 1", /expected the options -n loops, -r runs, -q, -o, got -x$/],
    ["%timeit -n 0 1", /^RangeError: Cannot run %timeit: expected -n of at least 1, got 0$/],
    ["%timeit boom()", /^Error: boom$/],
    ["%timeit await Promise.reject(new Error('later'))", /^Error: later$/],
  ];
  for (const [code, expected] of failures) assert.match(String((await cells.run(code)).result), expected);
});

test("an interrupt ends %timeit, busy or waiting", async () => {
  await cells.run("let told = 0; const go = () => { if (told++ === 0) console.log('go') };");
  const wait = "new Promise((done) => setTimeout(done, 5))";
  for (const statement of ["for (go();;);", "go()", `await (go(), ${wait})`, `go(); await ${wait}`]) {
    const { result } = await cells.run(`%timeit -n 1000000000 ${statement}`, "message");
    assert.equal(result, "Interrupted: The cell was interrupted", statement);
    await cells.run("told = 0");
  }
});
