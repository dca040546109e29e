import { tf } from "../../tensorflow";
import type { Method, Subject } from "../method";
import { expectCount, passesOf } from "../passes";
import { outputOfImages } from "../run";

/** Options of occlusion(). */
export interface OcclusionOptions {
  /** Side of the square that hides a part of the image, in pixels; at most the image's. @default a seventh of its shorter side */
  readonly window?: number;
  /** Pixels from one place of the square to the next; at most `window`, so that every pixel is hidden once. @default half of it */
  readonly stride?: number;
  /** What is seen in its place: a preprocessed value, or one for each colour. @default 0, the mean colour */
  readonly fill?: number | readonly [red: number, green: number, blue: number];
}

/**
 * Occlusion: how much of the score is lost when a square hides a place; of a pixel the mean over all squares that hide it. The last square
 * of a row or column ends at the image's edge, cut off if need be. Captum 0.9 does the same.
 * @throws {RangeError} if window or stride is no whole number from 1 on, or stride is greater than window; at a call, if the window is
 *   greater than the images
 * @see Zeiler, Fergus 2014, "Visualizing and Understanding Convolutional Networks" (arXiv 1311.2901) §4.2
 */
export function occlusion(options: OcclusionOptions = {}): Method {
  const { window, stride, fill = 0 } = options;
  if (window !== undefined) expectCount("occlusion", "window", window);
  if (stride !== undefined) expectCount("occlusion", "stride", stride);
  if (![fill].flat().every(Number.isFinite))
    throw new RangeError(`Cannot explain by occlusion: expected fill to be finite, got ${String(fill)}`);
  return { name: "occlusion", of: "pixels", values: (subject) => valuesOf(subject, fill, options) };
}

async function valuesOf(
  subject: Subject,
  fill: number | readonly number[],
  { window, stride }: OcclusionOptions,
): Promise<tf.Tensor> {
  const { images, model, output, score } = subject;
  const [batch, height, width] = images.shape;
  const side = window ?? Math.max(1, Math.round(Math.min(height, width) / 7));
  const squares = squaresOf([height, width], side, stride ?? Math.ceil(side / 2));
  const passes = {
    of: images,
    numbers: Array.from({ length: batch }, () => [...squares.keys()]),
    given: (_: number, numbers: readonly number[]) => hiddenBy(numbers, squares, [height, width]),
    output: (one: tf.Tensor4D, given: tf.Tensor) => {
      const tall = tf.slice(given, [0, 0], [-1, height]).reshape([-1, height, 1, 1]);
      const wide = tf.slice(given, [0, height], [-1, width]).reshape([-1, 1, width, 1]);
      const hidden = tall.mul(wide);
      return outputOfImages(model, one.mul(tf.sub(1, hidden)).add(hidden.mul(typeof fill === "number" ? fill : tf.tensor1d([...fill])))); // prettier-ignore
    },
  };
  const whole = tf.tidy(() => score(output));
  const wholes = await whole.array();
  whole.dispose();
  const sums = wholes.map(() => new Float64Array(height * width));
  for await (const { image, numbers, scores } of passesOf(subject, passes)) {
    const values = await scores.data();
    numbers.forEach((number, i) => {
      const lost = (wholes[image] ?? NaN) - (values[i] ?? NaN);
      eachPixel(squares[number], width, (pixel) => add(sums[image], pixel, lost));
    });
  }
  const counts = new Float64Array(height * width);
  for (const square of squares) eachPixel(square, width, (pixel) => add(counts, pixel, 1));
  const means = new Float32Array(batch * height * width);
  sums.forEach((sum, image) => means.set(sum.map((total, pixel) => total / (counts[pixel] ?? NaN)), image * height * width)); // prettier-ignore
  return tf.tensor3d(means, [batch, height, width]);
}

/** From the first row and column to those behind the last. */
interface Square {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

function squaresOf([height, width]: readonly [number, number], side: number, stride: number): Square[] {
  if (side > Math.min(height, width))
    throw new RangeError(
      `Cannot explain by occlusion: expected a window of at most the images' ${height} x ${width}, got ${side}`,
    );
  if (stride > side)
    throw new RangeError(
      `Cannot explain by occlusion: expected stride to be at most the window's ${side}, got ${stride}`,
    );
  const starts = (length: number): number[] =>
    Array.from({ length: Math.ceil((length - side) / stride) + 1 }, (_, i) => i * stride);
  return starts(height).flatMap((top) =>
    starts(width).map((left) => ({
      ...{ top, left },
      ...{ bottom: Math.min(top + side, height), right: Math.min(left + side, width) },
    })),
  );
}

/** Which rows and which columns are hidden, 1 or 0: [numbers, height + width]. */
function hiddenBy(
  numbers: readonly number[],
  squares: readonly Square[],
  [height, width]: readonly [number, number],
): tf.Tensor {
  const all = new Float32Array(numbers.length * (height + width));
  numbers.forEach((number, i) => {
    const square = squares[number];
    if (square === undefined) return;
    const from = i * (height + width);
    all.fill(1, from + square.top, from + square.bottom);
    all.fill(1, from + height + square.left, from + height + square.right);
  });
  return tf.tensor2d(all, [numbers.length, height + width]);
}

function eachPixel(square: Square | undefined, width: number, work: (pixel: number) => void): void {
  if (square === undefined) return;
  for (let y = square.top; y < square.bottom; y++)
    for (let x = square.left; x < square.right; x++) work(y * width + x);
}

function add(sums: Float64Array | undefined, at: number, value: number): void {
  sums?.fill((sums[at] ?? 0) + value, at, at + 1);
}
