/** Labels that are wrong, as far as the photos' vectors tell. */
import { bundleOf, displayable, htmlOf, type Displayable } from "../display/bundle";
import { table } from "../display/table";
import { drawGallery } from "../inspect/gallery";
import { createRandom, shuffle } from "../input/chance";
import { cellSignal } from "../interrupt";
import { learnConfidently, normalizedMargin, selfConfidence, type ConfidentLearning, type HeldOut } from "./confident"; // prettier-ignore
import { heldOutProbabilities } from "./heads";
import type { SearchOptions } from "./neighbors";
import { nameOf, photoName, type EmbeddedPhotos } from "./photos";
import { readThumbnails } from "../input/thumbnails";

/** Options of labelErrors(). */
export interface LabelErrorsOptions extends SearchOptions {
  /** How many linear heads are trained, each without its part of the photos, which it then tells: 2 or more. @default 5 */
  readonly folds?: number;
  /** What the worst come first by: "selfConfidence", the probability of the label; "normalizedMargin", by how much it is less than the likeliest. @default "selfConfidence" */
  readonly rankedBy?: "selfConfidence" | "normalizedMargin";
  /**
   * How much the heads' weights are held small, above 0: with more they are less sure, and learn wrong labels less. Far below
   * 0.0001 the heads end before their least, at 1,000 steps. @default 0.001
   */
  readonly l2?: number;
  /** Which photos are in which part: the same gives the same. @default 0 */
  readonly seed?: number;
  /** How many are shown. @default 24 */
  readonly shown?: number;
}

/** A photo whose label is contradicted. */
export interface LabelError {
  /** Its number, as the input gave it. */
  readonly photo: number;
  /** Its file, where the input tells it. */
  readonly filename: string | undefined;
  /** Its label, by name. */
  readonly label: string;
  /** What it is taken for, by name. */
  readonly suggested: string;
  /** The probability of its label, 0…1, by a head that was trained without it. */
  readonly selfConfidence: number;
  /** (p(label) − max p(other class) + 1) / 2, 0…1 */
  readonly normalizedMargin: number;
}

/** Photos whose labels are contradicted, the worst first; they show themselves with their labels and what they are taken for. */
export interface LabelErrors extends Displayable, Pick<ConfidentLearning, "joint" | "thresholds"> {
  readonly photos: readonly LabelError[];
  /** float32 [count, classes], by row: of each photo by a head that was trained without it. */
  readonly probabilities: Float32Array;
  /** The part of the labels that are the likeliest class, 0…1. */
  readonly accuracy: number;
}

/** The photos whose labels linear heads on the vectors contradict, which were trained without them. */
export async function labelErrorsOf(
  photos: EmbeddedPhotos,
  options: LabelErrorsOptions,
): Promise<LabelErrors> {
  const { folds = 5, rankedBy = "selfConfidence", l2 = 0.001, seed = 0, shown = 24 } = options;
  expectOptions({ folds, rankedBy, l2, seed, shown });
  const { signal = cellSignal(), onProgress } = options;
  const labels = expectLabels(photos);
  const numClasses =
    photos.classNames?.length ?? labels.reduce((most, label) => Math.max(most, label), 0) + 1;
  const heads = { numClasses, folds, l2, ...(signal && { signal }), ...(onProgress && { onProgress }) };
  const probabilities = await heldOutProbabilities(photos, labels, foldsOf(labels, folds, seed), heads);
  const held: HeldOut = { labels, numClasses, probabilities };
  const { thresholds, joint, issues } = learnConfidently(held);
  const score = rankedBy === "selfConfidence" ? selfConfidence : normalizedMargin;
  const found = issues
    .map(({ photo, suggested }): LabelError => ({
      ...{ photo, filename: photos.filenames?.[photo] || undefined }, // prettier-ignore
      ...{ label: nameOf(labels[photo], photos.classNames), suggested: nameOf(suggested, photos.classNames) },
      ...{ selfConfidence: selfConfidence(held, photo), normalizedMargin: normalizedMargin(held, photo) },
    }))
    .sort((one, other) => score(held, one.photo) - score(held, other.photo) || one.photo - other.photo);
  const value = { photos: found, joint, thresholds, probabilities, accuracy: accuracyOf(held) };
  return displayable(value, (context) => bundleOf(draw(photos, value, shown), context));
}

