/** Records that can't be decoded ended a training; now they can be left out while it goes on, each told once. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createInputFn,
  Dataset,
  getDecoder,
  TFRecordDataset,
  type DatasetIterator,
  type InputFnOptions,
  type LabeledBatch,
} from "../../src/input";
import { encodeJpeg, feature, frameRecord, memory, tf, type Feature } from "../../src/tensorflow";
import { evaluate } from "../../src/training";
import { settled } from "../settled";
import { thinModel } from "../training/thin";
import { labeledRecord } from "./labeled";
import { testSituations } from "./table";

const NONE = { "image/encoded": feature.bytes("none") };

/** Two files of eight records each, some of which are bad. */
function write(folder: string, bad: Readonly<Record<number, Readonly<Record<string, Feature>>>>): string {
  for (const file of [0, 1]) {
    const records = Array.from({ length: 8 }, (_, i) => labeledRecord(8 * file + i, bad[8 * file + i]));
    writeFileSync(join(folder, `part-${file}`), Buffer.concat(records.map(frameRecord)));
  }
  return join(folder, "part-*");
}

const BAD = { 0: NONE, 9: NONE, 10: NONE };
const GOOD = [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15];

const skipping = (pattern: string, options: InputFnOptions = {}): Dataset<LabeledBatch> =>
  createInputFn(pattern, { batchSize: 3, numEpochs: 1, ...options, onBad: "skip" })();

async function labelsOf(dataset: AsyncIterable<LabeledBatch>): Promise<number[]> {
  const labels: number[] = [];
  for await (const [, label] of dataset) labels.push(...label.dataSync());
  return labels;
}

async function take(iterator: DatasetIterator<LabeledBatch>, batches: number): Promise<number[]> {
  const labels: number[] = [];
  for (let i = 0; i < batches; i++) labels.push(...((await iterator.next()).value?.[1].dataSync() ?? []));
  return labels;
}

const SHUFFLED = { batchSize: 3, shuffle: true, seed: 3 } as const;

const sorted = (labels: readonly number[]): number[] => [...labels].sort((a, b) => a - b);
const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** Whether an iterator over a new dataset goes on as one does that is so many batches on, and what that gives. */
async function resumed(folder: string, options: InputFnOptions, batches: number): Promise<unknown> {
  const pattern = write(folder, BAD);
  const open = () => skipping(pattern, { shuffle: true, seed: 3, numEpochs: 3, ...options });
  const [one, other, fresh] = [open().iterator(), open().iterator(), open()];
  const before = await take(one, batches);
  other.seek(one.position());
  const [expected, got] = [await labelsOf(one), await labelsOf(other)];
  return [same(expected, got), same([...before, ...expected], await labelsOf(fresh))];
}

/** A photo of which the last bytes are missing. */
function truncated(): Readonly<Record<string, Feature>> {
  const image = tf.randomUniform<tf.Rank.R3>([64, 64, 3], 0, 255, "int32", 1);
  const encoded = encodeJpeg(image);
  image.dispose();
  return {
    "image/encoded": feature.bytes(encoded.subarray(0, encoded.length / 2)),
    "image/format": feature.bytes("jpeg"),
  };
}

