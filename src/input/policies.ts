/** Augmentation policies: which change, and how much of it, is drawn from tables. */
import {
  AMOUNTS,
  castTo,
  changeNumber,
  random,
  tf,
  type ChangeName,
  type SamplingOptions,
} from "../tensorflow";
import { sidesOf } from "./sides";
import { withChanges, type Changes } from "./imageops";

/** The changes of both policies, in torchvision's order. */
const SPACE = [
  "identity",
  "shearX",
  "shearY",
  "translateX",
  "translateY",
  "rotate",
  "brightness",
  "color",
  "contrast",
  "sharpness",
  "posterize",
  "solarize",
  "autocontrast",
  "equalize",
] as const satisfies readonly ChangeName[];

/** How many magnitudes there are, from 0 on. */
const BINS = 31;

/** What a policy draws from. */
interface Space {
  /** The greatest amounts; of changes that draw none, none. */
  readonly most: Partial<Record<ChangeName, number>>;
  /** The greatest of translateX and translateY, as a share of the width and the height. */
  readonly translated: number;
  /** How many of the 8 bits posterize takes at most. */
  readonly bits: number;
}

const RAND_AUGMENT: Space = {
  most: { shearX: 0.3, shearY: 0.3, rotate: 30, brightness: 0.9, color: 0.9, contrast: 0.9, sharpness: 0.9 },
  translated: 150 / 331,
  bits: 4,
};

const TRIVIAL_AUGMENT_WIDE: Space = {
  most: {
    ...{ shearX: 0.99, shearY: 0.99, translateX: 32, translateY: 32, rotate: 135 },
    ...{ brightness: 0.99, color: 0.99, contrast: 0.99, sharpness: 0.99 },
  },
  translated: 0,
  bits: 6,
};

/** Around 1, which changes nothing. */
const FACTORS: readonly ChangeName[] = ["brightness", "color", "contrast", "sharpness"];

/** The amount is base ± (magnitude + perHeight · height + perWidth · width). */
type Row = readonly [base: number, magnitude: number, perHeight: number, perWidth: number];

function rowOf(name: ChangeName, bin: number, { most, translated, bits }: Space): Row {
  const share = bin / (BINS - 1);
  if (name === "posterize") return [8 - Math.round(bin / ((BINS - 1) / bits)), 0, 0, 0];
  if (name === "solarize") return [Math.ceil(255 * linspace(1, 0, bin)), 0, 0, 0];
  if (name === "translateX" && translated > 0) return [0, 0, 0, translated * share];
  if (name === "translateY" && translated > 0) return [0, 0, translated * share, 0];
  return [FACTORS.includes(name) ? 1 : 0, linspace(0, most[name] ?? 0, bin), 0, 0];
}

/** As torch.linspace() has it: float32, rounded once. */
function linspace(first: number, last: number, bin: number): number {
  const step = Math.fround(Math.fround(Math.fround(last) - first) / (BINS - 1));
  const isLower = bin < Math.floor(BINS / 2);
  return Math.fround(isLower ? first + step * bin : Math.fround(last) - step * (BINS - 1 - bin));
}

/**
 * Changes by their numbers in SPACE.
 * @param which     int32 [n]
 * @param bins      int32 [n], 0 … 30
 * @param isNegative  bool [n]: of amounts that have a sign
 */
export function policyChanges(
  image: tf.Tensor,
  space: "randAugment" | "trivialAugmentWide",
  {
    which,
    bins,
    isNegative,
  }: { readonly which: tf.Tensor; readonly bins: tf.Tensor; readonly isNegative: tf.Tensor },
): Changes {
  const table = space === "randAugment" ? RAND_AUGMENT : TRIVIAL_AUGMENT_WIDE;
  const rows = SPACE.flatMap((name) =>
    Array.from({ length: BINS }, (_, bin) => [...rowOf(name, bin, table)]),
  );
  const drawn = tf.gather(tf.tensor2d(rows), which.mul(tf.scalar(BINS, "int32")).add(bins).toInt().as1D()); // [n, 4]
  const sides = tf.concat([tf.tensor1d([1]), castTo(sidesOf(image), "float32")]);
  const magnitudes = drawn.slice([0, 1], [-1, 3]).mul(sides).sum(1);
  const sign = tf.scalar(1).sub(castTo(isNegative, "float32").mul(2));
  const amounts = drawn.slice([0, 0], [-1, 1]).add(magnitudes.mul(sign).expandDims(1)); // [n, 1]
  return {
    changes: tf.gather(tf.tensor1d(SPACE.map(changeNumber), "int32"), which.toInt().as1D()),
    amounts: tf.pad(amounts, [[0, 0], [0, AMOUNTS - 1]]), // prettier-ignore
  };
}

