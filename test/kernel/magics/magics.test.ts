import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { runCell } from "../../../kernel/magics/cell";
import { magicHelp, nearestMagic } from "../../../kernel/magics/list";
import { parseMagics } from "../../../kernel/magics/parse";
import { openMagics, type MagicContext } from "../../../kernel/magics/context";
import { openSession, type OpenSession } from "../../../kernel/session/open";
import { type Outcome } from "../../../kernel/session/api";
import { until } from "../../until";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "slimlab-magics-")));
const printed = { out: "", error: "" };
let session: OpenSession;
let context: MagicContext;

before(() => {
  process.chdir(folder);
  session = openSession();
  context = openMagics(session, {
    write: (text) => (printed.out += text),
    writeError: (text) => (printed.error += text),
    show: (value) => void (printed.out += `shown ${String(value)}\n`),
  });
});

beforeEach(() => Object.assign(printed, { out: "", error: "" }));

afterEach(() => process.chdir(folder));

after(() => {
  session.close();
  process.chdir(tmpdir());
  rmSync(folder, { recursive: true });
});

async function run(code: string): Promise<unknown> {
  const outcome = await runCell(code, 1, context);
  if (outcome.status === "error") throw new Error(outcome.traceback.join("\n"));
  return outcome.value;
}

async function fail(code: string): Promise<Extract<Outcome, { status: "error" }>> {
  const outcome = await runCell(code, 1, context);
  assert.equal(outcome.status, "error");
  if (outcome.status !== "error") throw new Error("unreachable");
  return outcome;
}

test("parseMagics() blanks leading magics, so that every letter stays where it is", () => {
  const code = "// note\n%who\n\n%cd  a b \nconst x = 7\n%time";
  const parsed = parseMagics(code);
  assert.deepEqual(parsed.magics, [
    { name: "%who", argument: "", line: 1 },
    { name: "%cd", argument: "a b", line: 3 },
  ]);
  assert.equal(parsed.code, "// note\n    \n\n         \nconst x = 7\n%time");
});

test("parseMagics() takes % for a remainder after the first line of TypeScript", () => {
  for (const code of ["7\n% 2", "`\n%who`", "/*\n%who */", "x\n%%bash"]) {
    assert.deepEqual(parseMagics(code), { magics: [], code });
  }
});

test("parseMagics() gives a cell magic the rest of the cell, and %time its line as TypeScript in its place", () => {
  assert.deepEqual(parseMagics("%%bash\nls\n%who").magics, [
    { name: "%%bash", argument: "", body: "ls\n%who", line: 0 },
  ]);
  assert.deepEqual(parseMagics("%who\n%time f(1)").magics[1], {
    name: "%time",
    argument: "f(1)",
    line: 1,
    code: "\n      f(1)",
  });
  assert.deepEqual(parseMagics("%%time\nf()"), {
    magics: [{ name: "%%time", argument: "", line: 0 }],
    code: "      \nf()",
  });
});

test("parseMagics() takes lines that end as Windows' do", () => {
  const { magics, code } = parseMagics("%cd a b\r\n%time 5\r\nf()\r\n");
  assert.deepEqual(
    magics.map(({ name, argument }) => [name, argument]),
    [
      ["%cd", "a b"],
      ["%time", "5"],
    ],
  );
  assert.equal(magics[1]?.code?.trim(), "5");
  assert.equal(code, `${" ".repeat(8)}\n${" ".repeat(8)}\nf()\r\n`);
});

test("%time runs a line, gives its value, keeps its variables, and says how long it took", async () => {
  assert.equal(await run("%time const timed = await Promise.resolve(6)\ntimed * 7"), 42);
  assert.match(printed.out, /^Wall time: [\d.]+ m?s, CPU time: [\d.]+ m?s\n$/);
  assert.equal(await run("%time timed + 1"), 7);
  assert.match((await fail("%time")).evalue, /^Cannot run %time: expected %time statement, got none$/);
});

test("an error on a %time line is shown at its place", async () => {
  const { traceback } = await fail("%who\n%time missing + 1");
  assert.match(traceback.join("\n"), /Cell \[1\], line 2/);
  const timed = await fail("%timeit -n 1 missing + 1");
  const shown = stripVTControlCharacters(timed.traceback.join("\n"));
  assert.match(shown, /column 14\n> 1 \| %timeit -n 1 missing \+ 1\n {4}\| {14}\^/, "as it was typed");
});

test("%%time runs a cell and says how long it took", async () => {
  assert.equal(await run("%%time\nawait new Promise((done) => setTimeout(done, 50));\n8"), 8);
  const [, wall] = /^Wall time: ([\d.]+) ms/.exec(printed.out) ?? [];
  assert.ok(Number(wall) >= 49, printed.out);
});

test("%%bash passes output on as it comes and runs all of the cell", async () => {
  const running = run("%%bash\necho one\necho two >&2\nuntil [ -e go ]; do sleep 0.05; done\necho three");
  await until("output", () => printed.out !== "" && printed.error !== "");
  assert.deepEqual(printed, { out: "one\n", error: "two\n" });
  writeFileSync("go", "");
  await running;
  assert.equal(printed.out, "one\nthree\n");
});

