import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { historyPath, openHistory, type History, type OpenHistoryOptions } from "../../kernel/history";

function fileFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "slimlab-history-"));
  context.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return join(folder, "history.sqlite");
}

/** A history that has no reason to warn. */
function open(path: string, options: OpenHistoryOptions = {}): History {
  return openHistory({ environment: { SLIMLAB_HISTORY: path }, warn: assert.fail, ...options });
}

test("openHistory() numbers sessions, and tail() gives this session's lines after those of earlier ones", (context) => {
  const path = fileFor(context);
  const first = open(path);
  first.add(1, "const a = 1", "const a = 1");
  first.add(2, "%time a", "a");
  first.add(2, "%time a", "a", "1");
  first.close();
  const second = open(path);
  second.add(1, "const b = 2", "const b = 2");
  assert.deepEqual([first.session, second.session], [1, 2]);
  assert.deepEqual(second.tail(2), [
    [1, 2, "%time a"],
    [2, 1, "const b = 2"],
  ]);
  assert.deepEqual(second.tail(3, { raw: false, output: true }), [
    [1, 1, ["const a = 1", null]],
    [1, 2, ["a", "1"]],
    [2, 1, ["const b = 2", null]],
  ]);
  second.close();
});

test("tail() puts this session last even if another started and wrote after it", (context) => {
  const path = fileFor(context);
  const [mine, other] = [open(path), open(path)];
  mine.add(1, "mine", "mine");
  other.add(1, "other", "other");
  assert.deepEqual(mine.tail(10), [
    [2, 1, "other"],
    [1, 1, "mine"],
  ]);
  assert.deepEqual(mine.tail(0), []);
  mine.close();
  other.close();
});

test("range() counts sessions from this one back, calls it 0, and has an empty line 0 in it", (context) => {
  const path = fileFor(context);
  const first = open(path);
  for (const line of [1, 2, 3]) first.add(line, `a${line}`, `a${line}`);
  const second = open(path);
  for (const line of [1, 2, 3]) second.add(line, `b${line}`, `b${line}`);
  const lines = (...args: Parameters<History["range"]>): unknown[] =>
    second.range(...args).map(([, , text]) => text);
  assert.deepEqual(second.range(0, 0, 2), [
    [0, 0, ""],
    [0, 1, "b1"],
  ]);
  assert.deepEqual(second.range(-1, 2, undefined), [
    [1, 2, "a2"],
    [1, 3, "a3"],
  ]);
  assert.deepEqual(lines(1, 1, 3), ["a1", "a2"]);
  assert.deepEqual(lines(2, 1, undefined), ["b1", "b2", "b3"]);
  assert.deepEqual(lines(0, -2, undefined), ["b2", "b3"]);
  assert.deepEqual(lines(0, 1, -1), ["b1", "b2"]);
  assert.deepEqual(lines(7, 0, undefined), []);
  first.close();
  second.close();
});

test("search() takes * and ? as wildcards and nothing else", (context) => {
  const path = fileFor(context);
  const first = open(path);
  const inputs = ["xs[0] + 1", "const model = new Model()", "xs[0] + 1", "a\nb", "x"];
  inputs.forEach((input, index) => {
    first.add(index + 1, input, input);
  });
  const second = open(path);
  second.add(1, "xs[0] + 2", "xs[0] + 2");
  for (const history of [first, second]) {
    const texts = (...args: Parameters<History["search"]>): unknown[] =>
      history.search(...args).map(([, , text]) => text);
    assert.deepEqual(texts("xs[0] + ?"), ["xs[0] + 1", "xs[0] + 1", "xs[0] + 2"]);
    assert.deepEqual(texts("*model*"), ["const model = new Model()"]);
    assert.deepEqual(texts("?"), ["x"]);
    assert.deepEqual(texts("a*b"), ["a\nb"]);
    assert.deepEqual(texts("*", { n: 2 }), ["x", "xs[0] + 2"]);
    assert.deepEqual(texts("*", { n: 0 }), []);
    assert.deepEqual(history.search("xs*", { unique: true }), [
      [1, 3, "xs[0] + 1"],
      [2, 1, "xs[0] + 2"],
    ]);
  }
  first.close();
  second.close();
});

