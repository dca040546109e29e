/** Pixels filled from their neighbours. */
import { tf, trace } from "../../tensorflow";

/** Fills pixels of images. */
export interface Imputer {
  /**
   * @param images  float32 [rows, height, width, channels]
   * @param masks   float32 [rows, height, width, 1]: 1 is filled, 0 stays; of each row some must stay
   * @returns       the images, filled; the caller disposes
   * @throws what the signal gives as its reason
   */
  fill(images: tf.Tensor4D, masks: tf.Tensor4D, signal?: AbortSignal): Promise<tf.Tensor4D>;
  dispose(): void;
}

/** What is left of the equations, over what they are about. */
const TOLERANCE = 1e-6;
/** Steps between two looks at what is left. */
const STEPS = 10;
/** More than an image of 1,000 pixels a side needs; rounding may keep what is left just above the tolerance. */
const MOST_STEPS = 4000;
/** Weights of a pixel's neighbours: 1/6 of those at its sides, 1/12 of those at its corners. */
const WEIGHTS = [1, 2, 1, 2, 0, 2, 1, 2, 1].map((weight) => weight / 12);

/**
 * Fills pixels so that each is the mean of its neighbours, filled ones too, by the weights 1/6 (sides) and 1/12 (corners); at the edge of
 * those there are. The linear system is solved by conjugate gradients, all images at once, from what a pyramid of means says.
 * @see Rong et al. 2022 (arXiv 2202.00449) §4.2
 */
export function imputer(): Imputer {
  const begin = trace(beginning, { name: "beginImputing", batch: "any" });
  const iterate = trace(iterated, { name: "impute", batch: "any" });
  async function fill(images: tf.Tensor4D, masks: tf.Tensor4D, signal?: AbortSignal): Promise<tf.Tensor4D> {
    let state = await begin(images, masks);
    try {
      for (let step = 0; step < MOST_STEPS && !(await isSolved(state)); step += STEPS) {
        signal?.throwIfAborted();
        const { size } = state;
        const next = await iterate({ ...state, masks });
        tf.dispose([state.filled, state.left, state.way, state.rest]);
        state = { ...next, size };
      }
      return state.filled.clone();
    } finally {
      tf.dispose(state);
    }
  }
  const dispose = (): void => {
    begin.dispose();
    iterate.dispose();
  };
  return { fill, dispose };
}

/** How far the conjugate gradients are; what is not to be filled is 0 in all but `filled`. */
type State = {
  /** float32 [rows, height, width, channels], the images as they are filled so far */
  readonly filled: tf.Tensor4D;
  /** The same shape: what is left of each pixel's equation. */
  readonly left: tf.Tensor4D;
  /** The same shape: where to go next. */
  readonly way: tf.Tensor4D;
  /** float32 [rows, 1, 1, channels]: the sum of the squares of what is left */
  readonly rest: tf.Tensor4D;
};

function beginning(
  images: tf.Tensor4D,
  masks: tf.Tensor4D,
): State & { /** As `rest`: of what the equations are about. */ readonly size: tf.Tensor4D } {
  const filled = tf.where<tf.Tensor4D>(masks.greater(0.5), pyramid(images, tf.sub(1, masks)), images);
  const left = neighbours(filled)
    .sub(filled.mul(weightsAround(images)))
    .mul<tf.Tensor4D>(masks);
  return {
    filled,
    left,
    way: left.clone(),
    rest: squares(left),
    size: squares(filled.mul<tf.Tensor4D>(masks)),
  };
}

function iterated({ masks, ...begun }: State & { readonly masks: tf.Tensor4D }): State {
  let { filled, left, way, rest } = begun;
  const around = weightsAround(filled);
  for (let step = 0; step < STEPS; step++) {
    const bent = way.mul(around).sub(neighbours(way)).mul<tf.Tensor4D>(masks);
    const far = tf.divNoNan<tf.Tensor4D>(rest, tf.sum(way.mul(bent), [1, 2], true));
    filled = filled.add(way.mul(far));
    left = left.sub(bent.mul(far));
    const next = squares(left);
    way = left.add(way.mul(tf.divNoNan(next, rest)));
    rest = next;
  }
  return { filled, left, way, rest };
}

async function isSolved({
  rest,
  size,
}: {
  readonly rest: tf.Tensor4D;
  readonly size: tf.Tensor4D;
}): Promise<boolean> {
  const solved = tf.tidy(() => rest.lessEqual(size.mul(TOLERANCE ** 2)).all());
  try {
    return (await solved.data())[0] === 1;
  } finally {
    solved.dispose();
  }
}

const squares = (values: tf.Tensor4D): tf.Tensor4D => tf.sum(values.mul(values), [1, 2], true);

/** The sum of each pixel's neighbours by their weights; beyond the edge are zeros. */
function neighbours(values: tf.Tensor4D): tf.Tensor4D {
  const [, , , channels] = values.shape;
  const kernel = WEIGHTS.flatMap((weight) => new Array<number>(channels).fill(weight));
  return tf.depthwiseConv2d(values, tf.tensor4d(kernel, [3, 3, channels, 1]), 1, "same");
}

/** [1, height, width, 1]: the weights of those neighbours of a pixel that there are. */
function weightsAround({ shape: [, height, width] }: tf.Tensor4D): tf.Tensor4D {
  return neighbours(tf.ones([1, height, width, 1]));
}

/** What is known, and between it means over ever larger squares: near the solution, where there are large holes. */
function pyramid(images: tf.Tensor4D, known: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = images.shape;
  if (height === 1 && width === 1) return images;
  const mean = (values: tf.Tensor4D): tf.Tensor4D => tf.avgPool(values, 2, 2, "same");
  const share = mean(known);
  const coarse = tf.divNoNan<tf.Tensor4D>(mean(images.mul(known)), share);
  const below = pyramid(coarse, share.greater<tf.Tensor4D>(0).toFloat());
  const between = tf.image.resizeBilinear<tf.Tensor4D>(below, [height, width], false, true);
  return tf.where<tf.Tensor4D>(known.greater(0), images, between);
}
