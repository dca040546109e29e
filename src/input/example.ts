import {
  bytesOf,
  constant,
  parseExample,
  tf,
  TensorFlowError,
  unrecorded,
  type DenseFeature,
  type SparseFeature,
} from "../tensorflow";
import { noteDecoding } from "./decoding";
import type { FixedLenFeature, VarLenFeature } from "./features";
import {
  BoundingBox,
  Image,
  ItemHandlerCallback,
  KHot,
  LookupTensor,
  Tensor,
  type ItemHandler,
} from "./handlers";
import { originOf } from "./origin";
import { recordError } from "./recorderror";

/**
 * Decodes serialized tf.train.Example messages into items, such as an image and its label.
 * @example
 * const decoder = new TFExampleDecoder(
 *   { "image/encoded": fixedLenFeature([], "string"), "image/format": fixedLenFeature([], "string", "jpeg") },
 *   { image: tfexampleDecoder.Image() },
 * );
 * const [image] = decoder.decode(record);
 * @see tf_slim/data/tfexample_decoder.py, TFExampleDecoder
 */
export class TFExampleDecoder<Item extends string = string> {
  private readonly dense: readonly DenseFeature[];
  private readonly sparse: readonly SparseFeature[];

  /**
   * @param keysToFeatures   what each feature holds
   * @param itemsToHandlers  what makes each item
   * @throws {RangeError} if a handler needs a feature that is not among them
   */
  constructor(
    keysToFeatures: Readonly<Record<string, FixedLenFeature | VarLenFeature>>,
    private readonly itemsToHandlers: Readonly<Record<Item, ItemHandler>>,
  ) {
    const entries = Object.entries(keysToFeatures);
    for (const item of this.listItems()) {
      const missing = this.handlerOf(item).keys.find((key) => !(key in keysToFeatures));
      if (missing === undefined) continue;
      const known = entries.map(([key]) => `"${key}"`).join(", ");
      throw new RangeError(
        `Cannot make decoder: expected the feature "${missing}", which item "${item}" needs, got ${known}`,
      );
    }
    this.dense = entries.flatMap(([key, feature]) => (feature.kind === "fixed" ? [{ key, ...feature }] : []));
    this.sparse = entries.flatMap(([key, { kind, dtype }]) => (kind === "variable" ? [{ key, dtype }] : []));
  }

  /** The items, in the order in which decode() gives them. */
  listItems(): Item[] {
    return Object.keys(this.itemsToHandlers).filter((item): item is Item => item in this.itemsToHandlers);
  }

  /**
   * The items of one record: at once, or inside Dataset.map(). Of its features only those are needed that these items are made of.
   * @param serialized  a serialized tf.train.Example: a string scalar, or its bytes
   * @param items       @default all, as in listItems()
   * @returns           a tensor an item, in the order of `items`; the caller disposes
   * @throws {RecordError} if the record is no Example, or a feature is missing, of another type, no image or, of int64, no int32
   */
  decode(serialized: tf.Tensor | Uint8Array, items: readonly Item[] = this.listItems()): tf.Tensor[] {
    const handlers = items.map((item) => this.handlerOf(item));
    noteDecoding((record) => this.decode(record, items));
    const keys = new Set(handlers.flatMap((handler) => handler.keys));
    const isNeeded = ({ key }: { readonly key: string }): boolean => keys.has(key);
    try {
      const { decoded } = tf.tidy(() => {
        const record = serialized instanceof tf.Tensor ? serialized : constant([serialized], [], "string");
        const features = parseExample(record, this.dense.filter(isNeeded), this.sparse.filter(isNeeded));
        const feature = (key: string): tf.Tensor => {
          const tensor = features.get(key);
          if (tensor !== undefined) return tensor;
          throw new RangeError(`Cannot decode record: expected a feature "${key}", got none`);
        };
        const decoded = handlers.map((handler) => handler.toItem(feature));
        return { decoded, files: decoded.flatMap((item) => originOf(item)?.contents ?? []) }; // which live as long
      });
      return decoded;
    } catch (error) {
      if (!(error instanceof TensorFlowError)) throw error;
      const bytes = serialized instanceof tf.Tensor ? unrecorded(() => bytesOf(serialized)[0]) : serialized;
      throw recordError(bytes ?? new Uint8Array(), error);
    }
  }

  private handlerOf(item: Item): ItemHandler {
    const handler: ItemHandler | undefined = this.itemsToHandlers[item];
    if (handler !== undefined) return handler;
    const known = this.listItems()
      .map((name) => `"${name}"`)
      .join(", ");
    throw new RangeError(`Cannot decode item "${item}": expected one of ${known}`);
  }
}

/** TF-Slim's module of the same name: the decoder and the handlers of items, and KHot(). */
export const tfexampleDecoder = {
  TFExampleDecoder,
  Image,
  Tensor,
  BoundingBox,
  LookupTensor,
  KHot,
  ItemHandlerCallback,
} as const;
