#!/usr/bin/env bash
# Two guesses about Node's inspector that a worker has open on the main thread, both wrong. `Runtime.evaluate` needs neither `Debugger.enable` nor a
# pause to run in the middle of a busy loop: V8 lets it in where it would look for interrupts, within milliseconds. But `Runtime.terminateExecution`
# that the evaluated code itself asks for, by a session of its own thread, ends that evaluation and not the loop around it, and counts as done;
# posted by the worker it ends the loop.
# Seen in Node 20.20.2, 22.23.3, 24.21.0 and 26.10.0, which npm's package `node` brings: one is about 50 MB to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > worker.js <<'JS'
const { Session } = require("node:inspector");
const { parentPort, workerData } = require("node:worker_threads");
const main = new Session();
main.connectToMainThread();
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const post = (method, parameters = {}) => new Promise((done) => main.post(method, parameters, (error, result) => done(error ?? result)));
const FROM_WITHIN = `(() => {
  const session = new (process.getBuiltinModule("node:inspector").Session)();
  session.connect();
  session.post("Runtime.terminateExecution");
  for (let i = 0; i < 1e9; i++); // something to end
  return "not ended";
})()`;
parentPort.once("message", async () => {
  setTimeout(() => undefined, 4000); // an answer that is waited for keeps no worker running
  await wait(300); // the loop is running
  if (workerData === "evaluate") await post("Runtime.evaluate", { expression: "state.evaluated = performance.now() - state.began" });
  if (workerData === "within") {
    const answer = await post("Runtime.evaluate", { expression: FROM_WITHIN });
    parentPort.postMessage(answer.message ?? JSON.stringify(answer));
  }
  if (workerData === "posted") await post("Runtime.terminateExecution");
});
JS
cat > main.js <<'JS'
const { Worker } = require("node:worker_threads");
globalThis.state = {};
const [how] = process.argv.slice(2);
const worker = new Worker("./worker.js", { workerData: how });
worker.once("online", () => {
  worker.postMessage("go");
  state.began = performance.now();
  while (performance.now() - state.began < 2500);
  state.ran = true;
});
worker.on("message", (answer) => (state.answer = answer));
process.on("exit", () => {
  const evaluated = state.evaluated === undefined ? "" : `, evaluated in it: ${state.evaluated < 1500}`;
  console.log(`${how}: the loop ${state.ran ? "ran to its end" : "ended early"}${evaluated}${state.answer === undefined ? "" : `; the evaluation: ${state.answer}`}`);
});
JS
cat > expected <<'TEXT'
evaluate: the loop ran to its end, evaluated in it: true
within: the loop ran to its end; the evaluation: Inspector error -32000: Execution was terminated
posted: the loop ended early
TEXT
for version in 20.20.2 22.23.3 24.21.0 26.10.0; do
  npm install --silent --no-audit --no-fund --prefix "$version" "node@$version" >/dev/null
  for how in evaluate within posted; do "$version/node_modules/node/bin/node" main.js $how || true; done >seen
  sed "s/^/Node $version: /" seen
  diff expected seen
done
