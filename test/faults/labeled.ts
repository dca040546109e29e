/** Small records, numbered by their labels. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeExample, encodePng, feature, frameRecord, tf, type Feature } from "../../src/tensorflow";

/** One record: a grey image of the label, with other features instead or beside, and without some. */
export function labeledRecord(
  label: number,
  others: Readonly<Record<string, Feature>> = {},
  without: readonly string[] = [],
): Uint8Array {
  const image = tf.fill<tf.Rank.R3>([4, 4, 3], label);
  const encoded = feature.bytes(encodePng(image));
  image.dispose();
  const features = {
    "image/encoded": encoded,
    "image/format": feature.bytes("png"),
    "image/class/label": feature.int64(label),
    "image/filename": feature.bytes(`photo ${label}.png`),
    ...others,
  };
  return encodeExample(
    Object.fromEntries(Object.entries(features).filter(([key]) => !without.includes(key))),
  );
}

/** Writes files of so many records each, whose labels count on from 0. @returns their pattern */
export function writeLabeledRecords(folder: string, counts: readonly number[]): string {
  let label = 0;
  for (const [file, count] of counts.entries()) {
    const framed = Array.from({ length: count }, () => frameRecord(labeledRecord(label++)));
    writeFileSync(join(folder, `part-${file}`), Buffer.concat(framed));
  }
  return join(folder, "part-*");
}
