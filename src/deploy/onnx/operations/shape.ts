/** Operations that move numbers. */
import { numberOf, wordOf } from "../../../tensorflow";
import { lacks } from "../lacks";
import { axesIn, sidesIn, type Layout, type OnnxBuilder } from "../builder";
import { attribute } from "../messages";
import type { Convert } from "./convert";
import { constantNumbers, fromFirst } from "./reduction";

/** As ONNX's convolutions have images, if it is one that is there so. */
const imageLayout = (values: readonly string[], to: OnnxBuilder): Layout =>
  values.some((value) => to.isImage(value)) ? "NCHW" : "NHWC";

const reshape: Convert = (node, to) => {
  const [value = ""] = node.inputs;
  const sizes = to.numbers(`${node.name}/sizes`, "int64", constantNumbers(node, 1, to));
  to.emit(node, { op: "Reshape", inputs: [to.takeFlat(value), sizes] });
};

const concat: Convert = (node, to) => {
  const values = node.inputs.slice(0, -1);
  const layout = imageLayout(values, to);
  const axes = fromFirst(constantNumbers(node, values.length, to), to.shapeOf(node.name));
  const [axis = 0] = axesIn(layout, axes);
  const inputs = values.map((value) => to.take(value, layout));
  to.emit(node, { op: "Concat", inputs, attributes: [attribute("axis", { int: axis })] }, layout);
};

/** Pack: values of one shape along a new axis. */
const pack: Convert = (node, to) => {
  const [axis = 0] = fromFirst([numberOf(node, "axis", 0)], to.shapeOf(node.name));
  const axes = to.numbers(`${node.name}/axes`, "int64", [axis]);
  const inputs = node.inputs.map((value, i) =>
    to.part(`${node.name}/${i}`, { op: "Unsqueeze", inputs: [to.take(value), axes] }),
  );
  to.emit(node, { op: "Concat", inputs, attributes: [attribute("axis", { int: axis })] });
};

/** What stands for "to the end": more than any axis has. */
const END = 2 ** 31 - 1;

const slice: Convert = (node, to) => {
  const [value = ""] = node.inputs;
  const layout = imageLayout([value], to);
  const [begins, sizes] = [constantNumbers(node, 1, to), constantNumbers(node, 2, to)];
  const ends = begins.map((begin, i) => (sizes[i] === -1 ? END : begin + (sizes[i] ?? 0)));
  const [starts, stops] = [sidesIn(layout, begins), sidesIn(layout, ends)];
  const inputs = [
    to.take(value, layout),
    to.numbers(`${node.name}/starts`, "int64", starts),
    to.numbers(`${node.name}/ends`, "int64", stops),
  ];
  to.emit(node, { op: "Slice", inputs }, layout);
};

/** SplitV and Split: parts along an axis. */
const split: Convert = (node, to) => {
  const isSized = node.op === "SplitV";
  const value = node.inputs[isSized ? 0 : 1] ?? "";
  const layout = imageLayout([value], to);
  const [axis = 0] = fromFirst(constantNumbers(node, isSized ? 2 : 0, to), to.shapeOf(value));
  const count = numberOf(node, "num_split", 1);
  const parts = Array.from({ length: count }, (_, i) => (i === 0 ? node.name : `${node.name}:${i}`));
  const sizes = parts.map((part) => to.shapeOf(part)[axis] ?? -1);
  if (sizes.includes(-1)) throw lacks(node, "parts of known sizes", "parts of a batch");
  const inputs = [to.take(value, layout), to.numbers(`${node.name}/sizes`, "int64", sizes)];
  const attributes = [attribute("axis", { int: axesIn(layout, [axis])[0] ?? axis })];
  to.push({ op: "Split", inputs, attributes }, ...parts.map((part) => to.give(part, layout)));
};

const gather: Convert = (node, to) => {
  if (numberOf(node, "batch_dims", 0) !== 0) throw lacks(node, "batch_dims of 0", "others");
  const [value = "", places = ""] = node.inputs;
  const [axis = 0] = fromFirst(constantNumbers(node, 2, to), to.shapeOf(value));
  const inputs = [to.take(value), to.take(places)];
  to.emit(node, { op: "Gather", inputs, attributes: [attribute("axis", { int: axis })] });
};

const transpose: Convert = (node, to) => {
  const perm = fromFirst(constantNumbers(node, 1, to), to.shapeOf(node.name));
  const inputs = [to.take(node.inputs[0] ?? "")];
  to.emit(node, { op: "Transpose", inputs, attributes: [attribute("perm", { ints: perm })] });
};

/** Pad, PadV2, and MirrorPad by reflection; ONNX's own has no symmetric one. */
const pad: Convert = (node, to) => {
  const [value = "", , fill] = node.inputs;
  const mode = node.op === "MirrorPad" ? wordOf(node, "mode") : "CONSTANT";
  if (mode === "SYMMETRIC") throw lacks(node, 'mode "REFLECT"', `"${mode}"`);
  const layout = imageLayout([value], to);
  const sides = constantNumbers(node, 1, to);
  const [before, after] = [0, 1].map((at) => sidesIn(layout, sides.filter((_, i) => i % 2 === at))); // prettier-ignore
  const pads = to.numbers(`${node.name}/pads`, "int64", [...(before ?? []), ...(after ?? [])]);
  const inputs = [to.take(value, layout), pads, ...(fill === undefined ? [] : [to.take(fill)])];
  const attributes = [attribute("mode", { string: mode.toLowerCase() })];
  to.emit(node, { op: "Pad", inputs, attributes }, layout);
};

const tile: Convert = (node, to) => {
  const [value = ""] = node.inputs;
  const layout = imageLayout([value], to);
  const times = sidesIn(layout, constantNumbers(node, 1, to));
  const inputs = [to.take(value, layout), to.numbers(`${node.name}/repeats`, "int64", times)];
  to.emit(node, { op: "Tile", inputs }, layout);
};

/** BroadcastTo: an open size is that of what is given. */
const broadcast: Convert = (node, to) => {
  const [value = ""] = node.inputs;
  const [from, shape] = [to.shapeOf(value), to.shapeOf(node.name)];
  const isOpen = shape.some((size, i) => size === null && from[i - shape.length + from.length] !== null);
  if (isOpen) throw lacks(node, "a shape that is known", "one that follows the batch's size");
  const sizes = to.numbers(`${node.name}/sizes`, "int64", shape.map((size) => size ?? 1)); // prettier-ignore
  to.emit(node, { op: "Expand", inputs: [to.take(value), sizes] });
};

/** Operations that move numbers, by TensorFlow's names. */
export const SHAPES: Readonly<Record<string, Convert>> = {
  ...{ Reshape: reshape, ConcatV2: concat, Pack: pack, Slice: slice, SplitV: split, Split: split },
  ...{ GatherV2: gather, Transpose: transpose, Pad: pad, PadV2: pad, MirrorPad: pad, Tile: tile },
  ...{ BroadcastTo: broadcast },
};
