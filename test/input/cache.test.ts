import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, openSync, readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { Dataset } from "../../src/input";
import { tf } from "../../src/tensorflow";
import { temporaryFolder } from "../temporary";

const scratch = temporaryFolder("cache");

test("cache() takes no iteration that was left for a whole one, also after and before prefetch()", async () => {
  for (let turn = 0; turn < 30; turn++) {
    const batches = Dataset.range(8).map((n) => tf.abs(n), { numParallelCalls: 8 }).batch(2).prefetch(2); // prettier-ignore
    const cached = (turn % 3 === 0 ? batches.cache(path.join(scratch, `left-${turn}`)) : batches.cache()).prefetch(2); // prettier-ignore
    for (let left = 0; left < 6; left++) {
      const iterator = cached.iterator();
      await iterator.next();
      iterator.dispose();
    }
    let count = 0;
    for await (const batch of cached) count += batch.size;
    assert.equal(count, 8);
    cached.dispose();
    batches.dispose();
  }
});

test(
  "an iteration that is left has ended its cache's files at once",
  { skip: process.platform === "win32" },
  async () => {
    const cached = Dataset.range(8).cache(path.join(scratch, "ended"));
    const iterator = cached.iterator();
    await iterator.next();
    const locks = (): string[] => readdirSync(scratch).filter((name) => name.endsWith(".lockfile"));
    assert.equal(locks().length, 1);
    const pipe = path.join(scratch, "pipe");
    execFileSync("mkfifo", [pipe]);
    const readers = Array.from({ length: 8 }, () => open(pipe)); // no thread is left for what else could wait
    iterator.dispose();
    const left = locks();
    const writer = openSync(pipe, "r+");
    for (const reader of await Promise.all(readers)) await reader.close();
    closeSync(writer);
    assert.deepEqual(left, []);
    cached.dispose();
  },
);
