import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { Dataset } from "../../src/input";
import { memory, random, tf, type Memory } from "../../src/tensorflow";
import { readFixture } from "../fixtures";
import { settleBeforeEach } from "../settled";

settleBeforeEach();
type Orders = Record<"shuffle" | "shuffleFixed", number[][]> &
  Record<"shuffleRepeat" | "interleave", number[]>;
const fixture = readFixture<Orders>("datasets");

const scratch = mkdtempSync(path.join(tmpdir(), "slimlab-dataset-"));
after(() => rmSync(scratch, { recursive: true }));

/** The values of a dataset of tensors. */
async function values(dataset: Dataset<tf.Tensor>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const tensor of dataset) found.push(tensor.arraySync());
  return found;
}

async function leaksNothing(work: () => Promise<void>): Promise<void> {
  const before: Memory = memory();
  await work();
  assert.deepEqual(memory(), before);
}

test("range() counts, take(), skip(), shard(), repeat() and concatenate() choose", async () => {
  const five = Dataset.range(5);
  assert.deepEqual(await values(five), [0, 1, 2, 3, 4]);
  assert.deepEqual(await values(Dataset.range(7, 1, -3)), [7, 4]);
  assert.deepEqual(await values(five.skip(1).take(2).repeat(2)), [1, 2, 1, 2]);
  assert.deepEqual(await values(five.repeat().take(7)), [0, 1, 2, 3, 4, 0, 1]);
  assert.deepEqual(await values(five.shard(3, 1)), [1, 4]);
  assert.deepEqual(await values(five.take(1).concatenate(five.skip(4))), [0, 4]);
  assert.deepEqual(await values(five.repeat(0)), []);
});

test("fromTensorSlices() slices trees of tensors, and strings", async () => {
  const x = tf.tensor2d([[1, 2], [3, 4]]); // prettier-ignore
  const y = tf.tensor1d([5, 6], "int32");
  const found: unknown[] = [];
  for await (const element of Dataset.fromTensorSlices({ x, y }))
    found.push([element.x.arraySync(), element.y.arraySync(), element.y.dtype]);
  assert.deepEqual(found, [
    [[1, 2], 5, "int32"],
    [[3, 4], 6, "int32"],
  ]);
  assert.deepEqual(await values(Dataset.fromTensorSlices(["a", "b"])), ["a", "b"]);
  const short = tf.tensor1d([1]);
  assert.throws(() => Dataset.fromTensorSlices([x, short]), /expected one first dimension in all, got shapes \[2, 2\] and \[1\]/); // prettier-ignore
  tf.dispose([x, y, short]);
  assert.throws(() => Dataset.fromTensorSlices(x).iterator(), /got a disposed one/);
});

test("map() records its function once, by two runs, in trees, and leaks nothing", async () => {
  await leaksNothing(async () => {
    let runs = 0;
    const dataset = Dataset.range(4).map((n) => {
      runs++;
      return [{ n, twice: [n.mul(2)] }, n.cast("float32").div(2)];
    });
    const found: unknown[] = [];
    for await (const [{ n, twice }, half] of dataset)
      found.push([n.arraySync(), twice.map((t) => t.arraySync()), half.arraySync()]);
    assert.deepEqual(found[3], [3, [6], 1.5]);
    await dataset.first().then(tf.dispose);
    assert.equal(runs, 2);
    dataset.dispose();
  });
});

test("map() looks up what it closes over when an iteration begins", async () => {
  const scale = tf.variable(tf.scalar(2));
  const dataset = Dataset.range(3).map((n) => n.cast("float32").mul(scale));
  assert.deepEqual(await values(dataset), [0, 2, 4]);
  scale.assign(tf.scalar(3));
  assert.deepEqual(await values(dataset), [0, 3, 6]);
  scale.dispose();
  assert.throws(() => dataset.iterator(), /Cannot map: expected what the function closes over to live/);
});

test("map() refuses functions that a graph can't hold", () => {
  assert.throws(
    () => Dataset.range(3).map((n) => tf.scalar(Number(n.dataSync()[0]))).iterator(), // prettier-ignore
    /Cannot trace "map": expected graph operations only, got a value read inside/,
  );
  assert.throws(
    () => Dataset.range(0).map((n) => n).iterator(), // prettier-ignore
    /Cannot take an example of dataset "range": expected an element, got none/,
  );
});

