import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { openSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { Dataset, type DatasetIterator } from "../../src/input";
import { executeOne, memory, type tf } from "../../src/tensorflow";
import { temporaryFolder } from "../temporary";

const scratch = temporaryFolder("iterator");

/** A file whose reading lasts until its end() is called. */
function endless(name: string): { readonly file: string; end(): void } {
  const file = path.join(scratch, name);
  execFileSync("mkfifo", [file]);
  return { file, end: () => void openSync(file, "r+") };
}

/** The contents of files, whichever is read first. */
const contentsOf = (files: readonly string[]): Dataset<tf.Tensor> =>
  Dataset.fromTensorSlices(files)
    .map((file) => executeOne("ReadFile", [file]), { numParallelCalls: 2, deterministic: false })
    .prefetch(1);

const limits = { skip: process.platform === "win32", timeout: 60_000 };

test("an iteration that is left does not wait for what is being read for it", limits, async () => {
  const short = path.join(scratch, "short");
  writeFileSync(short, "");
  const { file, end } = endless("left");
  const dataset = contentsOf([file, ...new Array<string>(10).fill(short)]);
  for (let i = 0; i < 3; i++) {
    const before = memory();
    let count = 0;
    for await (const _ of dataset) if (++count === 5) break;
    const after = memory();
    assert.deepEqual(after, { ...before, functions: after.functions });
  }
  end();
  dataset.dispose();
});

test("nor where it is left while an element is read", limits, async () => {
  const [first, second] = [endless("first"), endless("second")];
  const dataset = contentsOf([first.file, second.file]);
  const before = memory();
  const iterator = dataset.iterator();
  const next = iterator.next().catch((error: unknown) => error);
  iterator.dispose();
  first.end();
  await next;
  second.end();
  dataset.dispose();
  assert.deepEqual(memory(), before);
});

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
