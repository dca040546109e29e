import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cutMix,
  Dataset,
  mixBatches,
  mixup,
  type LabeledBatch,
  type SoftLabeledBatch,
} from "../../src/input";
import { cutMixture, mixBatch } from "../../src/input/mix";
import { softmaxCrossEntropy } from "../../src/model";
import { memory, random, tf } from "../../src/tensorflow";
import { readFixture } from "../fixtures";
import { pattern, patternIntegers, type FixtureArray } from "../patterns";

interface Mixed {
  readonly images: string;
  readonly labels: string;
}

const { mixed } = readFixture<{ readonly mixed: Mixed & Readonly<Record<"mixup" | "cutMix", Mixed>> }>(
  "augment",
);

const numbersOf = (text: string): number[] => text.split(" ").map(Number);

const batch = (): LabeledBatch => [
  { image: tf.tensor4d(numbersOf(mixed.images), [4, 6, 8, 3]) },
  tf.tensor1d(numbersOf(mixed.labels), "int32"),
];

const distance = (actual: tf.Tensor, expected: readonly number[]): number => {
  const values = actual.dataSync();
  assert.equal(values.length, expected.length);
  return Math.max(...[...values].map((value, i) => Math.abs(value - (expected[i] ?? NaN))));
};

test("mixup and CutMix of a given share and rectangle are torchvision's", () => {
  tf.tidy(() => {
    const share = tf.scalar(0.3);
    const box = cutMixture(tf.tensor1d([1, 2]), tf.tensor1d([4, 6]), [6, 8]);
    for (const [name, mixture] of [
      ["mixup", { mask: share, share }],
      ["cutMix", box],
    ] as const) {
      const [{ image }, label] = mixBatch(batch(), mixture, 3);
      assert.deepEqual([image.shape, label.shape, label.dtype], [[4, 6, 8, 3], [4, 3], "float32"]);
      assert.ok(distance(image, numbersOf(mixed[name].images)) < 1e-3, name);
      assert.ok(distance(label, numbersOf(mixed[name].labels)) < 1e-4, name);
    }
  });
});

interface TimmFixture {
  readonly labelSmoothing: number;
  readonly share: number;
  readonly box: readonly [top: number, bottom: number, left: number, right: number] | null;
  readonly images: FixtureArray;
  readonly targets: FixtureArray;
  readonly loss: number;
}

test("photos that timm mixes are mixed alike, and have its labels and loss, smoothed too", () => {
  const sides = [5, 6] as const;
  const images = tf.tensor4d(pattern("mixup/images", [4, ...sides, 3], { scale: 100 }), [4, ...sides, 3]);
  const labels = tf.tensor1d(patternIntegers("mixup/classes", [4], 3), "int32");
  const weights = tf.tensor2d(pattern("mixup/weights", [3, 3], { scale: 0.1 }), [3, 3]);
  for (const [name, timm] of Object.entries(readFixture<Readonly<Record<string, TimmFixture>>>("mixup")))
    tf.tidy(() => {
      const { share, box, labelSmoothing, loss } = timm;
      const mixture = box === null ? { mask: tf.scalar(share), share: tf.scalar(share) } : boxOf(box);
      // In a batch of two both ways to choose partners are one: the first with the last.
      const [outer, inner] = [[0, 3], [1, 2]].map((pair) =>
        mixBatch([{ image: images.gather(pair) }, labels.gather(pair)], mixture, 3),
      ); // prettier-ignore
      assert.ok(outer !== undefined && inner !== undefined);
      const inOrder = <T extends tf.Tensor>(pick: (one: SoftLabeledBatch) => T): T =>
        tf.concat([pick(outer), pick(inner)]).gather<T>(tf.tensor1d([0, 2, 3, 1], "int32"));
      const mixed = inOrder(([{ image }]) => image);
      const soft = inOrder(([, label]) => label);
      const smoothed = soft.mul(1 - labelSmoothing).add(labelSmoothing / 3);
      assert.ok(distance(mixed, timm.images.values) < 1e-4, name);
      assert.ok(distance(smoothed, timm.targets.values) < 1e-6, name);
      const logits = mixed.mean<tf.Tensor2D>([1, 2]).matMul(weights).as2D(4, 3);
      const own = softmaxCrossEntropy(logits, soft, { labelSmoothing });
      assert.ok(distance(own, [loss]) < 1e-6, name);
    });
  tf.dispose([images, labels, weights]);

  function boxOf([top, bottom, left, right]: readonly [number, number, number, number]): ReturnType<typeof cutMixture> {
    return cutMixture(tf.tensor1d([top, left]), tf.tensor1d([bottom, right]), sides);
  } // prettier-ignore
});