function expectOptions({
  folds,
  rankedBy,
  l2,
  seed,
  shown,
}: Required<Omit<LabelErrorsOptions, keyof SearchOptions>>): void {
  const cannot = "Cannot find label errors: expected";
  if (!(Number.isSafeInteger(folds) && folds >= 2))
    throw new RangeError(`${cannot} folds a whole number from 2 on, got ${folds}`);
  if (!["selfConfidence", "normalizedMargin"].includes(rankedBy))
    throw new RangeError(
      `${cannot} rankedBy "selfConfidence" or "normalizedMargin", got ${JSON.stringify(rankedBy)}`,
    );
  if (!(l2 > 0 && l2 < Infinity)) throw new RangeError(`${cannot} l2 above 0, got ${l2}`);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`${cannot} seed a whole number, got ${seed}`);
  if (!(Number.isSafeInteger(shown) && shown >= 1))
    throw new RangeError(`${cannot} shown a whole number from 1 on, got ${shown}`);
}

/** One class a photo, and of each class that there is two photos or more: one to learn from for another to be told. */
function expectLabels(photos: EmbeddedPhotos): Int32Array {
  const first = new Map<number, { count: number; readonly photo: number }>();
  const labels = Int32Array.from(photos.labels, (label, photo) => {
    if (typeof label !== "number")
      throw new TypeError(`Cannot find label errors: expected one class a photo, got [${label.join(", ")}] for ${photoName(photos, photo)}`); // prettier-ignore
    const seen = first.get(label) ?? { count: 0, photo };
    seen.count++;
    first.set(label, seen);
    return label;
  });
  for (const [label, { count, photo }] of first)
    if (count < 2)
      throw new RangeError(`Cannot find label errors: expected two photos or more of each class, got one of ${nameOf(label, photos.classNames)}, ${photoName(photos, photo)}`); // prettier-ignore
  if (first.size < 2)
    throw new RangeError(`Cannot find label errors: expected photos of two classes or more, got one`);
  return labels;
}

/** The part of each photo, 0 … folds − 1: of each class as many in each part as can be. */
function foldsOf(labels: Int32Array, folds: number, seed: number): Int32Array {
  const placed = shuffle([...labels.keys()], createRandom(seed));
  const counts = new Map<number, number>();
  const parts = new Int32Array(labels.length);
  for (const photo of placed) {
    const label = labels[photo] ?? 0;
    const nth = counts.get(label) ?? label; // classes of few photos don't all begin with the first part
    counts.set(label, nth + 1);
    parts[photo] = nth % folds;
  }
  return parts;
}

function accuracyOf({ labels, numClasses, probabilities }: HeldOut): number {
  const rows = Float32Array.from(probabilities);
  const right = labels.filter((label, photo) => {
    const row = rows.subarray(photo * numClasses, (photo + 1) * numClasses);
    return row.indexOf(Math.max(...row)) === label;
  });
  return right.length / labels.length;
}

function draw(
  embedded: EmbeddedPhotos,
  { photos, accuracy }: Pick<LabelErrors, "photos" | "accuracy">,
  shown: number,
): Displayable {
  const listed = photos.slice(0, shown);
  const rows = listed.map(({ photo, filename, label, suggested, selfConfidence: sure }) => ({
    ...{ photo: String(photo), ...(filename !== undefined && { file: filename }) },
    ...{ label, "taken for": suggested, "probability of the label": sure.toFixed(3) },
  }));
  const count = (number: number): string => number.toLocaleString("en-US");
  const caption = `${count(photos.length)} of ${count(embedded.count)} labels are contradicted${listed.length < photos.length ? `, the worst ${listed.length} of them` : ""}; ${(100 * accuracy).toFixed(1)} % of the labels are told by heads that have not seen them`;
  const numbers = table(rows, { caption });
  if (embedded.thumbnails.length === 0 || listed.length === 0) return numbers;
  const captions = listed.map(({ photo, label, suggested, selfConfidence: sure }) => ({
    text: `${photoName(embedded, photo)}: ${label} ${sure.toFixed(2)}, taken for ${suggested}`,
    verdict: undefined,
  }));
  const files = listed.flatMap(({ photo }) => embedded.thumbnails[photo] ?? []);
  const gallery = drawGallery(() => readThumbnails(files), captions, { size: 96 });
  return displayable({}, (context) => {
    const [pictures, table] = [bundleOf(gallery, context), bundleOf(numbers, context)];
    const html = [pictures, table].map(htmlOf);
    return { ...pictures, "text/html": html.join("\n"), "text/plain": table["text/plain"] };
  });
}
