import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { Dataset, readDataset, TFRecordDataset } from "../../src/input";
import { frameRecord, memory, tf } from "../../src/tensorflow";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

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

type Element = tf.Tensor | readonly tf.Tensor[];

// Each is made anew, and with it the seeds that it draws.
const datasets: Readonly<Record<string, () => Dataset<Element>>> = {
  "map, batch, prefetch": () => numbers().map((n) => n.mul(3)).batch(4).prefetch(2), // prettier-ignore
  "whole batches": () => numbers().batch(4, { dropRemainder: true, numParallelCalls: 2 }),
  shuffle: () => numbers().shuffle(7),
  "shuffle, repeat, batch": () => numbers().shuffle(7).repeat(3).batch(5),
  "repeat, shuffle": () => numbers().repeat(3).shuffle(30),
  "shuffle in one order": () => numbers().shuffle(7, { reshuffleEachIteration: false }).repeat(2),
  "two shuffles": () => numbers().shuffle(7, { seed: 1 }).shuffle(9).repeat(2),
  filter: () => numbers().shuffle(7).filter((n) => n.mod(3).notEqual(0)), // prettier-ignore
  "take, skip, shard": () => numbers().shuffle(7).skip(2).take(19).shard(2, 1),
  resample: () => numbers().resample((n) => n.toFloat().div(8)).shuffle(7).repeat(3), // prettier-ignore
  zip: () => Dataset.zip(numbers().shuffle(5), Dataset.range(100, 300)).batch(3),
  concatenate: () => numbers().shuffle(5).concatenate(Dataset.range(50, 60).shuffle(5)),
  cache: () => numbers().shuffle(5).cache().repeat(2).shuffle(5),
  interleave: () =>
    numbers().shuffle(7).interleave((n) => Dataset.fromTensorSlices(n.add([0, 100, 200])), { cycleLength: 4, numParallelCalls: 2 }), // prettier-ignore
  "records, one reader": () => records(1).batch(3),
  "records, four readers": () => records(4).batch(3),
};

async function restOf(iterator: AsyncIterable<Element>, most = Infinity): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const element of iterator) {
    values.push(flat(element));
    if (values.length >= most) break;
  }
  return values;
}

function flat(element: Element | undefined): unknown {
  return element instanceof tf.Tensor ? [...element.dataSync()] : element?.map(flat);
}

for (const [name, create] of Object.entries(datasets)) {
  test(`seek() goes on exactly where position() was, in a dataset made anew: ${name}`, async () => {
    const before = memory();
    for (const looked of [0, 2]) {
      const dataset = create();
      for (let i = 0; i < looked; i++) tf.dispose([await dataset.first()].flat());
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

test("readDataset() gives one order for a seed, with several readers too", async () => {
  const options = { shuffle: true, numReaders: 4, readBlockLength: 1, numEpochs: 2, seed: 5 };
  const read = (): Promise<unknown[]> => restOf(readDataset(TFRecordDataset, pattern, options));
  const first = await read();
  assert.equal(first.length, 64);
  for (let i = 0; i < 5; i++) assert.deepEqual(await read(), first);
});

test("position() after restore() of a state goes on there too, with the seeds that were drawn", async () => {
  const [first, second, third] = [0, 1, 2].map(() => numbers().shuffle(7).repeat().iterator());
  for (let i = 0; i < 30; i++) await first?.next();
  await second?.restore((await first?.state()) ?? new Uint8Array());
  third?.seek(second?.position() ?? new Uint8Array());
  const values: unknown[][] = [[], [], []];
  for (let i = 0; i < 40; i++)
    for (const [k, one] of [first, second, third].entries())
      values[k]?.push(flat((await one?.next())?.value));
  assert.deepEqual(values[1], values[0]);
  assert.deepEqual(values[2], values[0]);
  [first, second, third].forEach((one) => one?.dispose());
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
  assert.throws(() => more.seek(new Uint8Array(7)), { name: "RangeError", message: "Cannot restore iterator: expected what position() or state() gave, got 7 bytes of something else" }); // prettier-ignore
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
