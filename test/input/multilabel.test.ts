import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  balancedPositiveWeights,
  checkRecords,
  countLabels,
  createInputFn,
  fixedLenFeature,
  getDecoder,
  mixBatches,
  TFExampleDecoder,
  tfexampleDecoder,
  TFRecordDataset,
  varLenFeature,
  writeRecords,
} from "../../src/input";
import { createRandom } from "../../src/input/chance";
import { splitByLabels } from "../../src/input/stratify";
import {
  bytesOf,
  decodeExample,
  encodeExample,
  encodePng,
  feature,
  frameRecord,
  memory,
  tf,
} from "../../src/tensorflow";
import { temporaryFolder } from "../temporary";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const CLASSES = ["bottle", "cup", "mug"];
const several = { multiLabel: true, numClasses: 3 } as const;

/** A PNG of one colour. */
function pngOf(value: number): Uint8Array {
  const image = tf.fill<tf.Rank.R3>([4, 6, 3], value, "int32");
  const file = encodePng(image);
  image.dispose();
  return file;
}

/** A file of records with these lists of labels; undefined: none of that name. */
function recordFile(name: string, lists: readonly (readonly number[] | undefined)[]): string {
  const file = join(temporaryFolder("lists"), `${name}.tfrecord`);
  const records = lists.map((labels, i) =>
    encodeExample({
      "image/encoded": feature.bytes(pngOf(i)),
      "image/format": feature.bytes("png"),
      "image/filename": feature.bytes(`${i}.png`),
      ...(labels && { "image/class/label": feature.int64(...labels) }),
    }),
  );
  writeFileSync(file, Buffer.concat(records.map((record) => frameRecord(record))));
  return file;
}

async function labelsIn(file: string, options: object = {}): Promise<number[][]> {
  const dataset = createInputFn(file, { ...several, batchSize: 4, numEpochs: 1, ...options })();
  const rows: number[][] = [];
  for await (const [, label] of dataset) {
    assert.deepEqual([label.dtype, label.rank], ["float32", 2]);
    rows.push(...label.arraySync());
  }
  dataset.dispose();
  return rows;
}

test("writeRecords() takes several classes a photo or none, and createInputFn() gives them as rows of 0 and 1", async () => {
  const [folder, out] = [temporaryFolder("photos"), temporaryFolder("records")];
  mkdirSync(join(folder, "more"));
  const classesOf: Record<string, string[] | undefined> = {};
  for (let i = 0; i < 20; i++) {
    const name = i % 2 === 0 ? `${i}.png` : `more/${i}.png`;
    writeFileSync(join(folder, name), pngOf(i));
    classesOf[name] = [
      ...(i % 3 === 0 ? ["mug", "mug"] : []),
      ...(i % 2 === 0 ? ["bottle"] : []),
      ...(i % 5 === 4 ? ["cup"] : []),
    ];
  }
  writeFileSync(join(folder, "labels.csv"), "1.png,mug");
  const labelsOf = (file: string): string[] | undefined => classesOf[file];
  const split = { train: 0.75, validation: 0.25 };
  const written = await writeRecords(folder, out, { name: "photos", labelsOf, split });
  assert.deepEqual(written.labels, CLASSES);
  assert.deepEqual(written.written, { train: 15, validation: 5 });
  assert.deepEqual([written.bad, written.duplicates], [[], []]);
  assert.deepEqual(written.warnings, [
    `labelsOf() leaves out 1 of the files in "${folder}", as "labels.csv"`,
  ]);
  assert.deepEqual(
    [...readFileSync(written.manifestFile, "utf8").matchAll(/"perClass": \[([^\]]*)\]/g)].map(
      ([, list = ""]) => list.trim().split(/,\s*/).map(Number),
    ),
    [[8, 3, 5], [2, 1, 2]], // prettier-ignore
  );
  const rows: string[] = [];
  for (const file of written.files) {
    const kHot = await labelsIn(file);
    let i = 0;
    for await (const record of TFRecordDataset(file)) {
      const features = decodeExample(bytesOf(record)[0] ?? new Uint8Array()) ?? {};
      const text = (key: string): string[] => {
        const one = features[key];
        return one !== undefined && "bytes_list" in one
          ? one.bytes_list.value.map((bytes) => Buffer.from(bytes).toString())
          : [];
      };
      const [name = ""] = text("image/filename");
      const expected = [...new Set(classesOf[name])].sort();
      assert.deepEqual(text("image/class/text"), expected);
      assert.deepEqual(
        kHot[i++],
        CLASSES.map((one) => (expected.includes(one) ? 1 : 0)),
        name,
      );
      rows.push(name);
    }
  }
  assert.deepEqual(rows.sort(), Object.keys(classesOf).sort());
  const pattern = join(out, "photos_*");
  assert.deepEqual(await countLabels(pattern, several), [10, 4, 7]);
  const { records } = await checkRecords(pattern, { decoder: getDecoder(several) });
  assert.deepEqual(balancedPositiveWeights([10, 4, 5], records), [1, 4, 3]);
  assert.throws(
    () => balancedPositiveWeights([0], 3),
    /expected 1 to 3 images of each class, got 0 of class 0/,
  );
});

