import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { Dataset, readDataset, TFRecordDataset } from "../../src/input";
import { frameRecord, memory, type tf } from "../../src/tensorflow";

const scratch = mkdtempSync(path.join(tmpdir(), "slimlab-position-"));
after(() => rmSync(scratch, { recursive: true }));

const pattern = path.join(scratch, "train-*");
for (const [file, count] of [9, 14, 3, 6].entries()) {
  const names = Array.from({ length: count }, (_, i) => frameRecord(Buffer.from(`${file}.${i}`)));
  writeFileSync(path.join(scratch, `train-${file}`), Buffer.concat(names));
}

const numbers = (): Dataset<tf.Scalar> => Dataset.range(23);
const records = (numReaders: number): Dataset<tf.Scalar> =>
  readDataset(TFRecordDataset, pattern, { shuffle: true, shuffleBufferSize: 5, numReaders, readBlockLength: 2, numEpochs: 3 }); // prettier-ignore

// Each is made anew, and with it the seeds that it draws.
const datasets: Readonly<Record<string, () => Dataset<unknown>>> = {
  "map, batch, prefetch": () => numbers().map((n) => n.mul(3)).batch(4).prefetch(2), // prettier-ignore
  "whole batches": () => numbers().batch(4, { dropRemainder: true, numParallelCalls: 2 }),
  shuffle: () => numbers().shuffle(7),
  "shuffle, repeat, batch": () => numbers().shuffle(7).repeat(3).batch(5),
  "repeat, shuffle": () => numbers().repeat(3).shuffle(30),
  "shuffle in one order": () => numbers().shuffle(7, { reshuffleEachIteration: false }).repeat(2),
  "two shuffles": () => numbers().shuffle(7, { seed: 1 }).shuffle(9).repeat(2),
  filter: () => numbers().shuffle(7).filter((n) => n.mod(3).notEqual(0)), // prettier-ignore
  "take, skip, shard": () => numbers().shuffle(7).skip(2).take(19).shard(2, 1),
  zip: () => Dataset.zip(numbers().shuffle(5), Dataset.range(100, 300)).batch(3),
  concatenate: () => numbers().shuffle(5).concatenate(Dataset.range(50, 60).shuffle(5)),
  cache: () => numbers().shuffle(5).cache().repeat(2).shuffle(5),
  interleave: () =>
    numbers().shuffle(7).interleave((n) => Dataset.fromTensorSlices(n.add([0, 100, 200])), { cycleLength: 4, numParallelCalls: 2 }), // prettier-ignore
  "records, one reader": () => records(1).batch(3),
  "records, four readers": () => records(4).batch(3),
};

async function restOf(iterator: AsyncIterable<unknown>, most = Infinity): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const element of iterator) {
    values.push(flat(element));
    if (values.length >= most) break;
  }
  return values;
}

function flat(element: unknown): unknown {
  if (Array.isArray(element)) return element.map(flat);
  return typeof element === "object" &&
    element !== null &&
    "dataSync" in element &&
    typeof element.dataSync === "function"
    ? [...element.dataSync()] // prettier-ignore
    : element;
}

for (const [name, create] of Object.entries(datasets)) {
  test(`seek() goes on exactly where position() was, in a dataset made anew: ${name}`, async () => {
    const before = memory();
    for (const looked of [0, 2]) {
      const dataset = create();
      for (let i = 0; i < looked; i++) (await dataset.first().then((one) => [one].flat())).forEach(dispose);
      const iterator = dataset.iterator();
      const whole: { readonly position: Uint8Array; readonly value: unknown }[] = [];
      for (let position = iterator.position(); ; position = iterator.position()) {
        const { done, value } = await iterator.next();
        whole.push({ position, value: done === true ? "end" : flat(value) });
        if (done === true) break;
      }
      const values = whole.map(({ value }) => value);
      assert.ok(values.length > 4);
      for (const [i, { position }] of whole.entries()) {
        if (i % 3 !== 0 && i < whole.length - 2) continue;
        assert.ok(position.length < 500);
        const again = create();
        const other = again.iterator();
        await other.next();
        other.seek(position);
        assert.deepEqual([...(await restOf(other)), "end"], values.slice(i));
        again.dispose();
      }
      dataset.dispose();
    }
    assert.deepEqual(memory(), before);
  });
}

function dispose(one: unknown): void {
  if (typeof one === "object" && one !== null && "dispose" in one && typeof one.dispose === "function")
    one.dispose();
}

test("readDataset() gives one order for a seed, with several readers too", async () => {
  const options = { shuffle: true, numReaders: 4, readBlockLength: 1, numEpochs: 2, seed: 5 };
  const read = (): Promise<unknown[]> => restOf(readDataset(TFRecordDataset, pattern, options));
  const first = await read();
  assert.equal(first.length, 64);
  for (let i = 0; i < 5; i++) assert.deepEqual(await read(), first);
});

test("position() and seek() refuse what would not go on there", async () => {
  const loose = numbers().map((n) => n.add(1), { deterministic: false, numParallelCalls: 2 });
  const wild = loose.iterator();
  assert.throws(() => wild.position(), { message: "Cannot save where the iterator is: expected steps whose results come in one order, got map() whose own can't be repeated" }); // prettier-ignore
  const inner = numbers().interleave((n) => Dataset.fromTensorSlices(n.add([0, 1])).shuffle(2), {});
  const shuffling = inner.iterator();
  assert.throws(() => shuffling.position(), /got interleave\(\) whose own can't be repeated/);
  const iterator = records(2).batch(2).iterator();
  const position = iterator.position();
  const fewer = readDataset(TFRecordDataset, path.join(scratch, "train-[012]"), { shuffle: true, shuffleBufferSize: 5, numReaders: 2, readBlockLength: 2, numEpochs: 3 }).batch(2).iterator(); // prettier-ignore
  assert.throws(() => fewer.seek(position), /: 4 strings for 3 strings|fromTensorSlices\(4 strings\) for fromTensorSlices\(3 strings\)/); // prettier-ignore
  const more = records(2).batch(3).iterator();
  assert.throws(() => more.seek(position), /Cannot restore iterator: expected a position in a dataset of the same steps \(batch\(3\).*: batch\(2\) for batch\(3\)$/); // prettier-ignore
  assert.throws(() => more.seek(new Uint8Array(7)), { name: "RangeError", message: "Cannot restore iterator: expected what position() gave, got 7 other bytes" }); // prettier-ignore
  const reading = iterator.next();
  assert.throws(
    () => iterator.seek(position),
    /Cannot move iterator: expected none of its elements being read/,
  );
  await reading;
  iterator.seek(position);
  writeFileSync(path.join(scratch, "train-3"), frameRecord(Buffer.from("another")));
  const changed = records(2).batch(2).iterator();
  assert.throws(() => changed.seek(position), /expected a position in the same files, got one in files of other names or sizes/); // prettier-ignore
  [wild, shuffling, iterator, fewer, more, changed].forEach((one) => one.dispose());
  assert.throws(() => iterator.seek(position), /Cannot use iterator: expected one that is not at its end/);
});