test("map() over batches keeps sizes that hold for full batches, and hints where they do not", async () => {
  const squares = Dataset.range(5).map((n) => n.mul(tf.ones([2, 2], "int32")));
  const flat = squares.batch(2).map((x) => x.reshape([x.shape[0] ?? 0, -1]));
  assert.deepEqual((await values(flat.take(2)))[1], [
    [2, 2, 2, 2],
    [3, 3, 3, 3],
  ]);
  const grown = Dataset.range(1, 4)
    .map((n) => tf.ones([3], "int32").mul(n))
    .batch(2)
    .map((x) => x.reshape([6]));
  await assert.rejects(values(grown), /Cannot read element 1 of the dataset: .*recorded on one example/s);
});

test("batch() puts elements together, with or without the rest, and names shapes that differ", async () => {
  const five = Dataset.range(5);
  assert.deepEqual(await values(five.batch(2)), [[0, 1], [2, 3], [4]]);
  assert.deepEqual(await values(five.batch(2, { dropRemainder: true })), [[0, 1], [2, 3]]); // prettier-ignore
  for (const buffer of [1, "auto"] as const)
    assert.deepEqual(await values(five.batch(3, { numParallelCalls: "auto" }).prefetch(buffer)), [[0, 1, 2], [3, 4]]); // prettier-ignore
  const ragged = Dataset.fromTensorSlices(["a", "b c"]).interleave((s) =>
    Dataset.fromTensorSlices(s.reshape([1])),
  );
  assert.deepEqual(await values(ragged), ["a", "b c"]);
});

test("filter() keeps what is true, and takes nothing but a bool scalar", async () => {
  await leaksNothing(async () => {
    const odd = Dataset.range(6).filter((n) => n.mod(tf.scalar(2, "int32")).equal(1));
    assert.deepEqual(await values(odd), [1, 3, 5]);
    odd.dispose();
  });
  assert.throws(() => Dataset.range(2).filter((n) => n).iterator(), /expected the function to give a bool scalar, got int32\[\]/); // prettier-ignore
});

test("zip() ends with the shortest", async () => {
  const found: unknown[] = [];
  for await (const [n, s] of Dataset.zip(Dataset.range(3), Dataset.fromTensorSlices(["a", "b"])))
    found.push([n.arraySync(), s.arraySync()]);
  assert.deepEqual(found, [[0, "a"], [1, "b"]]); // prettier-ignore
  assert.throws(() => Dataset.zip(), /expected at least one dataset/);
});

test("shuffle() has Python's orders for a seed, from loop to loop too", async () => {
  await leaksNothing(async () => {
    const shuffled = Dataset.range(10).shuffle(5, { seed: 42 });
    for (const order of fixture.shuffle) assert.deepEqual(await values(shuffled), order);
    const twice = Dataset.range(10).shuffle(5, { seed: 42 }).repeat(2);
    assert.deepEqual(await values(twice), fixture.shuffleRepeat);
    const fixed = Dataset.range(10).shuffle(5, { seed: 42, reshuffleEachIteration: false });
    for (const order of fixture.shuffleFixed) assert.deepEqual(await values(fixed), order);
    for (const dataset of [shuffled, twice, fixed]) dataset.dispose();
  });
});

test("interleave() has Python's order, with functions inside its function", async () => {
  await leaksNothing(async () => {
    const grown = Dataset.range(1, 6).interleave(
      (n) => {
        const inner = Dataset.range(5).map((i) => i.add(n.mul(10)));
        return inner.filter((i) => i.less(n.mul(11)));
      },
      { cycleLength: 2, blockLength: 2 },
    );
    assert.deepEqual(await values(grown), fixture.interleave);
    grown.dispose();
  });
});

test("cache() computes once, in memory and on disk", async () => {
  const file = path.join(scratch, "cached");
  for (const cached of [Dataset.range(3).cache(), Dataset.range(3).cache(file)]) {
    assert.deepEqual(await values(cached), [0, 1, 2]);
    assert.deepEqual(await values(cached), [0, 1, 2]);
    cached.dispose();
  }
  assert.ok(existsSync(`${file}.index`));
  const seeded = Dataset.range(4).map((n) => random.uniform([], tf.stack([n, n]))).shuffle(4).cache(); // prettier-ignore
  assert.deepEqual(await values(seeded), await values(seeded));
});

test("a loop disposes each element but what is kept, and a break frees the iterator", async () => {
  await leaksNothing(async () => {
    const kept: tf.Tensor[] = [];
    const seen: tf.Tensor[] = [];
    const dataset = Dataset.range(100).map((n) => ({ n, next: n.add(1) }));
    for await (const { n, next } of dataset) {
      if (seen.length > 0) assert.ok(seen.at(-1)?.isDisposed);
      seen.push(n);
      kept.push(tf.keep(next));
      if (kept.length === 3) break;
    }
    assert.ok(seen.every((tensor) => tensor.isDisposed));
    assert.deepEqual(kept.map((tensor) => tensor.arraySync()), [1, 2, 3]); // prettier-ignore
    await assert.rejects(async () => {
      for await (const { n } of dataset) throw new Error(`stop at ${n.arraySync()}`);
    }, /stop at 0/);
    tf.dispose(kept);
    dataset.dispose();
  });
});