test("writeRecords() refuses classes that are none, and photos without any", async () => {
  const [folder, out] = [temporaryFolder("photos"), temporaryFolder("records")];
  writeFileSync(join(folder, "a.png"), pngOf(1));
  const write = (labelsOf: () => string[], labels?: string[]) =>
    writeRecords(folder, out, { labelsOf, ...(labels && { labels }) });
  await assert.rejects(
    write(() => ["cup"], ["mug"]),
    /Cannot read classes of "a.png" in ".*": expected mug, got "cup"$/,
  );
  await assert.rejects(
    write(() => []),
    /expected photos with classes, got 1 with none$/,
  );
  await assert.rejects(
    // @ts-expect-error a name alone is no list of them
    writeRecords(folder, out, { labelsOf: () => "cup" }),
    /^TypeError: Cannot read classes of "a.png" in ".*": expected a list of names, got "cup"$/,
  );
  const { written } = await writeRecords(folder, out, { labelsOf: () => [], labels: ["mug"] });
  assert.deepEqual(written, { train: 1 });
});

test("splitByLabels() gives each class its share, the rarest first", () => {
  const files = Array.from({ length: 200 }, (_, i) => ({
    i,
    labels: [0, 1, 2, 3].filter((label) => i % (2 + 3 * label ** 2) === label),
  }));
  const splits = splitByLabels(files, { train: 0.7, validation: 0.2 }, createRandom(3));
  const counts = [...splits].map(([name, part]) => [
    name,
    part.length,
    ...[0, 1, 2, 3].map((label) => part.filter(({ labels }) => labels.includes(label)).length),
  ]);
  const [train, validation] = counts;
  for (const [got, share] of [
    [train, 0.7],
    [validation, 0.2],
  ] as const) {
    const wanted = [
      200,
      ...[0, 1, 2, 3].map((label) => files.filter(({ labels }) => labels.includes(label)).length),
    ].map((count) => count * share);
    got
      ?.slice(1)
      .forEach((count, i) =>
        assert.ok(Math.abs(Number(count) - (wanted[i] ?? NaN)) <= 2, `${got.join()} of ${wanted.join()}`),
      );
  }
});

test("labels come in any order, twice or not at all, and one that is no class is the record's error", async () => {
  const before = memory().tensors;
  assert.deepEqual(await labelsIn(recordFile("good", [[2, 0], [], [1, 1], [0], undefined])), [
    [1, 0, 1],
    [0, 0, 0],
    [0, 1, 0],
    [1, 0, 0],
    [0, 0, 0],
  ]);
  const bad = recordFile("bad", [[0], [1, 3], [-1], [2]]);
  await assert.rejects(
    labelsIn(bad),
    /Cannot decode record 1 of ".*" \(image\/filename "1.png"\): expected labels in 0 … 2, got 3; checkRecords/,
  );
  assert.deepEqual(await labelsIn(bad, { onBad: "skip" }), [
    [1, 0, 0],
    [0, 0, 1],
  ]);
  await assert.rejects(countLabels(bad, several), /expected labels in 0 … 2, got 3/);
  await assert.rejects(
    countLabels(recordFile("none", [undefined, []]), several),
    /expected records with classes, got 2 with none/,
  );
  assert.throws(
    () => getDecoder({ multiLabel: true }),
    /Cannot handle labels "image\/class\/label": expected numClasses to be a whole number >= 1, got NaN/,
  );
  assert.equal(memory().tensors, before);
});

