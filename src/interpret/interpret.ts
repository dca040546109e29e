/** What a model predicts of photos whose classes are known. */
import { expectClassNames } from "../inspect/caption";
import { cellSignal } from "../interrupt";
import { Dataset } from "../input";
import type { Model } from "../model/model";
import { expectPixels } from "../model/pixels";
import { trace, versionOf, type Precision, type tf } from "../tensorflow";
import type { Batch } from "../training";
import { expectBatch, expectBatches } from "../training/batch/batch";
import { expectEnd, leftOutOf, noBatches } from "../training/batch/end";
import { viewsOf } from "../training/features/epoch";
import { originOf } from "../training/features/origin";
import { OutcomeRows } from "./collect";
import { interpretationOf, type Interpretation } from "./interpretation";
import { PhotoLog } from "./photolog";
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
 * It keeps each photo's logits, 4 bytes a class, and no pixels; topLosses() reads them again: of a dataset in the order in which it gave
 * them, of anything else in the order of another pass, and tells if photos are others.
 * @param input  batches of [{ image }, label], perhaps with `filename`; whoever made it frees them, once it is asked for no top losses any more. Of shares of
 *   classes the greatest counts
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
  const rows = new OutcomeRows(model.options.numClasses, total);
  const [log, isSame] = [new PhotoLog(input), weightsOf(model)];
  const predict = trace(
    (images: tf.Tensor4D) => model.predict(model.preprocess(images), { isTraining: false }).logits,
    { name: "interpret", precision },
  );
  try {
    signal?.throwIfAborted();
    for await (const batch of log.read()) {
      const [{ image }, label] = batch;
      expectBatch(image, label, { ...model.options, what: "interpret" });
      if (rows.count === 0) expectPixels(image, model.options.pixels);
      const logits = await predict(image);
      try {
        rows.add(batch, await logits.data<"float32">());
        log.note(image);
      } finally {
        logits.dispose();
      }
      onProgress?.({ done: rows.count, total });
      signal?.throwIfAborted();
    }
  } finally {
    predict.dispose();
  }
  if (rows.count === 0) throw noBatches("interpret", leftOutOf(input));
  const outcomes = rows.outcomes(options.classNames ?? []);
  const top: Parameters<typeof interpretationOf>[1] = (losses, most, shown) =>
    topLossesOf(outcomes, losses, most, {
      ...{ model, log, isSame, options: shown },
      signal: shown.signal ?? options.signal ?? cellSignal(),
    });
  return interpretationOf(outcomes, top, options.signal);
}

/** Whether a model still has the weights of now; they are not kept alive for it. */
function weightsOf(model: Model): () => boolean {
  const versions = (): object[] => model.variables.all().map(({ variable }) => versionOf(variable));
  const before = versions().map((version) => new WeakRef(version));
  return () => versions().every((version, i) => before[i]?.deref() === version);
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
  if (classNames !== undefined) expectClassNames("interpret", classNames, numClasses);
  expectEnd(input, "interpret");
}
