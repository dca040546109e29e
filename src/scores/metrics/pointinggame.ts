import type { ImagePart } from "../../model";
import type { Maps, Metric } from "../metric";

/** Options of pointingGame(). */
export interface PointingGameOptions {
  /**
   * How far beside the box the greatest heat may be and still be a hit, in pixels of the preprocessed image. The paper has 15, of photos of
   * some 500 pixels. @default 0
   */
  readonly tolerance?: number;
}

/**
 * The pointing game: a hit is a map whose greatest heat lies in the object's box (of several pixels as hot, the share of them that do); and
 * the share of all heat that is inside the box, the energy-based pointing game. Both 0…1, more is better; a map without heat has 0. An
 * image without a box, or whose box was cropped away, does not count.
 * @throws {RangeError} if tolerance is below 0
 * @see Zhang et al. 2018, "Top-down neural attention by excitation backprop" (arXiv 1608.00507) §4.1; Wang et al. 2020 (Score-CAM,
 *   arXiv 1910.01279) §4.3
 */
export function pointingGame({ tolerance = 0 }: PointingGameOptions = {}): Metric {
  if (!(tolerance >= 0))
    throw new RangeError(`Cannot play the pointing game: expected tolerance of 0 or more, got ${tolerance}`);
  return {
    name: "pointingGame",
    columns: [
      { name: "hit", better: "more" },
      { name: "inside", better: "more" },
    ],
    needsBoxes: true,
    passes: () => 0,
    open: () => ({
      judge: (maps) => {
        const played = maps.boxes.map((box, image) => play(maps, image, box, tolerance));
        return { scores: { hit: played.map(({ hit }) => hit), inside: played.map(({ inside }) => inside) } };
      },
      dispose: () => undefined,
    }),
  };
}

function play(
  { images, heat }: Maps,
  image: number,
  box: ImagePart | undefined,
  tolerance: number,
): { readonly hit: number; readonly inside: number } {
  if (box === undefined) return { hit: NaN, inside: NaN };
  const [, height, width] = images.shape;
  const pixels = heat[image] ?? new Float32Array();
  const greatest = pixels.reduce((most, one) => Math.max(most, one), 0);
  let [all, inside, hottest, hits] = [0, 0, 0, 0];
  pixels.forEach((one, pixel) => {
    const far = [
      beside((Math.floor(pixel / width) + 0.5) / height, box.top, box.bottom) * height,
      beside(((pixel % width) + 0.5) / width, box.left, box.right) * width,
    ];
    const distance = Math.hypot(...far);
    all += one;
    if (distance === 0) inside += one;
    if (one < greatest) return;
    hottest++;
    if (distance <= tolerance) hits++;
  });
  return greatest === 0 ? { hit: 0, inside: 0 } : { hit: hits / hottest, inside: inside / all };
}

/** How far a place is beside a stretch. */
function beside(place: number, from: number, to: number): number {
  return Math.max(from - place, 0, place - to);
}
