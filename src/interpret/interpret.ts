/** What a model predicts of photos whose classes are known. */
import { cellSignal } from "../interrupt";
import { Dataset } from "../input";
import { labelClasses } from "../model/losses";
import type { Model } from "../model/model";
import { expectPixels } from "../model/pixels";
import { tf, trace, type Precision } from "../tensorflow";
import type { Batch } from "../training";
import { expectBatch, expectBatches } from "../training/batch/batch";
import { expectEnd, leftOutOf, noBatches } from "../training/batch/end";
import { viewsOf } from "../training/features/epoch";
import { originOf } from "../training/features/origin";
import { interpretationOf, type Interpretation } from "./interpretation";
import type { Outcomes } from "./outcomes";
import { topLossesOf } from "./toplosses";

/** Options of interpret(). */
export interface InterpretOptions {
  /** The names of all classes, by index. @default "class 0", "class 1", … */
  readonly classNames?: readonly string[];
  /** What the network computes in; see trace(). @default "float32" */
  readonly precision?: Precision;
  /** Called after each batch; progressBar().update takes it. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number | undefined }) => void;
  /** Stops between two batches, with its reason as the error. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/**
 * Predicts photos whose classes are known, to see what is told right and what is not, as fastai's ClassificationInterpretation.
 *
 * It keeps each photo's logits, 4 bytes a class, and no pixels; topLosses() reads the input again.
 * @param input  batches of [{ image }, label] in the same order each time, not shuffled; whoever made it frees them. Of shares of classes
 *   the greatest counts
 * @throws {TypeError} if the model is one of several labels, or the input is what features() gave, which has no photos
 * @throws {RangeError} if the input has no end or no batches, logits are not finite, a label is no class of the model, or pixels are not
 *   in 0…255, unless the model takes any
 * @throws what the signal gives as its reason
 * @example
 * const found = await interpret(model, testFn(), { classNames: labels });
 * display(found.report());
 * display(await found.topLosses(6));
 * @see fastai 2.8, ClassificationInterpretation of interpret.py
 */
export async function interpret(
  model: Model,
  input: AsyncIterable<Batch>,
  options: InterpretOptions = {},
): Promise<Interpretation> {
  const { onProgress, signal = cellSignal(), precision = "float32" } = options;
  expectInput(model, input, options);
  const total = input instanceof Dataset ? viewsOf<unknown>(input, 1).rows : undefined;
  const read = new Reading(model.options.numClasses);
  const predict = trace(
    (images: tf.Tensor4D) => model.predict(model.preprocess(images), { isTraining: false }).logits,
    { name: "interpret", precision },
  );
  try {
    signal?.throwIfAborted();
    for await (const [{ image }, label] of input) {
      expectBatch(image, label, { ...model.options, what: "interpret" });
      if (read.count === 0) expectPixels(image, model.options.pixels);
      const logits = await predict(image);
      try {
        read.add(
          await logits.data<"float32">(),
          tf.tidy(() => labelClasses(label).dataSync()),
        );
      } finally {
        logits.dispose();
      }
      onProgress?.({ done: read.count, total });
      signal?.throwIfAborted();
    }
  } finally {
    predict.dispose();
  }
  if (read.count === 0) throw noBatches("interpret", leftOutOf(input));
  const outcomes = read.outcomes(options.classNames ?? []);
  return interpretationOf(outcomes, (losses, count, shown) =>
    topLossesOf(outcomes, losses, count, {
      model,
      input,
      signal: options.signal ?? cellSignal(),
      options: shown,
    }),
  );
}

function expectInput(model: Model, input: AsyncIterable<Batch>, { classNames }: InterpretOptions): void {
  const { multiLabel, numClasses } = model.options;
  expectBatches(input, "interpret");
  if (multiLabel)
    throw new TypeError(
      "Cannot interpret: expected a model of one class a photo, got one with multiLabel; evaluate() with multiLabelMetrics() measures it",
    );
  if (originOf(input) !== undefined)
    throw new TypeError("Cannot interpret: expected photos, got what features() gives");
  if (classNames !== undefined && classNames.length !== numClasses)
    throw new RangeError(
      `Cannot interpret: expected a name for each of the model's ${numClasses} classes, got ${classNames.length}`,
    );
  expectEnd(input, "interpret");
}

/** Logits and labels, batch by batch. */
class Reading {
  count = 0;
  private readonly logits: Float32Array[] = [];
  private readonly labels: number[] = [];
  private readonly predicted: number[] = [];

  constructor(private readonly numClasses: number) {}

  add(logits: Float32Array, labels: ArrayLike<number>): void {
    const { numClasses } = this;
    for (let i = 0; i < labels.length; i++) {
      const row = logits.subarray(i * numClasses, (i + 1) * numClasses);
      const wrong = row.find((value) => !Number.isFinite(value));
      if (wrong !== undefined)
        throw new RangeError(
          `Cannot interpret: expected finite logits, got ${wrong} for photo ${this.count + i}; has the training diverged?`,
        );
      this.labels.push(labels[i] ?? 0);
      this.predicted.push(row.indexOf(Math.max(...row)));
    }
    this.logits.push(Float32Array.from(logits));
    this.count += labels.length;
  }

  outcomes(classNames: readonly string[]): Outcomes {
    const { count, numClasses } = this;
    const logits = new Float32Array(count * numClasses);
    let at = 0;
    for (const part of this.logits) {
      logits.set(part, at);
      at += part.length;
    }
    return { count, numClasses, logits, labels: Int32Array.from(this.labels), predicted: Int32Array.from(this.predicted), classNames }; // prettier-ignore
  }
}
