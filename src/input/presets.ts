/** Ready-made mixtures of augmentation. */
import { castTo, random, type tf } from "../tensorflow";
import type { Range } from "./amounts";
import { splitSeed } from "./augment";
import { change, withChanges, type Changes } from "./imageops";
import { drawRandAugment, drawTrivialAugmentWide } from "./policies";
import { drawErasing, scaled } from "./randomops";

/**
 * How much photos are changed, beyond their crop:
 * - "none": not at all
 * - "light": turned by up to 10 degrees, brightness, contrast and colour times 0.8 … 1.2
 * - "standard": trivialAugmentWide(), and a rectangle erased of one in ten, as torchvision trains its ResNets of 2021
 * - "strong": randAugment() of magnitude 15, and a rectangle erased of one in four
 */
export type Augment = "none" | "light" | "standard" | "strong";

const PRESETS: Readonly<Record<Exclude<Augment, "none">, (image: tf.Tensor, seed: tf.Tensor) => Changes[]>> =
  {
    light: (_, seed) => {
      const drawn = random.uniform([4], seed);
      const factor: Range = [0.8, 1.2];
      return [
        change("rotate", [scaled(drawn, 0, [-10, 10])]),
        change("brightness", [scaled(drawn, 1, factor)]),
        change("contrast", [scaled(drawn, 2, factor)]),
        change("color", [scaled(drawn, 3, factor)]),
      ];
    },
    standard: (image, seed) => [
      drawTrivialAugmentWide(image, splitSeed(seed, 2)),
      drawErasing(image, seed, { probability: 0.1 }),
    ],
    strong: (image, seed) => [
      drawRandAugment(image, splitSeed(seed, 2), { magnitude: 15 }),
      drawErasing(image, seed, { probability: 0.25 }),
    ],
  };

/**
 * A photo as one of the ready-made mixtures changes it: before its means are subtracted, after its crop.
 * @param image    [height, width, 3], uint8, int32 or float32, 0…255, rounded to whole numbers unless it is "none"
 * @param seed     int32 [2], another for each image: the same seed gives the same result
 * @param augment  how much @default "standard"
 * @returns        float32 [height, width, 3], 0…255
 * @throws {RangeError} if there is no such mixture
 * @see torchvision, "How to Train State-Of-The-Art Models Using TorchVision's Latest Primitives" (2021), for "standard"
 */
export function augmentImage(image: tf.Tensor, seed: tf.Tensor, augment: Augment = "standard"): tf.Tensor3D {
  expectAugment(augment);
  if (augment === "none") return castTo(image, "float32").mul<tf.Tensor3D>(1); // of its own
  const preset = PRESETS[augment];
  return withChanges(image, () => preset(image, seed), {
    interpolation: augment === "light" ? "bilinear" : "nearest",
  });
}

/** @throws {RangeError} if there is no such mixture */
export function expectAugment(augment: string): void {
  if (augment === "none" || augment in PRESETS) return;
  throw new RangeError(
    `Cannot augment image: expected augment to be "none", "light", "standard" or "strong", got "${augment}"`,
  );
}
