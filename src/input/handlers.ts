/** What makes items, such as an image, out of an Example's features. */
import {
  castTo,
  decodeImage,
  decodeImageOrRaw,
  decodePixels,
  dynamicReshape,
  isOneOf,
  kHot,
  lookUp,
  tf,
  type DctMethod,
} from "../tensorflow";
import { isForDataset } from "./decoding";
import { withOrigin, type Decode } from "./origin";

/** Makes an item of an Example out of some of its features. */
export interface ItemHandler {
  /** The features that it needs. */
  readonly keys: readonly string[];
  /** The item. @param feature gives a feature's tensor; called inside tidy(), perhaps while recorded */
  toItem(feature: (key: string) => tf.Tensor): tf.Tensor;
}

/** Options of Image(). */
export interface ImageOptions {
  /** The feature with the image file, a string scalar. @default "image/encoded" */
  readonly imageKey?: string;
  /** The feature with the format: "raw" or "RAW" for bare bytes; anything else is told by the file's first bytes. @default "image/format" */
  readonly formatKey?: string;
  /** 3 for RGB, 1 for grey, 4 for RGBA. @default 3 */
  readonly channels?: 1 | 3 | 4;
  /** [height, width, channels], where all images have one shape; raw images need it. @default as decoded */
  readonly shape?: readonly [number, number, number];
  /**
   * How preprocessForTrain(), preprocessForEval() and distortedBoundingBoxCrop() decode an RGB image inside of Dataset.map()'s function.
   * "exact": just what TF-Slim gives. "scaled": JPEGs 2, 4 or 8 times smaller, where that is no smaller than what they are resized
   * to; much faster for large photos, and smoother, since bilinear interpolation then leaves out no pixels.
   * @default "exact"
   */
  readonly decode?: Decode;
  /**
   * How JPEGs are decoded: "INTEGER_FAST" as TF-Slim does it; "INTEGER_ACCURATE" as Pillow, to the bit, for RGB images of any shape. Those
   * that preprocessForTrain() and preprocessForEval() resize antialiased inside of Dataset.map()'s function are decoded so anyhow.
   * @default "INTEGER_FAST"
   */
  readonly dctMethod?: DctMethod;
}

/**
 * An image: JPEG, PNG, BMP, the first frame of a GIF, a WebP or JPEG XL of as many channels as are asked for, or raw bytes; the
 * pixels as they are stored, whatever Exif says: writeRecords() has turned its photos.
 *
 * As in TF-Slim the format matters only for "raw"; so "jpg", "JPEG" and "" all do for a JPEG.
 * @returns item: int32 [height, width, channels], 0…255
 * @see tf_slim/data/tfexample_decoder.py, Image
 */
export function Image(options: ImageOptions = {}): ItemHandler {
  const { imageKey = "image/encoded", formatKey = "image/format", channels = 3, shape } = options;
  const { decode = "exact", dctMethod = "INTEGER_FAST" } = options;
  const isAccurate = dctMethod === "INTEGER_ACCURATE";
  if (!["exact", "scaled"].includes(decode))
    throw new RangeError(`Cannot handle image: expected decode to be "exact" or "scaled", got "${decode}"`);
  if (shape !== undefined && shape[2] !== channels)
    throw new RangeError(
      `Cannot handle image: expected a shape of ${channels} channels, got [${shape.join(", ")}]`,
    );
  if (isAccurate && (channels !== 3 || shape !== undefined))
    throw new RangeError(
      `Cannot handle image: expected 3 channels and no shape with dctMethod "${dctMethod}", got ${shape === undefined ? channels : `a shape of [${shape.join(", ")}]`}`,
    );
  return {
    keys: [imageKey, formatKey],
    toItem(feature) {
      const contents = feature(imageKey);
      if (shape === undefined) {
        const image = isAccurate
          ? castTo(decodePixels(contents, dctMethod), "int32")
          : decodeImage(contents, { channels });
        return channels === 3 && isForDataset() ? withOrigin(image, { contents, decode }) : image;
      }
      const isRaw = isOneOf(feature(formatKey), ["raw", "RAW"]);
      return tf.reshape(decodeImageOrRaw(contents, isRaw, shape, { channels }), [...shape]);
    },
  };
}

/** Options of Tensor(). */
export interface TensorOptions {
  /** The item's shape; one -1 is filled in. @default the feature's own */
  readonly shape?: readonly number[];
  /** Features that hold the item's shape: one with all of it, or one a dimension. @default none */
  readonly shapeKeys?: string | readonly string[];
}

/**
 * A feature as it is, or in another shape.
 * @returns item: the feature's type, int64 as int32
 * @throws {TypeError} if both shape and shapeKeys are given
 * @see tf_slim/data/tfexample_decoder.py, Tensor. Its default_value is the default of the feature
 */
