import { tf } from "../../tensorflow";
import type { Method, Subject } from "../method";
import { expectCount } from "../passes";
import { slopesOf } from "../slopes";

/** Options of integratedGradients(). */
export interface IntegratedGradientsOptions {
  /** Points on the way from the baseline to the image. @default 50 */
  readonly steps?: number;
  /** Where the way begins: a preprocessed value of all pixels, or one for each colour. @default 0, the mean colour */
  readonly baseline?: number | readonly [red: number, green: number, blue: number];
}

/**
 * Integrated gradients: the gradient's mean on the straight way from a baseline to the image, times the difference of both. All values of
 * an image add up to the difference of both scores, as nearly as the steps allow. Steps are Gauss-Legendre's, as Captum 0.9 has them.
 * @throws {RangeError} if steps is no whole number from 1 on, or the baseline is not finite
 * @see Sundararajan et al. 2017, "Axiomatic Attribution for Deep Networks" (arXiv 1703.01365)
 */
export function integratedGradients(options: IntegratedGradientsOptions = {}): Method {
  const { steps = 50, baseline = 0 } = options;
  expectCount("integratedGradients", "steps", steps);
  if (![baseline].flat().every(Number.isFinite))
    throw new RangeError(`Cannot explain by integratedGradients: expected a finite baseline, got ${String(baseline)}`); // prettier-ignore
  const points = gaussLegendre(steps);
  return {
    name: "integratedGradients",
    of: "pixels",
    values: (subject) => valuesOf(subject, points, baseline),
  };
}

async function valuesOf(
  subject: Subject,
  points: readonly QuadraturePoint[],
  baseline: number | readonly number[],
): Promise<tf.Tensor> {
  const start = typeof baseline === "number" ? tf.scalar(baseline) : tf.tensor1d([...baseline]);
  const way = tf.sub<tf.Tensor4D>(subject.images, start);
  try {
    const slopes = await slopesOf(subject, {
      weights: points.map(({ weight }) => weight),
      at: (number) => tf.add<tf.Tensor4D>(start, tf.mul(way, points[number]?.place ?? NaN)),
    });
    const values = tf.mul(slopes, way);
    slopes.dispose();
    return values;
  } finally {
    tf.dispose([start, way]);
  }
}

interface QuadraturePoint {
  /** 0…1 */
  readonly place: number;
  /** All add up to 1. */
  readonly weight: number;
}

/**
 * Gauss-Legendre quadrature on 0…1: the roots of Legendre's polynomial, by Newton's method.
 * @see Abramowitz, Stegun 1964, "Handbook of Mathematical Functions" §25.4.29
 */
function gaussLegendre(count: number): QuadraturePoint[] {
  return Array.from({ length: count }, (_, i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = NaN;
    for (let turn = 0; turn < 20; turn++) {
      let [before, value] = [1, x];
      for (let n = 2; n <= count; n++)
        [before, value] = [value, ((2 * n - 1) * x * value - (n - 1) * before) / n];
      slope = (count * (x * value - before)) / (x * x - 1);
      x -= value / slope;
    }
    return { place: (1 - x) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
  });
}
