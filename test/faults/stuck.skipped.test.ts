/** Records that can't be decoded ended a training; now they can be left out while it goes on, each told once. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInputFn, Dataset, getDecoder, TFRecordDataset, type InputFnOptions } from "../../src/input";
import { encodeJpeg, feature, frameRecord, memory, tf, type Feature } from "../../src/tensorflow";
import { evaluate } from "../../src/training";
import { settleBeforeEach, settled } from "../settled";
import { thinModel } from "../training/thin";
import { BAD, GOOD, labelsOf, NONE, resumed, same, skipping, take, write } from "./badrecords";
import { labeledRecord } from "./labeled";
import { testSituations } from "./table";

settleBeforeEach();

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
    name: "a position holds what was left out: another dataset goes on exactly there",
    situation: (folder) => resumed(folder, {}, 6),
    expected: [true, true],
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
