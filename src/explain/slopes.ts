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
 * The weighted sum of the gradients at all points: as many images and points at once as make a chunk, by one recording for each part of the
 * images. Tells the progress after each chunk and can be stopped between two.
 * @returns float32 [batch, height, width, 3]; the caller disposes
 * @throws what the signal gives as its reason
 */
export async function slopesOf(subject: Subject, points: Points): Promise<tf.Tensor4D> {
  const [batch] = subject.images.shape;
  const { chunk } = subject.work;
  const parts: tf.Tensor4D[] = [];
  try {
    for (let first = 0; first < batch; first += chunk)
      parts.push(await slopesOfPart(subject, points, { first, count: Math.min(chunk, batch - first) }));
    return tf.concat(parts, 0);
  } finally {
    tf.dispose(parts);
  }
}

/** Images one after the other. */
interface Part {
  readonly first: number;
  readonly count: number;
}

async function slopesOfPart(subject: Subject, points: Points, part: Part): Promise<tf.Tensor4D> {
  const { images, work } = subject;
  const { weights, at } = points;
  const most = Math.max(1, Math.floor(work.chunk / part.count));
  const size = Math.ceil(weights.length / Math.ceil(weights.length / most));
  const run = points.rectify === undefined ? {} : { rectify: points.rectify };
  const weighted = (rows: tf.Tensor4D, counts: tf.Tensor1D): tf.Tensor4D =>
    weightedSlopes(subject, part, [rows, counts], run);
  const sumOf = trace(weighted, { name: "slopes", precision: work.precision });
  const [batch] = images.shape;
  let total = tf.tidy(() => tf.zerosLike(ofPart(images, part)));
  try {
    for (let from = 0; from < weights.length; from += size) {
      work.signal?.throwIfAborted();
      const numbers = Array.from({ length: size }, (_, i) => Math.min(from + i, weights.length - 1));
      const counts = tf.tensor1d(numbers.map((number, i) => (from + i < weights.length ? (weights[number] ?? NaN) : 0))); // prettier-ignore
      const rows = tf.tidy(() => tf.concat<tf.Tensor4D>(numbers.map((number) => ofPart(at(number), part)), 0)); // prettier-ignore
      const sum = await sumOf(rows, counts);
      const before = total;
      total = tf.add(before, sum);
      tf.dispose([rows, counts, sum, before]);
      const done = part.first * weights.length + Math.min(from + size, weights.length) * part.count;
      work.onProgress?.({ done, total: weights.length * batch });
    }
    return total;
  } catch (error) {
    total.dispose();
    throw error;
  } finally {
    sumOf.dispose();
  }
}

function ofPart(images: tf.Tensor4D, { first, count }: Part): tf.Tensor4D {
  return tf.slice(images, [first, 0, 0, 0], [count, -1, -1, -1]);
}

/** The gradients of each point's images, [points * images, …], weighted and added: [images, …]. */
function weightedSlopes(
  { model, images, score }: Subject,
  part: Part,
  [points, counts]: readonly [tf.Tensor4D, tf.Tensor1D],
  run: Pick<PredictOptions, "rectify">,
): tf.Tensor4D {
  const [, height, width, channels] = images.shape;
  const [count] = counts.shape;
  const scoreOf = (at: tf.Tensor): tf.Scalar => {
    const { logits, features } = outputOfImages(model, at.as4D(...points.shape), run);
    const scores = Array.from({ length: part.count }, (_, i) => {
      const own = (rows: tf.Tensor2D): tf.Tensor2D =>
        tf.slice(rows.reshape([count, part.count, -1]), [0, i, 0], [-1, 1, -1]).as2D(count, rows.shape[1]);
      return score({ logits: own(logits), features: own(features) }, part.first + i);
    });
    return tf.sum<tf.Scalar>(tf.concat(scores, 0));
  };
  const slopes = tf.grad(scoreOf)(points).reshape([count, part.count, height, width, channels]);
  return tf.sum<tf.Tensor4D>(tf.mul(slopes, counts.reshape([count, 1, 1, 1, 1])), 0);
}
