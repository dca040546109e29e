import { predictedClasses } from "../model/predicted";
import type { tf } from "../tensorflow";

/**
 * One class index an image, as numbers or int32 [batch]; or several or none, as lists or float32 [batch, classes], of which those above
 * 1/2 count: labels of a multiLabel model, or its probabilities.
 */
export type ClassIndices = readonly (number | readonly number[])[] | tf.Tensor;

/** What is known about the images of a batch. */
export interface CaptionOptions {
  /** The true classes; one below 0 is unknown. @default unknown */
  readonly labels?: ClassIndices;
  /** The predicted classes. @default none */
  readonly predictions?: ClassIndices;
  /** The names of all classes, by index. @default "class 0", "class 1", … */
  readonly classNames?: readonly string[];
}

/** What captions tell of. */
export interface CaptionFacts {
  readonly labels?: ClassIndices | undefined;
  readonly predictions?: ClassIndices | undefined;
  /** The classes that were asked for, whatever was predicted. */
  readonly asked?: ClassIndices | undefined;
  /** Of each image, those of all classes. */
  readonly probabilities?: readonly (readonly number[])[] | undefined;
  readonly classNames?: readonly string[] | undefined;
}

/** An image's caption, and whether its prediction is its label. */
export interface Caption {
  readonly text: string;
  readonly verdict: "right" | "wrong" | undefined;
  /** What those are told who don't see the image. @default the text */
  readonly alt?: string;
}

/**
 * The captions of the first `count` images; of tensors, each is read once.
 * @throws {TypeError} if labels or predictions are not one whole number an image
 * @throws {RangeError} if they are given but not for every image, or class names but not for every class
 */
export function captionsOf(count: number, facts: CaptionFacts): readonly Caption[] {
  const { classNames = [], probabilities } = facts;
  const classes = probabilities?.[0]?.length ?? classNames.length;
  if (classNames.length > 0) expectClassNames("caption images", classNames, classes);
  const read = {
    ...facts,
    labels: indicesOf("label", facts.labels),
    predictions: indicesOf("prediction", facts.predictions),
    asked: indicesOf("class", facts.asked),
  };
  return Array.from({ length: count }, (_, i) => caption(i, read));
}

/** A class in words: its name, or "class 3" where there are none. */
export function classNameOf(index: number, classNames: readonly string[]): string {
  return classNames[index] ?? `class ${index}`;
}

/**
 * Checks that all classes of a model have names.
 * @param what  what they are for, for the error: "embed"
 * @throws {RangeError} if not
 */
export function expectClassNames(what: string, classNames: readonly string[], classes: number): void {
  if (classNames.length === classes) return;
  const hint =
    classes === 1001 && classNames.length === 1000 ? "; the first of TF-Slim's 1001 is the background" : "";
  throw new RangeError(
    `Cannot ${what}: expected a name for each of the model's ${classes} classes, got ${classNames.length}${hint}`,
  );
}

/**
 * The caption of image `i`: its label, its prediction, or both: "hat ✓", "hat ✗ (is shoes)"; of a class that was asked for,
 * its probability: "explains hat 0.93". Of several classes: "hat, shoes ✓", "hat ✓ (is hat, shoes)", "no class ✗ (is hat)".
 * @throws {RangeError} if labels or predictions are given but not for image i, or class names but none for its class
 */
export function caption(i: number, facts: CaptionFacts): Caption {
  const { classNames = [], probabilities } = facts;
  const nameOf = (classes: Classes): string => {
    if (typeof classes !== "number")
      return classes.length === 0 ? "no class" : classes.map(nameOfOne).join(", ");
    return nameOfOne(classes);
  };
  const nameOfOne = (index: number): string => {
    const name = classNames[index];
    if (name !== undefined || classNames.length === 0) return classNameOf(index, classNames);
    throw new RangeError(
      `Cannot caption image ${i}: expected a name for class ${index}, got ${classNames.length} names`,
    );
  };
  const given = indexAt(i, "label", facts.labels);
  const label = typeof given === "number" && given < 0 ? undefined : given;
  const asked = firstOf(indexAt(i, "class", facts.asked));
  const prediction = indexAt(i, "prediction", facts.predictions);
  const truth = label === undefined ? "" : ` (is ${nameOf(label)})`;
  if (asked !== undefined) {
    const probability = probabilities?.[i]?.[asked];
    const text = `explains ${nameOf(asked)}${probability === undefined ? "" : ` ${probabilityText(probability)}`}`;
    return { text: `${text}${label !== undefined && has(label, asked) ? "" : truth}`, verdict: undefined };
  }
  if (prediction === undefined) return { text: label === undefined ? "" : nameOf(label), verdict: undefined };
  if (probabilities?.[i]?.some(Number.isNaN) === true)
    return { text: `no prediction: NaN${truth}`, verdict: label === undefined ? undefined : "wrong" };
  if (label === undefined) return { text: `${nameOf(prediction)}?`, verdict: undefined };
  if (isSame(label, prediction)) return { text: `${nameOf(label)} ✓`, verdict: "right" };
  if (typeof prediction === "number" && has(label, prediction))
    return { text: `${nameOf(prediction)} ✓${truth}`, verdict: "right" };
  return { text: `${nameOf(prediction)} ✗${truth}`, verdict: "wrong" };
}

/** The class of an image, or its classes. */
type Classes = number | readonly number[];

function listOf(classes: Classes): readonly number[] {
  return typeof classes === "number" ? [classes] : classes;
}

function firstOf(classes: Classes | undefined): number | undefined {
  return classes === undefined ? undefined : listOf(classes)[0];
}

function has(classes: Classes, index: number): boolean {
  return listOf(classes).includes(index);
}

function isSame(one: Classes, other: Classes): boolean {
  const [a, b] = [new Set(listOf(one)), new Set(listOf(other))];
  return a.size === b.size && [...a].every((index) => b.has(index));
}

/** A probability in two digits, neither 0 nor 1 where it is not. */
export function probabilityText(probability: number): string {
  if (probability > 0 && probability < 0.005) return "<0.01";
  if (probability < 1 && probability >= 0.995) return ">0.99";
  return probability.toFixed(2);
}

/** Indices as numbers or lists of them; int32 labels by class would be read as those of other images. */
function indicesOf(what: string, indices: ClassIndices | undefined): readonly Classes[] | undefined {
  if (indices === undefined || !("dataSync" in indices)) return indices;
  if (indices.rank === 2 && indices.dtype === "float32") return predictedClasses(indices);
  if (indices.rank > 0 && indices.size === indices.shape[0]) return [...indices.dataSync()];
  throw new TypeError(
    `Cannot caption images: expected one ${what} an image, [batch], got [${indices.shape.join(", ")}]: take tf.argMax(…, 1) of what has a value for each class`,
  );
}

function indexAt(i: number, what: string, indices: ClassIndices | undefined): Classes | undefined {
  const values = indicesOf(what, indices);
  if (values === undefined) return undefined;
  const value = values[i];
  if (value === undefined)
    throw new RangeError(
      `Cannot caption image ${i}: expected a ${what} for every image, got ${values.length}`,
    );
  const wrong = listOf(value).find((one) => !Number.isInteger(one));
  if (wrong === undefined) return value;
  throw new TypeError(`Cannot caption image ${i}: expected a ${what} that is a whole number, got ${wrong}`);
}
