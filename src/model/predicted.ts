import type { tf } from "../tensorflow";

/** Options of predictedClasses(). */
export interface PredictedClassesOptions {
  /** A class is predicted where its probability is above this: one for all classes, or one for each, 0 … 1. @default 0.5 */
  readonly threshold?: number | readonly number[];
}

/**
 * The classes of each image whose probabilities are above a threshold, of a multiLabel model; or those that an image has, of its labels.
 * @param probabilities  float32 [batch, classes]
 * @returns              class indices by image, ascending; none where all are below, or NaN
 * @throws {TypeError} if the shape or the type is another
 * @throws {RangeError} if thresholds are not in 0 … 1, one for all or for each class
 * @example
 * const { probabilities } = model.postprocess(model.predict(model.preprocess(images)));
 * predictedClasses(probabilities, { threshold: 0.7 }); // [[0, 2], [], [1]]
 */
export function predictedClasses(
  probabilities: tf.Tensor,
  { threshold = 0.5 }: PredictedClassesOptions = {},
): number[][] {
  const { dtype, shape } = probabilities;
  const [batch = 0, classes = 0] = shape;
  if (dtype !== "float32" || shape.length !== 2)
    throw new TypeError(
      `Cannot tell classes: expected probabilities float32 [batch, classes], got ${dtype} [${shape.join(", ")}]`,
    );
  const limits = typeof threshold === "number" ? new Array<number>(classes).fill(threshold) : threshold;
  if (limits.length !== classes)
    throw new RangeError(
      `Cannot tell classes: expected threshold to be one number, or ${classes}, got ${limits.length}`,
    );
  const wrong = limits.find((limit) => !(limit >= 0 && limit <= 1));
  if (wrong !== undefined)
    throw new RangeError(`Cannot tell classes: expected threshold in 0 … 1, got ${wrong}`);
  const values = probabilities.dataSync();
  return Array.from({ length: batch }, (_, row) =>
    limits.flatMap((limit, index) =>
      (values[row * classes + index] ?? NaN) > Math.fround(limit) ? [index] : [],
    ),
  );
}
