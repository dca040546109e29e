import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { curveKeyPair } from "zeromq";
import { NODE_FLAGS } from "../../../kernel/start/flags";
import { writeConnection } from "../../../kernel/wire/newconnection";
import { temporaryFolder } from "../../temporary";

const built = join(__dirname, "..", "..", "..", "kernel");
const repl = [...NODE_FLAGS, join(built, "repl", "main.js")];

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

/** Runs `slimlab repl`, with a text for its standard input; `stop` is sent to it, or called, as soon as it has printed something. */
async function run(
  args: readonly string[],
  input = "",
  stop?: NodeJS.Signals | (() => void),
): Promise<Ended> {
  const program = spawn(process.execPath, [...repl, ...args], {
    env: { ...process.env, SLIMLAB_HISTORY: "off" },
  });
  let [stdout, stderr] = ["", ""];
  program.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  program.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  if (stop !== undefined)
    program.stdout.once("data", typeof stop === "string" ? () => program.kill(stop) : stop);
  program.stdin.end(input);
  await once(program, "close");
  return { stdout, stderr, code: program.exitCode };
}

describe("slimlab repl without a terminal", { concurrency: 2 }, () => {
  test("-e runs cells over the same variables and prints their values", async () => {
    const { stdout, stderr, code } = await run([
      "-e",
      "const a: number = 1",
      "-e",
      "console.log('two'); [a, 'x']",
    ]);
    assert.deepEqual({ stdout, stderr, code }, { stdout: "two\n[ 1, 'x' ]\n", stderr: "", code: 0 });
  });

  test("shows of promises what they resolve to and their own properties, not whose they are", async () => {
    const { stdout } = await run([
      "-e",
      "class Later extends Promise<number> {} const late = Object.assign(Promise.resolve(7), { mine: 1 });",
      "-e",
      "console.log(late, [new Later(() => undefined)]); late",
    ]);
    const shown = ["Promise { 7, mine: 1 } [ Later [Promise] { <pending> } ]", "Promise { 7, mine: 1 }", ""];
    assert.equal(stdout, shown.join("\n"));
  });

  test("a pipe's code runs as one cell, without prompt and colours", async () => {
    const { stdout, stderr, code } = await run(
      [],
      "#!/usr/bin/env slimlab\nconst half = (x: number) => x / 2;\nhalf(6)\n",
    );
    assert.deepEqual({ stdout, stderr, code }, { stdout: "3\n", stderr: "", code: 0 });
  });

  test("a file runs, and cells that ask read the standard input", async () => {
    const file = join(temporaryFolder("repl"), "script.ts");
    writeFileSync(file, "const name = await input('who? ');\nconsole.log(`hello ${name}`);\nawait input();");
    const { stdout, stderr, code } = await run([file], "Ada\n");
    assert.equal(stdout, "hello Ada\n");
    assert.match(stderr, /^who\? [^]*Cannot read input: expected a line, got the end of the standard input/);
    assert.equal(code, 1);
  });

  test("type errors, thrown errors and errors in timers give 1; wrong usage 2", async () => {
    const [type, thrown, timer, usage, missing] = await Promise.all([
      run(["-e", "console.log('ran'); const x: number = 'a'"]),
      run(["-e", "throw new RangeError('no')", "-e", "console.log('not run')"]),
      run(["-e", "void setTimeout(() => { throw new Error('late') }, 10)"]),
      run(["--nothing"]),
      run(["no such file"]),
    ]);
    assert.deepEqual([type.stdout, type.code], ["", 1]);
    assert.match(type.stderr, /Cell \[1\], line 1[^]*\^[^]*not assignable to type 'number'/);
    assert.deepEqual([thrown.stdout, thrown.code], ["", 1]);
    assert.match(thrown.stderr, /RangeError: no/);
    assert.doesNotMatch(thrown.stderr, /\x1b/);
    assert.deepEqual([timer.stdout, timer.code], ["", 1]);
    assert.match(timer.stderr, /^Cell \[1\], line 1\n[^]*\^[^]*Error: late\n.*Cell \[1\], line 1, column 31/);
    assert.deepEqual([usage.code, missing.code], [2, 2]);
    assert.match(missing.stderr, /no such file/);
  });

  test("an interrupt ends a busy loop, and what is awaited, with 130", async () => {
    const busy = await run(["-e", "console.log('on'); await 0; for (;;) {}"], "", "SIGINT");
    assert.deepEqual([busy.stdout, busy.code], ["on\n", 130]);
    assert.match(busy.stderr, /Interrupted/);
    const waiting = await run(
      ["-e", "console.log('on'); await new Promise((r) => setTimeout(r, 1e6))"],
      "",
      "SIGINT",
    );
    assert.deepEqual([waiting.stdout, waiting.code], ["on\n", 130]);
  });

  test("displays show their first and last state; pictures and pages become files", async () => {
    const show = "const s = Symbol.for('Jupyter.display');";
    const { stdout, code } = await run([
      "-e",
      `${show} await display({ [s]: (c: any) => { setTimeout(() => { c.update({ 'text/plain': '50 %' }); c.update({ 'text/plain': '100 %' }); }, 5); return { 'text/plain': '0 %' }; } }); await new Promise((r) => setTimeout(r, 50));`,
      "-e",
      "await display({ 'image/png': Buffer.from('picture').toString('base64'), 'text/plain': 'a picture' }, { raw: true })",
      "-e",
      "await display({ 'text/html': '<script>draw()</script>' }, { raw: true }); await display({ 'text/html': '<div id=1></div><script>plot()</script>', 'text/plain': 'a figure' }, { raw: true })",
    ]);
    assert.equal(code, 0);
    const [first, last, picture, png = "", figure, html = ""] = stdout.trimEnd().split("\n");
    assert.deepEqual([first, last, picture, figure], ["0 %", "100 %", "a picture", "a figure"]);
    assert.match(png, /\.png$/);
    assert.equal(readFileSync(png, "utf8"), "picture");
    assert.match(readFileSync(html, "utf8"), /<script>draw\(\)<\/script>\s*<div id=1><\/div><script>plot/);
  });

  test("--help tells of keys and exit codes", async () => {
    const { stdout, code } = await run(["--help"]);
    assert.match(stdout, /Ctrl-R[^]*NO_COLOR[^]*130 interrupted/);
    assert.equal(code, 0);
  });
});

