/** A part of the suite under the newer Nodes that package.json's "engines" allows; each is fetched once into build/. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { fetchPackage } from "./registry";

const ROOT = resolve(__dirname, "../..");

/** What depends on the Node: its own parts that an interrupt, a debugger and cells' children need, tfjs-node, training. */
const FILES = [
  "kernel/conformance",
  "kernel/debug/adapter",
  "kernel/session/interrupt",
  "kernel/children",
  "kernel/family",
  "kernel/printed",
  "tensorflow/execute",
  "training/interrupt",
].map((path) => join(ROOT, "dist", "test", `${path}.test.js`));

const TEST = ["--test", "--test-reporter=tap", "--test-concurrency=1"];

/** Everything that is compiled: the addon and what tfjs-node asks of Node's `util`, the sockets, the history. */
const NATIVE = `
  const { tf } = require("./dist/src/tensorflow/runtime/runtime.js");
  const { DatabaseSync } = require("@photostructure/sqlite");
  const { values } = tf.topk(tf.tensor([1, 5, 3]), 2);
  const { sum } = new DatabaseSync(":memory:").prepare("SELECT 1 + 1 AS sum").get();
  console.log([...values.dataSync(), sum, typeof require("zeromq").Router].join());`;

/** The Node of npm's package of that version, or why there is none. */
function fetchNode(version: string): { node: string } | { skip: string } {
  const fetched = fetchPackage(`node-${process.platform}-${process.arch}`, version);
  return "skip" in fetched ? fetched : { node: join(fetched.folder, "bin", "node") };
}

function run(
  node: string,
  words: readonly string[],
): { status: number | null; stdout: string; stderr: string } {
  const env: NodeJS.ProcessEnv = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" };
  delete env["NODE_TEST_CONTEXT"]; // a test runner of its own
  const { status, stdout, stderr } = spawnSync(node, words, { cwd: ROOT, env, encoding: "utf8" });
  return { status, stdout: stdout ?? "", stderr: stderr ?? "" };
}

test("what is compiled loads without a complaint of Node", () => {
  assert.deepEqual(run(process.execPath, ["-e", NATIVE]), {
    status: 0,
    stdout: "5,3,2,function\n",
    stderr: "",
  });
});

for (const version of ["24.21.0", "26.10.0"]) {
  test(`Node ${version} runs networks and cells`, (t) => {
    const fetched = fetchNode(version);
    if ("skip" in fetched) return t.skip(fetched.skip);
    const loaded = run(fetched.node, ["-e", NATIVE]);
    assert.deepEqual(loaded, { status: 0, stdout: "5,3,2,function\n", stderr: "" });
    const { status, stdout } = run(fetched.node, [...TEST, ...FILES]);
    assert.match(stdout, /^# pass [1-9]/m);
    assert.equal(status, 0, stdout);
  });
}

test("Node 24.21.0, whose V8 takes most memory for what is short-lived, gives it back after training", (t) => {
  const fetched = fetchNode("24.21.0");
  if ("skip" in fetched) return t.skip(fetched.skip);
  const file = join(ROOT, "dist", "test", "training", "step.test.js");
  const { status, stdout } = run(fetched.node, [...TEST, "--test-name-pattern=leaks neither", file]);
  assert.match(stdout, /^# pass 1$/m);
  assert.equal(status, 0, stdout);
});