test("openHistory() keeps the file for the user alone, also one that was open to all", (context) => {
  const path = fileFor(context);
  open(path).close();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  chmodSync(path, 0o644);
  open(path).close();
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test("openHistory() keeps this session's lines in memory, and says why once, where it can't write", (context) => {
  const path = fileFor(context);
  writeFileSync(path, "This is a text.".repeat(1000));
  for (const wrong of [path, "/proc/nowhere/history.sqlite"]) {
    const told: string[] = [];
    const history = open(wrong, { warn: (text) => told.push(text) });
    history.add(1, "one", "one", "1");
    history.add(2, "two", "two");
    assert.deepEqual(history.tail(5, { output: true }), [
      [1, 1, ["one", "1"]],
      [1, 2, ["two", null]],
    ]);
    assert.deepEqual(history.search("t*"), [[1, 2, "two"]]);
    assert.deepEqual(history.range(-1, 0, undefined), []);
    history.close();
    assert.equal(told.length, 1);
    assert.match(
      told[0] ?? "",
      /^The history is kept in memory only: expected an SQLite file that can be written at "/,
    );
  }
});

test("a file that breaks while it is open costs the earlier sessions, not the kernel", (context) => {
  const path = fileFor(context);
  const earlier = open(path);
  for (let line = 1; line <= 200; line++) earlier.add(line, "x".repeat(500), "y");
  earlier.close();
  const told: string[] = [];
  const history = open(path, { warn: (text) => told.push(text) });
  history.add(1, "before", "before");
  writeFileSync(path, "broken".repeat(20_000));
  history.add(2, "after", "after");
  const inputs = history.tail(100).map(([, , input]) => input);
  assert.deepEqual(inputs.slice(-2), ["before", "after"]);
  history.close();
  assert.equal(told.length, 1);
});

test("SLIMLAB_HISTORY=off writes nothing and says nothing", () => {
  const history = open("off");
  history.add(1, "const token = 'secret'", "");
  assert.deepEqual(history.tail(1), [[1, 1, "const token = 'secret'"]]);
  history.close();
});

test(
  "historyPath() follows SLIMLAB_HISTORY, XDG_DATA_HOME, the home",
  { skip: process.platform === "darwin" },
  () => {
    assert.equal(historyPath({ SLIMLAB_HISTORY: "/a/b", XDG_DATA_HOME: "/data" }), "/a/b");
    assert.equal(
      historyPath({ SLIMLAB_HISTORY: "", XDG_DATA_HOME: "/data" }),
      "/data/slimlab/history.sqlite",
    );
    assert.equal(historyPath({ HOME: "/a/home" }), "/a/home/.local/share/slimlab/history.sqlite");
  },
);

test("two processes that write at once lose no line and take under 1 ms a line", async (context) => {
  const path = fileFor(context);
  const script = `
    const { openHistory } = require(${JSON.stringify(join(__dirname, "../../kernel/history"))});
    const history = openHistory();
    const times = [];
    for (let line = 1; line <= 400; line++) {
      const start = performance.now();
      history.add(line, "cell " + line, "code", "output");
      times.push(performance.now() - start);
    }
    history.close();
    console.log(times.sort((a, b) => a - b)[200]);`;
  const writers = [0, 1].map(() =>
    spawn(process.execPath, ["-e", script], {
      env: { ...process.env, SLIMLAB_HISTORY: path },
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );
  const results = await Promise.all(
    writers.map(async (writer) => {
      const text = { out: "", error: "" };
      writer.stdout.on("data", (data: Buffer) => (text.out += data.toString()));
      writer.stderr.on("data", (data: Buffer) => (text.error += data.toString()));
      await once(writer, "close");
      return text;
    }),
  );
  const history = open(path);
  for (const session of [1, 2]) assert.equal(history.range(session, 1, undefined).length, 400);
  history.close();
  for (const { out, error } of results) {
    assert.equal(error, "");
    assert.ok(Number(out) < 1, `median ${out} ms`);
  }
});
