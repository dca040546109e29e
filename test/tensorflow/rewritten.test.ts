import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { cpuOnly } from "../gpu";

const library = path.resolve(__dirname, "../../src/tensorflow");

/** What oneDNN, which notes each operation that it runs, says of a traced residual unit's end. */
function notesOf(compiled: string): string {
  const script = `
    const { addBiases, convolve, relu, tf, trace } = require(process.argv[1]);
    const filter = tf.fill([5, 5, 16, 16], 0.01), biases = tf.fill([16], 0.5);
    const traced = trace((x) => ${compiled});
    console.log(traced.sync(tf.ones([2, 8, 8, 16])).dataSync()[0]);
  `;
  const env = { ...process.env, ONEDNN_VERBOSE: "profile_exec" };
  return execFileSync(process.execPath, ["-e", script, library], {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}

test("what follows a convolution in a traced function is computed with it", { skip: cpuOnly }, (t) => {
  const unit =
    "relu(tf.add(x, addBiases(convolve(relu(addBiases(convolve(x, filter), biases)), filter), biases)))";
  const notes = notesOf(unit);
  if (!notes.includes("convolution")) return t.skip("TensorFlow computes convolutions without oneDNN here");
  const after = [...notes.matchAll(/attr-post-ops:(\S+?),/g)].map(([, what]) => what);
  assert.deepEqual(after, ["eltwise_relu", "sum+eltwise_relu"]);
});
