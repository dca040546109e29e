/** Probabilities of photos' classes, told by linear heads that have not seen them. */
import { tf, trace } from "../tensorflow";
import type { Rows } from "../training/batch/growing";
import type { SearchOptions } from "./neighbors";

/** What heads are trained on. */
export interface HeadOptions extends SearchOptions {
  readonly numClasses: number;
  /** Into how many folds rows are put; of so many heads each is trained on the rows of all folds but its own. */
  readonly folds: number;
  /** How much weights are held small: l2 / 2 of their squares is added to a head's mean cross-entropy. */
  readonly l2: number;
}

/** Rows in a block; steps at most; and how small the gradient's norm is then to be. */
const [BLOCK, STEPS, SMALL] = [4096, 1000, 1e-5];
/** Steps between two looks at the gradient. */
const LOOK = 10;

/** A block of rows, on which TensorFlow computes. */
interface Block extends Record<string, tf.Tensor> {
  /** float32 [rows, dimensions + 1], of which the last is 1 */
  readonly x: tf.Tensor2D;
  /** int32 [rows] */
  readonly label: tf.Tensor1D;
  readonly fold: tf.Tensor1D;
}

/**
 * The probabilities of each row's classes by the head that was trained without its fold: multinomial logistic regression, all heads at
 * once, by Nesterov's gradient descent, whose step and momentum are known for rows of mean squared length 1 and weights held by l2.
 * Rows are centered and scaled to that length first; their memory is taken twice.
 * @param labels  by row
 * @param folds   by row, 0 … folds − 1
 * @returns       float32 [rows, numClasses]
 * @throws what the signal gives as its reason
 * @see Nesterov 2004, Introductory Lectures on Convex Optimization, (2.2.11)
 */
export async function heldOutProbabilities(
  rows: Rows,
  labels: Int32Array,
  folds: Int32Array,
  options: HeadOptions,
): Promise<Float32Array> {
  const { numClasses, folds: heads } = options;
  const others = Array.from({ length: heads }, (_, head) => folds.filter((fold) => fold !== head).length);
  const blocks = blocksOf(rows, labels, folds);
  const told = (x: tf.Tensor2D, weights: tf.Tensor2D): tf.Tensor =>
    tf.softmax(tf.reshape(tf.matMul(x, weights), [x.shape[0], heads, numClasses]));
  const slope = ({ x, label, fold }: Block, weights: tf.Tensor2D): tf.Tensor2D => {
    const wrong = told(x, weights).sub(tf.oneHot(label, numClasses).toFloat().expandDims(1));
    const share = tf.scalar(1).sub(tf.oneHot(fold, heads).toFloat()).div(tf.tensor1d(others)).expandDims(2);
    return tf.matMul(x, tf.reshape(wrong.mul(share), [x.shape[0], heads * numClasses]), true);
  };
  const heldOut = ({ x, fold }: Block, weights: tf.Tensor2D): tf.Tensor =>
    told(x, weights).mul(tf.oneHot(fold, heads).toFloat().expandDims(2)).sum(1);
  const [slopeOf, tell] = [trace(slope, { name: "heads" }), trace(heldOut, { name: "held out" })];
  let weights: tf.Tensor2D | undefined;
  try {
    const size = [rows.dimensions + 1, heads * numClasses] as const;
    weights = await descend(blocks, slopeOf, {
      ...options,
      size,
      steepest: rows.count / Math.min(...others),
    });
    const probabilities = new Float32Array(rows.count * numClasses);
    for (const [i, block] of blocks.entries()) {
      const part = await tell(block, weights);
      probabilities.set(await part.data<"float32">(), i * BLOCK * numClasses);
      part.dispose();
    }
    return probabilities;
  } finally {
    tf.dispose([weights, ...blocks.flatMap((block) => Object.values(block))]);
    slopeOf.dispose();
    tell.dispose();
  }
}

interface Descent extends Pick<HeadOptions, "l2" | "signal" | "onProgress"> {
  readonly size: readonly [number, number];
  /** No less than the greatest curvature of the mean cross-entropy. */
  readonly steepest: number;
}

/** The weights of all heads, [dimensions + 1, heads × classes], where the gradient is as good as none. */
async function descend(
  blocks: readonly Block[],
  slopeOf: (block: Block, weights: tf.Tensor2D) => Promise<tf.Tensor2D>,
  { size, steepest, l2, signal, onProgress }: Descent,
): Promise<tf.Tensor2D> {
  const step = 1 / (steepest + l2);
  const momentum = (1 - Math.sqrt(l2 * step)) / (1 + Math.sqrt(l2 * step));
  let weights = tf.zeros<tf.Rank.R2>([...size]);
  let [ahead, slope] = [weights.clone(), weights.clone()];
  try {
    for (let done = 1; done <= STEPS; done++) {
      signal?.throwIfAborted();
      slope = freeing([slope], () => ahead.mul(l2));
      for (const block of blocks) {
        const part = await slopeOf(block, ahead);
        slope = freeing([slope, part], (sum) => sum.add(part));
      }
      const before = weights;
      weights = tf.tidy(() => ahead.sub(slope.mul(step)));
      ahead = freeing([ahead, before], () => weights.add(weights.sub(before).mul(momentum)));
      onProgress?.({ done, total: STEPS });
      if (done % LOOK === 0 && (await lengthOf(slope)) <= SMALL) break;
    }
    return weights;
  } catch (error) {
    weights.dispose();
    throw error;
  } finally {
    tf.dispose([ahead, slope]);
  }
}

/** What is made of tensors, which are freed. */
function freeing(
  tensors: readonly [tf.Tensor2D, ...tf.Tensor2D[]],
  make: (first: tf.Tensor2D) => tf.Tensor2D,
): tf.Tensor2D {
  const made = tf.tidy(() => make(tensors[0]));
  tf.dispose([...tensors]);
  return made;
}

async function lengthOf(tensor: tf.Tensor): Promise<number> {
  const norm = tf.tidy(() => tensor.norm());
  try {
    return (await norm.data())[0] ?? NaN;
  } finally {
    norm.dispose();
  }
}

/** Rows less their mean, in the mean of squared length 1, with a last number of 1 for the bias. */
function blocksOf({ count, dimensions, vectors }: Rows, labels: Int32Array, folds: Int32Array): Block[] {
  const mean = new Float64Array(dimensions);
  vectors.forEach((value, at) => (mean[at % dimensions] = (mean[at % dimensions] ?? 0) + value / count));
  const squares = vectors.reduce((sum, value, at) => sum + (value - (mean[at % dimensions] ?? 0)) ** 2, 0);
  const scale = squares === 0 ? 0 : Math.sqrt(count / squares);
  return Array.from({ length: Math.ceil(count / BLOCK) }, (_, block) => {
    const [from, to] = [block * BLOCK, Math.min(count, (block + 1) * BLOCK)];
    const x = new Float32Array((to - from) * (dimensions + 1)).fill(1);
    for (let row = from; row < to; row++)
      for (let at = 0; at < dimensions; at++)
        x[(row - from) * (dimensions + 1) + at] =
          scale * ((vectors[row * dimensions + at] ?? NaN) - (mean[at] ?? NaN));
    return {
      x: tf.tensor2d(x, [to - from, dimensions + 1]),
      label: tf.tensor1d(labels.subarray(from, to), "int32"),
      fold: tf.tensor1d(folds.subarray(from, to), "int32"),
    };
  });
}