test("dispose() leaves iterations under way alone, and the dataset can be used again", async () => {
  const dataset = Dataset.range(5).map((n) => n.mul(n));
  const iterator = dataset.iterator();
  await iterator.next();
  const { functions } = memory();
  dataset.dispose();
  assert.equal(memory().functions, functions - 1);
  assert.equal((await iterator.next()).value?.arraySync(), 1);
  iterator.dispose();
  assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  assert.deepEqual(await values(dataset), [0, 1, 4, 9, 16]);
  dataset.dispose();
});

test("first() gives the first element, and says when there is none", async () => {
  const element = await Dataset.range(3, 9).batch(2).first();
  assert.deepEqual(element.arraySync(), [3, 4]);
  element.dispose();
  await assert.rejects(Dataset.range(0).first(), /Cannot take the first element: expected one, got none/);
});

test("next() keeps the event loop alive", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const slow = Dataset.range(3).map((n) => tf.ones([600, 600]).mul(n.cast("float32")).matMul(tf.ones([600, 600])).sum()); // prettier-ignore
  await values(slow.repeat(8));
  clearInterval(timer);
  assert.ok(ticks > 0);
  slow.dispose();
});

test("iterator.state() and restore() go on exactly there, shuffled too", async () => {
  await leaksNothing(async () => {
    for (const dataset of [
      Dataset.range(20).map((n) => n.mul(3)).batch(2).prefetch(2), // prettier-ignore
      Dataset.range(20).shuffle(6, { seed: 7 }).batch(2),
    ]) {
      const iterator = dataset.iterator();
      await iterator.next();
      await iterator.next();
      const state = await iterator.state();
      const rest: unknown[] = [];
      for await (const batch of iterator) rest.push(batch.arraySync());
      const other = dataset.iterator();
      await other.restore(state);
      const again: unknown[] = [];
      for await (const batch of other) again.push(batch.arraySync());
      assert.equal(rest.length, 8);
      assert.deepEqual(again, rest);
      dataset.dispose();
    }
    const wrong = Dataset.range(3).iterator();
    await assert.rejects(
      wrong.restore(new Uint8Array(20)),
      /Cannot restore iterator: expected what position/,
    );
    wrong.dispose();
    await assert.rejects(wrong.state(), /Cannot use iterator/);
  });
});

test("dispose() during a read leaves nothing behind", async () => {
  await leaksNothing(async () => {
    const iterator = Dataset.range(3).iterator();
    const reading = iterator.next();
    await Promise.resolve();
    iterator.dispose();
    assert.deepEqual(await reading, { done: true, value: undefined });
  });
});

test("a signal ends an iteration at once", async () => {
  const controller = new AbortController();
  const iterator = Dataset.range(1e5).filter((n) => n.less(0)).iterator({ signal: controller.signal }); // prettier-ignore
  setTimeout(() => controller.abort(), 5);
  await assert.rejects(iterator.next(), { name: "AbortError" });
  assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  assert.throws(() => Dataset.range(3).iterator({ signal: controller.signal }), { name: "AbortError" });
});

test("steps refuse counts that are out of range", () => {
  const dataset = Dataset.range(3);
  assert.throws(() => Dataset.range(0.5), /Cannot count/);
  assert.throws(() => dataset.batch(0), /Cannot batch: expected size to be a whole number >= 1, got 0/);
  assert.throws(() => dataset.shuffle(1.5), /Cannot shuffle: expected bufferSize/);
  assert.throws(() => dataset.repeat(-1), /Cannot repeat/);
  assert.throws(() => dataset.shard(2, 2), /Cannot shard: expected an index below 2, got 2/);
  assert.throws(() => dataset.map((n) => n, { numParallelCalls: 0 }), /numParallelCalls/);
  assert.throws(() => dataset.concatenate(dataset.map((n) => n.cast("float32"))).iterator(), /of types int32, got float32/); // prettier-ignore
});

test("map() and filter() refuse a function that assigns variables, whose assignment would be lost", async () => {
  const count = tf.variable(tf.scalar(0), false, "seen");
  const counting = (x: tf.Scalar): tf.Scalar => (count.assign(count.add(1)), x);
  const message = /Cannot map: expected a function that assigns no variables, got one that assigns "seen"/;
  await assert.rejects(Dataset.range(2).map(counting).first(), message);
  await assert.rejects(Dataset.range(2).filter((x) => counting(x).less(9)).first(), /Cannot filter/); // prettier-ignore
  count.dispose();
});
