/** What a served model receives, and how it becomes images. */
import { getDecoder, type ImageDecoder } from "../input";
import { dctMethodOf } from "../input/cut";
import { fitCentral, type CentralOptions } from "../input/fit";
import type { ModelOptions } from "../model";
import {
  constant,
  decodePixels,
  encodeExample,
  encodeJpeg,
  expectCentralFraction,
  expectInterpolation,
  feature,
  forAnyBatch,
  mapSlices,
  recordFunction,
  tf,
  trace,
  type Interpolation,
} from "../tensorflow";
import type { ExportSignature } from "./signatures";

/** What clients send: serialized tf.Example messages, image files' bytes, pixels, or what a network takes. */
export type ReceiverKind = "examples" | "files" | "images" | "preprocessed";

/** Options of createPredictInputFn(). */
export interface PredictInputOptions {
  /**
   * "examples": string [batch], serialized tf.Example as in records; "files": string [batch], JPEG, PNG, BMP or GIF files, WebP or JPEG XL
   * that are neither transparent nor grey, whose pixels are taken as they are stored: clients turn photos that lie on their side
   * by their Exif, as writeRecords() did; "images": float32 [batch, height, width, 3], 0…255, of any one size; "preprocessed":
   * float32 [batch, side, side, 3] as Model.preprocess() gives them, which go to the network as they are.
   *
   * Models that receive the last two have plain operations only, which TensorFlow's converter to TFLite takes; with exportSavedModel()'s
   * `frozen: true` in int8, too.
   * @default "examples"
   */
  readonly receive?: ReceiverKind;
  /** The input's name. @default "examples", "image_bytes", "image" or "preprocessed" */
  readonly inputName?: string;
  /**
   * Side of the images that it gives, in pixels: what the inputs of training had. Model.preprocess() crops and resizes them further.
   * @default 256, as createInputFn() gives them; preprocessed, antialiased or squashed: the model's defaultImageSize
   */
  readonly side?: number;
  /** Shorter side of photographs before their middle is cropped, `side` or more; none of "preprocessed". @default side; antialiased, with no side: the model's fixedResizeSide */
  readonly resizeSide?: number;
  /** How photographs are resized; "bilinear" and "bicubic" are antialiased. @default the model's */
  readonly interpolation?: Interpolation;
  /** The share of each side of photographs, 0.01 … 1, whose middle is squashed into the square. @default the model's; with a side or resizeSide none */
  readonly centralFraction?: number;
  /** What makes an image of an Example. @default getDecoder() */
  readonly decoder?: ImageDecoder;
}

/** Receives requests inside a SavedModel. */
export interface InputReceiver {
  readonly inputName: string;
  /** An input of batch size 2. */
  readonly example: tf.Tensor;
  /** null: open. */
  readonly shape: readonly (number | null)[];
  /** Whether the images are as Model.preprocess() gives them. @default false */
  readonly isPreprocessed?: boolean;
  /** Side of the images, which those of the signature "classify" then have too. @default the model's fixedResizeSide */
  readonly side?: number;
  /** Shorter side before the crop, for the signature "classify" too. @default side */
  readonly resizeSide?: number;
  /** How images are resized, for the signature "classify" too. @default "slim" */
  readonly interpolation?: Interpolation;
  /** The share of each side whose middle is squashed, for the signature "classify" too. @default none: photographs keep their proportions */
  readonly centralFraction?: number;
  /** What makes an image of an Example, for the signature "classify" too. @default getDecoder() */
  readonly decoder?: ImageDecoder;
  /**
   * Images of what was received: resized to the shorter side and cropped in the middle, as createInputFn() does.
   * @returns float32 [batch, side, side, 3], 0…255
   */
  receive(input: tf.Tensor): tf.Tensor4D;
  /** Frees the example and the recorded function. */
  dispose(): void;
}

/** Makes a receiver for a model, of which it is told the options. */
export type MakeReceiver = (
  model?: Pick<ModelOptions, "defaultImageSize" | "fixedResizeSide" | "interpolation" | "centralFraction">,
) => InputReceiver;

/** A signature whose input a receiver takes. */
export interface ReceivingSignature extends Pick<ExportSignature, "fn" | "example" | "shapes"> {
  /** Frees the recorded function. */
  dispose(): void;
}

/**
 * What a function of images is as a signature whose input a receiver takes; it holds for a batch of 0 too. The caller disposes.
 * @throws {TypeError} if the function does what a graph can't
 */
export function receivingSignature(
  receiver: InputReceiver,
  fn: (images: tf.Tensor4D) => Readonly<Record<string, tf.Tensor>>,
): ReceivingSignature {
  const { inputName, example, shape } = receiver;
  const ofImages = trace((images: tf.Tensor4D) => fn(images), { name: "images", batch: "any" });
  // Recorded now, so that the signature calls it.
  tf.dispose(tf.tidy(() => ofImages.sync(receiver.receive(example))));
  return {
    fn: (inputs) => {
      const input = inputs[inputName];
      if (input !== undefined) return forAnyBatch(receiver.receive(input), ofImages.sync);
      throw new TypeError(`Cannot receive images: expected an input "${inputName}", got none`);
    },
    example: { [inputName]: example },
    shapes: { [inputName]: shape },
    dispose: () => ofImages.dispose(),
  };
}

const NAMES = {
  examples: "examples",
  files: "image_bytes",
  images: "image",
  preprocessed: "preprocessed",
} as const;

