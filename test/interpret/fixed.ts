/** Logits and labels of the fixture that scikit-learn made, as what a model made of photos. */
import type { Outcomes } from "../../src/interpret/outcomes";
import { readFixture } from "../fixtures";
import type { FixtureArray } from "../patterns";

const { labels, logits: given } = readFixture<{
  readonly labels: FixtureArray;
  readonly logits: FixtureArray;
}>("interpret");
const [count = 0, numClasses = 0] = given.shape;
const logits = Float32Array.from(given.values);

/** 90 photos of four classes, of which the last has none. */
export const fixedOutcomes: Outcomes = {
  ...{ count, numClasses, logits, labels: Int32Array.from(labels.values) },
  predicted: Int32Array.from({ length: count }, (_, photo) => {
    const row = logits.subarray(photo * numClasses, (photo + 1) * numClasses);
    return row.indexOf(Math.max(...row));
  }),
  classNames: ["hat", "shoes", "bag", "<b>"],
  filenames: undefined,
};
