/** How true explanations are. */
import { Dataset } from "../input";
import type { Model } from "../model";
import { expectBatches } from "../training/batch/batch";
import { expectEnd, leftOutOf, noBatches } from "../training/batch/end";
import { viewsOf } from "../training/features/epoch";
import { Bench, WHAT, type BoxedBatch } from "./bench";
import type { Metric } from "./metric";
import { expectOptions, methodsOf, metricsOf, type ScoreExplanationsOptions } from "./options";
import { scoresOf, type ExplanationScores } from "./result";

/**
 * Measures whether explanations are true: whether the network changes its mind when what they point at is removed (road, deletion,
 * insertion), whether they point at the object (pointingGame), and whether they change when the network forgets (randomization); and how
 * far methods agree. randomCam is always measured beside them: a method that is no better says nothing.
 *
 * Heat is placed where its cells look, before pixels are removed. What the network gives are probabilities.
 * @param input  batches of [{ image }, label], as evaluate() takes them, perhaps with `filename` and `box`; or one such batch. Whoever made it frees it
 * @throws {RangeError} if a method, metric or endpoint is unknown, naming those there are, or the input has no end or no batches, or pixels
 *   are not in 0…255, unless the model takes any
 * @throws {RangeError} if a probability or heat is not finite
 * @throws {TypeError} if the pointing game is asked for without boxes
 * @throws what the signal gives as its reason
 * @example
 * const scores = await scoreExplanations(model, testFn(), { methods: ["gradCam", "layerCam"], metrics: ["road"] });
 * display(scores);
 * display(scores.agreement);
 */
export async function scoreExplanations(
  model: Model,
  input: AsyncIterable<BoxedBatch> | BoxedBatch,
  options: ScoreExplanationsOptions = {},
): Promise<ExplanationScores> {
  const source = isBatch(input) ? onlyOne(input) : input;
  expectBatches(source, WHAT);
  expectEnd(source, WHAT);
  expectOptions(options, model);
  const methods = methodsOf(options);
  let bench: Bench | undefined;
  try {
    for await (const batch of source) {
      bench ??= new Bench(model, methods, {
        ...options,
        ...firstOf(batch, options),
        photos: photosOf(input),
      });
      await bench.measure(batch);
    }
    if (bench === undefined) throw noBatches(WHAT, leftOutOf(source));
    return scoresOf(bench.measured());
  } finally {
    bench?.dispose();
  }
}

function isBatch(input: AsyncIterable<BoxedBatch> | BoxedBatch): input is BoxedBatch {
  return Array.isArray(input);
}

async function* onlyOne(batch: BoxedBatch): AsyncGenerator<BoxedBatch> {
  yield await Promise.resolve(batch);
}

/** How many photos there will be; undefined if that is not known. */
function photosOf(input: AsyncIterable<BoxedBatch> | BoxedBatch): number | undefined {
  if (isBatch(input)) return input[0].image.shape[0];
  return input instanceof Dataset ? viewsOf<unknown>(input, 1).rows : undefined;
}

/** What the first batch decides. */
function firstOf(
  [{ box }]: BoxedBatch,
  options: ScoreExplanationsOptions,
): { readonly metrics: readonly Metric[] } {
  return { metrics: metricsOf(options, box !== undefined || options.boxes !== undefined) };
}