/**
 * Makes what receives a served model's requests, of any batch size, 0 included; each file is decoded by itself, inside the graph.
 * @returns a function that gives a receiver, which the caller disposes
 * @throws {RangeError} if the side is no whole number of pixels, or resizeSide is less
 * @example
 * exportSavedModel(model, "servo", { receiver: createPredictInputFn({ receive: "files" }) });
 * @see the walk-through's create_predict_input_fn
 */
export function createPredictInputFn(options: PredictInputOptions = {}): MakeReceiver {
  const { receive = "examples" } = options;
  const { inputName = NAMES[receive] } = options;
  const { side: given = 1 } = options;
  if (!Number.isInteger(given) || given < 1)
    throw new RangeError(`Cannot receive images: expected a side of 1 or more pixels, got ${given}`);
  return ({ defaultImageSize = 224, fixedResizeSide, ...model } = {}) => {
    const interpolation = options.interpolation ?? model.interpolation ?? "slim";
    expectInterpolation(`receive ${receive}`, interpolation);
    const isPhoto = receive !== "preprocessed";
    const isGiven = options.side !== undefined || options.resizeSide !== undefined;
    const { centralFraction = isGiven ? undefined : model.centralFraction } = options;
    expectCentralFraction(`receive ${receive}`, centralFraction);
    const isPlain = isPhoto && interpolation === "slim" && centralFraction === undefined;
    const side = options.side ?? (isPlain ? 256 : defaultImageSize);
    const isOwn = isPhoto && !isPlain && options.side === undefined; // as the model's preprocess() has it
    const { resizeSide = isOwn ? Math.max(side, fixedResizeSide ?? side) : side } = options;
    if (!(resizeSide >= side) || (receive === "preprocessed" && resizeSide > side))
      throw new RangeError(
        `Cannot receive ${receive}: expected a resizeSide of ${receive === "preprocessed" ? "" : "at least "}the side ${side}, got ${resizeSide}`,
      );
    const isPixels = receive === "images" || receive === "preprocessed";
    const fit = {
      resizeSide,
      side,
      interpolation,
      ...(centralFraction !== undefined && { centralFraction }),
    };
    const { decoder = getDecoder({ dctMethod: dctMethodOf(interpolation) }) } = options;
    const received = isPixels ? pixelReceiver(receive, fit) : stringReceiver(receive, fit, decoder);
    return { inputName, ...fit, decoder, ...received };
  };
}

/** What receives Examples where none is given: photographs as the model's preprocess() sees them. */
export function defaultReceiver(options: Parameters<MakeReceiver>[0] = {}): InputReceiver {
  const { fixedResizeSide, interpolation, centralFraction } = options;
  const isPlain = interpolation === "slim" && centralFraction === undefined;
  return createPredictInputFn(isPlain && fixedResizeSide !== undefined ? { side: fixedResizeSide } : {})(
    options,
  );
}

type Received = Omit<InputReceiver, "inputName" | "decoder" | keyof CentralOptions>;

/** Receives images of one size, all at once. */
function pixelReceiver(receive: "images" | "preprocessed", size: CentralOptions): Received {
  const { side } = size;
  const isPreprocessed = receive === "preprocessed";
  const example = tf.zeros<tf.Rank.R4>([2, side, side, 3]);
  return {
    example,
    shape: isPreprocessed ? [null, side, side, 3] : [null, null, null, 3],
    isPreprocessed,
    receive: (input) => {
      if (!isBatch(input)) return expectedBatch();
      return isPreprocessed ? input : fitCentral(input, size);
    },
    dispose: () => example.dispose(),
  };
}

/** Receives strings, each of which gives an image of its own size. */
function stringReceiver(
  receive: "examples" | "files",
  size: CentralOptions & Required<Pick<CentralOptions, "interpolation">>,
  decoder: ImageDecoder,
): Received {
  const one = exampleOf(receive, size.side);
  const toImage = (input: tf.Tensor): tf.Tensor[] => {
    const image =
      receive === "files" ? decodePixels(input, dctMethodOf(size.interpolation)) : imageOf(input, decoder);
    return [fitCentral(image, size)];
  };
  const fn = recordFunction(toImage, [one], `receive_${receive}`);
  const example = tf.stack([one, one]);
  one.dispose();
  return {
    example,
    shape: [null],
    receive: (input) => mapSlices([input], fn).filter(isBatch)[0] ?? expectedBatch(),
    dispose: () => {
      fn.dispose();
      example.dispose();
    },
  };
}

const isBatch = (tensor: tf.Tensor): tensor is tf.Tensor4D => tensor.rank === 4;

function expectedBatch(): never {
  throw new TypeError("Cannot receive images: expected [batch, height, width, 3], got another shape");
}

function exampleOf(receive: "examples" | "files", side: number): tf.Tensor {
  return tf.tidy(() => {
    const file = encodeJpeg(tf.zeros<tf.Rank.R3>([side, side, 3]));
    if (receive === "files") return constant([file], [], "string");
    const record = { "image/encoded": feature.bytes(file), "image/format": feature.bytes("jpeg") };
    return constant([encodeExample(record)], [], "string");
  });
}

function imageOf(record: tf.Tensor, decoder: ImageDecoder): tf.Tensor {
  const [image] = decoder.decode(record, ["image"]);
  if (image !== undefined) return image;
  throw new TypeError("Cannot receive examples: expected the decoder to give an image, got none");
}
