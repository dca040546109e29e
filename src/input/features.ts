/** What a tf.train.Example's features hold. */
import type { FeatureType } from "../tensorflow";

/** A feature that holds as many values as its shape does. Made by fixedLenFeature(). */
export interface FixedLenFeature {
  readonly kind: "fixed";
  readonly shape: readonly number[];
  readonly dtype: FeatureType;
  readonly defaults: readonly (string | number)[] | undefined;
}

/** A feature that holds any number of values. Made by varLenFeature(). */
export interface VarLenFeature {
  readonly kind: "variable";
  readonly dtype: FeatureType;
}

/**
 * A feature that holds as many values as `shape` does.
 * @param shape         [] for one value
 * @param defaultValue  stands in where the feature is missing; one value for all, or as many as `shape` holds. Without it a missing
 *                      feature is an error
 * @throws {RangeError} if the number of default values is another
 * @see tf.io.FixedLenFeature
 */
export function fixedLenFeature(
  shape: readonly number[],
  dtype: FeatureType,
  defaultValue?: string | number | readonly (string | number)[],
): FixedLenFeature {
  const size = shape.reduce((a, b) => a * b, 1);
  if (!shape.every((length) => Number.isInteger(length) && length > 0))
    throw new RangeError(
      `Cannot describe feature: expected a shape of whole numbers > 0, got [${shape.join(", ")}]`,
    );
  if (defaultValue === undefined) return { kind: "fixed", shape, dtype, defaults: undefined };
  const isList = typeof defaultValue === "object";
  const defaults = isList ? defaultValue : new Array<string | number>(size).fill(defaultValue);
  if (defaults.length !== size)
    throw new RangeError(`Cannot describe feature: expected ${size} default values, got ${defaults.length}`);
  const type = dtype === "string" ? "string" : "number";
  const wrong = defaults.find((value) => typeof value !== type);
  if (wrong !== undefined)
    throw new TypeError(`Cannot describe feature: expected default values for ${dtype}, got ${typeof wrong}`);
  return { kind: "fixed", shape, dtype, defaults };
}

/**
 * A feature that holds any number of values, perhaps none: it gives them as a vector.
 * @see tf.io.VarLenFeature
 */
export function varLenFeature(dtype: FeatureType): VarLenFeature {
  return { kind: "variable", dtype };
}
