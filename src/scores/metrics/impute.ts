/** Pixels filled from their neighbours. */
import { tf, trace } from "../../tensorflow";
import { excess, gridOf, roughly } from "./grid";

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
const TOLERANCE = 1e-7;
/** Steps between two looks at what is left. */
const STEPS = 3;
/** Far more than are needed; rounding may keep what is left just above the tolerance. */
const MOST_STEPS = 300;
/**
 * Fills pixels so that each is the mean of its neighbours, filled ones too, by the weights 1/6 (sides) and 1/12 (corners); at the edge of
 * those there are. The linear system is solved by conjugate gradients, all images at once, each step roughly solved on ever larger cells.
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
        tf.dispose([state.filled, state.left, state.way, state.pull]);
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
  /** float32 [rows, 1, 1, channels]: the sum of what is left times what it says of where to go */
  readonly pull: tf.Tensor4D;
};

function beginning(
  images: tf.Tensor4D,
  masks: tf.Tensor4D,
): State & {
  /** float32 [rows, 1, 1, channels]: the sum of the squares of all pixels */ readonly size: tf.Tensor4D;
} {
  const grid = gridOf(masks);
  const filled = tf.where<tf.Tensor4D>(masks.greater(0.5), pyramid(images, tf.sub(1, masks)), images);
  const left = excess(grid, filled).neg();
  const way = roughly(grid, left);
  return { filled, left, way, pull: product(left, way), size: product(filled, filled) };
}

function iterated({ masks, ...begun }: State & { readonly masks: tf.Tensor4D }): State {
  const grid = gridOf(masks);
  let { filled, left, way, pull } = begun;
  for (let step = 0; step < STEPS; step++) {
    const bent = excess(grid, way);
    const far = tf.divNoNan<tf.Tensor4D>(pull, product(way, bent));
    filled = filled.add(way.mul(far));
    left = left.sub(bent.mul(far));
    const rough = roughly(grid, left);
    const next = product(left, rough);
    way = rough.add(way.mul(tf.divNoNan(next, pull)));
    pull = next;
  }
  return { filled, left, way, pull };
}

async function isSolved({
  left,
  size,
}: {
  readonly left: tf.Tensor4D;
  readonly size: tf.Tensor4D;
}): Promise<boolean> {
  const solved = tf.tidy(() =>
    product(left, left)
      .lessEqual(size.mul(TOLERANCE ** 2))
      .all(),
  );
  try {
    return (await solved.data())[0] === 1;
  } finally {
    solved.dispose();
  }
}

/** float32 [rows, 1, 1, channels]: the sum over an image's pixels */
const product = (some: tf.Tensor4D, others: tf.Tensor4D): tf.Tensor4D =>
  tf.sum(some.mul(others), [1, 2], true);

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
