import { evenly, listOf, sampleHeat, type Placement } from "../../inspect/place";
import { tf } from "../../tensorflow";
import type { Method, Subject } from "../method";
import { expectCount, scoresOf } from "../passes";
import { cellsOf } from "../place";
import { outputOfImages } from "../run";
import { weighChannels } from "./gradcam";

/** Options of scoreCam(). */
export interface ScoreCamOptions {
  /** Only so many of each image's channels, those that vary most over its places; the others do not count. @default all */
  readonly channels?: number;
  /**
   * Where the cells of a channel lie on the image that it masks; "resize": spread evenly.
   * @default where they look
   */
  readonly placement?: "resize" | Pick<Placement, "rows" | "columns">;
}

/**
 * Score-CAM: each channel, enlarged to the image and scaled to 0…1, is laid over the image as a mask; channels count by the softmax,
 * over all of them, of the scores that the masked images get. Without gradients; the whole network runs once for each channel, but only
 * once for all those of an image that are the same everywhere, which mask it wholly.
 *
 * Masks lie where the channel's cells look, linear between. pytorch-grad-cam 1.5.7 has the outer cells' middles in the outer pixels
 * ("aligned corners"), up to half a cell beside where resizing puts them. The paper's baseline, which is taken off all scores, changes
 * nothing in the softmax.
 * @throws {RangeError} if channels is no whole number from 1 on
 * @see Wang et al. 2020, "Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks" (arXiv 1910.01279), algorithm 1
 */
export function scoreCam({ channels, placement }: ScoreCamOptions = {}): Method {
  if (channels !== undefined) expectCount("scoreCam", "channels", channels);
  return {
    name: "scoreCam",
    of: "endpoint",
    async values(subject) {
      const { model, images, activation } = subject;
      const [batch, , , count] = activation.shape;
      const lie = placementIn(subject, placement);
      const chosen = await chosenChannels(activation, Math.min(channels ?? count, count));
      const passes = {
        of: images,
        numbers: chosen.map(({ masks }) => masks),
        given: (image: number, numbers: readonly number[]) => channelsOf(activation, image, numbers),
        output: (one: tf.Tensor4D, maps: tf.Tensor) =>
          outputOfImages(model, one.mul(masksOf(maps, lie, one.shape))),
      };
      const scores = await scoresOf(subject, passes, count, new Array<number>(batch).fill(-Infinity));
      chosen.forEach(({ masks, twins }, image) => {
        const same = scores[image]?.[masks.at(-1) ?? NaN] ?? NaN;
        for (const twin of twins) scores[image]?.splice(twin, 1, same);
      });
      return tf.tidy(() => {
        const weights = tf.softmax(tf.tensor2d(scores));
        return weighChannels(activation, weights);
      });
    },
  };
}

function placementIn(
  { model, images, activation, place }: Subject,
  placement: ScoreCamOptions["placement"],
): Pick<Placement, "rows" | "columns"> {
  const [batch, height, width] = activation.shape;
  if (placement === "resize") return evenly([batch, height, width]);
  if (placement !== undefined) return listed(placement);
  const cells = cellsOf(model, place.endpoint, images);
  try {
    return listed(cells);
  } finally {
    tf.dispose(cells);
  }
}

/** Places as numbers, which a recording can take. */
function listed({ rows, columns }: Pick<Placement, "rows" | "columns">): Pick<Placement, "rows" | "columns"> {
  return { rows: listOf(rows), columns: listOf(columns) };
}

/** Which channels of an image are laid over it. */
interface Chosen {
  /** Those that vary, and one for those that do not. */
  readonly masks: readonly number[];
  /** Those that have no mask of their own, as they do not vary: all have that of the last. */
  readonly twins: readonly number[];
}

/** Of each image the `count` channels that vary most over its places. */
async function chosenChannels(activation: tf.Tensor4D, count: number): Promise<Chosen[]> {
  const [deviations, ranges] = tf.tidy(() => {
    const range = activation.max([1, 2]).sub<tf.Tensor2D>(activation.min([1, 2]));
    return [tf.moments(activation, [1, 2]).variance.as2D(...range.shape), range];
  });
  const [byImage, ranged] = [await deviations.array(), await ranges.array()];
  tf.dispose([deviations, ranges]);
  return byImage.map((variances, image) => {
    const varies = (channel: number): boolean => ranged[image]?.[channel] !== 0;
    const order = [...variances.keys()].sort(
      (a, b) => Number(varies(b)) - Number(varies(a)) || (variances[b] ?? 0) - (variances[a] ?? 0) || a - b,
    );
    const taken = order.slice(0, count);
    const [one, ...twins] = taken.filter((channel) => !varies(channel));
    return { masks: [...taken.filter(varies), ...(one === undefined ? [] : [one])], twins };
  });
}

/** Channels of one image's activation: [channels, h, w]. */
function channelsOf(activation: tf.Tensor4D, image: number, channels: readonly number[]): tf.Tensor {
  const [, height, width, count] = activation.shape;
  const one = tf.slice(activation, [image, 0, 0, 0], [1, -1, -1, -1]).reshape([height, width, count]);
  return tf.gather(one, tf.tensor1d([...channels], "int32"), 2).transpose([2, 0, 1]);
}

/** Channels over whole images, each 0…1; 0 where one is the same everywhere. [rows, height, width, 1] */
function masksOf(
  maps: tf.Tensor,
  lie: Pick<Placement, "rows" | "columns">,
  [, height, width]: tf.Tensor4D["shape"],
): tf.Tensor4D {
  const [rows = 0, h = 0, w = 0] = maps.shape;
  const placed = sampleHeat(maps.as3D(rows, h, w), lie, evenly([1, height, width]));
  const least = placed.min([1, 2], true);
  return tf.divNoNan(placed.sub(least), placed.max([1, 2], true).sub(least)).expandDims<tf.Tensor4D>(3);
}
