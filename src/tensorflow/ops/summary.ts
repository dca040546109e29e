/** What event files keep of tensors: histograms of them, images as files. */
import { setImmediate } from "node:timers/promises";
import { attr } from "../runtime/attributes";
import { decodeSummary, type HistogramMessage } from "../formats/event";
import { bytesOf, constant, executeAsync } from "../trace/execute";
import { countValues } from "../formats/histogram";
import { dataType, tf } from "../runtime/runtime";
import { pixelsOf } from "./encode";

/** Histograms are made one after the other, between other work of the main thread. */
let last: Promise<unknown> = Promise.resolve();

/**
 * A histogram of a tensor's values in TensorFlow's own buckets, each a tenth wider than the last; of the tensor as it is now.
 * @param values  any number type, any shape; may be disposed meanwhile
 * @throws {TensorFlowError} INVALID_ARGUMENT if a value is not finite
 * @see tf.compat.v1.summary.histogram
 */
export function histogramOf(values: tf.Tensor): Promise<HistogramMessage> {
  if (dataType(values) !== "float32") return histogramSummary(values);
  const snapshot = tf.keep(values.clone());
  const made = last.then(async () => {
    await setImmediate();
    try {
      return countValues(snapshot.dataSync<"float32">()) ?? (await histogramSummary(snapshot));
    } finally {
      snapshot.dispose();
    }
  });
  last = made.catch(() => undefined);
  return made;
}

/** The same by TensorFlow's own operation, off the main thread. */
export async function histogramSummary(values: tf.Tensor): Promise<HistogramMessage> {
  const tag = constant(["values"], [], "string");
  const outputs = executeAsync("HistogramSummary", [tag, values], { T: attr.type(dataType(values)) });
  tag.dispose();
  const [bytes] = readAll(await outputs);
  const histogram = bytes === undefined ? undefined : decodeSummary(bytes)[0]?.histogram;
  if (histogram === undefined) throw new TypeError("Cannot read histogram: expected one, got none");
  return histogram;
}

/**
 * An image as a PNG file, compressed off the main thread. See encodePng().
 * @param image  [height, width, 1 | 3 | 4], 0…255; rounded and clipped; may be disposed meanwhile
 */
export async function encodePngAsync(image: tf.Tensor3D): Promise<Uint8Array> {
  const pixels = tf.tidy(() => pixelsOf(image));
  const attrs = { T: attr.type("uint8"), compression: attr.int(-1) };
  const outputs = executeAsync("EncodePng", [pixels], attrs);
  pixels.dispose();
  const [bytes] = readAll(await outputs);
  if (bytes === undefined) throw new TypeError("Cannot encode image: expected bytes, got none");
  return bytes;
}

function readAll(outputs: readonly tf.Tensor[]): Uint8Array[] {
  const bytes = outputs.flatMap(bytesOf);
  tf.dispose([...outputs]);
  return bytes;
}
