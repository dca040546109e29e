/** Convolutions and pools. */
import { listOf, wordOf, tf, type GraphNode } from "../../../tensorflow";
import { lacks } from "../lacks";
import type { OnnxBuilder } from "../builder";
import { attribute, type AttributeProto } from "../messages";
import type { Convert } from "./convert";

const CONVOLUTIONS = ["Conv2D", "DepthwiseConv2dNative"];

/** What moves over images: a filter or a window. */
interface Window {
  readonly size: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
}

const two = ([, height = 1, width = 1]: readonly number[]): [number, number] => [height, width];

function windowOf(node: GraphNode, size: readonly [number, number]): Window {
  const format = wordOf(node, "data_format", "NHWC");
  if (format !== "NHWC") throw lacks(node, 'data_format "NHWC"', `"${format}"`);
  const [strides, dilations] = [listOf(node, "strides", [1, 1, 1, 1]), listOf(node, "dilations", [1, 1, 1, 1])]; // prettier-ignore
  return { size, strides: two(strides), dilations: two(dilations) };
}

/** Paddings as [top, left, bottom, right]: those that TensorFlow takes for "SAME", in numbers. */
function padsOf(
  node: GraphNode,
  { size, strides, dilations }: Window,
  image: readonly (number | null)[],
): number[] {
  // prettier-ignore
  const padding = wordOf(node, "padding");
  if (padding === "VALID") return [0, 0, 0, 0];
  if (padding === "EXPLICIT") {
    const [, , top = 0, bottom = 0, left = 0, right = 0] = listOf(node, "explicit_paddings");
    return [top, left, bottom, right];
  }
  const sides = two(image.map((side) => side ?? NaN));
  const both = sides.map((side, i) => {
    const [length, stride, dilation] = [size[i] ?? 1, strides[i] ?? 1, dilations[i] ?? 1];
    const needed = (Math.ceil(side / stride) - 1) * stride + (length - 1) * dilation + 1;
    return Math.max(needed - side, 0);
  });
  if (both.some(Number.isNaN)) throw lacks(node, "images of known sizes", "open ones");
  const before = both.map((all) => Math.floor(all / 2));
  return [...before, ...both.map((all, i) => all - (before[i] ?? 0))];
}

function attributesOf({ size, strides, dilations }: Window, pads: readonly number[]): AttributeProto[] {
  return [
    attribute("kernel_shape", { ints: size }),
    attribute("strides", { ints: strides }),
    attribute("pads", { ints: pads }),
    ...(dilations.some((side) => side !== 1) ? [attribute("dilations", { ints: dilations })] : []),
  ];
}

/** A filter as [channels out, channels in of a group, height, width]: a constant so, or by an operation. */
function filterOf(node: GraphNode, value: string, to: OnnxBuilder): string {
  const [height = 0, width = 0, from = 0, each = 0] = to.shapeOf(value).map((size) => size ?? 0);
  const isDepthwise = node.op.startsWith("Depthwise");
  const perm = isDepthwise ? [2, 3, 0, 1] : [3, 2, 0, 1];
  const shape = isDepthwise ? [from * each, 1, height, width] : [each, from, height, width];
  if (to.constant(value) !== undefined)
    return to.weights(value, isDepthwise ? "grouped" : "OIHW", (tensor) => tf.transpose(tensor, perm).reshape(shape)); // prettier-ignore
  const name = `${node.name}/filter`;
  const attributes = [attribute("perm", { ints: perm })];
  const moved = to.part(isDepthwise ? `${name}/moved` : name, { op: "Transpose", inputs: [to.take(value)], attributes }); // prettier-ignore
  if (!isDepthwise) return moved;
  return to.part(name, { op: "Reshape", inputs: [moved, to.numbers(`${name}/shape`, "int64", shape)] });
}

function groupsOf(
  node: GraphNode,
  channels: number | null | undefined,
  filter: readonly (number | null)[],
): AttributeProto[] {
  // prettier-ignore
  const [, , from] = filter;
  const groups = node.op.startsWith("Depthwise") ? channels : (channels ?? 0) / (from ?? 1);
  return groups === 1 ? [] : [attribute("group", { int: groups ?? 1 })];
}

function convolve(node: GraphNode, to: OnnxBuilder, named = node, bias: readonly string[] = []): void {
  const [images = "", filter = ""] = node.inputs;
  const [shape, filterShape] = [to.shapeOf(images), to.shapeOf(filter)];
  const window = windowOf(node, [filterShape[0] ?? 1, filterShape[1] ?? 1]);
  const attributes = [
    ...attributesOf(window, padsOf(node, window, shape)),
    ...groupsOf(node, shape[3], filterShape),
  ];
  const inputs = [to.take(images, "NCHW"), filterOf(node, filter, to), ...bias];
  to.emit(named, { op: "Conv", inputs, attributes }, "NCHW");
}

/** Conv2D and DepthwiseConv2dNative. */
export const convolution: Convert = (node, to) => convolve(node, to);

/** A sum with a constant for each channel: of what a convolution alone gives, as its bias; undefined: of something else. */
export function biasOfConvolution(node: GraphNode, to: OnnxBuilder): true | undefined {
  const [value = "", bias = ""] = node.inputs;
  const before = to.only(value, CONVOLUTIONS);
  if (before === undefined || to.constant(bias)?.rank !== 1) return undefined;
  convolve(before, to, node, [to.take(bias)]);
  return true;
}

