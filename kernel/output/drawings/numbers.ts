import { types } from "node:util";
import type { MimeBundle } from "../bundle";
import { note, preformatted } from "../html";
import { textOf } from "../text";
import { untold } from "./bytes";
import { counted, limits } from "./limits";
import { call, isCount, member } from "./member";
import { tensorOf } from "./tensor";
import { drawImages, drawPixels, expectPixels } from "./images";
import { describe, statisticsOf } from "./statistics";

/** Of more numbers than this, Node writes the first alone. */
const writtenByNode = 100;

/** Of TensorFlow.js and ONNX, those whose values are numbers, one each. */
const numeric: ReadonlySet<string> = new Set([
  ...["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64"],
]);

/** A tensor: its kind, shape and what its values are, with the values, or the images that they are. */
export function drawTensor(value: object): MimeBundle | undefined {
  const tensor = tensorOf(value);
  if (tensor === undefined) return undefined;
  const { dtype, shape, head, read } = tensor;
  if (member(value, "isDisposed") === true) return { "text/html": note(`${head}, disposed`) };
  const size = shape.reduce((size, length) => size * length, 1);
  if (size > limits.elements) return { "text/html": note(unseen(head)) };
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
  if (data.length !== 4 * width * height) return undefined;
  if (data.length > limits.elements) return untold(value, unseen(`${width} × ${height} pixels`));
  return drawPixels(expectPixels(data, width, height));
}

function unseen(what: string): string {
  return `${what}, not looked at: over ${counted(limits.elements)} values`;
}

/** The text of a tensor that has one: its values in rows. */
function writtenBy(tensor: object, otherwise: string): string {
  if (typeof member(tensor, "dataSync") !== "function") return otherwise;
  const text = call(tensor, "toString");
  return typeof text === "string" ? text : otherwise;
}
