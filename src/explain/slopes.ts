/** Gradients of a score by pixels, at many points near or on the way to the images. */
import { tf, trace } from "../tensorflow";
import type { PredictOptions } from "../model/model";
import type { Subject } from "./method";
import { outputOfImages } from "./run";

/** Where gradients are taken, and how much each counts. */
export interface Points {
  /** By number: how much the gradient there counts. */
  readonly weights: readonly number[];
  /** float32 [batch, height, width, 3]: the images at the point of a number. Runs in tidy(). */
  at(number: number): tf.Tensor4D;
  /** What stands for each ReLU. @default relu() */
  readonly rectify?: PredictOptions["rectify"];
}

/**
 * The weighted sum of the gradients at all points: as many at once as make a chunk, by one recording. Tells the progress after each chunk
 * and can be stopped between two.
 * @returns float32 [batch, height, width, 3]; the caller disposes
 * @throws what the signal gives as its reason
 */
export async function slopesOf(subject: Subject, points: Points): Promise<tf.Tensor4D> {
  const { images, work } = subject;
  const { weights, at } = points;
  const [batch] = images.shape;
  const most = Math.max(1, Math.floor(work.chunk / batch));
  const size = Math.ceil(weights.length / Math.ceil(weights.length / most));
  const run = points.rectify === undefined ? {} : { rectify: points.rectify };
  const weighted = (rows: tf.Tensor4D, counts: tf.Tensor4D): tf.Tensor4D =>
    weightedSlopes(subject, [rows, counts], run);
  const sumOf = trace(weighted, { name: "slopes", precision: work.precision });
  let total: tf.Tensor4D = tf.zerosLike(images);
  try {
    for (let from = 0; from < weights.length; from += size) {
      work.signal?.throwIfAborted();
      const numbers = Array.from({ length: size }, (_, i) => Math.min(from + i, weights.length - 1));
      const counts = numbers.map((number, i) => (from + i < weights.length ? (weights[number] ?? NaN) : 0));
      const given = tf.tidy(() => [
        tf.concat<tf.Tensor4D>(numbers.map((number) => at(number)), 0), // prettier-ignore
        tf.tensor1d(counts).reshape<tf.Tensor4D>([size, 1, 1, 1]),
      ] as const); // prettier-ignore
      const sum = await sumOf(given[0], given[1]);
      const before = total;
      total = tf.add(before, sum);
      tf.dispose([...given, sum, before]);
      work.onProgress?.({
        done: Math.min(from + size, weights.length) * batch,
        total: weights.length * batch,
      });
    }
    return total;
  } catch (error) {
    total.dispose();
    throw error;
  } finally {
    sumOf.dispose();
  }
}

/** The gradients of each point's images, [points * batch, …], weighted and added: [batch, …]. */
function weightedSlopes(
  { model, images, score }: Subject,
  [points, counts]: readonly [tf.Tensor4D, tf.Tensor4D],
  run: Pick<PredictOptions, "rectify">,
): tf.Tensor4D {
  const [batch, height, width, channels] = images.shape;
  const [count] = counts.shape;
  const scoreOf = (at: tf.Tensor): tf.Scalar => {
    const { logits, features } = outputOfImages(model, at.as4D(...points.shape), run);
    const scores = Array.from({ length: count }, (_, i) => {
      const part = <T extends tf.Tensor>(rows: T): T => tf.slice(rows, [i * batch, 0], [batch, -1]);
      return score({ logits: part(logits), features: part(features) });
    });
    return tf.sum<tf.Scalar>(tf.concat(scores, 0));
  };
  const slopes = tf.grad(scoreOf)(points).reshape([count, batch, height, width, channels]);
  return tf.sum<tf.Tensor4D>(tf.mul(slopes, counts.reshape([count, 1, 1, 1, 1])), 0);
}