testSituations([
  {
    name: 'onBad: "skip" leaves out records that can\'t be decoded, also the first and neighbours, and tells each once',
    situation: async (folder) => {
      const told: unknown[] = [];
      const dataset = skipping(write(folder, BAD), {
        numEpochs: 2,
        onBadRecord: ({ file, record, filename }) => told.push([file?.slice(-6), record, filename]),
      });
      const labels = await labelsOf(dataset);
      const again = await labelsOf(dataset);
      return [
        same(labels, [...GOOD, ...GOOD]),
        same(again, labels),
        told,
        dataset.bad.map(({ record }) => record),
      ];
    },
    expected: [
      true,
      true,
      [
        ["part-0", 0, "photo 0.png"],
        ["part-1", 1, "photo 9.png"],
        ["part-1", 2, "photo 10.png"],
      ],
      [0, 1, 2],
    ],
  },
  {
    name: "each epoch of a whole mix has each good record once",
    situation: async (folder) => {
      const labels = await labelsOf(
        skipping(write(folder, BAD), { shuffle: true, seed: 1, numEpochs: 3, batchSize: 1 }),
      );
      return [0, 1, 2]
        .map((i) => sorted(labels.slice(13 * i, 13 * i + 13)))
        .map((epoch) => same(epoch, GOOD));
    },
    expected: [true, true, true],
  },
  {
    name: "a position holds what was left out: another dataset goes on exactly there",
    situation: (folder) => resumed(folder, {}, 6),
    expected: [true, true],
  },
  {
    name: "so it does at the start, and epochs later, and with whole batches alone",
    situation: async (folder) => [
      await resumed(folder, {}, 0),
      await resumed(folder, { dropRemainder: true }, 11),
      await resumed(folder, { shuffle: false }, 2),
    ],
    expected: [[true, true], [true, true], [true, true]], // prettier-ignore
  },
  {
    name: 'after onBad: "fail" has failed, "skip" goes on at the last position',
    situation: async (folder) => {
      const pattern = write(folder, { 9: NONE });
      const failing = createInputFn(pattern, { batchSize: 3, numEpochs: 1 })().iterator();
      const before = await take(failing, 3);
      const position = failing.position();
      const error = await failing.next().then(() => "none", (reason: unknown) => String(reason)); // prettier-ignore
      const iterator = skipping(pattern).iterator();
      iterator.seek(position);
      return [before, error.startsWith('RecordError: Cannot decode record 1 of "'), await labelsOf(iterator)];
    },
    expected: [[0, 1, 2, 3, 4, 5, 6, 7, 8], true, [10, 11, 12, 13, 14, 15]],
  },
  {
    name: "a position with records left out is refused by a dataset that reads all",
    situation: async (folder) => {
      const pattern = write(folder, BAD);
      const iterator = skipping(pattern).iterator();
      await iterator.next();
      createInputFn(pattern, { batchSize: 3, numEpochs: 1, without: [...iterator.bad] })()
        .iterator()
        .seek(iterator.position());
    },
    expected:
      /^Cannot restore iterator: expected a dataset that leaves out bad records, as onBad: "skip" does/,
  },
  {
    name: "state() goes on exactly, too",
    situation: async (folder) => {
      const pattern = write(folder, BAD);
      const [one, other] = [skipping(pattern).iterator(), skipping(pattern).iterator()];
      await take(one, 4);
      await other.restore(await one.state());
      return [await labelsOf(other), other.bad.length];
    },
    expected: [[15], 3],
  },
  {
    name: "state() after seek() goes on exactly, where nothing is left out",
    situation: async (folder) => {
      const pattern = write(folder, {});
      const [one, other, third] = [0, 1, 2].map(() =>
        createInputFn(pattern, { ...SHUFFLED, numEpochs: 1 })().iterator(),
      );
      if (one === undefined || other === undefined || third === undefined) return;
      await take(one, 2);
      other.seek(one.position());
      await take(other, 1);
      await third.restore(await other.state());
      await take(one, 1);
      return same(await labelsOf(third), await labelsOf(one));
    },
    expected: true,
  },
  {
    name: "each part of a sharded dataset leaves out its own",
    situation: async (folder) => {
      const pattern = write(folder, BAD);
      const parts = [0, 1, 2].map((rank) => labelsOf(skipping(pattern, { shard: { size: 3, rank } })));
      return same(sorted((await Promise.all(parts)).flat()), GOOD);
    },
    expected: true,
  },
  {
    name: "truncated photos, lacking features and labels that int32 does not hold are left out alike",
    situation: async (folder) => {
      const bad = { 3: truncated(), 5: { "image/class/label": feature.int64(2 ** 40) }, 9: { "image/class/label": feature.int64(1, 2) } }; // prettier-ignore
      const dataset = skipping(write(folder, bad));
      return [await labelsOf(dataset), dataset.bad.map(({ filename }) => filename)];
    },
    expected: [[0, 1, 2, 4, 6, 7, 8, 10, 11, 12, 13, 14, 15], ["photo 3.png", "photo 5.png", "photo 9.png"]], // prettier-ignore
  },
  {
    name: "records of another key are no bad ones: most would be",
    situation: (folder) => {
      const pattern = join(folder, "part-0");
      const others = Array.from({ length: 8 }, (_, i) => labeledRecord(i, {}, ["image/class/label"]));
      writeFileSync(pattern, Buffer.concat(others.map(frameRecord)));
      return labelsOf(skipping(pattern));
    },
    expected:
      /^Cannot leave out bad records: expected at most half of them, got 5 of 8; the last: .* expected the feature "image\/class\/label"/,
  },
  {
    name: "an error of a function stays one",
    situation: async (folder) => {
      const wrong = skipping(write(folder, BAD)).map(([{ image }]) => image.reshape([-1, 5, 3]));
      for await (const batch of wrong) batch.print();
    },
    expected: /reshape/i,
  },
  {
    name: "a damaged file stays an error, which says where reading could go on",
    situation: (folder) => {
      const pattern = write(folder, BAD);
      const frame = Buffer.from(frameRecord(labeledRecord(0)));
      frame[40] = 255 - (frame[40] ?? 0);
      writeFileSync(join(folder, "part-1"), Buffer.concat([frame, frameRecord(labeledRecord(1))]));
      return labelsOf(skipping(pattern));
    },
    expected: /^Cannot read record 0 of ".*part-1".*: the checksum .* is wrong; the next begins at byte \d+$/,
  },
  {
    name: "evaluate() tells what the dataset left out",
    situation: async (folder) => {
      const pattern = write(folder, { 1: NONE });
      const model = thinModel({ architecture: "resnet_v1_14", numClasses: 16 });
      const { count, bad = [] } = await evaluate(model, skipping(pattern));
      model.dispose();
      return [count, bad.map(({ filename }) => filename)];
    },
    expected: [15, ["photo 1.png"]],
  },
  {
    name: "ignoreErrors() does the same for a map() of one's own, and frees what it makes",
    situation: async (folder) => {
      const pattern = write(folder, BAD);
      const run = async (): Promise<number[]> => {
        const decoder = getDecoder();
        const [file] = [pattern.replace("*", "1")];
        const dataset = TFRecordDataset(file)
          .map((record) => decoder.decode(record, ["label", "image"]))
          .ignoreErrors();
        const labels: number[] = [];
        for await (const [label] of dataset) labels.push(...(label?.dataSync<"int32">() ?? []));
        dataset.dispose();
        return labels;
      };
      await run();
      await settled();
      const before = JSON.stringify(memory());
      const labels = await run();
      await settled();
      return [labels, JSON.stringify(memory()) === before];
    },
    expected: [[8, 11, 12, 13, 14, 15], true],
  },
  {
    name: "ignoreErrors() after another step than map() says so",
    situation: () => Dataset.range(3).ignoreErrors(),
    expected: /^Cannot ignore errors: expected a dataset made by map\(\), .* got one made by range\(\)$/,
  },
  {
    name: 'onBad is "fail" or "skip"',
    situation: (folder) => {
      const options: InputFnOptions = {};
      Object.assign(options, { onBad: "ignore" });
      return createInputFn(write(folder, {}), options);
    },
    expected: /^Cannot create input function: expected onBad to be "fail" or "skip", got "ignore"$/,
  },
]);
