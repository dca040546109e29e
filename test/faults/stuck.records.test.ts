/** Images that can't be decoded, and damaged files: nothing said which, nor how to go on without them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import {
  checkRecords,
  createInputFn,
  getDecoder,
  TFRecordDataset,
  type InputFnOptions,
} from "../../src/input";
import { feature, frameRecord, memory } from "../../src/tensorflow";
import { settleBeforeEach, settled } from "../settled";
import { labeledRecord } from "./labeled";
import { testSituations } from "./table";

settleBeforeEach();

/** Two files of three records each, some of which hold no image. */
function write(folder: string, bad: readonly number[]): string {
  for (const file of [0, 1]) {
    const records = [0, 1, 2].map((i) => {
      const label = 3 * file + i;
      return frameRecord(
        labeledRecord(label, bad.includes(label) ? { "image/encoded": feature.bytes("none") } : {}),
      );
    });
    writeFileSync(join(folder, `part-${file}`), Buffer.concat(records));
  }
  return join(folder, "part-*");
}

const OPTIONS = { batchSize: 2, numEpochs: 1, dropRemainder: false } as const;

async function labelsOf(pattern: string, options: InputFnOptions = {}): Promise<number[]> {
  const labels: number[] = [];
  const dataset = createInputFn(pattern, { ...OPTIONS, ...options })();
  for await (const [, label] of dataset) labels.push(...label.dataSync());
  dataset.dispose();
  return labels;
}

/** A set of which one byte was changed. */
async function damagedAt(folder: string, at: number): Promise<unknown> {
  const record = frameRecord(labeledRecord(1));
  const bytes = Buffer.concat([record, record, record]);
  bytes[record.length + at] = 255 - (bytes[record.length + at] ?? 0);
  writeFileSync(join(folder, "part-0"), bytes);
  return labelsOf(join(folder, "part-*"));
}

testSituations([
  {
    name: "an image that can't be decoded is told with its file, record and name",
    situation: (folder) => labelsOf(write(folder, [4])),
    expected:
      /^Cannot decode record 1 of ".*part-1" \(image\/filename "photo 4.png"\): Unknown image file format/,
  },
  {
    name: "so it is shuffled, and if it is the first one",
    situation: (folder) => labelsOf(write(folder, [0]), { shuffle: true }),
    expected:
      /^Cannot decode record 0 of ".*part-0" \(image\/filename "photo 0.png"\): Unknown image file format/,
  },
  {
    name: "so it is in a map() of one's own, of a compressed file",
    situation: async (folder) => {
      const records = [0, 1, 2].map((i) =>
        frameRecord(labeledRecord(i, i === 2 ? { "image/class/label": feature.int64(2 ** 40) } : {})),
      );
      const file = join(folder, "part.gz");
      writeFileSync(file, gzipSync(Buffer.concat(records)));
      const decoder = getDecoder();
      const all = TFRecordDataset(file, { compressionType: "GZIP" }).map((record) => decoder.decode(record));
      for await (const items of all) if (items.length !== 2) throw new Error("expected two items");
    },
    expected:
      /^Cannot decode record 2 of ".*part.gz" \(image\/filename "photo 2.png"\): feature "image\/class\/label" holds/,
  },
  {
    name: "an error after a good decoding is none of a record",
    situation: async (folder) => {
      const dataset = createInputFn(write(folder, []), {
        ...OPTIONS,
        transform: (image) => image.slice([0, 0, 0], [4, 4, 3]),
      })();
      for await (const batch of dataset.map(([{ image }]) => image.reshape([-1, 5, 3]))) batch.print();
    },
    expected: /reshape/i,
  },
  {
    name: "checkRecords() finds all of them, which are then left out, in the first pass and in those that follow",
    situation: async (folder) => {
      const pattern = write(folder, [0, 4]);
      await settled();
      const before = memory();
      const { records, bad, damaged } = await checkRecords(pattern);
      const found = bad.map(({ record, filename }) => [record, filename]);
      const kept = await labelsOf(pattern, { without: bad, numEpochs: 2 });
      const shuffled = await labelsOf(pattern, { without: bad, shuffle: true });
      await settled();
      return [
        records,
        found,
        damaged,
        kept,
        shuffled.sort((a, b) => a - b),
        JSON.stringify(memory()) === JSON.stringify(before),
      ];
    },
    expected: [6, [[0, "photo 0.png"], [1, "photo 4.png"]], [], [1, 2, 3, 5, 1, 2, 3, 5], [1, 2, 3, 5], true], // prettier-ignore
  },
  {
    name: "without them an iterator goes on exactly where another was, epochs later",
    situation: async (folder) => {
      const pattern = write(folder, [0, 4]);
      const { bad } = await checkRecords(pattern);
      const open = () => createInputFn(pattern, { without: bad, batchSize: 1, shuffle: true, seed: 3 })();
      const [one, other] = [open().iterator(), open().iterator()];
      for (let i = 0; i < 10; i++) await one.next();
      other.seek(one.position());
      const next = async (from: typeof one): Promise<number[]> => {
        const labels: number[] = [];
        for (let i = 0; i < 8; i++) labels.push(...((await from.next()).value?.[1].dataSync() ?? []));
        return labels;
      };
      const [expected, got] = [await next(one), await next(other)];
      [one, other].forEach((iterator) => iterator.dispose());
      return [
        JSON.stringify(got) === JSON.stringify(expected),
        [...expected.slice(2, 6)].sort((a, b) => a - b),
      ];
    },
    expected: [true, [1, 2, 3, 5]],
  },
  {
    name: "of records without labels the images can be checked alone",
    situation: async (folder) => {
      const pattern = join(folder, "part-0");
      writeFileSync(pattern, frameRecord(labeledRecord(1, {}, ["image/class/label"])));
      const all = await checkRecords(pattern);
      return [all.bad.length, (await checkRecords(pattern, { items: ["image"] })).bad.length];
    },
    expected: [1, 0],
  },
  {
    name: "a record of wrong data says where the next begins",
    situation: (folder) => damagedAt(folder, 40),
    expected:
      /^Cannot read record 1 of ".*part-0".*: the checksum of the record's data is wrong; the next begins at byte \d+$/,
  },
  {
    name: "a record of wrong length says how much of the file is lost",
    situation: (folder) => damagedAt(folder, 0),
    expected: /^Cannot read record 1 of ".*": .* nothing of the file's last \d+ bytes can be read$/,
  },
  {
    name: "checkRecords() counts what stands before a damage, and goes on with the next file",
    situation: async (folder) => {
      const pattern = write(folder, []);
      const frame = frameRecord(labeledRecord(0));
      writeFileSync(join(folder, "part-0"), Buffer.concat([frame, frame.subarray(0, 20)]));
      const { records, damaged } = await checkRecords(pattern);
      return [records, damaged.map(({ record }) => record)];
    },
    expected: [4, [1]],
  },
  {
    name: "records that are of no file are told by their names",
    situation: () => {
      const strings = [labeledRecord(1), labeledRecord(2, { "image/encoded": feature.bytes("none") })];
      return strings.map((record) => getDecoder().decode(record)).length;
    },
    expected: /^Cannot decode record \(image\/filename "photo 2.png"\): Unknown image file format/,
  },
]);
