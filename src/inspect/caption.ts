import type { tf } from "../tensorflow";

/** One class index an image, as numbers or int32 [batch]. */
export type ClassIndices = readonly number[] | tf.Tensor;

/** What is known about the images of a batch. */
export interface CaptionOptions {
  /** The true classes. @default unknown */
  readonly labels?: ClassIndices;
  /** The predicted classes. @default none */
  readonly predictions?: ClassIndices;
  /** The classes' names, by index. @default "class 0", "class 1", … */
  readonly classNames?: readonly string[];
}

/** An image's caption, and whether its prediction is its label. */
export interface Caption {
  readonly text: string;
  readonly verdict: "right" | "wrong" | undefined;
}

/**
 * The caption of image `i`: its label, its prediction, or both: "hat ✓", "hat ✗ (is shoes)".
 * @throws {RangeError} if labels or predictions are given but not for image i
 */
export function caption(i: number, { labels, predictions, classNames = [] }: CaptionOptions): Caption {
  const nameOf = (index: number): string => classNames[index] ?? `class ${index}`;
  const label = indexAt("label", labels, i);
  const prediction = indexAt("prediction", predictions, i);
  if (prediction === undefined) return { text: label === undefined ? "" : nameOf(label), verdict: undefined };
  if (label === undefined) return { text: `${nameOf(prediction)}?`, verdict: undefined };
  if (label === prediction) return { text: `${nameOf(label)} ✓`, verdict: "right" };
  return { text: `${nameOf(prediction)} ✗ (is ${nameOf(label)})`, verdict: "wrong" };
}

function indexAt(what: string, indices: ClassIndices | undefined, i: number): number | undefined {
  if (indices === undefined) return undefined;
  const values = "dataSync" in indices ? indices.dataSync() : indices;
  const value = values[i];
  if (value !== undefined) return value;
  throw new RangeError(`Cannot caption image ${i}: expected a ${what} for every image, got ${values.length}`);
}
