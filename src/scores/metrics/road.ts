import { random, tf } from "../../tensorflow";
import {
  imagesOf,
  masksOf,
  onceAnImage,
  probabilitiesOfChanges,
  type Maps,
  type Metric,
  type Row,
  type Verdict,
} from "../metric";
import { imputer, type Imputer } from "./impute";
import { ordered } from "./order";

/** Options of road(). */
export interface RoadOptions {
  /** What part of the pixels stays each time, in percent, above 0 and below 100. @default 10, 20, … 90 */
  readonly percentiles?: readonly number[];
  /** The standard deviation of the noise on filled pixels, over that of the image's own pixels; 0: none. @default 0.01 */
  readonly noise?: number;
  /** Another seed gives other noise. @default 0 */
  readonly seed?: number;
}

const PERCENTILES = [10, 20, 30, 40, 50, 60, 70, 80, 90];

/**
 * ROAD, remove and debias: how much more of a class's probability is left when the least relevant pixels are removed than when the
 * most relevant are; (least − most) / 2, in the mean over the percentiles. A removed pixel is filled from its neighbours, so that the
 * shape of what was removed tells nothing. 0 for a map that says nothing; more is better.
 *
 * pytorch-grad-cam 1.5.7 has the same values of maps without ties. Where the percentile lies among many pixels of one heat, such as the
 * zeros of a map, it removes all of them; here the share that is asked for goes, of like pixels those that are read first. Its noise is
 * of images of a deviation of 1.
 * @throws {RangeError} if a percentile is not above 0 and below 100, or noise is below 0
 * @see Rong et al. 2022 (arXiv 2202.00449)
 */
export function road({ percentiles = PERCENTILES, noise = 0.01, seed = 0 }: RoadOptions = {}): Metric {
  const wrong = percentiles.find((percentile) => !(percentile > 0 && percentile < 100));
  if (wrong !== undefined || percentiles.length === 0)
    throw new RangeError(`Cannot measure by ROAD: expected percentiles above 0 and below 100, got ${wrong ?? "none"}`); // prettier-ignore
  if (!(noise >= 0))
    throw new RangeError(`Cannot measure by ROAD: expected noise of 0 or more, got ${noise}`);
  return {
    name: "road",
    columns: [{ name: "road", better: "more" }],
    passes: () => 2 * percentiles.length,
    open: () => {
      const { fill, dispose } = imputer();
      return { judge: (maps) => judge(maps, { fill, percentiles, noise, seed }), dispose };
    },
  };
}

type Judging = Required<RoadOptions> & Pick<Imputer, "fill">;

async function judge(maps: Maps, { percentiles, ...filling }: Judging): Promise<Verdict> {
  const count = percentiles.length;
  const heatOf = (image: number): Float32Array => maps.heat[image] ?? new Float32Array();
  const mostFirst = onceAnImage((image) => ordered(heatOf(image), "greatest"));
  const leastFirst = onceAnImage((image) => ordered(heatOf(image), "least"));
  const removed = ({ image, change }: Row): Uint32Array => {
    const order = change < count ? mostFirst(image) : leastFirst(image);
    const percentile = percentiles[change % count] ?? NaN;
    // As many as are not below numpy's percentile of values that all differ.
    return order.subarray(0, order.length - Math.ceil(((order.length - 1) * percentile) / 100));
  };
  const found = await probabilitiesOfChanges(maps, 2 * count, (rows) =>
    filledRows(maps, rows, { ...filling, removed }),
  );
  const [most, least] = [found.map((all) => all.slice(0, count)), found.map((all) => all.slice(count))];
  const road = most.map((all, image) => all.reduce((sum, one, i) => sum + ((least[image]?.[i] ?? NaN) - one) / 2 / count, 0)); // prettier-ignore
  const way = { along: "part of the pixels removed", of: "probability of the class" };
  const x = percentiles.map((percentile) => 1 - percentile / 100);
  return {
    scores: { road },
    curves: [
      { name: "most relevant first", ...way, x, y: most },
      { name: "least relevant first", ...way, x, y: least },
    ],
  };
}

/** Images without some of their pixels, which are filled. */
async function filledRows(
  maps: Maps,
  rows: readonly Row[],
  { fill, removed, noise, seed }: Omit<Judging, "percentiles"> & { removed(row: Row): Uint32Array },
): Promise<tf.Tensor4D> {
  const [images, masks] = [imagesOf(maps, rows), masksOf(maps, rows, removed)];
  try {
    const filled = await fill(images, masks, maps.signal);
    if (noise === 0) return filled;
    return tf.tidy(() => {
      const noises = rows.map(({ image, change }) =>
        random.normal(images.shape.slice(1), random.seed(seed, image * CHANGES + change)),
      );
      const deviation = tf.moments(images, [1, 2, 3], true).variance.sqrt().mul(noise);
      const noisy = filled.add<tf.Tensor4D>(tf.stack(noises).mul(deviation).mul(masks));
      filled.dispose();
      return noisy;
    });
  } finally {
    tf.dispose([images, masks]);
  }
}

/** More than an image has. */
const CHANGES = 1000;
