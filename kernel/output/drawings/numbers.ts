import { types } from "node:util";
import type { MimeBundle } from "../bundle";
import { note, preformatted } from "../html";
import { textOf } from "../text";
import { counted, limits } from "./limits";
import { call, isCount, listOf, member } from "./member";
import { drawImages, drawPixels, expectPixels } from "./images";
import { describe, statisticsOf } from "./statistics";

/** Of more numbers than this, Node writes the first alone. */
const writtenByNode = 100;

/** Of TensorFlow.js and ONNX, those whose values are numbers, one each. */
const numeric: ReadonlySet<string> = new Set([
  ...["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64"],
]);

/** A tensor, however its package keeps it. */
interface Tensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Its values, read where they are. */
  readonly read: () => unknown;
}

/** A tensor: its kind, shape and what its values are, with the values, or the images that they are. */
export function drawTensor(value: object): MimeBundle | undefined {
  const tensor = ofTensorFlow(value) ?? ofOnnx(value);
  if (tensor === undefined) return undefined;
  const { dtype, shape, read } = tensor;
  const head = `${dtype} [${shape.join(", ")}]`;
  if (member(value, "isDisposed") === true) return { "text/html": note(`${head}, disposed`) };
  const size = shape.reduce((size, length) => size * length, 1);
  if (size > limits.elements)
    return { "text/html": note(`${head}, not looked at: over ${counted(limits.elements)} values`) };
  const values = numeric.has(dtype) ? read() : undefined;
  if (!types.isTypedArray(values))
    return { "text/html": note(head) + preformatted(writtenBy(value, textOf(value))) };
  const statistics = statisticsOf(values);
  const told = note(`${head}${describe(statistics)}`);
  const images = drawImages(values, shape, statistics);
  if (images === undefined) return { "text/html": told + preformatted(writtenBy(value, textOf(values))) };
  return { ...images, "text/html": told + images["text/html"] };
}

/** A typed array of which Node writes the first numbers alone: these, and what all of them are. Bytes are no numbers. */
export function drawNumbers(value: object): MimeBundle | undefined {
  if (!types.isTypedArray(value) || Buffer.isBuffer(value)) return undefined;
  if (value.length <= writtenByNode || value.length > limits.elements) return undefined;
  const told = describe(statisticsOf(value)).replace(/^, /, "");
  return { "text/html": preformatted(textOf(value)) + note(told) };
}

/** What decoders of pictures and canvases give: `{ width, height, data }`, four bytes a pixel. */
export function drawImageData(value: object): MimeBundle | undefined {
  const [width, height, data] = [member(value, "width"), member(value, "height"), member(value, "data")];
  if (!isCount(width) || !isCount(height) || width * height === 0) return undefined;
  if (!types.isUint8Array(data) && !types.isUint8ClampedArray(data)) return undefined;
  return data.length === 4 * width * height ? drawPixels(expectPixels(data, width, height)) : undefined;
}

function ofTensorFlow(value: object): Tensor | undefined {
  const [dtype, shape] = [member(value, "dtype"), listOf(member(value, "shape"), isCount)];
  if (typeof dtype !== "string" || shape === undefined) return undefined;
  if (typeof member(value, "dataSync") !== "function") return undefined;
  return { dtype, shape, read: () => call(value, "dataSync") };
}

/** @see onnxruntime-common 1.2, Tensor; Transformers.js has the same */
function ofOnnx(value: object): Tensor | undefined {
  const [dtype, shape] = [member(value, "type"), listOf(member(value, "dims"), isCount)];
  if (typeof dtype !== "string" || shape === undefined || !("data" in value)) return undefined;
  return { dtype, shape, read: () => member(value, "data") };
}

/** The text of a tensor that has one: its values in rows. */
function writtenBy(tensor: object, otherwise: string): string {
  if (typeof member(tensor, "dataSync") !== "function") return otherwise;
  const text = call(tensor, "toString");
  return typeof text === "string" ? text : otherwise;
}
