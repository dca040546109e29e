/** Batches of mixed photos, whose labels are mixed alike. */
import { castTo, random, randomBeta, rollBatch, select, tf } from "../tensorflow";
import { splitSeed } from "./augment";
import { Dataset } from "./dataset";
import type { LabeledBatch, MultiLabeledBatch } from "./inputfn";
import { randomPlan } from "./sources";

/** Mixed images float32 [batch, height, width, 3], and how much of each class is in each: float32 [batch, classes], 1 in all unless several are. */
export type SoftLabeledBatch = [{ image: tf.Tensor4D }, tf.Tensor2D];

/** Options of mixup() and cutMix(). */
export interface MixOptions {
  /** How many classes the labels are of. */
  readonly numClasses: number;
  /** Shares are drawn from Beta(alpha, alpha), one a batch. @default 0.2 of mixup(), 1 of cutMix() */
  readonly alpha?: number;
}

/** What becomes of a batch. */
interface Mixture {
  /** float32, [1, height, width, 1] or a scalar: how much of each pixel stays, the rest is the partner's */
  readonly mask: tf.Tensor;
  /** float32 scalar: how much of the labels stays */
  readonly share: tf.Tensor;
}

/**
 * Each photo of a batch mixed with the one before it, and the labels alike.
 * @param batch  [{ image }, label]: [batch, height, width, 3], 0…255 or less their means, and int32 [batch], or float32 [batch, classes]
 * @param seed   int32 [2], another for each batch
 * @returns      new tensors; the caller disposes
 * @throws {RangeError} if an option is out of range
 * @see Zhang et al. 2017 (arXiv 1710.09412); torchvision 0.28 v2.MixUp, which takes the same partners; timm 1.0.31 takes the first with
 * the last
 */
export function mixup(
  batch: LabeledBatch | MultiLabeledBatch,
  seed: tf.Tensor,
  options: MixOptions,
): SoftLabeledBatch {
  expectOptions(options);
  return inScope(() => mixBatch(batch, drawMixup(seed, options.alpha ?? 0.2), options.numClasses));
}

/**
 * A rectangle of each photo of a batch replaced by the one before it, and the labels mixed by the areas.
 * @param batch  [{ image }, label]: [batch, height, width, 3], 0…255 or less their means, and int32 [batch], or float32 [batch, classes]
 * @param seed   int32 [2], another for each batch
 * @returns      new tensors; the caller disposes
 * @throws {RangeError} if an option is out of range
 * @see Yun et al. 2019 (arXiv 1905.04899); torchvision 0.28 v2.CutMix, which takes the same partners
 */
export function cutMix(
  batch: LabeledBatch | MultiLabeledBatch,
  seed: tf.Tensor,
  options: MixOptions,
): SoftLabeledBatch {
  expectOptions(options);
  return inScope(() => mixBatch(batch, drawCutMix(batch, seed, options.alpha ?? 1), options.numClasses));
}

/** Options of mixBatches(). */
export interface MixBatchesOptions {
  /** How many classes the labels are of. */
  readonly numClasses: number;
  /** Alpha of mixup(); 0: none. @default 0.2 */
  readonly mixup?: number;
  /** Alpha of cutMix(); 0: none. @default 1 */
  readonly cutMix?: number;
  /** Makes what is drawn the same at each run. @default another at each run */
  readonly seed?: number;
}

/**
 * Batches mixed by mixup() or cutMix(), each by one of both with equal chances, for training: others each pass, the same after going on
 * from a position.
 * @param batches  what createInputFn() gives
 * @returns        a dataset whose labels are float32 [batch, classes], as train() takes them
 * @throws {RangeError} if an option is out of range, or both are 0
 * @example await train(step, mixBatches(inputFn(), { numClasses: 2 }), { steps: 100 });
 */
