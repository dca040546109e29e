import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { Dataset, type DatasetIterator } from "../../src/input";
import type { tf } from "../../src/tensorflow";

test(
  "iterators have no thread that tunes them, for whose sleep their end waits",
  { skip: process.platform !== "linux" },
  async () => {
    const threads = (): number => readdirSync("/proc/self/task").length;
    const dataset = Dataset.range(3);
    const open = async (): Promise<DatasetIterator<tf.Tensor>> => {
      const iterator = dataset.iterator();
      await iterator.next();
      return iterator;
    };
    const first = await open(); // begins what all have in common
    const before = threads();
    const others: DatasetIterator<tf.Tensor>[] = [];
    for (let i = 0; i < 40; i++) others.push(await open());
    const each = (threads() - before) / others.length;
    assert.ok(each < 3, `${each} threads an iterator`); // 2, and 4 with tuning
    for (const iterator of [first, ...others]) iterator.dispose();
  },
);
