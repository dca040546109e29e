/** Datasets that leave out bad records are exact: epochs, positions, states, parts, and the steps that follow. */
import { createInputFn, Dataset, type LabeledBatch } from "../../src/input";
import {
  BAD,
  GOOD,
  labelsOf,
  resumed,
  same,
  SHUFFLED,
  skipping,
  sorted,
  take,
  write,
} from "../faults/badrecords";
import { testSituations } from "../faults/table";

testSituations([
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
    name: "a position is exact at the start, and epochs later, and with whole batches alone",
    situation: async (folder) => [
      await resumed(folder, {}, 0),
      await resumed(folder, { dropRemainder: true }, 11),
      await resumed(folder, { shuffle: false }, 2),
    ],
    expected: [[true, true], [true, true], [true, true]], // prettier-ignore
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
    name: "steps after it give what they give of the good records: cache, repeat, shuffle, take, concatenate, zip",
    situation: async (folder) => {
      const one = (): Dataset<LabeledBatch> => skipping(write(folder, BAD), { batchSize: 1 });
      const cached = one().cache();
      const shuffled = one().shuffle(4, { seed: 1 });
      const zipped = Dataset.zip(one(), Dataset.range(100)).map(([batch]): LabeledBatch => [
        batch[0],
        batch[1],
      ]);
      return [
        same([await labelsOf(cached), await labelsOf(cached)], [GOOD, GOOD]),
        same(await labelsOf(one().repeat(3)), [...GOOD, ...GOOD, ...GOOD]),
        same(sorted(await labelsOf(shuffled)), GOOD),
        await labelsOf(one().skip(7).take(2)),
        same(await labelsOf(one().concatenate(one())), [...GOOD, ...GOOD]),
        same(await labelsOf(zipped), GOOD),
      ];
    },
    expected: [true, true, true, [8, 11], true, true],
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
]);