test("cutMix() takes the share of the labels that it takes of the pixels, mixup() one for a batch", () => {
  const before = memory();
  const shares = new Set<number>();
  for (let seed = 0; seed < 30; seed++)
    tf.tidy(() => {
      const image = tf.range(0, 4).as4D(4, 1, 1, 1).tile([1, 6, 8, 3]).as4D(4, 6, 8, 3); // prettier-ignore
      const given: LabeledBatch = [{ image }, tf.tensor1d([0, 1, 2, 3], "int32")];
      for (const mix of [cutMix, mixup]) {
        const [{ image: images }, labels] = mix(given, random.seed(seed), { numClasses: 4 });
        const expected = tf.tidy(() => labels.mul(tf.range(0, 4)).sum(1).arraySync());
        assert.ok(distance(images.mean([1, 2, 3]), [expected].flat().map(Number)) < 1e-4);
        assert.ok(distance(labels.sum(1), [1, 1, 1, 1]) < 1e-5);
        shares.add(Number(labels.arraySync()[1]?.[1]));
      }
    });
  assert.ok(shares.size > 30 && Math.min(...shares) >= 0 && Math.max(...shares) <= 1);
  assert.deepEqual(memory(), before);
});

const photos = (): Dataset<LabeledBatch> =>
  Dataset.range(22)
    .map((n): [{ image: tf.Tensor3D }, tf.Scalar] => [
      { image: n.add(tf.zeros([6, 8, 3], "int32")).as3D(6, 8, 3) },
      n.mod<tf.Scalar>(tf.scalar(3, "int32")),
    ])
    .batch(4);

async function valuesOf(batches: AsyncIterable<SoftLabeledBatch>): Promise<string[]> {
  const found: string[] = [];
  for await (const [{ image }, label] of batches)
    found.push(`${image.dataSync().join()} ${label.dataSync().join()}`);
  return found;
}

test("mixBatches() mixes each batch anew in each pass, the last one too, and goes on from a position", async () => {
  const before = memory();
  const options = { numClasses: 3, seed: 5 };
  const mixed = mixBatches(photos(), options);
  const all = await valuesOf(mixed);
  const next = await valuesOf(mixed);
  assert.equal(all.length, 6);
  assert.equal(new Set([...all, ...next]).size, 12);
  mixed.dispose();
  const begun = mixBatches(photos(), options);
  const iterator = begun.iterator();
  for (let i = 0; i < 2; i++) tf.dispose((await iterator.next()).value);
  const position = iterator.position();
  iterator.dispose();
  begun.dispose();
  const again = mixBatches(photos(), options);
  const later = again.iterator();
  later.seek(position);
  assert.deepEqual(await valuesOf(later), all.slice(2));
  later.dispose();
  again.dispose();
  assert.deepEqual(memory(), before);
});

test("mixBatches() does one of both alone, and refuses what is none", async () => {
  for (const only of [{ mixup: 0 }, { cutMix: 0 }]) {
    const mixed = mixBatches(photos(), { numClasses: 3, seed: 1, ...only });
    assert.equal((await valuesOf(mixed)).length, 6);
    mixed.dispose();
  }
  const dataset = photos();
  assert.throws(() => mixBatches(dataset, { numClasses: 3, mixup: 0, cutMix: 0 }), /^RangeError: Cannot mix batches: expected mixup or cutMix above 0, got 0 for both$/); // prettier-ignore
  assert.throws(
    () => mixBatches(dataset, { numClasses: 0 }),
    /expected numClasses to be a whole number >= 1, got 0$/,
  );
  assert.throws(() => mixBatches(dataset, { numClasses: 3, mixup: -1 }), /expected alpha above 0, got -1$/);
  dataset.dispose();
});
