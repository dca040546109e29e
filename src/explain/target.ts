/** What is to be explained: a number for each image that a network's output gives. */
import { tf } from "../tensorflow";

/** What a network makes of images. */
export type Output = {
  /** float32 [batch, classes] */
  readonly logits: tf.Tensor2D;
  /** float32 [batch, features]: the mean of the last activation over its pixels, `global_pool` */
  readonly features: tf.Tensor2D;
};

/**
 * A function of a network's output: float32 [batch], one number for each image, which the gradient can pass.
 * @example  ({ features }) => features.mul(wanted).sum(1) // how much like a vector
 */
export type Target = (output: Output) => tf.Tensor;

/** What is to be explained. */
export interface TargetOptions {
  /** The class to explain: one for all images, or one for each. @default each image's predicted class */
  readonly classIndex?: number | readonly number[];
  /** Why not this class: the difference of both classes' logits is explained. One for all images, or one for each. @default none */
  readonly against?: number | readonly number[];
  /** Anything else: a function of the output for all images, or one for each, in place of a class. @default the class's logit */
  readonly target?: Target | readonly Target[];
  /** Explains what speaks against it, by the negative of it. @see Selvaraju et al. 2017 (arXiv 1610.02391) §3.3 @default false */
  readonly counterfactual?: boolean;
}

/**
 * The number to be explained of each row of an output.
 * @param image  of which image all rows are. @default row i is image i
 * @returns      float32 [rows]
 */
export type Score = (output: Output, image?: number) => tf.Tensor1D;

/** A score, and the classes it is of. */
export interface Scored {
  readonly score: Score;
  /** int32 [batch]: those asked for, else those predicted */
  readonly classes: tf.Tensor1D;
  /** int32 [batch] */
  readonly predicted: tf.Tensor1D;
  /** float32 [batch, classes]: of the logits in the score, unless that is a function of one's own */
  readonly weights: tf.Tensor2D;
}

/**
 * 1 at each image's class. TensorFlow.js' oneHot() refuses one class alone, which a multiLabel model may have.
 * @param classes  int32 [batch]
 * @returns        float32 [batch, count]
 */
export function sharesOf(classes: tf.Tensor, count: number): tf.Tensor2D {
  if (count > 1) return tf.oneHot(classes, count).cast<tf.Tensor2D>("float32");
  return classes.toFloat().mul(0).add(1).expandDims<tf.Tensor2D>(1);
}

/**
 * What the options ask for, of a model's output for all images. The caller disposes its tensors.
 * @throws {RangeError} if a class is none of the model's
 * @throws {TypeError} if there are not as many classes or functions as images, or both a class and a function
 */
export function scoreOf({ logits }: Output, options: TargetOptions): Scored {
  const { classIndex, against, target, counterfactual = false } = options;
  if (target !== undefined && (classIndex ?? against) !== undefined)
    throw new TypeError("Cannot explain: expected either a target or classes, got both");
  const [batch, count] = logits.shape;
  const own = target === undefined ? undefined : scoreByFunctions(target, batch);
  const sign = counterfactual ? -1 : 1;
  const tensors = tf.tidy(() => {
    const predicted = tf.argMax<tf.Tensor1D>(logits, 1);
    const classes = classesOf(classIndex, predicted, logits.shape);
    const shares = sharesOf(classes, count);
    const others = against === undefined ? 0 : sharesOf(classesOf(against, predicted, logits.shape), count);
    return { predicted, classes, weights: tf.mul<tf.Tensor2D>(shares.sub(others), sign) };
  });
  const score: Score =
    own === undefined ? scoreByWeights(tensors.weights) : (output, image) => tf.mul(own(output, image), sign);
  return { ...tensors, score };
}

/** Logits, each of which counts as much as an image's weights say. */
function scoreByWeights(weights: tf.Tensor2D): Score {
  return ({ logits }, image) => {
    const own = image === undefined ? weights : tf.slice(weights, [image, 0], [1, -1]);
    return tf.sum<tf.Tensor1D>(tf.mul(logits, own), 1);
  };
}

function scoreByFunctions(target: Target | readonly Target[], batch: number): Score {
  if (typeof target === "function") return (output) => expectScores(target(output), output);
  if (target.length !== batch)
    throw new TypeError(
      `Cannot explain: expected a target for each of ${batch} images, got ${target.length}`,
    );
  return (output, image) => {
    const one = image === undefined ? undefined : target[image];
    if (one !== undefined) return expectScores(one(output), output);
    const rows = target.map((own, i) => {
      const row = { logits: rowOf(output.logits, i), features: rowOf(output.features, i) };
      return expectScores(own(row), row);
    });
    return tf.concat(rows, 0);
  };
}

function rowOf(tensor: tf.Tensor2D, row: number): tf.Tensor2D {
  return tf.slice(tensor, [row, 0], [1, -1]);
}

function expectScores(scores: tf.Tensor, { logits }: Output): tf.Tensor1D {
  const [rows] = logits.shape;
  const isTensor = scores instanceof tf.Tensor;
  if (isTensor && scores.size === rows) return tf.reshape(scores, [rows]);
  const got = isTensor ? `[${scores.shape.join(", ")}]` : typeof scores;
  throw new TypeError(
    `Cannot explain: expected a target that gives one number for each image, [${rows}], got ${got}`,
  );
}

function classesOf(
  classIndex: number | readonly number[] | undefined,
  predicted: tf.Tensor1D,
  [batch, classes]: readonly [number, number],
): tf.Tensor1D {
  if (classIndex === undefined) return predicted;
  const list = typeof classIndex === "number" ? new Array<number>(batch).fill(classIndex) : [...classIndex];
  if (list.length !== batch)
    throw new TypeError(
      `Cannot explain classes: expected one for each of ${batch} images, got ${list.length}`,
    );
  const wrong = list.find((one) => !(Number.isInteger(one) && one >= 0 && one < classes));
  if (wrong !== undefined)
    throw new RangeError(`Cannot explain class ${wrong}: expected a whole number in 0 … ${classes - 1}`);
  return tf.tensor1d(list, "int32");
}