export function mixBatches(
  batches: Dataset<LabeledBatch | MultiLabeledBatch>,
  options: MixBatchesOptions,
): Dataset<SoftLabeledBatch> {
  const { numClasses, mixup: mixed = 0.2, cutMix: cut = 1, seed } = options;
  if (mixed === 0 && cut === 0)
    throw new RangeError("Cannot mix batches: expected mixup or cutMix above 0, got 0 for both");
  for (const alpha of [mixed, cut]) if (alpha !== 0) expectOptions({ numClasses, alpha });
  const draws = new Dataset(randomPlan(seed));
  return Dataset.zip(batches, draws).map(
    ([batch, draw]: [LabeledBatch | MultiLabeledBatch, tf.Scalar]): SoftLabeledBatch => {
      const drawn = tf.stack([castTo(draw, "int32"), tf.scalar(0, "int32")]);
      if (mixed === 0) return cutMix(batch, drawn, { numClasses, alpha: cut });
      if (cut === 0) return mixup(batch, drawn, { numClasses, alpha: mixed });
      const isMixed = random.uniform([], splitSeed(drawn, 2)).less(0.5);
      const [one, other] = [drawMixup(drawn, mixed), drawCutMix(batch, drawn, cut)];
      const mask = select(isMixed, tf.onesLike(other.mask).mul(one.share), other.mask);
      return mixBatch(batch, { mask, share: select(isMixed, one.share, other.share) }, numClasses);
    },
  );
}

function drawMixup(seed: tf.Tensor, alpha: number): Mixture {
  const share = randomBeta(splitSeed(seed, 0), alpha);
  return { mask: share, share };
}

function drawCutMix([{ image }]: LabeledBatch | MultiLabeledBatch, seed: tf.Tensor, alpha: number): Mixture {
  const [, height, width] = image.shape;
  const share = randomBeta(splitSeed(seed, 0), alpha);
  const place = random
    .uniform([2], splitSeed(seed, 1))
    .mul(tf.tensor1d([height, width]))
    .floor();
  const half = tf.scalar(1).sub(share).sqrt().mul(0.5).mul(tf.tensor1d([height, width])).floor(); // prettier-ignore
  const first = place.sub(half).maximum(0);
  const last = place.add(half).minimum(tf.tensor1d([height, width]));
  return cutMixture(first, last, [height, width]);
}

/** @param first, last  float32 [2]: top and left, bottom and right of the rectangle that is the partner's */
export function cutMixture(first: tf.Tensor, last: tf.Tensor, sides: readonly [number, number]): Mixture {
  const along = (axis: 0 | 1): tf.Tensor => {
    const places = tf.range(0, sides[axis]);
    const inside = tf.logicalAnd(
      places.greaterEqual(first.slice([axis], [1])),
      places.less(last.slice([axis], [1])),
    );
    return castTo(inside, "float32");
  };
  const mask = tf.scalar(1).sub(along(0).as2D(-1, 1).mul(along(1).as2D(1, -1)));
  const area = last.sub(first).prod();
  return { mask: mask.as4D(1, ...sides, 1), share: tf.scalar(1).sub(area.div(sides[0] * sides[1])) };
}

/** @see torchvision 0.28 v2.MixUp, v2.CutMix: the partner is the one before, of the first the last */
export function mixBatch(
  [{ image }, label]: LabeledBatch | MultiLabeledBatch,
  { mask, share }: Mixture,
  numClasses: number,
): SoftLabeledBatch {
  const images = castTo(image, "float32");
  const classes = label.rank === 1 ? tf.oneHot(label, numClasses).toFloat() : expectRows(label, numClasses);
  const mix = <T extends tf.Tensor>(one: tf.Tensor, kept: tf.Tensor): T =>
    rollBatch(one).mul(tf.scalar(1).sub(kept)).add<T>(one.mul(kept));
  return [{ image: mix<tf.Tensor4D>(images, mask) }, mix<tf.Tensor2D>(classes, share)];
}

function expectRows(labels: tf.Tensor, numClasses: number): tf.Tensor {
  const { dtype, shape } = labels;
  if (dtype === "float32" && shape[1] === numClasses) return labels;
  throw new TypeError(
    `Cannot mix batch: expected labels int32 [batch] or float32 [batch, ${numClasses}], got ${dtype} [${shape.join(", ")}]`,
  );
}

function inScope(make: () => SoftLabeledBatch): SoftLabeledBatch {
  const engine = tf.engine();
  engine.startScope("mix");
  const [{ image }, label] = make();
  engine.endScope([image, label]);
  return [{ image }, label];
}

function expectOptions({ numClasses, alpha = 1 }: MixOptions): void {
  if (!Number.isInteger(numClasses) || numClasses < 1)
    throw new RangeError(
      `Cannot mix batch: expected numClasses to be a whole number >= 1, got ${numClasses}`,
    );
  if (!(alpha > 0 && alpha < Infinity))
    throw new RangeError(`Cannot mix batch: expected alpha above 0, got ${alpha}`);
}