describe("slimlab repl --kernel, encrypted", () => {
  const connectionFile = join(temporaryFolder("repl"), "kernel.json");
  const started = writeConnection(connectionFile, curveKeyPair()).then(() =>
    spawn(process.execPath, [...NODE_FLAGS, join(built, "main.js"), connectionFile], {
      env: { ...process.env, SLIMLAB_HISTORY: "off" },
      stdio: "ignore",
    }),
  );
  after(async () => (await started).kill("SIGKILL"));

  test("runs cells in a kernel that keeps its variables", async () => {
    await started;
    const first = await run([
      "--kernel",
      connectionFile,
      "-e",
      "var kept = 20; console.log('there')",
      "-e",
      "kept + 1",
    ]);
    assert.deepEqual(first, { stdout: "there\n21\n", stderr: "", code: 0 });
    const second = await run(
      ["--kernel", connectionFile, "-e", "await input('who? ')", "-e", "kept.no"],
      "me\n",
    );
    assert.equal(second.stdout, "'me'\n");
    assert.match(second.stderr, /^who\? [^]*Property 'no' does not exist/);
    assert.equal(second.code, 1);
  });

  test("an interrupt ends the cell in the kernel, which lives on", async () => {
    const busy = await run(
      ["--kernel", connectionFile, "-e", "console.log('on'); await 0; for (;;) {}"],
      "",
      "SIGINT",
    );
    assert.deepEqual([busy.stdout, busy.code], ["on\n", 130]);
    assert.equal((await run(["--kernel", connectionFile, "-e", "kept"])).stdout, "20\n");
  });

  test("a kernel that ends while a cell runs gives 1", async () => {
    const program = await started;
    const cell = ["--kernel", connectionFile, "-e", "console.log('on'); await new Promise(() => {})"];
    const { stderr, code } = await run(cell, "", () => program.kill("SIGKILL"));
    assert.match(stderr, /the kernel has ended/);
    assert.equal(code, 1);
  });

  test("a file that tells of no kernel is named", async () => {
    const { stderr, code } = await run(["--kernel", join(tmpdir(), "no such kernel.json"), "-e", "1"]);
    assert.match(stderr, /^slimlab: Cannot read connection file ".*no such kernel.json"/);
    assert.equal(code, 1);
  });
});