/** Options of randAugment(). */
export interface RandAugmentOptions extends SamplingOptions {
  /** Changes one after the other. @default 2 */
  readonly numOps?: number;
  /** 0 … 30, how much of each. @default 9 */
  readonly magnitude?: number;
}

/**
 * A photo after changes drawn from fourteen, all of one magnitude: shears, translations, rotation, brightness, color, contrast,
 * sharpness, posterize, solarize, autocontrast, equalize, or none. See imageOps for each.
 * @param image  [height, width, 3], uint8, int32 or float32, 0…255, rounded to whole numbers
 * @param seed   int32 [2], another for each image: the same seed gives the same result
 * @returns      float32 [height, width, 3], whole numbers 0…255
 * @throws {RangeError} if numOps or magnitude is none
 * @see Cubuk et al. 2019 (arXiv 1909.13719); torchvision 0.28 v2.RandAugment
 */
export function randAugment(
  image: tf.Tensor,
  seed: tf.Tensor,
  options: RandAugmentOptions = {},
): tf.Tensor3D {
  return withChanges(image, () => [drawRandAugment(image, seed, options)], options);
}

/** What randAugment() draws. */
export function drawRandAugment(image: tf.Tensor, seed: tf.Tensor, options: RandAugmentOptions): Changes {
  const { numOps = 2, magnitude = 9 } = options;
  expectWhole("numOps", numOps, 1, Infinity);
  expectWhole("magnitude", magnitude, 0, BINS - 1);
  const drawn = random.uniform([2, numOps], seed);
  return policyChanges(image, "randAugment", {
    which: wholes(drawn, 0, SPACE.length),
    bins: tf.scalar(magnitude, "int32"),
    isNegative: drawn.slice([1, 0], [1, -1]).lessEqual(0.5).as1D(),
  });
}

/**
 * A photo after one change, of fourteen and of any strength: the same as randAugment()'s, with wider ranges.
 * @param image  [height, width, 3], uint8, int32 or float32, 0…255, rounded to whole numbers
 * @param seed   int32 [2], another for each image: the same seed gives the same result
 * @returns      float32 [height, width, 3], whole numbers 0…255
 * @see Müller and Hutter 2021 (arXiv 2103.10158); torchvision 0.28 v2.TrivialAugmentWide
 */
export function trivialAugmentWide(
  image: tf.Tensor,
  seed: tf.Tensor,
  options: SamplingOptions = {},
): tf.Tensor3D {
  return withChanges(image, () => [drawTrivialAugmentWide(image, seed)], options);
}

/** What trivialAugmentWide() draws. */
export function drawTrivialAugmentWide(image: tf.Tensor, seed: tf.Tensor): Changes {
  const drawn = random.uniform([3, 1], seed);
  return policyChanges(image, "trivialAugmentWide", {
    which: wholes(drawn, 0, SPACE.length),
    bins: wholes(drawn, 1, BINS),
    isNegative: drawn.slice([2, 0], [1, -1]).lessEqual(0.5).as1D(),
  });
}

/** A row of uniform numbers as 0 … count − 1. */
function wholes(drawn: tf.Tensor, row: number, count: number): tf.Tensor1D {
  return drawn.slice([row, 0], [1, -1]).mul(count).floor().toInt().as1D();
}

function expectWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const range = most === Infinity ? `>= ${least}` : `in ${least} … ${most}`;
  throw new RangeError(`Cannot augment image: expected ${name} to be a whole number ${range}, got ${value}`);
}
