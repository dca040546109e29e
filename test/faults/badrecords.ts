/** Files of records of which some can't be decoded, and datasets that leave these out. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createInputFn,
  type Dataset,
  type DatasetIterator,
  type InputFnOptions,
  type LabeledBatch,
} from "../../src/input";
import { feature, frameRecord, type Feature } from "../../src/tensorflow";
import { labeledRecord } from "./labeled";

/** Instead of an image. */
export const NONE = { "image/encoded": feature.bytes("none") };

/** Two files of eight records each, some of which are bad. */
export function write(
  folder: string,
  bad: Readonly<Record<number, Readonly<Record<string, Feature>>>>,
): string {
  for (const file of [0, 1]) {
    const records = Array.from({ length: 8 }, (_, i) => labeledRecord(8 * file + i, bad[8 * file + i]));
    writeFileSync(join(folder, `part-${file}`), Buffer.concat(records.map(frameRecord)));
  }
  return join(folder, "part-*");
}

/** Those that most situations have. */
export const BAD = { 0: NONE, 9: NONE, 10: NONE };
/** The labels of the others. */
export const GOOD = [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15];

/** A dataset that leaves bad records out. */
export const skipping = (pattern: string, options: InputFnOptions = {}): Dataset<LabeledBatch> =>
  createInputFn(pattern, { batchSize: 3, numEpochs: 1, ...options, onBad: "skip" })();

/** All labels, in order. */
export async function labelsOf(dataset: AsyncIterable<LabeledBatch>): Promise<number[]> {
  const labels: number[] = [];
  for await (const [, label] of dataset) labels.push(...label.dataSync());
  return labels;
}

/** The labels of the next batches. */
export async function take(iterator: DatasetIterator<LabeledBatch>, batches: number): Promise<number[]> {
  const labels: number[] = [];
  for (let i = 0; i < batches; i++) labels.push(...((await iterator.next()).value?.[1].dataSync() ?? []));
  return labels;
}

/** A whole mix, the same each time. */
export const SHUFFLED = { batchSize: 3, shuffle: true, seed: 3 } as const;

/** Numbers in order. */
export const sorted = (labels: readonly number[]): number[] => [...labels].sort((a, b) => a - b);
/** Whether lists are deeply equal. */
export const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** Whether an iterator over a new dataset goes on as one does that is so many batches on, and what that gives. */
export async function resumed(folder: string, options: InputFnOptions, batches: number): Promise<unknown> {
  const pattern = write(folder, BAD);
  const open = () => skipping(pattern, { shuffle: true, seed: 3, numEpochs: 3, ...options });
  const [one, other, fresh] = [open().iterator(), open().iterator(), open()];
  const before = await take(one, batches);
  other.seek(one.position());
  const [expected, got] = [await labelsOf(one), await labelsOf(other)];
  return [same(expected, got), same([...before, ...expected], await labelsOf(fresh))];
}
