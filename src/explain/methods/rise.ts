import { random, tf } from "../../tensorflow";
import type { Method, Subject } from "../method";
import { expectCount, passesOf } from "../passes";
import { outputOfImages } from "../run";

/** Options of rise(). */
export interface RiseOptions {
  /** How many masks each image is seen through. @default 4000 */
  readonly masks?: number;
  /** Cells of a mask along each side. @default 7 */
  readonly cells?: number;
  /** How likely a cell is seen. @default 0.5 */
  readonly probability?: number;
  /** What the masks are drawn by: the same seed gives the same ones. @default 0 */
  readonly seed?: number;
  /** What is scored: the probabilities that the logits give, as in the paper, also to a target of one's own, or the logits themselves. @default "probabilities" */
  readonly scored?: "probabilities" | "logits";
  /** Whether the mean score is taken off the scores, so that a place that changes nothing has about 0. @default true */
  readonly centred?: boolean;
}

/**
 * RISE: images are seen through random masks; a place counts by the mean of the scores of those that show it. Masks are of few cells, each
 * seen or not, enlarged linearly and shifted by up to a cell.
 *
 * The paper's values are never below 0, and all places share most of their height, the mean score: it is taken off, which leaves the order
 * of places but for the masks' own chance, and makes 0 what does not matter. `centred: false` gives the paper's.
 * @throws {RangeError} if masks or cells are no whole numbers from 1 on, probability is not between 0 and 1, or seed is no whole number
 * @see Petsiuk et al. 2018, "RISE: Randomized Input Sampling for Explanation of Black-box Models" (arXiv 1806.07421), eq. 6
 */
export function rise(options: RiseOptions = {}): Method {
  const { masks = 4000, cells = 7, probability = 0.5, seed = 0, scored = "probabilities", centred = true } = options; // prettier-ignore
  expectCount("rise", "masks", masks);
  expectCount("rise", "cells", cells);
  if (!(probability > 0 && probability < 1))
    throw new RangeError(`Cannot explain by rise: expected a probability between 0 and 1, got ${probability}`); // prettier-ignore
  if (!Number.isSafeInteger(seed))
    throw new RangeError(`Cannot explain by rise: expected seed to be a whole number, got ${seed}`);
  if (!["probabilities", "logits"].includes(scored))
    throw new RangeError(`Cannot explain by rise: expected scored "probabilities" or "logits", got ${JSON.stringify(scored)}`); // prettier-ignore
  const wanted = { masks, cells, probability, seed, scored, centred };
  return { name: "rise", of: "pixels", values: (subject) => valuesOf(subject, wanted) };
}

async function valuesOf(subject: Subject, options: Required<RiseOptions>): Promise<tf.Tensor> {
  const { images, model } = subject;
  const { masks, cells, probability } = options;
  const [batch, height, width] = images.shape;
  const size = [height, width] as const;
  const drawn = drawMasks(size, options);
  const passes = {
    of: images,
    numbers: Array.from({ length: batch }, () => Array.from({ length: masks }, (_, i) => i)),
    given: (_: number, numbers: readonly number[]) => tf.gather(drawn, tf.tensor1d([...numbers], "int32")),
    output: (one: tf.Tensor4D, given: tf.Tensor) => {
      const { logits, features } = outputOfImages(model, one.mul(enlarged(given, cells, size).expandDims(3)));
      return { features, logits: options.scored === "logits" ? logits : model.postprocess({ logits }).probabilities }; // prettier-ignore
    },
  };
  const sums = tf.tidy(() => Array.from({ length: batch }, () => sumsOf(size)));
  try {
    for await (const { image, scores, given } of passesOf(subject, passes)) {
      const before = sums[image];
      if (before === undefined) continue;
      sums[image] = tf.tidy(() => plus(before, scores, enlarged(given, cells, size)));
      tf.dispose(before);
    }
    return tf.tidy(() => tf.stack(sums.map((sum) => meanOf(sum, options).div(masks * probability))));
  } finally {
    tf.dispose([drawn, ...sums]);
  }
}

/** Sums over the masks of one image. */
type Sums = {
  /** float32 [height, width]: of the masks, each times its score */
  readonly scored: tf.Tensor;
  /** float32 [height, width]: of the masks */
  readonly shown: tf.Tensor;
  /** float32 scalar: of the scores */
  readonly score: tf.Tensor;
};

function sumsOf([height, width]: readonly [number, number]): Sums {
  return { scored: tf.zeros([height, width]), shown: tf.zeros([height, width]), score: tf.scalar(0) };
}

function plus({ scored, shown, score }: Sums, scores: tf.Tensor1D, masks: tf.Tensor3D): Sums {
  const [rows, height, width] = masks.shape;
  const flat = masks.reshape<tf.Tensor2D>([rows, height * width]);
  return {
    scored: scored.add(scores.reshape<tf.Tensor2D>([1, rows]).matMul(flat).reshape([height, width])),
    shown: shown.add(masks.sum(0)),
    score: score.add(scores.sum()),
  };
}

function meanOf({ scored, shown, score }: Sums, { masks, centred }: Required<RiseOptions>): tf.Tensor {
  return centred ? scored.sub(shown.mul(score.div(masks))) : scored;
}

/** All masks, float32 [masks, cells · cells + 2]: which cells are seen, 1 or 0, then how many pixels down and right they are shifted. */
function drawMasks(
  size: readonly [number, number],
  { masks, cells, probability, seed }: Required<RiseOptions>,
): tf.Tensor2D {
  return tf.tidy(() => {
    const seen = random
      .uniform([masks, cells * cells], random.seed(seed, 0))
      .less(probability)
      .toFloat();
    const shifts = size.map((side, i) =>
      random.uniform([masks, 1], random.seed(seed, 1 + i), 0, Math.ceil(side / cells)).floor(),
    );
    return tf.concat<tf.Tensor2D>([seen, ...shifts].map((part) => part.reshape([masks, -1])), 1); // prettier-ignore
  });
}

/**
 * Masks in the images' size, 0…1: [rows, height, width].
 *
 * Along a side, cells are enlarged to one cell more than the image is long, linearly between their middles, and cut where they are shifted to.
 */
function enlarged(given: tf.Tensor, cells: number, size: readonly [number, number]): tf.Tensor3D {
  const parts = tf.split(given.reshape([-1, cells * cells + 2]), [cells * cells, 1, 1], 1);
  const [seen, ...shifts] = parts;
  const [tall, wide] = shifts.map((shift, i) => weightsOf(shift, cells, size[i] ?? NaN));
  if (seen === undefined || tall === undefined || wide === undefined)
    throw new TypeError(`Cannot enlarge masks: expected cells and two shifts, got ${parts.length} parts`);
  return tf
    .matMul(tf.matMul(tall, seen.reshape([-1, cells, cells])), wide, false, true)
    .reshape([-1, ...size]);
}

/** How much each cell counts at each pixel of a side: [rows, side, cells]. */
function weightsOf(shift: tf.Tensor, cells: number, side: number): tf.Tensor {
  const cell = Math.ceil(side / cells);
  const pixels = tf.range(0, side).add(0.5).reshape([1, side]);
  const places = pixels
    .add(shift)
    .mul(cells / ((cells + 1) * cell))
    .sub(0.5); // in cells
  const within = tf.clipByValue(places, 0, cells - 1).expandDims(2);
  return tf.relu(tf.sub(1, within.sub(tf.range(0, cells)).abs()));
}
