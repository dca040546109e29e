import assert from "node:assert/strict";
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
