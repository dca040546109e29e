/** What was drawn again and again, and epochs in which some photos came four times and others never. */
import { createInputFn, Dataset, type InputFnOptions, type LabeledBatch } from "../../src/input";
import type { tf } from "../../src/tensorflow";
import { writeLabeledRecords } from "./labeled";
import { testSituations } from "./table";

const COUNT = 12;

/** The seeds that a transform is given, as images of one pixel. */
const seeds = (_: tf.Tensor3D, seed: tf.Tensor1D): tf.Tensor3D => seed.as3D(1, 1, 2);

function input(folder: string, options: InputFnOptions = {}): Dataset<LabeledBatch> {
  const pattern = writeLabeledRecords(folder, [5, 4, 3]);
  return createInputFn(pattern, { batchSize: 1, transform: seeds, seed: 7, ...options })();
}

interface Pass {
  readonly labels: readonly number[];
  readonly seeds: readonly string[];
}

async function passOver(dataset: AsyncIterable<LabeledBatch>, most = Infinity): Promise<Pass> {
  const [labels, drawn]: [number[], string[]] = [[], []];
  for await (const [{ image }, label] of dataset) {
    labels.push(...label.dataSync());
    drawn.push(image.dataSync().join());
    if (labels.length >= most) break;
  }
  return { labels, seeds: drawn };
}

async function passes(dataset: Dataset<LabeledBatch>, most?: number): Promise<Pass[]> {
  const all: Pass[] = [];
  for (let i = 0; i < 3; i++) all.push(await passOver(dataset, most));
  return all;
}

const distinct = (values: readonly unknown[]): number => new Set(values.map(String)).size;
const allSeeds = (all: readonly Pass[]): number => distinct(all.flatMap((pass) => pass.seeds));
const byEpoch = (labels: readonly number[]): number[] =>
  Array.from({ length: labels.length / COUNT }, (_, i) => distinct(labels.slice(i * COUNT, (i + 1) * COUNT)));

async function exactlyResumed(folder: string, options: InputFnOptions, at: number): Promise<boolean> {
  const dataset = input(folder, options);
  await passOver(dataset, 3);
  const iterator = dataset.iterator();
  for (let i = 0; i < at; i++) await iterator.next();
  const position = iterator.position();
  const expected = await passOver(iterator, 20);
  const again = input(folder, options).iterator();
  again.seek(position);
  return JSON.stringify(await passOver(again, 20)) === JSON.stringify(expected);
}

testSituations([
  {
    name: "three passes over one epoch draw three times as many seeds",
    situation: async (folder) => allSeeds(await passes(input(folder, { numEpochs: 1 }))),
    expected: 3 * COUNT,
  },
  {
    name: "three trainings of some steps on endless data draw other seeds, and other orders",
    situation: async (folder) => {
      const all = await passes(input(folder, { shuffle: true }), COUNT);
      return [allSeeds(all), distinct(all.map(({ labels }) => labels))];
    },
    expected: [3 * COUNT, 3],
  },
  {
    name: "so they do in the walk-through's order",
    situation: async (folder) => allSeeds(await passes(input(folder, { epochs: "repeated" }), COUNT)),
    expected: 3 * COUNT,
  },
  {
    name: "a dataset repeated by the user draws other seeds each time",
    situation: async (folder) => allSeeds([await passOver(input(folder, { numEpochs: 1 }).repeat(3))]),
    expected: 3 * COUNT,
  },
  {
    name: "a seed makes the sequence of passes repeatable",
    situation: async (folder) => {
      const [one, other] = [await passes(input(folder), 15), await passes(input(folder), 15)];
      return JSON.stringify(one) === JSON.stringify(other);
    },
    expected: true,
  },
  {
    name: "other seeds, other draws",
    situation: async (folder) =>
      allSeeds([await passOver(input(folder), 9), await passOver(input(folder, { seed: 8 }), 9)]),
    expected: 18,
  },
  {
    name: "the second pass over a shuffled and repeated dataset is not the first one's second half",
    situation: async () => {
      const dataset = Dataset.range(40).shuffle("all", { seed: 3 }).repeat(2);
      const orders: number[][] = [];
      for (let i = 0; i < 3; i++) {
        const values: number[] = [];
        for await (const value of dataset) values.push(...value.dataSync());
        orders.push(values.slice(0, 40), values.slice(40));
      }
      return distinct(orders);
    },
    expected: 6,
  },
  {
    name: "each shuffled epoch has each photo once, in another order",
    situation: async (folder) => {
      const { labels } = await passOver(input(folder, { shuffle: true, numEpochs: 4 }));
      return [byEpoch(labels), distinct([0, 1, 2, 3].map((i) => labels.slice(i * COUNT, (i + 1) * COUNT)))];
    },
    expected: [[12, 12, 12, 12], 4],
  },
  {
    name: "each epoch has each photo once over the borders of batches, and with a buffer smaller than the set",
    situation: async (folder) => {
      const options = { shuffle: true, numEpochs: 5, batchSize: 5, shuffleBufferSize: 2, numReaders: 2 };
      return byEpoch((await passOver(input(folder, options))).labels);
    },
    expected: [12, 12, 12, 12, 12],
  },
  {
    name: "each part of a cluster has each record of its share once an epoch",
    situation: async (folder) => {
      const parts: number[][] = [];
      for (const rank of [0, 1, 2, 3, 4]) {
        const shard = { size: 5, rank };
        const { labels } = await passOver(input(folder, { shuffle: true, numEpochs: 2, shard }));
        const half = labels.length / 2;
        parts.push(
          labels.slice(0, half).sort((a, b) => a - b),
          labels.slice(half).sort((a, b) => a - b),
        );
      }
      return parts;
    },
    expected: [[0, 5, 9], [0, 5, 9], [1, 6, 10], [1, 6, 10], [2, 7, 11], [2, 7, 11], [3, 8], [3, 8], [4], [4]], // prettier-ignore
  },
  {
    name: 'readDataset()\'s own order comes by epochs: "repeated"',
    situation: async (folder) => {
      const options = { shuffle: true, epochs: "repeated" } as const;
      return byEpoch((await passOver(input(folder, options), 10 * COUNT)).labels).some((count) => count < 12);
    },
    expected: true,
  },
  ...[5, 12, 31, 60].map((at) => ({
    name: `a second pass goes on exactly after ${at} shuffled photos`,
    situation: async (folder: string) => [
      await exactlyResumed(folder, { shuffle: true }, at),
      await exactlyResumed(folder, { shuffle: true, shuffleBufferSize: 3, shard: { size: 2, rank: 1 } }, at),
      await exactlyResumed(folder, { shuffle: true, epochs: "repeated" }, at),
    ],
    expected: [true, true, true],
  })),
  {
    name: "a position of an earlier version is refused in words",
    situation: () => {
      const written = { slimlabIterator: 1, count: 3, draws: [], steps: ["range(0, 9, 1)"], files: "" };
      Dataset.range(9)
        .iterator()
        .seek(Buffer.from(JSON.stringify(written)));
    },
    expected:
      /^Cannot restore iterator: expected a position of this version of slimlab, got one of another \(1, not 2\)/,
  },
]);
