import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { balancedWeights, countLabels, createInputFn, Dataset } from "../../src/input";
import { encodeExample, encodePng, feature, frameRecord, memory, tf } from "../../src/tensorflow";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const scratch = mkdtempSync(path.join(tmpdir(), "slimlab-resample-"));
after(() => rmSync(scratch, { recursive: true }));

const COUNTS = [24, 6, 2];
const pattern = path.join(scratch, "train-*");
const image = tf.fill<tf.Rank.R3>([8, 8, 3], 7);
const encoded = feature.bytes(encodePng(image));
image.dispose();
for (const file of [0, 1]) {
  const labels = COUNTS.flatMap((count, label) => new Array<number>(count / 2).fill(label));
  const records = labels.map(
    (label) =>
    frameRecord(encodeExample({ "image/encoded": encoded, "image/format": feature.bytes("png"), "image/class/label": feature.int64(label) })), // prettier-ignore
  );
  writeFileSync(path.join(scratch, `train-${file}`), Buffer.concat(records));
}

async function valuesOf(dataset: AsyncIterable<tf.Tensor>, most = Infinity): Promise<number[]> {
  const values: number[] = [];
  for await (const element of dataset) {
    values.push(...element.dataSync());
    if (values.length >= most) break;
  }
  return values;
}
const share = (values: readonly number[], one: number): number =>
  values.filter((value) => value === one).length / values.length;

test("resample() gives whole weights as copies, the same each time, and strings and records of tensors as they are", async () => {
  const before = memory();
  const weights = tf.tensor1d([0, 2, 1, 3]);
  const numbers = Dataset.range(4).resample((n) => weights.gather(n.toInt()).asScalar());
  for (let pass = 0; pass < 2; pass++) assert.deepEqual(await valuesOf(numbers), [1, 1, 2, 3, 3, 3]);
  const named = Dataset.zip(Dataset.fromTensorSlices(["a", "b"]), Dataset.range(2))
    .map(([name, at]: [tf.Scalar, tf.Scalar]) => ({ name, at }))
    .resample(({ at }) => at.toFloat().mul(2));
  const found: unknown[] = [];
  for await (const { name, at } of named) found.push([String(name.dataSync()[0]), at.dataSync()[0]]);
  assert.deepEqual(found, [["b", 1], ["b", 1]]); // prettier-ignore
  numbers.dispose();
  named.dispose();
  weights.dispose();
  assert.deepEqual(memory(), before);
});

test("resample() draws fractions: on average as often as the weight says, by its seed, and anew in each pass", async () => {
  const weights = [0.25, 1.5, 2.75];
  const make = (seed: number): Dataset<tf.Scalar> =>
    Dataset.range(3)
      .repeat(2000)
      .resample((n) => tf.tensor1d(weights).gather(n.toInt()).asScalar(), { seed });
  const [one, again, other] = [make(4), make(4), make(5)];
  const first = await valuesOf(one);
  weights.forEach((weight, n) => {
    const count = first.filter((value) => value === n).length / 2000;
    assert.ok(Math.abs(count - weight) < 0.06, `${n} came ${count} times, not ${weight}`); // over 5 deviations
  });
  assert.deepEqual(await valuesOf(again), first);
  assert.notDeepEqual(await valuesOf(other), first);
  assert.notDeepEqual(await valuesOf(one), first);
  for (const dataset of [one, again, other]) dataset.dispose();
});

test("resample() refuses a function that gives no number", async () => {
  const dataset = Dataset.range(4).resample((n) => n);
  await assert.rejects(valuesOf(dataset), {
    name: "TypeError",
    message: "Cannot resample: expected the function to give a float32 scalar, got int32 []",
  });
  dataset.dispose();
});

test("countLabels() counts without decoding images, and balancedWeights() makes the classes equal as scikit-learn's do", async () => {
  assert.deepEqual(await countLabels(pattern), COUNTS);
  assert.deepEqual(await countLabels(pattern, { numClasses: 5 }), [...COUNTS, 0, 0]);
  await assert.rejects(countLabels(pattern, { numClasses: 2 }), {
    name: "RangeError",
    message: "Cannot count labels: expected them in 0 … 1, got 2",
  });
  assert.deepEqual(balancedWeights([900, 100]), [1000 / 1800, 5]);
  assert.throws(() => balancedWeights([3, 0]), {
    name: "RangeError",
    message: "Cannot balance classes: expected records of each class, got 0 of class 1",
  });
});

test("createInputFn() with balanced classRates gives each class the same part, mixed, and goes on exactly where it was", async () => {
  const classRates = balancedWeights(COUNTS);
  const input = createInputFn(pattern, { batchSize: 8, shuffle: true, seed: 3, classRates });
  const dataset = input();
  const labels = await valuesOf(dataset.take(100).map(([, label]) => label));
  for (const label of [0, 1, 2]) assert.ok(Math.abs(share(labels, label) - 1 / 3) < 0.1, `${label}: ${share(labels, label)}`); // prettier-ignore
  const runs = labels.filter((label, i) => label === 2 && labels[i - 1] === 2).length;
  assert.ok(runs < 0.6 * labels.length * share(labels, 2), "copies do not follow one another");
  const iterator = dataset.iterator();
  for (let batch = 0; batch < 7; batch++) await iterator.next();
  const position = iterator.position();
  const rest = async (one: typeof iterator): Promise<number[]> => {
    const found: number[] = [];
    for (let batch = 0; batch < 12; batch++) found.push(...((await one.next()).value?.[1].dataSync() ?? []));
    one.dispose();
    return found;
  };
  const expected = await rest(iterator);
  const again = createInputFn(pattern, { batchSize: 8, shuffle: true, seed: 3, classRates })();
  const resumed = again.iterator();
  resumed.seek(position);
  assert.deepEqual(await rest(resumed), expected);
  for (const one of [dataset, again]) one.dispose();
});

test("createInputFn() refuses rates that are none", () => {
  const cases: readonly (readonly [Parameters<typeof createInputFn>[1], string])[] = [
    [{ classRates: [1, -1] }, "classRates of 0 or more, got -1"],
    [{ classRates: [0, 0] }, "some of classRates above 0, got none"],
    [{ classRates: [1, 2], epochs: "repeated" }, 'epochs: "exact" with classRates, got "repeated"'],
  ];
  for (const [options, message] of cases)
    assert.throws(() => createInputFn(pattern, options), {
      name: "RangeError",
      message: `Cannot create input function: expected ${message}`,
    });
});