/** The gradient of a convolution by its images: ONNX's transposed convolution. */
export const convolutionBack: Convert = (node, to) => {
  const [, filter = "", gradient = ""] = node.inputs;
  const [given, filterShape, shape] = [to.shapeOf(gradient), to.shapeOf(filter), to.shapeOf(node.name)];
  const window = windowOf(node, [filterShape[0] ?? 1, filterShape[1] ?? 1]);
  const pads = padsOf(node, window, shape);
  const [sides, all] = [two(given.map((side) => side ?? NaN)), two(shape.map((side) => side ?? NaN))];
  const rest = all.map((side, i) => {
    const [length = 1, stride = 1, dilation = 1] = [window.size[i], window.strides[i], window.dilations[i]];
    const whole = stride * ((sides[i] ?? 0) - 1) + (length - 1) * dilation + 1;
    return side - (whole - (pads[i] ?? 0) - (pads[i + 2] ?? 0));
  });
  const attributes = [
    ...attributesOf(window, pads),
    ...groupsOf(node, shape[3], filterShape),
    ...(rest.some((side) => side !== 0) ? [attribute("output_padding", { ints: rest })] : []),
  ];
  const inputs = [to.take(gradient, "NCHW"), filterOf(node, filter, to)];
  to.emit(node, { op: "ConvTranspose", inputs, attributes }, "NCHW");
};

/** What stands around images before a pool of the greatest. */
interface Around {
  readonly images: string;
  /** [top, left, bottom, right] */
  readonly pads: readonly number[];
  /** What it is filled with; undefined: with what is less than all else, as ONNX's pool has it. */
  readonly fill?: number;
}

/** Pads before a pool of the greatest, which alone takes what they give. */
function padBefore(node: GraphNode, to: OnnxBuilder): Around | undefined {
  const pad = to.only(node.inputs[0], ["Pad", "PadV2"]);
  if (wordOf(node, "padding") !== "VALID" || pad === undefined) return undefined;
  const [, kernelHeight = 1, kernelWidth = 1] = listOf(node, "ksize");
  const [a, b, top = 0, bottom = 0, left = 0, right = 0, c, d] = to.constant(pad.inputs[1])?.dataSync() ?? [];
  const fill = pad.op === "Pad" ? 0 : to.constant(pad.inputs[2])?.dataSync()[0];
  const isLess = Math.max(top, bottom) < kernelHeight && Math.max(left, right) < kernelWidth;
  if (fill === undefined || !isLess || [a, b, c, d].some((side) => side !== 0))
    throw lacks(node, "constant paddings, less than the window", "others");
  const [images = ""] = pad.inputs;
  const around = { images, pads: [top, left, bottom, right] };
  const isPositive = /^(Relu|Relu6|Sigmoid)$/.test(to.producer(images)?.op ?? "");
  return fill <= -LARGEST || (fill === 0 && isPositive) ? around : { ...around, fill };
}

/** The largest float32. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** What stands around images, as each window of a pool sees it: [1, 1, height, width], the least number where it sees none. */
function seenAround(
  window: Window,
  { pads, fill = 0 }: Around,
  sides: readonly number[],
  seen: readonly number[],
): number[] {
  // prettier-ignore
  const touches = seen.map((count, axis) => {
    const [stride = 1, size = 1, before = 0] = [window.strides[axis], window.size[axis], pads[axis]];
    const [from, end] = [before, before + (sides[axis] ?? 0)];
    return Array.from({ length: count }, (_, i) => i * stride < from || i * stride + size > end);
  });
  const [rows = [], columns = []] = touches;
  return rows.flatMap((row) => columns.map((column) => (row || column ? fill : -LARGEST)));
}

/** MaxPool and AvgPool, which leaves out what is beside the images. */
export const pool: Convert = (node, to) => {
  const isMax = node.op === "MaxPool";
  const [each, , , channels] = listOf(node, "ksize");
  if (each !== 1 || channels !== 1) throw lacks(node, "windows over height and width", "others");
  const window = windowOf(node, two(listOf(node, "ksize")));
  const around = isMax ? padBefore(node, to) : undefined;
  const images = around?.images ?? node.inputs[0] ?? "";
  const shape = to.shapeOf(images);
  const attributes = attributesOf(window, around?.pads ?? padsOf(node, window, shape));
  const added = { op: isMax ? "MaxPool" : "AveragePool", inputs: [to.take(images, "NCHW")], attributes };
  if (around?.fill === undefined) return to.emit(node, added, "NCHW");
  // As a greatest number of its own: onnxruntime 1.30 takes Pad before MaxPool for the pool's, whatever it fills with.
  const [sides, seen] = [shape, to.shapeOf(node.name)].map((sizes) => two(sizes.map((side) => side ?? 0)));
  const numbers = seenAround(window, around, sides ?? [], seen ?? []);
  const limits = to.numbers(`${node.name}/around`, "float32", numbers, [1, 1, ...(seen ?? [])]);
  const inside = to.part(`${node.name}/inside`, added);
  to.emit(node, { op: "Max", inputs: [inside, limits] }, "NCHW");
};
