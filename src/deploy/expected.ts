/** What a classifier is made of, checked where it is given. */
import { expectClassNames } from "../inspect/caption";
import type { Model } from "../model";
import type { PhotoSize } from "../model/preprocessing";
import { expectCentralFraction, expectInterpolation } from "../tensorflow";

/**
 * Checks the names of a model's classes, by which its predictions are told apart.
 * @param what  what they are for, for the error: "save classifier"
 * @throws {RangeError} if there is not one for each, or two are the same, or one is empty or of several lines
 */
export function expectDistinctNames(what: string, classNames: readonly string[], { options }: Model): void {
  expectClassNames(what, classNames, options.numClasses);
  expectApart(what, classNames);
}

/**
 * Checks that names can be told apart.
 * @throws {RangeError} if two are the same, or one is empty or of several lines
 */
export function expectApart(what: string, classNames: readonly string[]): void {
  const broken = classNames.find((name) => name.trim() === "" || /[\r\n]/.test(name));
  if (broken !== undefined)
    throw new RangeError(`Cannot ${what}: expected class names of a line each, got ${JSON.stringify(broken)}`); // prettier-ignore
  const twice = classNames.find((name, i) => classNames.indexOf(name) !== i);
  if (twice !== undefined)
    throw new RangeError(`Cannot ${what}: expected a name of its own for each class, got "${twice}" twice`);
}

/**
 * How photos get to a model's size: as the model's own options say, where nothing else is given; whoever gives a resizeSide wants
 * photos to keep their proportions. Of images of another size than its own a squashing model takes the middle itself: they are all
 * of the photo, or else it would be shown the middle of the middle.
 * @throws {RangeError} if sides are no whole numbers of pixels, the crop is larger than what it is cut from, or a centralFraction is
 * not in 0.01 … 1
 */
export function photoSizeOf(what: string, { options }: Model, given: Partial<PhotoSize> = {}): PhotoSize {
  const { size = options.defaultImageSize, resizeSide = Math.max(size, options.fixedResizeSide) } = given;
  const { interpolation = options.interpolation } = given;
  const own = options.centralFraction !== undefined && size !== options.defaultImageSize ? 1 : options.centralFraction; // prettier-ignore
  const { centralFraction = given.resizeSide === undefined ? own : undefined } = given;
  expectInterpolation(what, interpolation);
  expectCentralFraction(what, centralFraction);
  for (const [key, side] of Object.entries({ size, resizeSide }))
    if (!(Number.isInteger(side) && side >= 1))
      throw new RangeError(`Cannot ${what}: expected ${key} a whole number from 1 on, got ${side}`);
  if (size > resizeSide)
    throw new RangeError(`Cannot ${what}: expected a size of at most resizeSide ${resizeSide}, got ${size}`);
  return { resizeSide, size, interpolation, ...(centralFraction !== undefined && { centralFraction }) };
}

/**
 * Checks the probabilities above which classes are predicted.
 * @throws {RangeError} if they are not in 0 … 1, one for all or for each class
 */
export function expectThreshold(
  what: string,
  threshold: number | readonly number[],
  { options }: Model,
): void {
  const limits = [threshold].flat();
  const wrong = limits.find((limit) => !(limit >= 0 && limit <= 1));
  if (wrong !== undefined) throw new RangeError(`Cannot ${what}: expected threshold in 0 … 1, got ${wrong}`);
  if (typeof threshold !== "number" && limits.length !== options.numClasses)
    throw new RangeError(
      `Cannot ${what}: expected threshold to be one number, or ${options.numClasses}, got ${limits.length}`,
    );
}
