import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { constant, tf } from "../../src/tensorflow";
import { latestCheckpoint, Saver } from "../../src/training";
import { python, skip } from "../python";
import { valuesOf } from "./thin";

const root = mkdtempSync(join(tmpdir(), "saverpython-"));
after(() => rmSync(root, { recursive: true }));

/** Runs saver.py; what each of its commands gave. */
function runPython(...args: readonly string[]): unknown[] {
  const output = execFileSync(
    python ?? "python3",
    [join(__dirname, "../../../test/training/saver.py"), ...args],
    {
      encoding: "utf8",
      env: { ...process.env, CUDA_VISIBLE_DEVICES: "-1", TF_CPP_MIN_LOG_LEVEL: "3" },
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  const result: unknown = JSON.parse(output.trim().split("\n").at(-1) ?? "");
  assert.ok(Array.isArray(result));
  return result;
}

test(
  "Python's TensorFlow reads what Saver writes, in one file or in shards, and Saver what Python's writes",
  { skip },
  async () => {
    const weights = tf.variable(tf.tensor1d([1, 2]));
    const slot = tf.variable(tf.tensor1d([0.5, -0.5]));
    const mine = { "net/weights": weights, "net/weights/Momentum": slot };
    const whole = join(root, "whole é");
    const sharded = join(root, "sharded");
    const big = constant([12345678901], [], "int64");
    for (const globalStep of [1, 12345678901]) {
      await new Saver().save(`${whole}/`, mine, { globalStep });
      await new Saver({ sharded: 3, saveRelativePaths: false }).save(`${sharded}/`, mine, {
        globalStep,
        extra: { big },
      });
    }
    const theirs = join(root, "python");
    mkdirSync(theirs);
    const [one, three, made] = runPython("read", whole, "read", sharded, "write", theirs);
    const values = {
      global_step: [12345678901],
      "net/weights": [1, 2],
      "net/weights/Momentum": [0.5, -0.5],
    };
    const dtypes = { global_step: "int64", "net/weights": "float32", "net/weights/Momentum": "float32" };
    for (const [folder, read, more, type] of [
      [whole, one, {}, {}],
      [sharded, three, { big: [12345678901] }, { big: "int64" }],
    ] as const) {
      const all = [1, 12345678901].map((step) => join(folder, `model.ckpt-${step}`));
      assert.ok(typeof read === "object" && read !== null && "times" in read && "lastPreserved" in read);
      const { times, lastPreserved, ...rest } = read;
      const expected = { values: { ...values, ...more }, dtypes: { ...dtypes, ...type } };
      assert.deepEqual(rest, { path: all[1], all, ...expected });
      assert.ok(Array.isArray(times) && times.length === 2);
      assert.ok(Math.abs(Number(times[1]) - Date.now() / 1000) < 300);
      assert.ok(Number(lastPreserved) <= Number(times[0]));
    }
    assert.equal(latestCheckpoint(theirs), join(theirs, "model.ckpt-3"));
    assert.equal(new Saver().restore(theirs, mine).globalStep, 3);
    assert.deepEqual({ weights: valuesOf(weights), slot: valuesOf(slot) }, made);
    await new Saver({ maxToKeep: 2 }).save(theirs, mine, { globalStep: 4 });
    assert.equal(latestCheckpoint(theirs), join(theirs, "model.ckpt-4"));
    assert.ok(
      !existsSync(join(theirs, "model.ckpt-2.meta")),
      "what Python kept is in the list that is swept",
    );
    tf.dispose([weights, slot, big]);
  },
);
