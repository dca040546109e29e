/** The decoder of TF-Slim's image records. */
import { TFExampleDecoder, tfexampleDecoder } from "./example";
import { fixedLenFeature, varLenFeature } from "./features";
import type { ImageOptions } from "./handlers";

/** Options of getDecoder(). */
export interface DecoderOptions extends Pick<ImageOptions, "decode" | "dctMethod"> {
  /** Whether the label is a list of classes, of any length; needs numClasses. @default false */
  readonly multiLabel?: boolean;
  /** How many classes there are. */
  readonly numClasses?: number | undefined;
  /** Whether there is an item "filename", from image/filename; "" for a record without. @default false */
  readonly filename?: boolean;
}

/** What makes an image and a label of a record, and perhaps the name of the photo's file. */
export type ImageDecoder = TFExampleDecoder<"image" | "label"> | TFExampleDecoder<"image" | "label" | "filename">; // prettier-ignore

/**
 * The decoder of TF-Slim's image records: "image" from image/encoded and image/format, "label" from image/class/label. A record
 * without one of them that is asked for is an error; for records of other keys make a TFExampleDecoder.
 * @returns items: int32 [height, width, 3] 0…255, and an int32 scalar; with multiLabel float32 [numClasses], see KHot(); and a string
 *   scalar with filename
 * @throws {RangeError} if numClasses is none with multiLabel
 */
export function getDecoder(
  options: DecoderOptions & { readonly filename: true },
): TFExampleDecoder<"image" | "label" | "filename">;
export function getDecoder(options?: DecoderOptions): TFExampleDecoder<"image" | "label">;
export function getDecoder(options: DecoderOptions = {}): TFExampleDecoder {
  const {
    decode = "exact",
    dctMethod = "INTEGER_FAST",
    multiLabel = false,
    numClasses = NaN,
    filename = false,
  } = options;
  const { Image, KHot, Tensor } = tfexampleDecoder;
  const keysToFeatures = {
    "image/encoded": fixedLenFeature([], "string"),
    "image/format": fixedLenFeature([], "string", "jpeg"), // matters for raw images alone, see Image()
    "image/class/label": multiLabel ? varLenFeature("int64") : fixedLenFeature([1], "int64"),
    ...(filename && { "image/filename": fixedLenFeature([], "string", "") }),
  };
  const itemsToHandlers = {
    image: Image({ imageKey: "image/encoded", formatKey: "image/format", channels: 3, decode, dctMethod }),
    label: multiLabel ? KHot("image/class/label", numClasses) : Tensor("image/class/label", { shape: [] }),
    ...(filename && { filename: Tensor("image/filename") }),
  };
  return new TFExampleDecoder<string>(keysToFeatures, itemsToHandlers);
}