test("records of one class read as of several; those of several are refused as of one, and it is said how they are read", async () => {
  const one = recordFile("one", [[2], [0]]);
  assert.deepEqual(await labelsIn(one), [
    [0, 0, 1],
    [1, 0, 0],
  ]);
  for (const list of [[0, 1], []]) {
    const dataset = createInputFn(recordFile("more", [list]), { numEpochs: 1 })();
    await assert.rejects(
      dataset.first(),
      /Cannot decode record 0 of .*: expected 1 value of the feature "image\/class\/label", got [02]; .*multiLabel: true and numClasses/,
    );
    dataset.dispose();
  }
});

test("a decoder of one's own takes other keys; its labels must be rows", async () => {
  const file = recordFile("keys", [[1], [0, 2]]);
  const { Image, KHot, Tensor } = tfexampleDecoder;
  const keys = {
    "image/encoded": fixedLenFeature([], "string"),
    "image/format": fixedLenFeature([], "string"),
    "image/class/label": varLenFeature("int64"),
  };
  const decoder = new TFExampleDecoder(keys, { image: Image(), label: KHot("image/class/label", 3) });
  assert.deepEqual(await labelsIn(file, { decoder }), [
    [0, 1, 0],
    [1, 0, 1],
  ]);
  const scalar = new TFExampleDecoder(
    { ...keys, "image/class/label": fixedLenFeature([], "int64") },
    { image: Image(), label: Tensor("image/class/label") },
  );
  await assert.rejects(labelsIn(file, { decoder: scalar }), /expected an item of 1 dimensions, got \[\]/);
  await assert.rejects(
    countLabels(file, { ...several, decoder: scalar }),
    /expected float32 \[classes\] as labels with multiLabel, got int32 \[\]/,
  );
});

test("a record of several classes comes as often as the greatest of their rates says, one of none once", async () => {
  const file = recordFile("rates", [[0], [0, 1], [1], [], [2]]);
  const rows = await labelsIn(file, { classRates: [3, 2, 0] });
  const count = (row: string): number => rows.filter((one) => one.join() === row).length;
  assert.deepEqual(["1,0,0", "1,1,0", "0,1,0", "0,0,0", "0,0,1"].map(count), [3, 3, 2, 1, 0]);
  assert.throws(
    () => createInputFn(file, { ...several, classRates: [1, 1] }),
    /expected classRates of 3 classes, got 2/,
  );
});

test("mixBatches() mixes rows of several classes as they are", async () => {
  const file = recordFile("mixed", [[0, 1], [2]]);
  const batches = createInputFn(file, { ...several, batchSize: 2 })();
  const mixed = mixBatches(batches, { numClasses: 3, cutMix: 0, mixup: 1, seed: 4 });
  const [{ image }, label] = await mixed.first();
  const [[a = NaN, b = NaN, c = NaN] = [], other] = label.arraySync();
  assert.ok(a > 0 && a < 1 && Math.abs(a - b) < 1e-6 && Math.abs(a + c - 1) < 1e-6);
  assert.deepEqual(
    other?.map((share) => share.toFixed(5)),
    [c, c, a].map((share) => share.toFixed(5)),
  );
  const wrong = mixBatches(batches, { numClasses: 4 });
  await assert.rejects(
    wrong.first(),
    /expected labels int32 \[batch\] or float32 \[batch, 4\], got float32 \[2, 3\]/,
  );
  tf.dispose([image, label]);
  for (const one of [mixed, wrong, batches]) one.dispose();
});
