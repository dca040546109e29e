/** What a served model receives, and how it becomes images. */
import { aspectPreservingResize, centralCrop, getDecoder, type TFExampleDecoder } from "../input";
import {
  constant,
  decodeImage,
  encodeExample,
  encodeJpeg,
  feature,
  mapSlices,
  recordFunction,
  tf,
} from "../tensorflow";
import type { ExportSignature } from "./signatures";

/** What clients send: serialized tf.Example messages, image files' bytes, or pixels. */
export type ReceiverKind = "examples" | "files" | "images";

/** Options of createPredictInputFn(). */
export interface PredictInputOptions {
  /**
   * "examples": string [batch], serialized tf.Example as in records; "files": string [batch], JPEG, PNG, BMP or GIF files, WebP or JPEG XL
   * that are neither transparent nor grey, whose pixels are taken as they are stored: clients turn photos that lie on their side
   * by their Exif, as writeRecords() did;
   * "images": float32 [batch, height, width, 3], 0…255.
   * @default "examples"
   */
  readonly receive?: ReceiverKind;
  /** The input's name. @default "examples", "image_bytes" or "image" */
  readonly inputName?: string;
  /** Side of the images that it gives, in pixels. @default 256: what Model.preprocess() takes */
  readonly side?: number;
  /** What makes an image of an Example. @default getDecoder() */
  readonly decoder?: TFExampleDecoder<"image" | "label">;
}

/** Receives requests inside a SavedModel. */
export interface InputReceiver {
  readonly inputName: string;
  /** An input of batch size 2. */
  readonly example: tf.Tensor;
  /** null: open. */
  readonly shape: readonly (number | null)[];
  /**
   * Images of what was received: resized to the shorter side and cropped in the middle, as createInputFn() does.
   * @returns float32 [batch, side, side, 3], 0…255
   */
  receive(input: tf.Tensor): tf.Tensor4D;
  /** Frees the example and the recorded function. */
  dispose(): void;
}

/** What a function of images is as a signature whose input a receiver takes. */
export function receivingSignature(
  receiver: InputReceiver,
  fn: (images: tf.Tensor4D) => Readonly<Record<string, tf.Tensor>>,
): Pick<ExportSignature, "fn" | "example" | "shapes"> {
  const { inputName, example, shape } = receiver;
  return {
    fn: (inputs) => {
      const input = inputs[inputName];
      if (input !== undefined) return fn(receiver.receive(input));
      throw new TypeError(`Cannot receive images: expected an input "${inputName}", got none`);
    },
    example: { [inputName]: example },
    shapes: { [inputName]: shape },
  };
}

const NAMES = { examples: "examples", files: "image_bytes", images: "image" } as const;

/**
 * Makes what receives a served model's requests, of any batch size; each image is decoded by itself, inside the graph.
 * @returns a function that gives a receiver, which the caller disposes
 * @example
 * exportSavedModel(model, "servo", { receiver: createPredictInputFn({ receive: "files" }) });
 * @see the walk-through's create_predict_input_fn
 */
export function createPredictInputFn(options: PredictInputOptions = {}): () => InputReceiver {
  const { receive = "examples", side = 256, decoder = getDecoder() } = options;
  const { inputName = NAMES[receive] } = options;
  if (!Number.isInteger(side) || side < 1)
    throw new RangeError(`Cannot receive images: expected a side of 1 or more pixels, got ${side}`);
  return () => {
    const one = exampleOf(receive, side);
    const toImage = (input: tf.Tensor): tf.Tensor[] => [fit(decode(input, receive, decoder), side)];
    const fn = recordFunction(toImage, [one], `receive_${receive}`);
    const example = tf.stack([one, one]);
    one.dispose();
    return {
      inputName,
      example,
      shape: receive === "images" ? [null, null, null, 3] : [null],
      receive: (input) => mapSlices([input], fn).filter(isBatch)[0] ?? expectedBatch(),
      dispose: () => {
        fn.dispose();
        example.dispose();
      },
    };
  };
}

const isBatch = (tensor: tf.Tensor): tensor is tf.Tensor4D => tensor.rank === 4;

function expectedBatch(): never {
  throw new TypeError("Cannot receive images: expected [batch, height, width, 3], got another shape");
}

function exampleOf(receive: ReceiverKind, side: number): tf.Tensor {
  return tf.tidy(() => {
    const image = tf.zeros<tf.Rank.R3>([side, side, 3]);
    if (receive === "images") return image;
    const file = encodeJpeg(image);
    if (receive === "files") return constant([file], [], "string");
    const record = { "image/encoded": feature.bytes(file), "image/format": feature.bytes("jpeg") };
    return constant([encodeExample(record)], [], "string");
  });
}

function decode(
  input: tf.Tensor,
  receive: ReceiverKind,
  decoder: TFExampleDecoder<"image" | "label">,
): tf.Tensor {
  if (receive === "images") return input;
  if (receive === "files") return decodeImage(input);
  const [image] = decoder.decode(input, ["image"]);
  if (image !== undefined) return image;
  throw new TypeError("Cannot receive examples: expected the decoder to give an image, got none");
}

function fit(image: tf.Tensor, side: number): tf.Tensor3D {
  return centralCrop(aspectPreservingResize(image, side), { height: side, width: side });
}