export function Tensor(key: string, options: TensorOptions = {}): ItemHandler {
  const { shape, shapeKeys = [] } = options;
  const sizes = typeof shapeKeys === "string" ? [shapeKeys] : shapeKeys;
  if (shape !== undefined && sizes.length > 0)
    throw new TypeError(`Cannot handle tensor "${key}": expected shape or shapeKeys, got both`);
  return {
    keys: [key, ...sizes],
    toItem(feature) {
      const tensor = feature(key);
      if (shape !== undefined) return dynamicReshape(tensor, tf.tensor1d([...shape], "int32"));
      if (sizes.length === 0) return tensor;
      const parts = sizes.map((size) => dynamicReshape(feature(size), tf.tensor1d([-1], "int32")));
      return dynamicReshape(tensor, tf.concat(parts));
    },
  };
}

/** Options of BoundingBox(). */
export interface BoundingBoxOptions {
  /** The features with the sides, in the order top, left, bottom, right. @default ["ymin", "xmin", "ymax", "xmax"] */
  readonly keys?: readonly [string, string, string, string];
  /** Put before each key, e.g. "image/object/bbox/". @default "" */
  readonly prefix?: string;
}

/**
 * Bounding boxes, from four features of one value a box.
 * @returns item: float32 [boxes, 4], each ymin, xmin, ymax, xmax
 * @see tf_slim/data/tfexample_decoder.py, BoundingBox
 */
export function BoundingBox(options: BoundingBoxOptions = {}): ItemHandler {
  const { keys = ["ymin", "xmin", "ymax", "xmax"], prefix = "" } = options;
  const full = keys.map((key) => prefix + key);
  return {
    keys: full,
    toItem(feature) {
      const column = tf.tensor1d([-1, 1], "int32");
      return tf.concat(
        full.map((key) => dynamicReshape(feature(key), column)),
        1,
      );
    },
  };
}

/**
 * A list of classes, of any length, as labels of a multiLabel model: 1 for each class in it, 0 for the others; a class that is there
 * twice counts once.
 * @param key  an int64 feature, made by varLenFeature(): one that a record lacks is an empty list
 * @returns item: float32 [numClasses]; a class that is not in 0 … numClasses − 1 is an error of the record
 * @throws {RangeError} if numClasses is no whole number above 0
 * @example
 * const label = tfexampleDecoder.KHot("image/object/class/label", 91);
 */
export function KHot(key: string, numClasses: number): ItemHandler {
  if (!Number.isSafeInteger(numClasses) || numClasses < 1)
    throw new RangeError(
      `Cannot handle labels "${key}": expected numClasses to be a whole number >= 1, got ${numClasses}`,
    );
  return { keys: [key], toItem: (feature) => kHot(feature(key), numClasses) };
}

/** Options of LookupTensor(). */
export interface LookupOptions extends TensorOptions {
  /** The number of a string that the table lacks. @default -1 */
  readonly otherwise?: number;
}

/**
 * A string feature as numbers, e.g. a class's name as its label.
 * @param table  names in the order of their numbers, or the number of each name
 * @returns item: int32
 * @see tf_slim/data/tfexample_decoder.py, LookupTensor
 */
export function LookupTensor(
  key: string,
  table: readonly string[] | Readonly<Record<string, number>> | ReadonlyMap<string, number>,
  options: LookupOptions = {},
): ItemHandler {
  const { otherwise = -1, ...rest } = options;
  const entries = isList(table)
    ? table.map((name, number) => [name, number] as const)
    : [...(isMap(table) ? table : Object.entries(table))];
  if (entries.length === 0)
    throw new RangeError(`Cannot look up "${key}": expected a table with names, got an empty one`);
  const keys = entries.map(([name]) => name);
  const values = entries.map(([, number]) => number);
  const tensor = Tensor(key, rest);
  return {
    keys: tensor.keys,
    toItem: (feature) => lookUp(tensor.toItem(feature), { keys, values, otherwise }),
  };
}

function isMap(table: object): table is ReadonlyMap<string, number> {
  return table instanceof Map;
}

function isList(table: object): table is readonly string[] {
  return Array.isArray(table);
}

/**
 * Whatever a function makes of features.
 * @param fn  given a record of the features' tensors; must hold to graph operations, see Dataset.map()
 * @see tf_slim/data/tfexample_decoder.py, ItemHandlerCallback
 */
export function ItemHandlerCallback(
  keys: string | readonly string[],
  fn: (features: Readonly<Record<string, tf.Tensor>>) => tf.Tensor,
): ItemHandler {
  const list = typeof keys === "string" ? [keys] : keys;
  return {
    keys: list,
    toItem: (feature) => fn(Object.fromEntries(list.map((key) => [key, feature(key)]))),
  };
}
