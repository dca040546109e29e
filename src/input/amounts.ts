/** What augmentation may be told: photos, chances, ranges and ways of sampling; what else there was would be taken silently. */
import { inspect } from "node:util";
import { dataType, type SamplingOptions, type tf } from "../tensorflow";

/** From the least to the greatest. */
export type Range = readonly [number, number];

/** @throws {TypeError} if a tensor is no photo */
export function expectPhoto(image: tf.Tensor): void {
  const { shape } = image;
  const type = dataType(image);
  if (shape.length === 3 && shape[2] === 3 && ["uint8", "int32", "float32"].includes(type)) return;
  fail("uint8, int32 or float32 [height, width, 3]", `${type} [${shape.join(", ")}]`, TypeError);
}

/** @throws {RangeError} that names the first option that is no number of its range, least and most included */
export function expectNumbers(options: Readonly<Record<string, unknown>>, least: number, most: number): void {
  for (const [name, value] of Object.entries(options))
    if (!isWithin(value, least, most)) fail(`${name} ${named(least, most)}`, inspect(value));
}

/** @throws {RangeError} that names the first option that is no two numbers, the least first, of its range */
export function expectRanges(options: Readonly<Record<string, unknown>>, least: number, most: number): void {
  for (const [name, value] of Object.entries(options)) {
    const range: readonly unknown[] = Array.isArray(value) ? value : [];
    const isRange = range.length === 2 && range.every((one) => isWithin(one, least, most));
    if (!(isRange && Number(range[0]) <= Number(range[1])))
      fail(`${name} to be [least, greatest], both ${named(least, most)}`, inspect(value));
  }
}

/** @throws {RangeError} if an option names no way of sampling */
export function expectSampling({ interpolation = "nearest", fill = [0, 0, 0] }: SamplingOptions): void {
  if (!["nearest", "bilinear"].includes(interpolation))
    fail('interpolation "nearest" or "bilinear"', inspect(interpolation));
  expectColor({ fill });
}

/** @throws {RangeError} that names the first option that is no red, green and blue */
export function expectColor(options: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(options)) {
    const color: readonly unknown[] = Array.isArray(value) ? value : [];
    if (!(color.length === 3 && color.every((one) => isWithin(one, 0, 255))))
      fail(`${name} to be three numbers in 0 … 255`, inspect(value));
  }
}

/** @throws {RangeError} if so many pixels have no middle one */
export function expectKernelSize(kernelSize: number): void {
  if (Number.isInteger(kernelSize) && kernelSize >= 1 && kernelSize % 2 === 1) return;
  fail("kernelSize to be an odd whole number", inspect(kernelSize));
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= least && value <= most;
}

function named(least: number, most: number): string {
  if (least === Number.MIN_VALUE) return "above 0";
  return most === Infinity ? `${least} or more` : `in ${least} … ${most}`;
}

function fail(expected: string, got: string, Kind: new (message: string) => Error = RangeError): never {
  throw new Kind(`Cannot augment image: expected ${expected}, got ${got}`);
}