test("%%bash fails where the script does", async () => {
  assert.match((await fail("%%bash\nexit 3")).evalue, /^Cannot finish %%bash: expected exit code 0, got 3$/);
});

test("%%bash ends with all that it started when the cell is interrupted", async () => {
  const controller = new AbortController();
  Reflect.set(globalThis, Symbol.for("Jupyter.signal"), controller.signal);
  try {
    const failed = fail("%%bash\ntrap '' INT\nsleep 60 & echo $!\nwait; sleep 60");
    await until("a process", () => printed.out.endsWith("\n"));
    const start = performance.now();
    controller.abort(new Error("Interrupted"));
    assert.match((await failed).evalue, /Interrupted/);
    assert.ok(performance.now() - start < 30_000);
    const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", printed.out.trim()], { encoding: "utf8" });
    assert.match(stdout, /^(Z|$)/, "gone, or waiting for its parent to notice");
  } finally {
    Reflect.deleteProperty(globalThis, Symbol.for("Jupyter.signal"));
  }
});

test("%%writefile writes and appends the rest of the cell", async () => {
  await run("%%writefile a.ts\nexport const a = 1;");
  await run("%%writefile -a a.ts\n// %who\n");
  assert.equal(readFileSync(join(folder, "a.ts"), "utf8"), "export const a = 1;\n// %who\n");
  assert.match(
    (await fail("%%writefile\nx")).evalue,
    /^Cannot write a file: expected %%writefile \[-a\] path, got no path$/,
  );
});

test("%cd goes to a folder, and with - back", async () => {
  assert.match(
    (await fail("%cd -")).evalue,
    /^Cannot go back: expected %cd to have left a folder, got none$/,
  );
  const before = process.cwd();
  await run('%cd "/"');
  assert.equal(process.cwd(), "/");
  assert.equal(printed.out, "/\n");
  await run("%cd -");
  assert.equal(process.cwd(), before);
  await run("%cd -");
  assert.equal(process.cwd(), "/");
  assert.match((await fail("%cd nowhere")).evalue, /ENOENT/);
});

test("%env shows, sets, and keeps secrets out of the list", async () => {
  await run("%env SLIMLAB_TEST_TOKEN=a b");
  assert.equal(process.env.SLIMLAB_TEST_TOKEN, "a b");
  assert.equal(await run("%env SLIMLAB_TEST_TOKEN"), "a b");
  assert.match(String(await run("%env")), /^SLIMLAB_TEST_TOKEN\s+…$/m);
  assert.match(
    (await fail("%env NO_SUCH")).evalue,
    /^Cannot show NO_SUCH: expected an environment variable, got none$/,
  );
  Reflect.deleteProperty(process.env, "SLIMLAB_TEST_TOKEN");
});

test("%who lists variables, as text and as HTML, and %reset forgets them", async () => {
  await run(
    "%reset\nconst tensor = { shape: [2, 3], dtype: 'float32' }; const text = '<b>'; const half = (x: number) => x / 2;",
  );
  const table = await run("%who");
  const expected = [
    "Variable  Type      Value",
    "tensor    Object    [2, 3] float32",
    'text      string    "<b>"',
    "half      function",
  ];
  assert.equal(String(table), expected.join("\n"));
  assert.ok(typeof table === "object" && table !== null);
  const show: unknown = Reflect.get(table, Symbol.for("Jupyter.display"));
  assert.ok(typeof show === "function");
  const bundle: unknown = Reflect.apply(show, table, []);
  assert.match(JSON.stringify(bundle), /&quot;&lt;b&gt;&quot;/);
  await run("%reset");
  assert.equal(String(await run("%who")), "Variable  Type  Value");
});

test("%reload runs a module anew that has not changed", async () => {
  writeFileSync(
    join(folder, "counted.ts"),
    "globalThis.process.env.COUNT = String(Number(process.env.COUNT ?? 0) + 1); export const c = 1;",
  );
  await run('import { c } from "./counted"; c');
  assert.equal(process.env.COUNT, "1");
  await run('%reload\nimport { c } from "./counted"; c');
  assert.equal(process.env.COUNT, "2");
});

test("values of magics above TypeScript are shown, the last one's is the cell's", async () => {
  assert.equal(await run("%env HOME\n1 + 1"), 2);
  assert.equal(printed.out, `shown ${process.env.HOME}\n`);
});

test("%help lists all magics, each of which is known", async () => {
  const text = String(await run("%help"));
  for (const { usage, name } of magicHelp) {
    assert.ok(text.includes(usage));
    assert.equal(nearestMagic(name), name);
  }
});

test("an unknown magic is named, with the nearest known one", async () => {
  assert.match(
    (await fail("%tiem 1")).evalue,
    /^Cannot run %tiem: expected a magic that %help lists, such as %time, got/,
  );
  assert.match((await fail("%%bsah\nls")).evalue, /such as %%bash/);
});
