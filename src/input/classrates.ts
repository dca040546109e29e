/** Records that come as often as the rates of their classes say. */
import { tf } from "../tensorflow";
import type { Dataset } from "./dataset";
import type { ImageDecoder } from "./decoder";

/** @throws {RangeError} if rates are none that createInputFn() takes */
export function expectRates(
  classRates: readonly number[],
  {
    epochs,
    numClasses = classRates.length,
  }: { readonly epochs: string; readonly numClasses: number | undefined },
): void {
  const cannot = "Cannot create input function: expected";
  if (epochs !== "exact") throw new RangeError(`${cannot} epochs: "exact" with classRates, got "${epochs}"`);
  const wrong = classRates.find((rate) => !(rate >= 0 && rate < Infinity));
  if (wrong !== undefined) throw new RangeError(`${cannot} classRates of 0 or more, got ${wrong}`);
  if (!classRates.some((rate) => rate > 0))
    throw new RangeError(`${cannot} some of classRates above 0, got none`);
  if (classRates.length !== numClasses)
    throw new RangeError(`${cannot} classRates of ${numClasses} classes, got ${classRates.length}`);
}

/**
 * Records as often as the rates of their classes say; those of several classes by the greatest of their rates, those of none once.
 * @see Gupta et al. 2019 (LVIS, arXiv 1908.03195), repeat factor sampling
 */
export function byClass(
  classRates: readonly number[],
  { decoder, seed }: { readonly decoder: ImageDecoder; readonly seed?: number | undefined },
): (records: Dataset<tf.Scalar>) => Dataset<tf.Scalar> {
  const rateOf = (record: tf.Scalar): tf.Tensor => {
    const [label] = decoder.decode(record, ["label"]);
    const rates = tf.tensor1d([...classRates]);
    if (label?.rank === 0) return rates.gather(label.toInt());
    if (label?.rank === 1) return tf.where(label.sum().greater(0), label.mul(rates).max(), tf.scalar(1));
    const got = label === undefined ? "none" : `[${label.shape.join(", ")}]`;
    throw new TypeError(`Cannot read classes: expected a label of 0 dimensions or 1, got ${got}`);
  };
  // Another seed than that of the images', which would draw the same numbers.
  return (records) => records.resample(rateOf, seed === undefined ? {} : { seed: seed + 1 });
}
